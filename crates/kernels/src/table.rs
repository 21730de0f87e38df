//! Lookup tables for types of 256 values: each value is cast once, by several loops, and looked up from then on.

use crate::{Word, u8_to_i32, u16_to_i32, u32_to_u8, u32_to_u16};
use bytemuck::{Pod, cast_slice, cast_slice_mut};

/// Fills `table` with 256 `numbers` of `width` bytes (1, 2, 4 or 8). Narrower ones take 4 bytes each.
pub fn tabulate(numbers: &[Word], table: &mut [Word], width: usize) {
    match width {
        1 => u8_to_i32(numbers, table, 256),
        2 => u16_to_i32(numbers, table, 256),
        _ => table.iter_mut().zip(numbers).take(16 * width).for_each(|(to, from)| *to = *from),
    }
}

/// Writes, for each of the first `len` bytes of `source`, its number of `width` bytes from a [table](tabulate).
/// `result` and `spare`, which is scratch, have room for `len` numbers, of 4 bytes at least, rounded up to a multiple
/// of 64.
///
/// ```
/// use byteferry_kernels::{Word, look_up, tabulate};
///
/// let squares: [u16; 256] = std::array::from_fn(|i| (i * i) as u16);
/// let numbers: [Word; 32] = bytemuck::cast(squares);
/// let mut table = [0; 64];
/// tabulate(&numbers, &mut table, 2);
///
/// let source: [Word; 4] = bytemuck::cast([9_u8; 64]);
/// let (mut result, mut spare) = ([0; 16], [0; 16]);
/// look_up(&table, &source, &mut result, &mut spare, 3, 2);
/// assert_eq!(bytemuck::cast::<_, [u16; 128]>(result)[..3], [81, 81, 81]);
/// ```
pub fn look_up(
    table: &[Word],
    source: &[Word],
    result: &mut [Word],
    spare: &mut [Word],
    len: usize,
    width: usize,
) {
    match width {
        // Not straight into 1 or 2 bytes: LLVM would build vectors lane by lane, no faster and 200 bytes larger.
        1 => {
            each::<u32>(table, source, spare, len);
            u32_to_u8(spare, result, len);
        }
        2 => {
            each::<u32>(table, source, spare, len);
            u32_to_u16(spare, result, len);
        }
        4 => each::<u32>(table, source, result, len),
        _ => each::<u64>(table, source, result, len),
    }
}

#[inline(never)]
fn each<T: Pod>(table: &[Word], source: &[Word], result: &mut [Word], len: usize) {
    // A byte is always less than 256: the loop has no bounds checks.
    let Some(table) = cast_slice::<_, T>(table).first_chunk::<256>() else { return };
    for (to, from) in cast_slice_mut::<_, T>(result).iter_mut().zip(cast_slice::<_, u8>(source)).take(len) {
        *to = table[usize::from(*from)];
    }
}
