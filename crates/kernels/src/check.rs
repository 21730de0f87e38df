//! Whether 64-bit integers survive as floats: what every int64 is asked that becomes a float64 under `safe`.

use crate::Word;
use bytemuck::{Pod, cast_slice};

/// The first of `len` numbers that has more significant bits than `digits`, or is beyond `most`.
///
/// ```
/// use byteferry_kernels::{Word, first_i64};
///
/// // 2^53 + 1 is no float64, which has 53 digits; 2^60 is one.
/// let tile: [Word; 2] = bytemuck::cast([-7, 1 << 60, (1_i64 << 53) + 1, 0]);
/// assert_eq!(first_i64(&tile, 4, 53, u64::MAX), Some(2));
/// ```
pub fn first_i64(tile: &[Word], len: usize, digits: u32, most: u64) -> Option<usize> {
    first_block(tile, len, |x: i64| x.unsigned_abs() >> digits == 0, |x| fits(x.unsigned_abs(), digits, most))
}

/// The same for numbers without a sign.
pub fn first_u64(tile: &[Word], len: usize, digits: u32, most: u64) -> Option<usize> {
    first_block(tile, len, |x: u64| x >> digits == 0, |x| fits(x, digits, most))
}

fn fits(magnitude: u64, digits: u32, most: u64) -> bool {
    64u32.saturating_sub(magnitude.leading_zeros() + magnitude.trailing_zeros()) <= digits
        && magnitude <= most
}

/// Nearly all are small: a cheaper question is asked of a block at once, without leaving it early, which is what a vector does well.
fn first_block<T: Pod>(
    tile: &[Word],
    len: usize,
    surely: impl Fn(T) -> bool,
    survives: impl Fn(T) -> bool,
) -> Option<usize> {
    let numbers: &[T] = cast_slice(tile);
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
