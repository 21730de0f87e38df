//! Casts of 8-bit floats, from and to float32. Contiguous arrays of 4096 float8 and more are looked up in a table
//! instead, for which these loops cast 256 numbers.
//!
//! Rounding is to nearest, ties to even. A NaN keeps its sign, and is the one that ml_dtypes writes.

use crate::wide::each;
use byteferry_kernels::Word;
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

/// A float of 8 bits: a sign, an exponent, and `DIGITS` bits of fraction. `TOP` is what too large numbers become,
/// infinity or NaN; `NAN` is NaN.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
struct Float8<const DIGITS: u32, const TOP: u32, const NAN: u32>(u8);

/// No infinities; one NaN, with either sign.
type Float8E4m3fn = Float8<3, 0x7f, 0x7f>;

/// The upper half of a float16.
type Float8E5m2 = Float8<2, 0x7c, 0x7e>;

impl<const DIGITS: u32, const TOP: u32, const NAN: u32> Float8<DIGITS, TOP, NAN> {
    /// Float32's exponent bias minus that of this type.
    const BIAS: u32 = 127 - ((1 << (6 - DIGITS)) - 1);
    /// The float32 whose last digit is this type's least subnormal.
    const MAGIC: u32 = (Self::BIAS + 24 - DIGITS) << 23;

    fn to_f32(self) -> f32 {
        let magnitude = u32::from(self.0 & 0x7f);
        let sign = u32::from(self.0 & 0x80) << 24;
        let normal = (magnitude << (23 - DIGITS)) + (Self::BIAS << 23);
        let subnormal = (f32::from_bits(magnitude | Self::MAGIC) - f32::from_bits(Self::MAGIC)).to_bits();
        let number = if magnitude < 1 << DIGITS { subnormal } else { normal };
        let nan = 0x7fc0_0000;
        let top = if magnitude == TOP && TOP != NAN { 0x7f80_0000 } else { nan };
        f32::from_bits(sign | if magnitude >= TOP { top } else { number })
    }

    fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let magnitude = bits & 0x7fff_ffff;
        let shift = 23 - DIGITS;
        // Added before the shift, these round to nearest, ties to even.
        let half = (1 << (shift - 1)) - 1;
        let even = (magnitude >> shift) & 1;
        let normal = magnitude.wrapping_sub(Self::BIAS << 23).wrapping_add(half + even) >> shift;
        let subnormal =
            (f32::from_bits(magnitude) + f32::from_bits(Self::MAGIC)).to_bits().wrapping_sub(Self::MAGIC);
        let least_normal = (Self::BIAS + 1) << 23;
        let finite = if magnitude < least_normal { subnormal } else { normal };
        // Rounding may carry up to `TOP` by itself; far above it, the exponent would not fit.
        let beyond = (Self::BIAS << 23) + (TOP << shift);
        let number = if magnitude >= beyond { TOP } else { finite };
        let result = if magnitude > 0x7f80_0000 { NAN } else { number };
        Self((result | (bits >> 24) & 0x80) as u8)
    }
}

each!(e4m3fn_to_f32: Float8E4m3fn => f32: |x| x.to_f32());
each!(e5m2_to_f32: Float8E5m2 => f32: |x| x.to_f32());
each!(f32_to_e4m3fn: f32 => Float8E4m3fn: |x| Float8E4m3fn::from_f32(x));
each!(f32_to_e5m2: f32 => Float8E5m2: |x| Float8E5m2::from_f32(x));
