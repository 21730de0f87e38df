//! Float formats that wasm has no instructions for, computed on their bits; and 64-bit integers to float64, likewise.
//!
//! Everything here is straight-line arithmetic with few selects, which LLVM vectorises. Rounding is to nearest, ties
//! to even. A NaN keeps its sign. To and from float16 it keeps as much of its payload as fits, as in NumPy; narrowed
//! to bfloat16, it becomes the one NaN that ml_dtypes writes.

use bytemuck::{Pod, Zeroable};

/// IEEE 754 binary16. Its SIMD casts are in `vector.rs`.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Half(u16);

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Half {
    /// As a float32, exactly.
    #[inline(always)]
    pub(crate) fn to_f32(self) -> f32 {
        let magnitude = u32::from(self.0 & 0x7fff);
        let sign = u32::from(self.0 & 0x8000) << 16;
        // As a float32, its exponent is too small by 112, whether it is normal or subnormal.
        let finite = (f32::from_bits(magnitude << 13) * f32::from_bits((112 + 127) << 23)).to_bits();
        let top = if magnitude >= 0x7c00 { 0x7f80_0000 } else { 0 };
        f32::from_bits(sign | finite | top)
    }

    /// As a float64, exactly.
    #[inline(always)]
    pub(crate) fn to_f64(self) -> f64 {
        let magnitude = u64::from(self.0 & 0x7fff);
        let sign = u64::from(self.0 & 0x8000) << 48;
        let finite = (f64::from_bits(magnitude << 42) * f64::from_bits((1008 + 1023) << 52)).to_bits();
        let top = if magnitude >= 0x7c00 { 0x7ff << 52 } else { 0 };
        f64::from_bits(sign | finite | top)
    }

    /// The float16 nearest to a float32, ties to even.
    #[inline(always)]
    pub(crate) fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let magnitude = bits & 0x7fff_ffff;
        // Magnitudes beyond float16's range become infinity.
        let scaled = f32::from_bits(magnitude.min(0x4780_0000)) * 4.0;
        // Added to a number this much larger, it keeps only the digits that fit: the processor rounds.
        let exponent = (scaled.to_bits() & 0x7f80_0000).max(0x3980_0000);
        let sum = (f32::from_bits(exponent + 0x0680_0000) + scaled).to_bits();
        let number = ((sum >> 13) & 0x7c00) + (sum & 0x0fff);
        let nan = 0x7c00 | ((magnitude >> 13) & 0x03ff).max(1);
        let result = if magnitude > 0x7f80_0000 { nan } else { number };
        Self((result | (bits >> 16) & 0x8000) as u16)
    }
}

/// Rounds a float64 to odd: to a float32 whose last digit is set if any digit was cut off. Rounded again, to float16,
/// it gives the same as the float64. A NaN keeps the upper digits of its payload, which wasm's demotion need not do.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
pub(crate) fn odd_f32(value: f64) -> f32 {
    let bits = value.to_bits();
    let low = bits & 0x1fff_ffff;
    let odd = (bits & !0x1fff_ffff) | if low == 0 { 0 } else { 0x2000_0000 };
    let nan = (bits >> 32) as u32 & 0x8000_0000 | 0x7f80_0001 | (bits >> 29) as u32 & 0x7f_ffff;
    if value.is_nan() { f32::from_bits(nan) } else { f64::from_bits(odd) as f32 }
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

/// `value as f64`, for which wasm has no vector instruction: the upper and lower half become the low digits of 2^84
/// and 2^52, which are then added.
#[inline(always)]
pub(crate) fn f64_from_u64(value: u64) -> f64 {
    let high = f64::from_bits(value >> 32 | 0x4530_0000_0000_0000);
    let low = f64::from_bits(value & 0xffff_ffff | 0x4330_0000_0000_0000);
    // 2^84 + 2^52; the first difference is exact, so only the sum rounds.
    (high - f64::from_bits(0x4530_0000_0010_0000)) + low
}

/// `value as f64`, as in [`f64_from_u64`], with 2^31 added to the upper half to make it positive.
#[inline(always)]
pub(crate) fn f64_from_i64(value: i64) -> f64 {
    let high = f64::from_bits((value >> 32) as u64 & 0xffff_ffff ^ 0x4530_0000_8000_0000);
    let low = f64::from_bits(value as u64 & 0xffff_ffff | 0x4330_0000_0000_0000);
    // 2^84 + 2^63 + 2^52
    (high - f64::from_bits(0x4530_0000_8010_0000)) + low
}
