//! Casts written with SIMD intrinsics: LLVM does not find wasm's instruction for them by itself, or others do better.
//!
//! Most loops take four numbers at a time: as many vectors as hold them. The float16 casts take eight, those to bool
//! sixteen, those to small 64-bit integers two.

use crate::{Word, pick};
use bytemuck::{cast_slice, cast_slice_mut};
use core::arch::wasm32::{
    f32x4_abs, f32x4_add, f32x4_convert_i32x4, f32x4_convert_u32x4, f32x4_demote_f64x2_zero, f32x4_mul,
    f32x4_ne, f32x4_pmax, f32x4_pmin, f32x4_splat, f64x2_add, f64x2_convert_low_i32x4,
    f64x2_convert_low_u32x4, f64x2_eq, f64x2_gt, f64x2_lt, f64x2_pmax, f64x2_pmin, f64x2_promote_low_f32x4,
    f64x2_splat, f64x2_sub, f64x2_trunc, i8x16_eq, i8x16_narrow_i16x8, i8x16_splat, i16x8_eq, i16x8_gt,
    i16x8_shuffle, i16x8_splat, i32x4_add, i32x4_eq, i32x4_gt, i32x4_max, i32x4_min, i32x4_shuffle,
    i32x4_splat, i32x4_trunc_sat_f32x4, i64x2_add, i64x2_all_true, i64x2_eq, i64x2_shuffle, i64x2_splat,
    i64x2_sub, u16x8_narrow_i32x4, u32x4_extend_high_u16x8, u32x4_extend_low_u16x8, u32x4_shl, u32x4_shr,
    u32x4_trunc_sat_f32x4, u64x2_shr, v128, v128_and, v128_andnot, v128_any_true, v128_bitselect, v128_or,
    v128_xor,
};

/// 2^52 + 2^51. Added to an integer within 2^51 of 0, it makes the last digits of the sum that integer.
const LAST_DIGITS: f64 = 6_755_399_441_055_744.0;

/// Calls `each` for every four numbers, in blocks of 16 that hold the first `len`: `FROM` source vectors become `TO`
/// result vectors.
#[inline(always)]
fn blocks<const FROM: usize, const TO: usize>(
    source: &[Word],
    result: &mut [Word],
    len: usize,
    each: impl Fn([v128; FROM]) -> [v128; TO],
) {
    let (source, result) = (cast_slice::<_, v128>(source), cast_slice_mut::<_, v128>(result));
    let quarters = ((len + 15) & !15) / 4;
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
each!(f64_to_odd_f32: |[a, b]| [odd_f32x4(a, b)]);

/// As `odd_f32` in `float.rs`.
#[inline(always)]
fn odd_f32x4(a: v128, b: v128) -> v128 {
    let odd = |v: v128| {
        let low = v128_and(v, i64x2_splat(0x1fff_ffff));
        let cut = v128_andnot(i64x2_splat(0x2000_0000), i64x2_eq(low, i64x2_splat(0)));
        f32x4_demote_f64x2_zero(v128_or(v128_xor(v, low), cut))
    };
    let number = lowers(odd(a), odd(b));
    // For a NaN, sign and exponent are the uppermost bits of the float64, and the payload moves up by three bits.
    let (low, high) = (i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b));
    let payload = v128_or(u32x4_shl(high, 3), u32x4_shr(low, 29));
    let nan = v128_or(v128_bitselect(payload, high, i32x4_splat(0x007f_ffff)), i32x4_splat(1));
    v128_bitselect(nan, number, f32x4_ne(number, number))
}

/// float32 to integers of 32 bits, saturated at `least` and `most`.
#[inline(never)]
pub(crate) fn f32_to_within(source: &[Word], result: &mut [Word], len: usize, least: f32, most: f32) {
    let (least, most) = (f32x4_splat(least), f32x4_splat(most));
    blocks(source, result, len, |[a]| [i32x4_trunc_sat_f32x4(f32x4_pmin(f32x4_pmax(a, least), most))]);
}

/// The same for float64. Chromium takes four times as long for wasm's own instruction, so the integers are taken from
/// a sum with [`LAST_DIGITS`].
#[inline(never)]
pub(crate) fn f64_to_within(source: &[Word], result: &mut [Word], len: usize, least: f64, most: f64) {
    let (least, most) = (f64x2_splat(least), f64x2_splat(most));
    let integers = |a: v128| {
        let number = v128_and(a, f64x2_eq(a, a));
        let within = f64x2_pmin(f64x2_pmax(f64x2_trunc(number), least), most);
        f64x2_add(within, f64x2_splat(LAST_DIGITS))
    };
    blocks(source, result, len, |[a, b]| [i32x4_shuffle::<0, 2, 4, 6>(integers(a), integers(b))]);
}

/// Whether numbers are not 0. `$bits` are the bits that count: of a float, all but the sign.
macro_rules! to_bool {
    ($($name:ident: $loop:ident, $bits:literal;)*) => {
        $(
            #[doc = stringify!($name)]
            pub fn $name(source: &[Word], result: &mut [Word], len: usize) {
                $loop(source, result, len, $bits);
            }
        )*
    };
}

to_bool! {
    u8_to_bool: bools1, -1;
    u16_to_bool: bools2, -1;
    f16_to_bool: bools2, 0x7fff;
    u32_to_bool: bools4, -1;
    f32_to_bool: bools4, 0x7fff_ffff;
    u64_to_bool: bools8, -1;
    f64_to_bool: bools8, 0x7fff_ffff_ffff_ffff;
}

macro_rules! bools {
    ($($name:ident: $count:literal, $integer:ty, $splat:ident, $eq:ident;)*) => {
        $(
            #[inline(never)]
            fn $name(source: &[Word], result: &mut [Word], len: usize, bits: $integer) {
                let blocks = (len + 15) >> 4;
                let source = cast_slice::<_, v128>(source).as_chunks::<$count>().0.get(..blocks);
                let result = cast_slice_mut::<_, v128>(result).get_mut(..blocks);
                let (Some(source), Some(result)) = (source, result) else { return };
                for (to, from) in result.iter_mut().zip(source) {
                    let mut zero = from.map(|numbers| $eq(v128_and(numbers, $splat(bits)), $splat(0)));
                    // Each number is now all ones or all zeros, and stays so in half of its width.
                    let mut count = $count;
                    while count > 1 {
                        count /= 2;
                        for at in 0..count {
                            zero[at] = i8x16_narrow_i16x8(zero[2 * at], zero[2 * at + 1]);
                        }
                    }
                    *to = v128_andnot(i8x16_splat(1), zero[0]);
                }
            }
        )*
    };
}

bools! {
    bools1: 1, i8, i8x16_splat, i8x16_eq;
    bools2: 2, i16, i16x8_splat, i16x8_eq;
    bools4: 4, i32, i32x4_splat, i32x4_eq;
    bools8: 8, i64, i64x2_splat, i64x2_eq;
}

/// Integers to narrower ones, which keep the low bytes.
macro_rules! narrower {
    ($($name:ident: $from:literal => $to:literal;)*) => {
        $(
            #[doc = stringify!($name)]
            pub fn $name(source: &[Word], result: &mut [Word], len: usize) {
                pick(source, result, len, $from, 0..$to, false);
            }
        )*
    };
}

narrower! {
    u64_to_u32: 8 => 4;
    u32_to_u16: 4 => 2;
    u32_to_u8: 4 => 1;
    u16_to_u8: 2 => 1;
}

/// float16 to float32, exactly.
pub fn f16_to_f32(source: &[Word], result: &mut [Word], len: usize) {
    let to = cast_slice_mut::<_, v128>(result).as_chunks_mut::<2>().0;
    for (to, &halves) in to.iter_mut().zip(cast_slice(source)).take((len + 7) >> 3) {
        *to = numbers_and_tops(halves, 0x7f80).map(|(number, top)| v128_or(number, top));
    }
}

/// float16 to float64, exactly.
pub fn f16_to_f64(source: &[Word], result: &mut [Word], len: usize) {
    let to = cast_slice_mut::<_, v128>(result).as_chunks_mut::<2>().0.as_chunks_mut::<2>().0;
    for (to, &halves) in to.iter_mut().zip(cast_slice(source)).take((len + 7) >> 3) {
        *to = numbers_and_tops(halves, 0x7ff0).map(|(number, top)| {
            [
                v128_or(f64x2_promote_low_f32x4(number), i32x4_shuffle::<0, 4, 1, 5>(i32x4_splat(0), top)),
                v128_or(
                    f64x2_promote_low_f32x4(upper(number)),
                    i32x4_shuffle::<2, 6, 3, 7>(i32x4_splat(0), top),
                ),
            ]
        });
    }
}

/// Splits eight float16 into the lower four and the upper four. Of each four: the magnitudes as float32, in which
/// infinities and NaNs look finite; and, in the upper half of each 32 bits, the sign, with `exponent` for infinities
/// and NaNs.
#[inline(always)]
fn numbers_and_tops(halves: v128, exponent: i16) -> [(v128, v128); 2] {
    let magnitudes = v128_and(halves, i16x8_splat(0x7fff));
    let tops = v128_and(i16x8_gt(magnitudes, i16x8_splat(0x7bff)), i16x8_splat(exponent));
    let tops = v128_or(tops, v128_xor(halves, magnitudes));
    // As a float32, its exponent is too small by 112, whether it is normal or subnormal.
    let number = |bits| f32x4_mul(u32x4_shl(bits, 13), f32x4_splat(f32::from_bits((112 + 127) << 23)));
    [
        (
            number(u32x4_extend_low_u16x8(magnitudes)),
            i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(i16x8_splat(0), tops),
        ),
        (
            number(u32x4_extend_high_u16x8(magnitudes)),
            i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(i16x8_splat(0), tops),
        ),
    ]
}

/// float32 to float16, as `Half::from_f32` in `float.rs`.
pub fn f32_to_f16(source: &[Word], result: &mut [Word], len: usize) {
    let from = cast_slice::<_, v128>(source).as_chunks::<2>().0;
    for (to, from) in cast_slice_mut::<_, v128>(result).iter_mut().zip(from).take((len + 7) >> 3) {
        let magnitudes = from.map(|number| f32x4_abs(number));
        let nans = magnitudes.map(|magnitude| i32x4_gt(magnitude, i32x4_splat(0x7f80_0000)));
        let mut halves = magnitudes.map(f16_from_f32x4);
        // NaNs, which are rare, are infinities until now.
        if v128_any_true(v128_or(nans[0], nans[1])) {
            for at in 0..2 {
                let payload = v128_and(u32x4_shr(magnitudes[at], 13), i32x4_splat(0x03ff));
                halves[at] = v128_or(halves[at], v128_and(i32x4_max(payload, i32x4_splat(1)), nans[at]));
            }
        }
        for at in 0..2 {
            halves[at] = v128_or(halves[at], u32x4_shr(v128_xor(from[at], magnitudes[at]), 16));
        }
        *to = u16x8_narrow_i32x4(halves[0], halves[1]);
    }
}

/// The float16 nearest to each magnitude, ties to even. NaN becomes infinity, too.
#[inline(always)]
fn f16_from_f32x4(magnitude: v128) -> v128 {
    // Magnitudes beyond float16's range become infinity.
    let scaled = f32x4_mul(i32x4_min(magnitude, i32x4_splat(0x4780_0000)), f32x4_splat(4.0));
    // Added to a number this much larger, it keeps only the digits that fit: the processor rounds.
    let exponent = i32x4_max(v128_and(scaled, i32x4_splat(0x7f80_0000)), i32x4_splat(0x3980_0000));
    let sum = f32x4_add(i32x4_add(exponent, i32x4_splat(0x0680_0000)), scaled);
    i32x4_add(v128_and(u32x4_shr(sum, 13), i32x4_splat(0x7c00)), v128_and(sum, i32x4_splat(0x0fff)))
}

/// float64 to int64, if all numbers are within 2^51 of 0; returns whether they are.
pub fn f64_to_small_i64(source: &[Word], result: &mut [Word], len: usize) -> bool {
    f64_to_small(source, result, len, -2_251_799_813_685_248.0)
}

/// The same for uint64.
pub fn f64_to_small_u64(source: &[Word], result: &mut [Word], len: usize) -> bool {
    f64_to_small(source, result, len, -1.0)
}

/// All numbers must be above `least`, and below 2^51.
#[inline(never)]
fn f64_to_small(source: &[Word], result: &mut [Word], len: usize, least: f64) -> bool {
    let magic = f64x2_splat(LAST_DIGITS);
    let mut all = f64x2_eq(magic, magic);
    let (from, to) = (cast_slice::<_, v128>(source), cast_slice_mut::<_, v128>(result));
    for (to, &from) in to.iter_mut().zip(from).take((len + 1) >> 1) {
        let within = v128_and(
            f64x2_gt(from, f64x2_splat(least)),
            f64x2_lt(from, f64x2_splat(2_251_799_813_685_248.0)),
        );
        all = v128_and(all, within);
        *to = i64x2_sub(f64x2_add(f64x2_trunc(from), magic), magic);
    }
    i64x2_all_true(all)
}

/// int64 to float32, if all numbers are within 2^53 of 0, where float64 has every integer; returns whether they are.
pub fn small_i64_to_f32(source: &[Word], result: &mut [Word], len: usize) -> bool {
    small_to_f32(source, result, len, 1 << 53)
}

/// The same for uint64.
pub fn small_u64_to_f32(source: &[Word], result: &mut [Word], len: usize) -> bool {
    small_to_f32(source, result, len, 0)
}

/// All numbers must be at least -`least`, and below 2^53.
#[inline(never)]
fn small_to_f32(source: &[Word], result: &mut [Word], len: usize, least: i64) -> bool {
    let mut above = i64x2_splat(0);
    let (from, to) = (cast_slice::<_, v128>(source).as_chunks::<2>().0, cast_slice_mut::<_, v128>(result));
    for (to, &[a, b]) in to.iter_mut().zip(from).take((len + 3) >> 2) {
        for value in [a, b] {
            above = v128_or(above, i64x2_add(value, i64x2_splat(least)));
        }
        *to = lowers(
            f32x4_demote_f64x2_zero(f64x2_from_i64x2(a)),
            f32x4_demote_f64x2_zero(f64x2_from_i64x2(b)),
        );
    }
    !v128_any_true(u64x2_shr(above, if least == 0 { 53 } else { 54 }))
}

/// As `f64_from_i64` in `float.rs`.
#[inline(always)]
fn f64x2_from_i64x2(value: v128) -> v128 {
    let high = v128_xor(u64x2_shr(value, 32), i64x2_splat(0x4530_0000_8000_0000));
    let low = v128_or(v128_and(value, i64x2_splat(0xffff_ffff)), i64x2_splat(0x4330_0000_0000_0000));
    f64x2_add(f64x2_sub(high, i64x2_splat(0x4530_0000_8010_0000)), low)
}

/// Moves the upper half into the lower.
#[inline(always)]
fn upper(a: v128) -> v128 {
    i64x2_shuffle::<1, 0>(a, a)
}

/// Joins the lower halves of two vectors.
#[inline(always)]
fn lowers(a: v128, b: v128) -> v128 {
    i64x2_shuffle::<0, 2>(a, b)
}
