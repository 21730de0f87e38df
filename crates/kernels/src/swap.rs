//! Byte order: reverses the bytes of every number in a tile, in place.
//!
//! LLVM vectorises `swap_bytes` over 2 and 4 bytes on all targets. For 8 bytes it leaves wasm with scalar shifts at
//! half the speed, and for 16 bytes it has no rule. It does not unroll what it has vectorised, which costs another
//! half. So for wasm, `i8x16.swizzle` is written out, four per round. LLVM turns it into `i8x16.shuffle`, since the
//! order is constant. Chromium makes three to six SSE2 instructions of that shuffle, at half the speed, so the
//! worker's build (`crates/xtask/src/split.mjs`) turns it back into a swizzle.

use crate::Word;
use bytemuck::cast_slice_mut;
use core::mem;

/// Reverses each group of `width` bytes in the tile, from its beginning. A rest at its end, shorter than a group,
/// stays as it is.
///
/// ```
/// use byteferry_kernels::{Word, swap};
///
/// let mut tile: [Word; 1] = bytemuck::cast([0x0102_u16, 0x0304, 0, 0, 0, 0, 0, 0]);
/// swap(&mut tile, 2);
/// assert_eq!(bytemuck::cast::<_, [u16; 8]>(tile)[..2], [0x0201, 0x0403]);
/// ```
pub fn swap(tile: &mut [Word], width: usize) {
    match width {
        2 => wide::swap2(tile),
        4 => wide::swap4(tile),
        8 => wide::swap8(tile),
        16 => wide::swap16(tile),
        3 => cast_slice_mut::<_, u8>(tile).as_chunks_mut().0.iter_mut().for_each(|[a, _, c]| mem::swap(a, c)),
        0 | 1 => {}
        _ => cast_slice_mut::<_, u8>(tile).chunks_exact_mut(width).for_each(<[u8]>::reverse),
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wide {
    use super::Word;
    use bytemuck::cast_slice_mut;
    use core::arch::wasm32::{i8x16, i8x16_swizzle, v128};

    macro_rules! swap {
        ($name:ident: $($lane:literal)+) => {
            pub(super) fn $name(tile: &mut [Word]) {
                let order = i8x16($($lane),+);
                let (rounds, rest) = cast_slice_mut::<_, v128>(tile).as_chunks_mut::<4>();
                for round in rounds {
                    *round = round.map(|x| i8x16_swizzle(x, order));
                }
                for x in rest {
                    *x = i8x16_swizzle(*x, order);
                }
            }
        };
    }

    swap!(swap2: 1 0 3 2 5 4 7 6 9 8 11 10 13 12 15 14);
    swap!(swap4: 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12);
    swap!(swap8: 7 6 5 4 3 2 1 0 15 14 13 12 11 10 9 8);
    swap!(swap16: 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0);
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod wide {
    use super::Word;
    use bytemuck::cast_slice_mut;

    macro_rules! swap {
        ($name:ident: $integer:ty) => {
            pub(super) fn $name(tile: &mut [Word]) {
                cast_slice_mut::<_, $integer>(tile).iter_mut().for_each(|x| *x = x.swap_bytes());
            }
        };
    }

    swap!(swap2: u16);
    swap!(swap4: u32);
    swap!(swap8: u64);
    swap!(swap16: u128);
}
