//! Types of 256 values: what a long way of loops has once made of each is looked up from then on.

use crate::Word;
use bytemuck::{Pod, cast_slice, cast_slice_mut};

/// Writes, for each of the first `len` bytes of `source`, the number of `width` bytes (1, 2, 4, 8) that `table` has for it.
///
/// ```
/// use byteferry_kernels::{Word, look_up};
///
/// let mut squares = [0_u16; 256];
/// (0..256).for_each(|i| squares[i] = (i * i) as u16);
/// let table: [Word; 32] = bytemuck::cast(squares);
/// let (source, mut result): ([Word; 1], _) = (bytemuck::cast([9_u8; 16]), [0; 2]);
/// look_up(&table, &source, &mut result, 3, 2);
/// assert_eq!(bytemuck::cast::<_, [u16; 16]>(result)[..4], [81, 81, 81, 0]);
/// ```
pub fn look_up(table: &[Word], source: &[Word], result: &mut [Word], len: usize, width: usize) {
    match width {
        1 => each::<u8>(table, source, result, len),
        2 => each::<u16>(table, source, result, len),
        4 => each::<u32>(table, source, result, len),
        _ => each::<u64>(table, source, result, len),
    }
}

fn each<T: Pod>(table: &[Word], source: &[Word], result: &mut [Word], len: usize) {
    // A byte is always within: nothing is checked in the loop.
    let Some(table) = cast_slice::<_, T>(table).first_chunk::<256>() else { return };
    for (to, from) in cast_slice_mut::<_, T>(result).iter_mut().zip(cast_slice::<_, u8>(source)).take(len) {
        *to = table[usize::from(*from)];
    }
}
