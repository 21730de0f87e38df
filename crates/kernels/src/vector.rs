//! The casts that wasm has vector instructions for, but which LLVM does not find by itself.
//!
//! Each takes as many vectors as hold four numbers, one or two, and gives as many as hold the results.

use crate::Word;
use crate::float::Half;
use bytemuck::{cast_slice, cast_slice_mut};
use core::arch::wasm32::{
    f32x4_convert_i32x4, f32x4_convert_u32x4, f32x4_demote_f64x2_zero, f64x2_add, f64x2_convert_low_i32x4,
    f64x2_convert_low_u32x4, f64x2_ne, f64x2_promote_low_f32x4, f64x2_sub, i32x4_shuffle,
    i32x4_trunc_sat_f32x4, i32x4_trunc_sat_f64x2_zero, i64x2_add, i64x2_eq, i64x2_shuffle, i64x2_splat,
    u32x4_trunc_sat_f32x4, u32x4_trunc_sat_f64x2_zero, u64x2_shr, v128, v128_and, v128_andnot,
    v128_bitselect, v128_or, v128_xor,
};

/// Calls `each` for all blocks of 16 numbers that hold the first `len`, vectors of the source and of the result.
#[inline(always)]
fn blocks<const FROM: usize, const TO: usize>(
    source: &[Word],
    result: &mut [Word],
    len: usize,
    each: impl Fn([v128; FROM]) -> [v128; TO],
) {
    let (source, result) = (cast_slice::<_, v128>(source), cast_slice_mut::<_, v128>(result));
    let quarters = len.div_ceil(16) * 4;
    let (source, result) = (source.as_chunks::<FROM>().0, result.as_chunks_mut::<TO>().0);
    if let (Some(source), Some(result)) = (source.get(..quarters), result.get_mut(..quarters)) {
        for (to, from) in result.iter_mut().zip(source) {
            *to = each(*from);
        }
    }
}

macro_rules! each {
    ($name:ident: |$from:pat_param| $to:expr) => {
        #[doc = stringify!($name)]
        pub fn $name(source: &[Word], result: &mut [Word], len: usize) {
            blocks(source, result, len, |$from| $to);
        }
    };
}

each!(i32_to_f32: |[a]| [f32x4_convert_i32x4(a)]);
each!(u32_to_f32: |[a]| [f32x4_convert_u32x4(a)]);
each!(i32_to_f64: |[a]| [f64x2_convert_low_i32x4(a), f64x2_convert_low_i32x4(upper(a))]);
each!(u32_to_f64: |[a]| [f64x2_convert_low_u32x4(a), f64x2_convert_low_u32x4(upper(a))]);
each!(f32_to_f64: |[a]| [f64x2_promote_low_f32x4(a), f64x2_promote_low_f32x4(upper(a))]);
each!(f64_to_f32: |[a, b]| [lowers(f32x4_demote_f64x2_zero(a), f32x4_demote_f64x2_zero(b))]);
each!(f32_to_i32: |[a]| [i32x4_trunc_sat_f32x4(a)]);
each!(f32_to_u32: |[a]| [u32x4_trunc_sat_f32x4(a)]);
each!(f64_to_i32: |[a, b]| [lowers(i32x4_trunc_sat_f64x2_zero(a), i32x4_trunc_sat_f64x2_zero(b))]);
each!(f64_to_u32: |[a, b]| [lowers(u32x4_trunc_sat_f64x2_zero(a), u32x4_trunc_sat_f64x2_zero(b))]);
each!(i64_to_f32: |[a, b]| [lowers(f32x2_from_i64x2(a), f32x2_from_i64x2(b))]);
each!(u64_to_f32: |[a, b]| [lowers(f32x2_from_u64x2(a), f32x2_from_u64x2(b))]);

/// float64 to float16: by way of float32s that are rounded to odd, so that rounding those gives what rounding once would.
pub fn f64_to_f16(source: &[Word], result: &mut [Word], len: usize) {
    let (source, result) = (cast_slice::<_, v128>(source), cast_slice_mut::<_, Half>(result));
    let (source, result) = (source.as_chunks::<8>().0, result.as_chunks_mut::<16>().0);
    for (to, from) in result.iter_mut().zip(source).take(len.div_ceil(16)) {
        let (pairs, _) = from.as_chunks::<2>();
        let mut odd = [i64x2_splat(0); 4];
        for (odd, [a, b]) in odd.iter_mut().zip(pairs) {
            *odd = odd_f32x4(*a, *b);
        }
        let numbers: [f32; 16] = bytemuck::cast(odd);
        for (to, number) in to.iter_mut().zip(numbers) {
            *to = Half::from_f32(number);
        }
    }
}

/// Four float64 as float32s, their last digit set where any digit was cut off; NaNs keep the upper digits of their payload, which a
/// demotion need not do.
#[inline(always)]
fn odd_f32x4(a: v128, b: v128) -> v128 {
    let odd = |v: v128| {
        let low = v128_and(v, i64x2_splat(0x1fff_ffff));
        let cut = v128_andnot(i64x2_splat(0x2000_0000), i64x2_eq(low, i64x2_splat(0)));
        f32x4_demote_f64x2_zero(v128_or(v128_xor(v, low), cut))
    };
    let nan = |v: v128| {
        let sign = v128_and(u64x2_shr(v, 32), i64x2_splat(0x8000_0000));
        v128_or(v128_or(sign, i64x2_splat(0x7f80_0001)), v128_and(u64x2_shr(v, 29), i64x2_splat(0x7f_ffff)))
    };
    let nans = i32x4_shuffle::<0, 2, 4, 6>(nan(a), nan(b));
    let are_nan = i32x4_shuffle::<0, 2, 4, 6>(f64x2_ne(a, a), f64x2_ne(b, b));
    v128_bitselect(nans, lowers(odd(a), odd(b)), are_nan)
}

/// The upper half, as the lower.
#[inline(always)]
fn upper(a: v128) -> v128 {
    i64x2_shuffle::<1, 0>(a, a)
}

/// The lower halves of two.
#[inline(always)]
fn lowers(a: v128, b: v128) -> v128 {
    i64x2_shuffle::<0, 2>(a, b)
}

/// As `f32_from_i64` in `float.rs`.
#[inline(always)]
fn f32x2_from_i64x2(value: v128) -> v128 {
    // Less than 2^53 away from 0: 2^53 more is positive, and has no bit from the 54th on.
    let small = u64x2_shr(i64x2_add(value, i64x2_splat(1 << 53)), 54);
    demoted(value, small, 0x4530_0000_8000_0000, 0x4530_0000_8010_0000)
}

/// As `f32_from_u64` there.
#[inline(always)]
fn f32x2_from_u64x2(value: v128) -> v128 {
    demoted(value, u64x2_shr(value, 53), 0x4530_0000_0000_0000, 0x4530_0000_0010_0000)
}

/// `large` is 0 where a float64 holds the number; elsewhere its lowest bits become one.
#[inline(always)]
fn demoted(value: v128, large: v128, upper: i64, both: u64) -> v128 {
    let low = i64x2_splat(0x7ff);
    let nothing = i64x2_eq(v128_and(value, low), i64x2_splat(0));
    let folded = v128_or(v128_andnot(value, low), v128_andnot(i64x2_splat(0x800), nothing));
    let value = v128_bitselect(value, folded, i64x2_eq(large, i64x2_splat(0)));
    let high = v128_xor(u64x2_shr(value, 32), i64x2_splat(upper));
    let low = v128_or(v128_and(value, i64x2_splat(0xffff_ffff)), i64x2_splat(0x4330_0000_0000_0000));
    f32x4_demote_f64x2_zero(f64x2_add(f64x2_sub(high, i64x2_splat(both as i64)), low))
}
