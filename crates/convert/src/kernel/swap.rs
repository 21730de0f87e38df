//! Byte order: every number of a tile turned round, where it lies.
//!
//! LLVM vectorises `swap_bytes` over 2 and 4 bytes on all targets. Over 8 bytes it leaves wasm with scalar shifts at
//! half the speed, and 16 bytes are no integer it has a rule for; there, wasm's `i8x16.shuffle` does it by hand.

use super::Word;
use bytemuck::cast_slice_mut;

/// Turns round each group of `width` bytes in the tile: 2, 4, 8 or 16. Any other width, 1 above all, has no byte order.
pub fn swap(tile: &mut [Word], width: usize) {
    match width {
        2 => cast_slice_mut::<_, u16>(tile).iter_mut().for_each(|x| *x = x.swap_bytes()),
        4 => cast_slice_mut::<_, u32>(tile).iter_mut().for_each(|x| *x = x.swap_bytes()),
        8 => swap8(tile),
        16 => swap16(tile),
        _ => {}
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wide {
    use super::Word;
    use bytemuck::cast_slice_mut;
    use core::arch::wasm32::{i8x16_shuffle, v128};

    pub(super) fn swap8(tile: &mut [Word]) {
        for x in cast_slice_mut::<_, v128>(tile) {
            *x = i8x16_shuffle::<7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8>(*x, *x);
        }
    }

    pub(super) fn swap16(tile: &mut [Word]) {
        for x in cast_slice_mut::<_, v128>(tile) {
            *x = i8x16_shuffle::<15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>(*x, *x);
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod wide {
    use super::{Word, cast_slice_mut};

    pub(super) fn swap8(tile: &mut [Word]) {
        cast_slice_mut::<_, u64>(tile).iter_mut().for_each(|x| *x = x.swap_bytes());
    }

    pub(super) fn swap16(tile: &mut [Word]) {
        tile.iter_mut().for_each(|x| *x = x.swap_bytes());
    }
}

use wide::{swap8, swap16};
