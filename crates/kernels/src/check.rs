//! Whether 64-bit integers survive as floats: what every int64 is asked that becomes a float64 under `safe`.

use crate::Word;
use bytemuck::cast_slice;

/// The first of `len` 64-bit integers, with a sign or without, that has more significant bits than `digits`, or is beyond `most`.
///
/// ```
/// use byteferry_kernels::{Word, first_beyond};
///
/// // 2^53 + 1 is no float64, which has 53 digits; 2^60 is one.
/// let tile: [Word; 2] = bytemuck::cast([-7, 1 << 60, (1_i64 << 53) + 1, 0]);
/// assert_eq!(first_beyond(&tile, 4, true, 53, u64::MAX), Some(2));
/// ```
pub fn first_beyond(tile: &[Word], len: usize, signed: bool, digits: u32, most: u64) -> Option<usize> {
    // All bits of a negative number's sign, where there are signs.
    let signs = if signed { -1 } else { 0 };
    let magnitude = |x: i64| {
        let sign = x >> 63 & signs;
        (x ^ sign).wrapping_sub(sign) as u64
    };
    first_block(tile, len, |x| magnitude(x) >> digits == 0, |x| fits(magnitude(x), digits, most))
}

fn fits(magnitude: u64, digits: u32, most: u64) -> bool {
    64u32.saturating_sub(magnitude.leading_zeros() + magnitude.trailing_zeros()) <= digits
        && magnitude <= most
}

/// Nearly all are small: a cheaper question is asked of a block at once, without leaving it early, which is what a vector does well.
fn first_block(
    tile: &[Word],
    len: usize,
    surely: impl Fn(i64) -> bool,
    survives: impl Fn(i64) -> bool,
) -> Option<usize> {
    let numbers: &[i64] = cast_slice(tile);
    let mut start = 0;
    for block in numbers.get(..len).unwrap_or(numbers).chunks(64) {
        if !block.iter().fold(true, |all, &x| all & surely(x))
            && let Some(at) = block.iter().position(|&x| !survives(x))
        {
            return Some(start + at);
        }
        start += block.len();
    }
    None
}
