//! The casting loops: each number of the source becomes one of the result, in native byte order.
//!
//! The result is `numpy.ndarray.astype`'s, bit for bit. Where NumPy leaves it to the processor (a float beyond an
//! integer's range, NaN as an integer), it is that of Rust's `as`, the same everywhere: saturating, NaN becomes 0. In
//! floats, NaN stays NaN with its sign; its payload is not promised.

use crate::Word;
use crate::float::{Bfloat16, f64_from_i64, f64_from_u64};
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use bytemuck::Pod;
use bytemuck::{cast_slice, cast_slice_mut};

/// Converts the first `len` numbers of one tile into another; both have room for `len`, rounded up to a multiple of
/// 64.
pub type Loop = fn(&[Word], &mut [Word], usize);

/// Numbers per block. Only whole blocks are converted, the last one with whatever lies behind its numbers in the
/// tile: a loop for the rest would be as large as that for the blocks.
const BLOCK: usize = 16;

macro_rules! each {
    ($name:ident: $from:ty => $to:ty: |$x:ident| $body:expr) => {
        #[doc = concat!(stringify!($from), " to ", stringify!($to))]
        pub fn $name(source: &[Word], result: &mut [Word], len: usize) {
            let len = (len + BLOCK - 1) & !(BLOCK - 1);
            let (source, result) = (cast_slice::<_, $from>(source), cast_slice_mut::<_, $to>(result));
            if len > 0
                && let (Some(source), Some(result)) = (source.get(..len), result.get_mut(..len))
            {
                for (to, &$x) in result.iter_mut().zip(source) {
                    *to = $body;
                }
            }
        }
    };
}

each!(i64_to_f64: i64 => f64: |x| f64_from_i64(x));
each!(u64_to_f64: u64 => f64: |x| f64_from_u64(x));
each!(bf16_to_f32: Bfloat16 => f32: |x| x.to_f32());
each!(f32_to_bf16: f32 => Bfloat16: |x| Bfloat16::from_f32(x));
each!(i8_to_i16: i8 => i16: |x| x as i16);
each!(u8_to_u16: u8 => u16: |x| x as u16);
each!(i8_to_i32: i8 => i32: |x| x as i32);
each!(u8_to_i32: u8 => i32: |x| x as i32);
each!(i16_to_i32: i16 => i32: |x| x as i32);
each!(u16_to_i32: u16 => i32: |x| x as i32);
each!(i32_to_i64: i32 => i64: |x| x as i64);
each!(u32_to_u64: u32 => u64: |x| x as u64);

/// float32 or float64 to 32-bit integers: toward zero, saturated at the limits of a type of 32 bits or less.
macro_rules! within {
    ($($name:ident: $within:ident, $least:expr, $most:expr;)*) => {
        $(
            #[doc = concat!("To an integer from ", stringify!($least), " to ", stringify!($most), ", in 32 bits")]
            pub fn $name(source: &[Word], result: &mut [Word], len: usize) {
                $within(source, result, len, $least, $most);
            }
        )*
    };
}

within! {
    f32_to_i8: f32_to_within, -128.0, 127.0;
    f32_to_u8: f32_to_within, 0.0, 255.0;
    f32_to_i16: f32_to_within, -32768.0, 32767.0;
    f32_to_u16: f32_to_within, 0.0, 65535.0;
    f64_to_i8: f64_to_within, -128.0, 127.0;
    f64_to_u8: f64_to_within, 0.0, 255.0;
    f64_to_i16: f64_to_within, -32768.0, 32767.0;
    f64_to_u16: f64_to_within, 0.0, 65535.0;
    f64_to_i32: f64_to_within, -2_147_483_648.0, 2_147_483_647.0;
    f64_to_u32: f64_to_within, 0.0, 4_294_967_295.0;
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use crate::vector::*;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use plain::*;

/// Portable versions of the casts in `vector.rs`, for targets without wasm's SIMD.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod plain {
    use super::*;
    use crate::float::{Half, odd_f32};

    each!(u8_to_bool: u8 => u8: |x| u8::from(x != 0));
    each!(u16_to_bool: u16 => u8: |x| u8::from(x != 0));
    each!(u32_to_bool: u32 => u8: |x| u8::from(x != 0));
    each!(u64_to_bool: u64 => u8: |x| u8::from(x != 0));
    each!(f16_to_bool: u16 => u8: |x| u8::from(x & 0x7fff != 0));
    each!(f32_to_bool: f32 => u8: |x| u8::from(x != 0.0));
    each!(f64_to_bool: f64 => u8: |x| u8::from(x != 0.0));
    each!(u64_to_u32: u64 => u32: |x| x as u32);
    each!(u32_to_u16: u32 => u16: |x| x as u16);
    each!(u32_to_u8: u32 => u8: |x| x as u8);
    each!(u16_to_u8: u16 => u8: |x| x as u8);
    each!(f16_to_f32: Half => f32: |x| x.to_f32());
    each!(f16_to_f64: Half => f64: |x| x.to_f64());
    each!(f32_to_f16: f32 => Half: |x| Half::from_f32(x));
    each!(i32_to_f32: i32 => f32: |x| x as f32);
    each!(u32_to_f32: u32 => f32: |x| x as f32);
    each!(i32_to_f64: i32 => f64: |x| x as f64);
    each!(u32_to_f64: u32 => f64: |x| x as f64);
    each!(f32_to_f64: f32 => f64: |x| x as f64);
    each!(f64_to_f32: f64 => f32: |x| x as f32);
    each!(f32_to_i32: f32 => i32: |x| x as i32);
    each!(f32_to_u32: f32 => u32: |x| x as u32);
    each!(f64_to_odd_f32: f64 => f32: |x| odd_f32(x));

    fn within<T: Pod>(source: &[Word], result: &mut [Word], len: usize, integer: impl Fn(T) -> i64) {
        for (to, &x) in cast_slice_mut::<_, u32>(result).iter_mut().zip(cast_slice(source)).take(len) {
            *to = integer(x) as u32;
        }
    }

    pub(crate) fn f32_to_within(source: &[Word], result: &mut [Word], len: usize, least: f32, most: f32) {
        within(source, result, len, |x: f32| x.clamp(least, most) as i64);
    }

    pub(crate) fn f64_to_within(source: &[Word], result: &mut [Word], len: usize, least: f64, most: f64) {
        within(source, result, len, |x: f64| x.clamp(least, most) as i64);
    }

    /// Returns false, changing nothing: only the SIMD version is faster than a plain cast.
    pub fn f64_to_small_i64(_: &[Word], _: &mut [Word], _: usize) -> bool {
        false
    }

    /// Returns false, changing nothing: only the SIMD version is faster than a plain cast.
    pub fn f64_to_small_u64(_: &[Word], _: &mut [Word], _: usize) -> bool {
        false
    }

    /// Returns false, changing nothing: only the SIMD version is faster than a plain cast.
    pub fn small_i64_to_f32(_: &[Word], _: &mut [Word], _: usize) -> bool {
        false
    }

    /// Returns false, changing nothing: only the SIMD version is faster than a plain cast.
    pub fn small_u64_to_f32(_: &[Word], _: &mut [Word], _: usize) -> bool {
        false
    }
}
