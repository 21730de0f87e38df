//! One number type into another, in native byte order: for each pair a loop of its own.
//!
//! The result is `numpy.ndarray.astype`'s, bit for bit. Where NumPy leaves it to the processor (a float beyond an
//! integer's range, NaN as an integer) it is Rust's `as`: saturating, NaN becomes 0, the same everywhere.
//! Pairs that come to the same instructions (`i4` -> `u1` and `u4` -> `i1`) are folded into one by the optimiser.

use super::float::{Half, f32_from_i64, f32_from_u64, f64_from_i64, f64_from_u64};
use super::{Cast, Word};
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};
use byteferry_header::Number;

/// NumPy's bool: a byte that is 0 or 1 when written, and counts as 1 when it is anything but 0.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct Bool(pub(super) u8);

/// A number that can become a `To`.
pub(super) trait CastTo<To> {
    fn cast_to(self) -> To;
}

fn run<From: Pod + CastTo<To>, To: Pod>(source: &[Word], result: &mut [Word], len: usize) {
    let source = cast_slice::<_, From>(source).iter().take(len);
    for (to, &from) in cast_slice_mut::<_, To>(result).iter_mut().zip(source) {
        *to = from.cast_to();
    }
}

/// The kernel from one number type to another, if both are types of numbers that lie in memory as they are computed with.
pub fn cast(from: Number, to: Number) -> Option<Cast> {
    macro_rules! from {
        ($to:ty) => {
            match from {
                Number::Bool => run::<Bool, $to>,
                Number::Int8 => run::<i8, $to>,
                Number::Int16 => run::<i16, $to>,
                Number::Int32 => run::<i32, $to>,
                Number::Int64 => run::<i64, $to>,
                Number::Uint8 => run::<u8, $to>,
                Number::Uint16 => run::<u16, $to>,
                Number::Uint32 => run::<u32, $to>,
                Number::Uint64 => run::<u64, $to>,
                Number::Float16 => run::<Half, $to>,
                Number::Float32 => run::<f32, $to>,
                Number::Float64 => run::<f64, $to>,
                _ => return None,
            }
        };
    }
    Some(match to {
        Number::Bool => from!(Bool),
        Number::Int8 => from!(i8),
        Number::Int16 => from!(i16),
        Number::Int32 => from!(i32),
        Number::Int64 => from!(i64),
        Number::Uint8 => from!(u8),
        Number::Uint16 => from!(u16),
        Number::Uint32 => from!(u32),
        Number::Uint64 => from!(u64),
        Number::Float16 => from!(Half),
        Number::Float32 => from!(f32),
        Number::Float64 => from!(f64),
        _ => return None,
    })
}

macro_rules! into {
    ($($from:ty => $($to:ty),+ : |$value:ident| $body:expr;)+) => {$($(
        impl CastTo<$to> for $from {
            #[inline(always)]
            fn cast_to(self) -> $to {
                let $value = self;
                $body as $to
            }
        }
    )+)+};
}

into! {
    Bool => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| u8::from(x.0 != 0);
    i8 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    i16 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    i32 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    i64 => i8, i16, i32, i64, u8, u16, u32, u64: |x| x;
    i64 => f32: |x| f32_from_i64(x);
    i64 => f64: |x| f64_from_i64(x);
    u8 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    u16 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    u32 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    u64 => i8, i16, i32, i64, u8, u16, u32, u64: |x| x;
    u64 => f32: |x| f32_from_u64(x);
    u64 => f64: |x| f64_from_u64(x);
    Half => i8, i16, i32, i64, u8, u16, u32, u64, f32: |x| x.to_f32();
    Half => f64: |x| x.to_f64();
    f32 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
    f64 => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64: |x| x;
}

macro_rules! into_bool_and_half {
    ($($from:ty: |$value:ident| $is_true:expr, $half:expr;)+) => {$(
        impl CastTo<Bool> for $from {
            #[inline(always)]
            fn cast_to(self) -> Bool {
                let $value = self;
                Bool(u8::from($is_true))
            }
        }
        impl CastTo<Half> for $from {
            #[inline(always)]
            fn cast_to(self) -> Half {
                let $value = self;
                $half
            }
        }
    )+};
}

into_bool_and_half! {
    Bool: |x| x.0 != 0, Half(if x.0 == 0 { 0 } else { 0x3c00 });
    i8: |x| x != 0, Half::from_f32(x.cast_to());
    i16: |x| x != 0, Half::from_f32(x.cast_to());
    i32: |x| x != 0, Half::from_f32(x as f32);
    i64: |x| x != 0, Half::from_f32(f32_from_i64(x));
    u8: |x| x != 0, Half::from_f32(x.cast_to());
    u16: |x| x != 0, Half::from_f32(x.cast_to());
    u32: |x| x != 0, Half::from_f32(x as f32);
    u64: |x| x != 0, Half::from_f32(f32_from_u64(x));
    Half: |x| x.0 & 0x7fff != 0, x;
    f32: |x| x != 0.0, Half::from_f32(x);
    f64: |x| x != 0.0, Half::from_f64(x);
}
