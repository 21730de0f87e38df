//! Keeps some bytes of each group: the real parts of complex numbers, the low bytes of integers that become narrower.

use crate::{Step, Word, copy, swap};
use bytemuck::{cast_slice, cast_slice_mut};
use core::ops::Range;

/// Writes the `kept` bytes of each of the first `len` groups of `width` bytes, one after the other, reversed if
/// `turn`. Both tiles have room for `len` groups, rounded up to a multiple of 64.
///
/// ```
/// use byteferry_kernels::{Word, pick};
///
/// // A big-endian int64 as an int16, and the real part of a complex64 in native byte order.
/// let (mut source, mut result) = ([0 as Word; 32], [0; 16]);
/// bytemuck::cast_slice_mut::<Word, i64>(&mut source)[0] = 1_000_000_i64.to_be();
/// pick(&source, &mut result, 1, 8, 6..8, true);
/// assert_eq!(bytemuck::cast_slice::<Word, i16>(&result)[0], 1_000_000_i64 as i16);
///
/// bytemuck::cast_slice_mut::<Word, f32>(&mut source)[..2].copy_from_slice(&[1.5, -1.0]);
/// pick(&source, &mut result, 1, 8, 0..4, false);
/// assert_eq!(bytemuck::cast_slice::<Word, f32>(&result)[0], 1.5);
/// ```
#[inline(never)]
pub fn pick(source: &[Word], result: &mut [Word], len: usize, width: usize, kept: Range<usize>, turn: bool) {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    if wide::pick(source, result, len, width, &kept, turn) {
        return;
    }
    let step = Step { len, from: width as isize, to: kept.len() as isize };
    copy(cast_slice(source), kept.start as isize, cast_slice_mut(result), 0, &[step], kept.len());
    if turn {
        swap(
            result.get_mut(..(len * kept.len()).div_ceil(size_of::<Word>())).unwrap_or_default(),
            kept.len(),
        );
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wide {
    use crate::Word;
    use bytemuck::{cast_slice, cast_slice_mut};
    use core::arch::wasm32::{
        i8x16, i8x16_add, i8x16_shl, i8x16_splat, i8x16_sub, i8x16_swizzle, v128, v128_and, v128_or, v128_xor,
    };
    use core::ops::Range;

    /// The same with SIMD. Returns false, changing nothing, for sizes that it does not support.
    pub(super) fn pick(
        source: &[Word],
        result: &mut [Word],
        len: usize,
        width: usize,
        kept: &Range<usize>,
        turn: bool,
    ) -> bool {
        // `from`: for each byte of a result vector, its index in the source vectors: that of its group, plus its
        // place in it.
        let last = i8x16_splat(kept.len() as i8 - 1);
        let to = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let byte = v128_and(to, last);
        let times = width / kept.len();
        let group = i8x16_shl(i8x16_sub(to, byte), times.trailing_zeros());
        let byte = v128_xor(byte, if turn { last } else { i8x16_splat(0) });
        let from = i8x16_add(i8x16_add(group, i8x16_splat(kept.start as i8)), byte);
        let len = (len * kept.len()).div_ceil(size_of::<Word>());
        // Groups that keep 12 bytes do not end where a vector does.
        match (kept.len().is_power_of_two(), times) {
            (true, 2) => each::<2, 4>(source, result, len, from),
            (true, 4) => each::<4, 2>(source, result, len, from),
            _ => return false,
        }
        true
    }

    /// Makes `TIMES` result vectors per round, each from `N` source vectors.
    fn each<const N: usize, const TIMES: usize>(
        source: &[Word],
        result: &mut [Word],
        len: usize,
        from: v128,
    ) {
        let source = cast_slice::<_, v128>(source).as_chunks::<N>().0.as_chunks::<TIMES>().0;
        let result = cast_slice_mut::<_, v128>(result).as_chunks_mut::<TIMES>().0;
        for (to, vectors) in result.iter_mut().zip(source).take(len.div_ceil(TIMES)) {
            *to = vectors.map(|vectors| {
                let mut sum = i8x16_splat(0);
                for (n, vector) in vectors.into_iter().enumerate() {
                    // For an index outside of this vector, a swizzle gives 0.
                    let here = i8x16_sub(from, i8x16_splat(16 * n as i8));
                    sum = v128_or(sum, i8x16_swizzle(vector, here));
                }
                sum
            });
        }
    }
}
