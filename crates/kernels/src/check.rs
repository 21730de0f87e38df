//! Whether 64-bit integers survive as floats: checked for each int64 that becomes a float64 under casting `safe`.

use crate::Word;
use bytemuck::cast_slice;

/// Index of the first of `len` 64-bit integers with more significant bits than `digits`, or a magnitude above `most`.
/// `signed` says whether they have a sign.
///
/// ```
/// use byteferry_kernels::{Word, first_beyond};
///
/// // 2^53 + 1 is no float64, which has 53 digits; 2^60 is one.
/// let tile: [Word; 2] = bytemuck::cast([-7, 1 << 60, (1_i64 << 53) + 1, 0]);
/// assert_eq!(first_beyond(&tile, 4, true, 53, u64::MAX), Some(2));
/// ```
pub fn first_beyond(tile: &[Word], len: usize, signed: bool, digits: u32, most: u64) -> Option<usize> {
    // All ones if the integers have a sign, so that `sign` is all ones for a negative number.
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

/// Index of the first integer that does not survive. Nearly all are small, so each block is first tested by the
/// cheaper `surely`, without an early exit, which LLVM vectorises.
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
