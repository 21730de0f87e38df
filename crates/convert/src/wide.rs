//! Long doubles, by way of quad, which holds every x87 number, float64 and 64-bit integer.
//!
//! So each conversion between them and the numbers that wasm knows exists once, and x87 has loops to and from quad,
//! plus one straight to float64, its default target. No SIMD float has 64 digits: this is written with branches,
//! which real data takes the same way each time.

use byteferry_kernels::Word;
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

/// IEEE 754 binary128: a sign, 15 bits of exponent, 112 of fraction.
#[derive(Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Quad(u128);

/// x87's extended precision: a sign, 15 bits of exponent, and 64 digits with the leading one explicit. The six bytes
/// above them are padding: ignored when read, and written as 0.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct X87(u128);

const SIGN: u128 = 1 << 127;
const INFINITY: u128 = 0x7fff << 112;
/// Number of digits that quad has beyond x87's.
const BELOW_X87: u32 = 49;

/// A long double: sign, biased exponent, and a significand of 64 digits, the last one set if any digit was cut off.
struct Parts {
    sign: u64,
    exponent: i32,
    digits: u64,
}

impl Parts {
    /// As a float64: to the nearest, ties to even. Or to odd, with the last digit set if any digit was cut off.
    ///
    /// If any was cut off, the odd float64 is never a number of fewer digits, nor an integer below 2^52, and it lies
    /// on the same side of all of these as the long double: it can be rounded or truncated again as if it were the
    /// long double.
    #[inline(always)]
    fn round(self, odd: bool) -> f64 {
        let Self { sign, exponent, digits } = self;
        let exponent = exponent - (16383 - 1023);
        let bits = if exponent >= 2047 {
            match (self.exponent, digits << 1) {
                (0x7fff, 0) => 2047 << 52,
                (0x7fff, _) => 0x7ff8 << 48 | (digits >> 11) & 0x7_ffff_ffff_ffff,
                // A finite number beyond float64's range: infinity, or to odd its greatest number, which is odd.
                _ => (2047 << 52) - u64::from(odd),
            }
        } else {
            // Below the least normal number fewer digits are kept, and in the end none.
            let (shift, digits) = match 12 - exponent.min(1) {
                shift @ ..64 => (shift, digits),
                64 => (63, digits >> 1 | digits & 1),
                _ => (63, u64::from(digits != 0)),
            };
            let (kept, lost) = (digits >> shift, digits << (64 - shift));
            let one_more = match odd {
                true => kept & 1 == 0 && lost != 0,
                false => lost > 1 << 63 || lost == 1 << 63 && kept & 1 == 1,
            };
            // The leading digit adds 1 to the exponent; and so does a carry.
            (((exponent.max(1) - 1) as u64) << 52) + kept + u64::from(one_more)
        };
        f64::from_bits(sign | bits)
    }
}

impl Quad {
    pub(crate) fn is_nan(self) -> bool {
        self.0 & !SIGN > INFINITY
    }

    #[inline(always)]
    fn parts(self) -> Parts {
        let (high, low) = ((self.0 >> 64) as u64, self.0 as u64);
        let exponent = (high >> 48) as i32 & 0x7fff;
        let leading = u64::from(exponent != 0) << 63;
        let digits = leading | (high & 0xffff_ffff_ffff) << 15 | low >> 49;
        Parts { sign: high & 1 << 63, exponent, digits: digits | u64::from(low << 15 != 0) }
    }

    /// Truncated, saturating; NaN is 0.
    pub(crate) fn to_i64(self) -> i64 {
        let magnitude = self.magnitude();
        match self.0 & SIGN {
            0 => magnitude.min(i64::MAX as u64) as i64,
            _ => (magnitude.min(1 << 63) as i64).wrapping_neg(),
        }
    }

    /// Truncated, saturating; NaN is 0.
    pub(crate) fn to_u64(self) -> u64 {
        if self.0 & SIGN == 0 { self.magnitude() } else { 0 }
    }

    #[inline(always)]
    fn magnitude(self) -> u64 {
        // All 64 digits as they are: the last digit of `parts` also stands for those cut off.
        let digits = (self.0 >> BELOW_X87) as u64 | 1 << 63;
        match self.parts().exponent - 16383 {
            _ if self.is_nan() => 0,
            ..0 => 0,
            exponent @ 0..64 => digits >> (63 - exponent),
            _ => u64::MAX,
        }
    }

    #[inline(always)]
    pub(crate) fn from_f64(value: f64) -> Self {
        // A subnormal is made normal first.
        let (scaled, bias) = match value.abs() < f64::MIN_POSITIVE {
            true => (value * 18_446_744_073_709_551_616.0, 16383 - 1023 - 64),
            false => (value, 16383 - 1023),
        };
        let bits = scaled.to_bits();
        let magnitude = u128::from(bits & !(1 << 63)) << 60;
        let rebias = match bits >> 52 & 0x7ff {
            0 => 0,
            0x7ff => 0x7fff - 0x7ff,
            _ => bias,
        };
        Self(u128::from(bits & 1 << 63) << 64 | (magnitude + (rebias << 112)))
    }

    #[inline(always)]
    pub(crate) fn from_u64(value: u64) -> Self {
        let zeros = value.leading_zeros();
        match value.checked_shl(zeros) {
            // The leading digit adds 1 to the exponent.
            Some(digits) => Self((u128::from(16383 + 62 - zeros) << 112) + (u128::from(digits) << BELOW_X87)),
            None => Self(0),
        }
    }

    pub(crate) fn from_i64(value: i64) -> Self {
        let sign = if value < 0 { SIGN } else { 0 };
        Self(Self::from_u64(value.unsigned_abs()).0 | sign)
    }

    /// Whether it is a float64, or NaN.
    pub(crate) fn is_f64(self) -> bool {
        let Parts { exponent, digits, .. } = self.parts();
        let zeros = digits.trailing_zeros() as i32;
        match exponent - (16383 - 1023) {
            _ if digits == 0 || exponent == 0x7fff => true,
            exponent @ ..2047 => zeros >= 12 - exponent.min(1),
            _ => false,
        }
    }

    /// Whether it is an x87 number, or NaN.
    pub(crate) fn is_x87(self) -> bool {
        self.is_nan() || self.0 << (128 - BELOW_X87) == 0
    }

    /// Whether it is an int64.
    pub(crate) fn is_i64(self) -> bool {
        self.is_integer() && (self.magnitude() >> 63 == 0 || self.0 == 0xc03e << 112)
    }

    /// Whether it is a uint64.
    pub(crate) fn is_u64(self) -> bool {
        self.is_integer() && self.0 <= SIGN
    }

    /// Whether it is an integer of at most 64 bits, whatever its sign.
    #[inline(never)]
    fn is_integer(self) -> bool {
        let Parts { exponent, digits, .. } = self.parts();
        let zeros = digits.trailing_zeros() as i32;
        digits == 0 || self.is_x87() && exponent < 16383 + 64 && exponent + zeros >= 16383 + 63
    }
}

impl X87 {
    /// As a quad. Numbers that the processor refuses to read (infinities, NaNs and numbers above the least exponent
    /// without their leading digit) become the NaN that the processor makes of them, whose sign is set.
    #[inline(always)]
    pub(crate) fn to_quad(self) -> Quad {
        let digits = self.0 as u64;
        let exponent = (self.0 >> 64) as u32 & 0x7fff;
        let sign = (self.0 >> 79) << 127;
        // The leading digit adds 1 to the exponent; at the least exponent it may be missing.
        let magnitude = (u128::from(exponent.saturating_sub(1)) << 112) + (u128::from(digits) << BELOW_X87);
        let refused = exponent > 0 && digits >> 63 == 0;
        Quad(if refused { SIGN | INFINITY | 1 << 111 } else { sign | magnitude })
    }

    #[inline(always)]
    fn parts(self) -> Parts {
        let (top, digits) = ((self.0 >> 64) as u64, self.0 as u64);
        let parts = Parts { sign: top >> 15 << 63, exponent: top as i32 & 0x7fff, digits };
        let refused = Parts { sign: 1 << 63, exponent: 0x7fff, digits: 3 << 62 };
        if parts.exponent > 0 && digits >> 63 == 0 { refused } else { parts }
    }

    /// To the nearest, ties to even.
    #[inline(always)]
    pub(crate) fn from_quad(quad: Quad) -> Self {
        let magnitude = quad.0 & !SIGN;
        let last = magnitude >> BELOW_X87 & 1;
        let rounded = match quad.is_nan() {
            true => magnitude | 1 << 111,
            // A carry goes to the exponent, and from the greatest exponent to infinity.
            false => magnitude + ((1 << (BELOW_X87 - 1)) - 1) + last,
        } >> BELOW_X87;
        let (exponent, digits) = ((rounded >> 63) as u16, rounded as u64 & !(1 << 63));
        let leading = u64::from(exponent != 0) << 63;
        let sign = (quad.0 >> 112) as u16 & 0x8000;
        Self(u128::from(sign | exponent) << 64 | u128::from(leading | digits))
    }

    pub(crate) fn to_12(self) -> [u32; 3] {
        [self.0 as u32, (self.0 >> 32) as u32, (self.0 >> 64) as u32 & 0xffff]
    }

    pub(crate) fn from_12([low, middle, high]: [u32; 3]) -> Self {
        Self(u128::from(high & 0xffff) << 64 | u128::from(middle) << 32 | u128::from(low))
    }
}

/// IBM System/360's single precision: a sign, 7 bits of exponent to base 16, and 24 bits of fraction, below 1,
/// normalised or not. Every one is a float64.
#[inline(always)]
fn f64_from_ibm(bits: u32) -> f64 {
    let fraction = f64::from(bits & 0x00ff_ffff);
    // 16^(exponent - 64) / 2^24
    let scale = f64::from_bits(u64::from((bits >> 24 & 0x7f) * 4 + 1023 - 256 - 24) << 52);
    let sign = u64::from(bits & 0x8000_0000) << 32;
    f64::from_bits((fraction * scale).to_bits() | sign)
}

/// A loop that computes each number of the result from one of the source.
macro_rules! each {
    ($name:ident: $from:ty => $to:ty: |$x:ident| $body:expr) => {
        pub(crate) fn $name(source: &[Word], result: &mut [Word], len: usize) {
            let source = cast_slice::<_, $from>(source).iter().take(len);
            for (to, &$x) in cast_slice_mut::<_, $to>(result).iter_mut().zip(source) {
                *to = $body;
            }
        }
    };
}

pub(crate) use each;

/// The same for numbers whose width is no power of two: a tile's bytes need not be a multiple of it.
macro_rules! each_of {
    ($name:ident: [$part:ty; $parts:literal] => $to:ty: |$x:ident| $body:expr) => {
        pub(crate) fn $name(source: &[Word], result: &mut [Word], len: usize) {
            let source = cast_slice::<_, $part>(source).as_chunks::<$parts>().0.iter().take(len);
            for (to, &$x) in cast_slice_mut::<_, $to>(result).iter_mut().zip(source) {
                *to = $body;
            }
        }
    };
    ($name:ident: $from:ty => [$part:ty; $parts:literal]: |$x:ident| $body:expr) => {
        pub(crate) fn $name(source: &[Word], result: &mut [Word], len: usize) {
            let source = cast_slice::<_, $from>(source).iter().take(len);
            let result = cast_slice_mut::<_, $part>(result).as_chunks_mut::<$parts>().0;
            for (to, &$x) in result.iter_mut().zip(source) {
                *to = $body;
            }
        }
    };
}

/// Long doubles to float64, by one loop for both ways of rounding.
macro_rules! rounded {
    ($nearest:ident, $odd:ident: $rounded:ident, $from:ty) => {
        #[inline(never)]
        fn $rounded(source: &[Word], result: &mut [Word], len: usize, odd: bool) {
            let source = cast_slice::<_, $from>(source).iter().take(len);
            for (to, x) in cast_slice_mut(result).iter_mut().zip(source) {
                *to = x.parts().round(odd);
            }
        }

        pub(crate) fn $nearest(source: &[Word], result: &mut [Word], len: usize) {
            $rounded(source, result, len, false);
        }

        pub(crate) fn $odd(source: &[Word], result: &mut [Word], len: usize) {
            $rounded(source, result, len, true);
        }
    };
}

each!(i64_to_quad: i64 => Quad: |x| Quad::from_i64(x));
each!(u64_to_quad: u64 => Quad: |x| Quad::from_u64(x));
each_of!(i24_to_i32: [u8; 3] => i32: |x| i32::from_le_bytes([0, x[0], x[1], x[2]]) >> 8);
each_of!(u24_to_u32: [u8; 3] => u32: |x| u32::from_le_bytes([x[0], x[1], x[2], 0]));
each!(ibm_to_f64: u32 => f64: |x| f64_from_ibm(x));
each_of!(x87in12_to_x87: [u32; 3] => X87: |x| X87::from_12(x));
each_of!(x87_to_x87in12: X87 => [u32; 3]: |x| x.to_12());
rounded!(x87_to_f64, x87_to_odd_f64: x87_rounded, X87);
rounded!(quad_to_f64, quad_to_odd_f64: quad_rounded, Quad);
each!(x87_to_quad: X87 => Quad: |x| x.to_quad());
each!(quad_to_x87: Quad => X87: |x| X87::from_quad(x));
each!(quad_to_i64: Quad => i64: |x| x.to_i64());
each!(quad_to_u64: Quad => u64: |x| x.to_u64());
each!(f64_to_quad: f64 => Quad: |x| Quad::from_f64(x));
