//! Converts one number at a time, by integer arithmetic: the reference for the kernels.

use byteferry_header::Number;

/// All types that can be read.
pub(crate) const SOURCES: [Number; 21] = [
    Number::Bool,
    Number::Int8,
    Number::Int16,
    Number::Int24,
    Number::Int32,
    Number::Int64,
    Number::Uint8,
    Number::Uint16,
    Number::Uint24,
    Number::Uint32,
    Number::Uint64,
    Number::Float8E4m3fn,
    Number::Float8E5m2,
    Number::Float16,
    Number::Bfloat16,
    Number::Float32,
    Number::Float64,
    Number::X87In12,
    Number::X87In16,
    Number::Quad,
    Number::Ibm4,
];

/// The types that are read but never written.
pub(crate) const SOURCES_ONLY: [Number; 4] =
    [Number::Int24, Number::Uint24, Number::Ibm4, Number::Longdouble16];

pub(crate) fn targets() -> impl Iterator<Item = Number> {
    SOURCES.into_iter().filter(|number| !SOURCES_ONLY.contains(number))
}

/// An exact value of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Integer(i128),
    /// `digits` * 2^`exponent`
    Float {
        negative: bool,
        digits: u128,
        exponent: i32,
    },
    Infinite {
        negative: bool,
    },
    NaN,
}

use Value::NaN;

/// A float type: digits after the leading one, and the exponent's bias.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    fraction: u32,
    bias: i32,
    exponent_bits: u32,
}

pub(crate) fn format(number: Number) -> Option<Format> {
    let (fraction, exponent_bits) = match number {
        Number::Float8E4m3fn => (3, 4),
        Number::Float8E5m2 => (2, 5),
        Number::Float16 => (10, 5),
        Number::Bfloat16 => (7, 8),
        Number::Float32 => (23, 8),
        Number::Float64 => (52, 11),
        Number::X87In12 | Number::X87In16 => (63, 15),
        Number::Quad => (112, 15),
        _ => return None,
    };
    Some(Format { fraction, exponent_bits, bias: (1 << (exponent_bits - 1)) - 1 })
}

impl Format {
    /// The exponent of the last digit of a subnormal.
    fn least(self) -> i32 {
        1 - self.bias - self.fraction as i32
    }
}

fn is_x87(number: Number) -> bool {
    matches!(number, Number::X87In12 | Number::X87In16)
}

fn is_long(number: Number) -> bool {
    is_x87(number) || number == Number::Quad
}

pub(crate) fn width(number: Number) -> usize {
    number.itemsize() as usize
}

pub(crate) fn read(number: Number, bytes: &[u8]) -> Value {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u128::from_le_bytes(wide);
    let Some(format) = format(number) else {
        return match number {
            Number::Bool => Value::Integer((bits != 0).into()),
            Number::Int8 => Value::Integer((bits as i8).into()),
            Number::Int16 => Value::Integer((bits as i16).into()),
            Number::Int24 if bits >= 1 << 23 => Value::Integer(bits as i128 - (1 << 24)),
            Number::Int32 => Value::Integer((bits as i32).into()),
            Number::Int64 => Value::Integer((bits as i64).into()),
            Number::Ibm4 => Value::Float {
                negative: bits >> 31 == 1,
                digits: bits & 0xff_ffff,
                exponent: 4 * ((bits >> 24 & 0x7f) as i32 - 64) - 24,
            },
            _ => Value::Integer(bits as i128),
        };
    };
    let top = (1 << format.exponent_bits) - 1;
    let leading = 1 << format.fraction;
    // x87 stores the leading digit, which other types leave out.
    let above = format.fraction + u32::from(is_x87(number));
    let exponent = (bits >> above) as i32 & top;
    let negative = bits >> (above + format.exponent_bits) & 1 == 1;
    let mut digits = bits & ((1 << above) - 1);
    if number == Number::Float8E4m3fn {
        if bits & 0x7f == 0x7f {
            return NaN;
        }
    } else if exponent == top {
        let infinite = digits == if is_x87(number) { leading } else { 0 };
        return if infinite { Value::Infinite { negative } } else { NaN };
    }
    if exponent > 0 {
        if is_x87(number) && digits < leading {
            return NaN;
        }
        digits |= leading;
    }
    Value::Float { negative, digits, exponent: exponent.max(1) - 1 + format.least() }
}

/// `digits` * 2^`exponent` as multiples of 2^`last`, to the nearest, ties to even.
fn rounded(digits: u128, exponent: i32, last: i32) -> u128 {
    match last - exponent {
        // Less than a half in any case: no type has so many digits.
        120.. => 0,
        shift @ 1.. => {
            let (kept, lost, half) = (digits >> shift, digits & ((1 << shift) - 1), 1 << (shift - 1));
            kept + u128::from(lost > half || lost == half && kept % 2 == 1)
        }
        shift => digits << -shift,
    }
}

/// The bytes of a value as a float of that type, rounded once; NaN as `None`.
fn write_float(number: Number, format: Format, value: Value) -> Option<Vec<u8>> {
    let top = (1u128 << format.exponent_bits) - 1;
    let above = format.fraction + u32::from(is_x87(number));
    let leading = 1 << format.fraction;
    let (negative, magnitude) = match value {
        NaN => return None,
        Value::Integer(x) => return write_float(number, format, float(x)),
        Value::Infinite { .. } if number == Number::Float8E4m3fn => return None,
        Value::Infinite { negative } => (negative, top << above | if is_x87(number) { leading } else { 0 }),
        Value::Float { negative, digits, exponent } => {
            let length = 128 - digits.leading_zeros() as i32;
            let mut last = format.least().max(exponent + length - 1 - format.fraction as i32);
            let mut kept = rounded(digits, exponent, last);
            if kept == leading << 1 {
                (kept, last) = (leading, last + 1);
            }
            let field = if kept < leading { 0 } else { (last - format.least() + 1) as u128 };
            let magnitude = field << above | if is_x87(number) { kept } else { kept & (leading - 1) };
            if number == Number::Float8E4m3fn {
                if magnitude >= 0x7f {
                    return None;
                }
            } else if field >= top {
                return write_float(number, format, Value::Infinite { negative });
            }
            (negative, magnitude)
        }
    };
    let bits = magnitude | u128::from(negative) << (above + format.exponent_bits);
    Some(bits.to_le_bytes()[..width(number)].to_vec())
}

fn float(integer: i128) -> Value {
    Value::Float { negative: integer < 0, digits: integer.unsigned_abs(), exponent: 0 }
}

/// The bytes of a value as a number of that type: wrapping, saturating or rounded, NaN as `None`.
pub(crate) fn write(from: Number, to: Number, value: Value) -> Option<Vec<u8>> {
    if let Some(format) = format(to) {
        let narrow = matches!(to, Number::Bfloat16 | Number::Float8E4m3fn | Number::Float8E5m2);
        return if from != to && (narrow || to == Number::Float16 && is_long(from)) && from != Number::Float32
        {
            // NumPy and ml_dtypes round to float32 first.
            let single = write(from, Number::Float32, value)?;
            write_float(to, format, read(Number::Float32, &single))
        } else {
            write_float(to, format, value)
        };
    }
    let bits = 8 * width(to) as u32;
    let (least, most) = match to.kind() {
        'i' => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        _ => (0, (1 << bits) - 1),
    };
    let integer = match value {
        _ if to == Number::Bool => {
            i128::from(!matches!(value, Value::Integer(0) | Value::Float { digits: 0, .. }))
        }
        Value::Integer(x) => x,
        NaN => 0,
        Value::Infinite { negative } => {
            if negative {
                least
            } else {
                most
            }
        }
        Value::Float { negative, digits, exponent } => {
            let magnitude = match exponent {
                ..-127 => 0,
                -127..=0 => digits >> -exponent,
                _ if digits == 0 => 0,
                _ if exponent as u32 >= digits.leading_zeros() => u128::MAX,
                _ => digits << exponent,
            };
            let magnitude = i128::try_from(magnitude).unwrap_or(i128::MAX);
            (if negative { -magnitude } else { magnitude }).clamp(least, most)
        }
    };
    Some(integer.to_le_bytes()[..width(to)].to_vec())
}

/// Whether two values are the same number. NaN is not equal to itself.
pub(crate) fn equal(a: Value, b: Value) -> bool {
    let plain = |value| match value {
        Value::Integer(x) => float(x),
        other => other,
    };
    match (plain(a), plain(b)) {
        (
            Value::Float { negative, digits, exponent },
            Value::Float { negative: n, digits: d, exponent: e },
        ) => {
            let odd = |digits: u128, exponent| {
                (digits >> digits.trailing_zeros(), digits.trailing_zeros() as i32 + exponent)
            };
            match (digits, d) {
                (0, _) | (_, 0) => digits == d,
                _ => negative == n && odd(digits, exponent) == odd(d, e),
            }
        }
        (a, b) => a == b && a != NaN,
    }
}

/// Numbers of all magnitudes: bit patterns at random, and each type's edges.
pub(crate) fn samples(number: Number, len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let w = width(number);
    let mut bytes = Vec::new();
    for i in 0..len {
        let bits = random();
        let value = match (number, i % 5) {
            (Number::Bool, _) => bits & 3 & (bits >> 2),
            (Number::X87In12 | Number::X87In16 | Number::Quad, at) => {
                bytes.extend(long_sample(number, at, bits, random()));
                continue;
            }
            (_, 0) => bits,
            // Small values, values just above a power of two, and values just below one, negated.
            (_, 1) => bits >> (bits & 63),
            (_, 2) => (1u64 << (bits & 63)).wrapping_add(bits >> 60),
            (_, 3) => (1u64 << (bits & 63)).wrapping_sub(bits >> 60).wrapping_neg(),
            (Number::Float32, _) if i % 2 == 0 => ((bits >> 58) as f32 * 1000.3 - 17.0).to_bits().into(),
            (Number::Float64, _) if i % 2 == 0 => ((bits >> 40) as f64 * 1000.3 - 17.0).to_bits(),
            // Values of few digits, which the narrow types hold or nearly hold, subnormal and too large ones included.
            (Number::Float32, _) => f32::from_bits(few_digits(bits, 127, 23) as u32).to_bits().into(),
            (Number::Float64, _) => few_digits(bits, 1023, 52),
            (Number::Ibm4, _) => 0x3d00_0000 + (bits & 0x80ff_ffff | bits >> 40 & 0x700_0000),
            _ => bits & 1,
        };
        bytes.extend_from_slice(&value.to_le_bytes()[..w]);
    }
    bytes
}

/// The bits of a float with two, three, four or eight digits, sometimes with its very last digit set as well.
fn few_digits(bits: u64, bias: u64, fraction: u64) -> u64 {
    let scale = [20, 20, 150][bits as usize % 3];
    let exponent = bias - scale.min(bias - 1) + (bits >> 8) % (2 * scale).min(2 * bias - 2);
    let digits = [1, 2, 3, 7][(bits >> 2) as usize % 4];
    let last = u64::from(bits >> 4 & 7 == 0);
    let sign = (bits >> 63) << (if fraction == 23 { 31 } else { 63 });
    sign | exponent << fraction | (bits >> 30 & ((1 << digits) - 1)) << (fraction - digits) | last
}

/// A long double: any bits, invalid encodings included; integers, and halves of them; and numbers of another type with
/// two more digits, at all its exponents.
fn long_sample(number: Number, kind: usize, bits: u64, more: u64) -> Vec<u8> {
    let negative = bits & 1 == 1;
    let value = match kind {
        0 => {
            let both = u128::from(bits) << 64 | u128::from(more);
            return both.to_le_bytes()[16 - width(number)..].to_vec();
        }
        1 => Value::Float {
            negative,
            digits: (more >> (bits >> 58)).into(),
            exponent: -((bits >> 4) as i32 & 1),
        },
        2 => {
            let integer = (1i128 << (bits >> 57 & 65)) + i128::from(bits >> 4 & 7) - 3;
            float(if negative { -integer } else { integer })
        }
        _ => {
            let other = targets().filter_map(format).nth((bits >> 8) as usize % 8).unwrap();
            let digits = match bits >> 16 & 3 {
                0 => u128::from(more) << 64 | u128::from(bits),
                1 => u128::from(more) >> (more & 63),
                _ => 1 << (bits >> 20 & 127),
            } >> (127 - other.fraction.min(111));
            // Two more digits: a tie, or a value just beside it.
            let digits = digits << 2 | u128::from(more & 3);
            let exponents = [0, 1, 2, 3, 1 << (other.exponent_bits - 1), (1 << other.exponent_bits) - 3];
            let exponent = exponents[(bits >> 30) as usize % 6] + other.least() - 2 - (bits >> 40 & 7) as i32;
            Value::Float { negative, digits, exponent }
        }
    };
    write_float(number, format(number).unwrap(), value).unwrap()
}
