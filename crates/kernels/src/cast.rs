//! The loops of casts: each number computed from the one before it, in native byte order.
//!
//! The result is `numpy.ndarray.astype`'s, bit for bit. Where NumPy leaves it to the processor (a float beyond an
//! integer's range, NaN as an integer) it is Rust's `as`: saturating, NaN becomes 0, the same everywhere. NaN stays NaN with its
//! sign; its payload is not promised.

use crate::Word;
use crate::float::{Bfloat16, Float8E4m3fn, Float8E5m2, Half, f64_from_i64, f64_from_u64};
use bytemuck::{cast_slice, cast_slice_mut};

/// Converts the first `len` numbers of one tile into another; both have room for as many as the next multiple of 16.
pub type Loop = fn(&[Word], &mut [Word], usize);

/// Numbers are converted by whole blocks, the last one with what happens to lie behind it in the tile: a loop for the rest would be
/// as large as that of the blocks.
const BLOCK: usize = 16;

macro_rules! each {
    ($name:ident: $from:ty => $to:ty: |$x:ident| $body:expr) => {
        #[doc = concat!(stringify!($from), " to ", stringify!($to))]
        pub fn $name(source: &[Word], result: &mut [Word], len: usize) {
            let len = (len + BLOCK - 1) & !(BLOCK - 1);
            let (source, result) = (cast_slice::<_, $from>(source), cast_slice_mut::<_, $to>(result));
            if let (Some(source), Some(result)) = (source.get(..len), result.get_mut(..len)) {
                for (to, &$x) in result.iter_mut().zip(source) {
                    *to = $body;
                }
            }
        }
    };
}

each!(u8_to_bool: u8 => u8: |x| u8::from(x != 0));
each!(u16_to_bool: u16 => u8: |x| u8::from(x != 0));
each!(u32_to_bool: u32 => u8: |x| u8::from(x != 0));
each!(u64_to_bool: u64 => u8: |x| u8::from(x != 0));
each!(f16_to_bool: u16 => u8: |x| u8::from(x & 0x7fff != 0));
each!(f32_to_bool: f32 => u8: |x| u8::from(x != 0.0));
each!(f64_to_bool: f64 => u8: |x| u8::from(x != 0.0));
each!(i64_to_f64: i64 => f64: |x| f64_from_i64(x));
each!(u64_to_f64: u64 => f64: |x| f64_from_u64(x));
each!(f16_to_f64: Half => f64: |x| x.to_f64());
each!(f16_to_f32: Half => f32: |x| x.to_f32());
each!(f32_to_f16: f32 => Half: |x| Half::from_f32(x));
each!(bf16_to_f32: Bfloat16 => f32: |x| x.to_f32());
each!(e4m3fn_to_f32: Float8E4m3fn => f32: |x| x.to_f32());
each!(e5m2_to_f32: Float8E5m2 => f32: |x| x.to_f32());
each!(f32_to_bf16: f32 => Bfloat16: |x| Bfloat16::from_f32(x));
each!(f32_to_e4m3fn: f32 => Float8E4m3fn: |x| Float8E4m3fn::from_f32(x));
each!(f32_to_e5m2: f32 => Float8E5m2: |x| Float8E5m2::from_f32(x));
each!(f32_to_i64: f32 => i64: |x| x as i64);
each!(f32_to_u64: f32 => u64: |x| x as u64);
each!(f64_to_i64: f64 => i64: |x| x as i64);
each!(f64_to_u64: f64 => u64: |x| x as u64);
each!(i32_to_i8_clamped: i32 => i8: |x| x.clamp(-0x80, 0x7f) as i8);
each!(i32_to_u8_clamped: i32 => u8: |x| x.clamp(0, 0xff) as u8);
each!(i32_to_i16_clamped: i32 => i16: |x| x.clamp(-0x8000, 0x7fff) as i16);
each!(i32_to_u16_clamped: i32 => u16: |x| x.clamp(0, 0xffff) as u16);
each!(u64_to_u32: u64 => u32: |x| x as u32);
each!(u32_to_u16: u32 => u16: |x| x as u16);
each!(u32_to_u8: u32 => u8: |x| x as u8);
each!(u16_to_u8: u16 => u8: |x| x as u8);
each!(i8_to_i16: i8 => i16: |x| x as i16);
each!(u8_to_u16: u8 => u16: |x| x as u16);
each!(i8_to_i32: i8 => i32: |x| x as i32);
each!(u8_to_i32: u8 => i32: |x| x as i32);
each!(i16_to_i32: i16 => i32: |x| x as i32);
each!(u16_to_i32: u16 => i32: |x| x as i32);
each!(i32_to_i64: i32 => i64: |x| x as i64);
each!(u32_to_u64: u32 => u64: |x| x as u64);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use crate::vector::*;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use plain::*;

/// What `vector.rs` has instructions for, where there are none.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod plain {
    use super::*;
    use crate::float::{f32_from_i64, f32_from_u64};

    each!(i32_to_f32: i32 => f32: |x| x as f32);
    each!(u32_to_f32: u32 => f32: |x| x as f32);
    each!(i32_to_f64: i32 => f64: |x| x as f64);
    each!(u32_to_f64: u32 => f64: |x| x as f64);
    each!(f32_to_f64: f32 => f64: |x| x as f64);
    each!(f64_to_f32: f64 => f32: |x| x as f32);
    each!(f32_to_i32: f32 => i32: |x| x as i32);
    each!(f32_to_u32: f32 => u32: |x| x as u32);
    each!(f64_to_i32: f64 => i32: |x| x as i32);
    each!(f64_to_u32: f64 => u32: |x| x as u32);
    each!(i64_to_f32: i64 => f32: |x| f32_from_i64(x));
    each!(u64_to_f32: u64 => f32: |x| f32_from_u64(x));
    each!(f64_to_f16: f64 => Half: |x| Half::from_f64(x));
}
