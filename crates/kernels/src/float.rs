//! Float formats that no processor instruction of wasm's knows, by their bits; and 64-bit integers as floats, likewise.
//!
//! Everything here is straight-line integer arithmetic with selects, which LLVM vectorises. Rounding is to nearest, ties
//! to even. A NaN keeps its sign; a float16 as much of its payload as fits, as in NumPy; narrowed to bfloat16 or float8 it
//! becomes the one NaN that ml_dtypes writes.

use bytemuck::{Pod, Zeroable};

/// IEEE 754 binary16.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub struct Half(pub(crate) u16);

impl Half {
    /// As a float32, exactly.
    #[inline(always)]
    pub fn to_f32(self) -> f32 {
        let magnitude = u32::from(self.0 & 0x7fff);
        let sign = u32::from(self.0 & 0x8000) << 16;
        // The exponent moves from a bias of 15 to one of 127; infinity and NaN stay at the top.
        let rebias = if magnitude >= 0x7c00 { 224 << 23 } else { 112 << 23 };
        let normal = (magnitude << 13) + rebias;
        // Subnormals are multiples of 2^-24, the last digit of 0.5f32.
        let subnormal = (f32::from_bits(magnitude | 0x3f00_0000) - 0.5).to_bits();
        f32::from_bits(sign | if magnitude < 0x0400 { subnormal } else { normal })
    }

    /// As a float64, exactly.
    #[inline(always)]
    pub fn to_f64(self) -> f64 {
        let magnitude = u64::from(self.0 & 0x7fff);
        let sign = u64::from(self.0 & 0x8000) << 48;
        let rebias = if magnitude >= 0x7c00 { 2016 << 52 } else { 1008 << 52 };
        let normal = (magnitude << 42) + rebias;
        // 2^28 is the float64 whose last digit is 2^-24.
        let subnormal = (f64::from_bits(magnitude | 0x41b0_0000_0000_0000) - 268_435_456.0).to_bits();
        f64::from_bits(sign | if magnitude < 0x0400 { subnormal } else { normal })
    }

    /// The nearest to a float32, ties to even.
    #[inline(always)]
    pub fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let magnitude = bits & 0x7fff_ffff;
        // Normal: the exponent from bias 127 to 15, then half of the last digit is added, less one where that digit is even.
        let normal = magnitude.wrapping_add(0xc800_0fff).wrapping_add((magnitude >> 13) & 1) >> 13;
        // Subnormal: adding 0.5 lets the processor round to multiples of 2^-24.
        let subnormal = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0x3f00_0000);
        let payload = (magnitude >> 13) & 0x03ff;
        let nan = 0x7c00 | if payload == 0 { 1 } else { payload };
        let finite = if magnitude < 0x3880_0000 { subnormal } else { normal };
        let finite_or_infinite = if magnitude >= 0x4780_0000 { 0x7c00 } else { finite };
        let result = if magnitude > 0x7f80_0000 { nan } else { finite_or_infinite };
        Self((result | (bits >> 16) & 0x8000) as u16)
    }

    /// The nearest to a float64, ties to even.
    #[inline(always)]
    pub fn from_f64(value: f64) -> Self {
        let bits = value.to_bits();
        // A float32 with its last digit set where any digit was cut off rounds on to the same half as the float64.
        let low = bits & 0x1fff_ffff;
        let odd = (bits & !0x1fff_ffff) | if low == 0 { 0 } else { 0x2000_0000 };
        let number = Self::from_f32(f64::from_bits(odd) as f32).0;
        let payload = (bits >> 42) as u16 & 0x03ff;
        let nan = (bits >> 48) as u16 & 0x8000 | 0x7c00 | if payload == 0 { 1 } else { payload };
        Self(if bits & 0x7fff_ffff_ffff_ffff > 0x7ff0_0000_0000_0000 { nan } else { number })
    }
}

/// The upper half of a float32.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Bfloat16(u16);

impl Bfloat16 {
    #[inline(always)]
    pub(crate) fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }

    #[inline(always)]
    pub(crate) fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let number = bits.wrapping_add(0x7fff).wrapping_add((bits >> 16) & 1);
        let nan = bits & 0x8000_0000 | 0x7fc0_0000;
        Self((if value.is_nan() { nan } else { number } >> 16) as u16)
    }
}

/// A float of 8 bits: a sign, an exponent, and `DIGITS` of fraction. `TOP` is what everything too large becomes, infinity or
/// NaN; `NAN` is NaN.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Float8<const DIGITS: u32, const TOP: u32, const NAN: u32>(u8);

/// No infinities; one NaN, with either sign.
pub(crate) type Float8E4m3fn = Float8<3, 0x7f, 0x7f>;

/// The upper half of a float16.
pub(crate) type Float8E5m2 = Float8<2, 0x7c, 0x7e>;

impl<const DIGITS: u32, const TOP: u32, const NAN: u32> Float8<DIGITS, TOP, NAN> {
    /// Float32's exponent bias less ours.
    const BIAS: u32 = 127 - ((1 << (6 - DIGITS)) - 1);
    /// The float32 whose last digit is our least subnormal.
    const MAGIC: u32 = (Self::BIAS + 24 - DIGITS) << 23;

    #[inline(always)]
    pub(crate) fn to_f32(self) -> f32 {
        let magnitude = u32::from(self.0 & 0x7f);
        let sign = u32::from(self.0 & 0x80) << 24;
        let normal = (magnitude << (23 - DIGITS)) + (Self::BIAS << 23);
        let subnormal = (f32::from_bits(magnitude | Self::MAGIC) - f32::from_bits(Self::MAGIC)).to_bits();
        let number = if magnitude < 1 << DIGITS { subnormal } else { normal };
        let nan = 0x7fc0_0000;
        let top = if magnitude == TOP && TOP != NAN { 0x7f80_0000 } else { nan };
        f32::from_bits(sign | if magnitude >= TOP { top } else { number })
    }

    #[inline(always)]
    pub(crate) fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let magnitude = bits & 0x7fff_ffff;
        let shift = 23 - DIGITS;
        // As for float16.
        let half = (1 << (shift - 1)) - 1;
        let even = (magnitude >> shift) & 1;
        let normal = magnitude.wrapping_sub(Self::BIAS << 23).wrapping_add(half + even) >> shift;
        let subnormal =
            (f32::from_bits(magnitude) + f32::from_bits(Self::MAGIC)).to_bits().wrapping_sub(Self::MAGIC);
        let least_normal = (Self::BIAS + 1) << 23;
        let finite = if magnitude < least_normal { subnormal } else { normal };
        // Here rounding may carry as far as the top; far above it the exponent would not fit.
        let beyond = (Self::BIAS << 23) + (TOP << shift);
        let number = if magnitude >= beyond { TOP } else { finite };
        let result = if magnitude > 0x7f80_0000 { NAN } else { number };
        Self((result | (bits >> 24) & 0x80) as u8)
    }
}

/// `value as f64`, for which wasm has no vector instruction: the halves as the low digits of 2^84 and 2^52, put together.
#[inline(always)]
pub(crate) fn f64_from_u64(value: u64) -> f64 {
    let high = f64::from_bits(value >> 32 | 0x4530_0000_0000_0000);
    let low = f64::from_bits(value & 0xffff_ffff | 0x4330_0000_0000_0000);
    // 2^84 + 2^52; the first difference is exact, so only the sum rounds.
    (high - f64::from_bits(0x4530_0000_0010_0000)) + low
}

/// `value as f64`; as [`f64_from_u64`], the upper half shifted by 2^31 to be positive.
#[inline(always)]
pub(crate) fn f64_from_i64(value: i64) -> f64 {
    let high = f64::from_bits((value >> 32) as u64 & 0xffff_ffff ^ 0x4530_0000_8000_0000);
    let low = f64::from_bits(value as u64 & 0xffff_ffff | 0x4330_0000_0000_0000);
    // 2^84 + 2^63 + 2^52
    (high - f64::from_bits(0x4530_0000_8010_0000)) + low
}

/// `value as f32`. Past 2^53 the lowest eleven bits are folded into one, so that the float64 between is exact and
/// still says on which side of the middle the value lies.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
pub(crate) fn f32_from_u64(value: u64) -> f32 {
    let low = value & 0x7ff;
    let folded = (value & !0x7ff) | if low == 0 { 0 } else { 0x800 };
    f64_from_u64(if value >= 1 << 53 { folded } else { value }) as f32
}

/// `value as f32`; as [`f32_from_u64`].
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
pub(crate) fn f32_from_i64(value: i64) -> f32 {
    let low = value & 0x7ff;
    let folded = (value & !0x7ff) | if low == 0 { 0 } else { 0x800 };
    let small = (value.wrapping_add(1 << 53) as u64) < (1 << 54);
    f64_from_i64(if small { value } else { folded }) as f32
}
