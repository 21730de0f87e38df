//! Every kernel against one element at a time, computed another way, on the machine's own target and in wasm.
// clippy knows tests by #[test] only.
#![allow(clippy::unwrap_used)]

use byteferry_convert::{Action, Cast, Casting, Check, Options, Placement, Plan, Target, Tiles, can_cast};
use byteferry_header::{ByteOrder, DType, Number, Order, Shape};
use byteferry_kernels::Word;
use half::{bf16, f16};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SOURCES: [Number; 21] = [
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

/// What nothing is written as.
const SOURCES_ONLY: [Number; 4] = [Number::Int24, Number::Uint24, Number::Ibm4, Number::Longdouble16];

fn targets() -> impl Iterator<Item = Number> {
    SOURCES.into_iter().filter(|number| !SOURCES_ONLY.contains(number))
}

/// A value of any type, without loss.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
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

/// A float type: digits after the leading one, and what is subtracted from the exponent.
#[derive(Clone, Copy)]
struct Format {
    fraction: u32,
    bias: i32,
    exponent_bits: u32,
}

fn format(number: Number) -> Option<Format> {
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

fn width(number: Number) -> usize {
    number.itemsize() as usize
}

fn read(number: Number, bytes: &[u8]) -> Value {
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
    // x87 writes the leading digit, which others have in mind.
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
        // Less than a half, whatever it is: no type has so many digits.
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
fn write(from: Number, to: Number, value: Value) -> Option<Vec<u8>> {
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

/// Whether two are the same number. NaN is none.
fn equal(a: Value, b: Value) -> bool {
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
fn samples(number: Number, len: usize, seed: u64) -> Vec<u8> {
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
            // Small ones, near a power of two, and that negative.
            (_, 1) => bits >> (bits & 63),
            (_, 2) => (1u64 << (bits & 63)).wrapping_add(bits >> 60),
            (_, 3) => (1u64 << (bits & 63)).wrapping_sub(bits >> 60).wrapping_neg(),
            (Number::Float32, _) if i % 2 == 0 => ((bits >> 58) as f32 * 1000.3 - 17.0).to_bits().into(),
            (Number::Float64, _) if i % 2 == 0 => ((bits >> 40) as f64 * 1000.3 - 17.0).to_bits(),
            // Numbers of few digits that are, or nearly are, the narrow types' own: also subnormal, and too large.
            (Number::Float32, _) => f32::from_bits(few_digits(bits, 127, 23) as u32).to_bits().into(),
            (Number::Float64, _) => few_digits(bits, 1023, 52),
            (Number::Ibm4, _) => 0x3d00_0000 + (bits & 0x80ff_ffff | bits >> 40 & 0x700_0000),
            _ => bits & 1,
        };
        bytes.extend_from_slice(&value.to_le_bytes()[..w]);
    }
    bytes
}

/// The bits of a float with two, three, four or eight digits, sometimes with a last one besides.
fn few_digits(bits: u64, bias: u64, fraction: u64) -> u64 {
    let scale = [20, 20, 150][bits as usize % 3];
    let exponent = bias - scale.min(bias - 1) + (bits >> 8) % (2 * scale).min(2 * bias - 2);
    let digits = [1, 2, 3, 7][(bits >> 2) as usize % 4];
    let last = u64::from(bits >> 4 & 7 == 0);
    let sign = (bits >> 63) << (if fraction == 23 { 31 } else { 63 });
    sign | exponent << fraction | (bits >> 30 & ((1 << digits) - 1)) << (fraction - digits) | last
}

/// A long double: any bits, those that no processor takes for a number included; integers, and halves of them; and numbers
/// of another type with some of a further digit, at all its exponents.
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
            // A tie, or one just beside it.
            let digits = digits << 2 | u128::from(more & 3);
            let exponents = [0, 1, 2, 3, 1 << (other.exponent_bits - 1), (1 << other.exponent_bits) - 3];
            let exponent = exponents[(bits >> 30) as usize % 6] + other.least() - 2 - (bits >> 40 & 7) as i32;
            Value::Float { negative, digits, exponent }
        }
    };
    write_float(number, format(number).unwrap(), value).unwrap()
}

/// A tile that holds these bytes, and another, both of that size.
fn tiles(bytes: &[u8], nbytes: usize) -> (Vec<Word>, Vec<Word>) {
    let mut source = tile(bytes);
    // Casts run over whole blocks of 16 numbers.
    source.resize(nbytes.div_ceil(16) + 16, Word::MAX);
    let other = vec![Word::MAX; source.len()];
    (source, other)
}

fn tile(bytes: &[u8]) -> Vec<Word> {
    let mut words = vec![0; bytes.len().div_ceil(16)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}

#[test]
fn casts_are_what_one_element_at_a_time_gives() {
    for from in SOURCES {
        for to in targets() {
            let cast = Cast::new(from, to).unwrap();
            for len in (0..=100).chain([1000, 2048]) {
                let bytes = samples(from, len, len as u64 + 1);
                let (mut source, mut other) = tiles(&bytes, len * cast.widest());
                let result: &[u8] = bytemuck::cast_slice(cast.run(&mut source, &mut other, len).0);
                if from == to && from != Number::Bool {
                    assert_eq!(result[..bytes.len()], bytes, "{from:?}");
                    continue;
                }
                for (i, (source, result)) in
                    bytes.chunks(width(from)).zip(result.chunks(width(to))).take(len).enumerate()
                {
                    let value = read(from, source);
                    match write(from, to, value) {
                        Some(expected) => {
                            assert_eq!(result, expected, "{from:?} -> {to:?}, {value:?} at {i} of {len}")
                        }
                        None => {
                            assert_eq!(read(to, result), NaN, "{from:?} -> {to:?}, {value:?} at {i} of {len}")
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_check_finds_the_first_value_that_changes() {
    let (mut all, mut some) = (0, 0);
    for from in SOURCES {
        for to in targets() {
            for len in (0..100).chain([1000]) {
                let bytes = samples(from, len, len as u64 + 7);
                let survives = |source: &[u8]| {
                    let value = read(from, source);
                    match write(from, to, value) {
                        // NaN is kept as NaN, but is no integer and no bool.
                        _ if value == NaN => format(to).is_some(),
                        Some(there) => equal(read(to, &there), value),
                        None => false,
                    }
                };
                // From each lost one on to the next.
                let check = Check::new(from, to);
                let mut start = 0;
                while start <= len {
                    let rest = &bytes[start * width(from)..];
                    let lost = rest.chunks(width(from)).position(|source| !survives(source));
                    let found = check.and_then(|check| {
                        let (source, mut result) = tiles(rest, (len - start) * check.widest());
                        let mut spare = result.clone();
                        check.first_lost(&source, &mut result, &mut spare, len - start)
                    });
                    let value = lost.map(|at| read(from, &rest[at * width(from)..][..width(from)]));
                    assert_eq!(found, lost, "{from:?} -> {to:?}, {value:?}, {start} to {len} elements");
                    start += if len < 100 { len + 1 } else { lost.unwrap_or(len) + 1 };
                    all += 1;
                    some += usize::from(lost.is_some_and(|at| at > 0));
                }
            }
        }
    }
    assert!(some * 5 > all, "only {some} of {all} had numbers that survive before one that does not");
}

#[test]
fn some_types_are_read_but_never_written() {
    for to in SOURCES_ONLY {
        for from in SOURCES.into_iter().filter(|&from| from != to) {
            assert!(Cast::new(from, to).is_none(), "{from:?} -> {to:?}");
            assert!(Check::new(from, to).is_none(), "{from:?} -> {to:?}");
            assert!(Cast::new(Number::Longdouble16, from).is_none());
        }
    }
}

/// The tables that numpy_casts.py has written, by rows and cells.
fn tables() -> impl Iterator<Item = Vec<Vec<&'static str>>> {
    include_str!("numpy_casts.txt")
        .split("\n\n")
        .filter(|table| !table.is_empty())
        .map(|table| table.lines().map(|line| line.split(' ').collect()).collect())
}

/// NumPy's `float128` is x87's, where the tables were made.
fn number(name: &str) -> Number {
    SOURCES.into_iter().find(|number| number.name() == name).unwrap()
}

#[test]
fn casting_words_are_numpys() {
    let mut compared = 0;
    for table in tables().filter(|table| table[0][0].starts_with("can_cast")) {
        let (names, rows) = table.split_first().unwrap();
        let casting = Casting::parse(names[0].trim_start_matches("can_cast:")).unwrap();
        for row in rows {
            for (to, cell) in names.iter().zip(row).skip(1) {
                let (from, to) = (number(row[0]), number(to));
                let (numpys, ours) = (*cell == "1", can_cast(from, to, casting));
                // ml_dtypes' table has gaps from one float to another.
                let gap = !row[0].starts_with("float1") && ours && from.kind() == 'f' && to.kind() == 'f';
                assert!(ours == numpys || gap, "{from:?} -> {to:?} under {casting:?}: {ours}");
                // What NumPy takes for safe and isn't, has a check.
                let eight_bits = width(from) == 1 && to.kind() == 'f';
                let lossy = Check::new(from, to).is_some();
                let known = width(from) == 8 && to == Number::Float64 || eight_bits && width(to) == 1;
                assert!(casting != Casting::Safe || !ours || !lossy || known, "{from:?} -> {to:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 4 * 16 * 16);
}

#[test]
fn casts_are_what_numpy_and_ml_dtypes_give() {
    let mut compared = 0;
    for table in tables().filter(|table| !table[0][0].starts_with("can_cast")) {
        let (names, rows) = table.split_first().unwrap();
        for (column, &to) in names.iter().enumerate().skip(1) {
            let (from, to) = (number(names[0]), number(to));
            // Every x87 number is a quad as well, which so must give the same; and so must it in 12 bytes.
            for source in [from, Number::X87In12, Number::Quad] {
                let source = if from == Number::X87In16 { source } else { from };
                let bytes: Vec<u8> = rows.iter().flat_map(|row| from_hex(row[0], width(from))).collect();
                let (mut words, mut other) = tiles(&bytes, rows.len() * 16);
                let cast = Cast::new(from, source).unwrap();
                let mut words = cast.run(&mut words, &mut other, rows.len()).0.to_vec();
                let cast = Cast::new(source, to).unwrap();
                let result: &[u8] = bytemuck::cast_slice(cast.run(&mut words, &mut other, rows.len()).0);
                for (row, result) in
                    rows.iter().zip(result.chunks(width(to))).filter(|(row, _)| row[column] != "-")
                {
                    let expected = from_hex(row[column], width(to));
                    let place = || format!("{source:?} -> {to:?}, {} is {}", row[0], row[column]);
                    let one_nan = matches!(to, Number::Bfloat16 | Number::Float8E4m3fn | Number::Float8E5m2);
                    if read(to, &expected) == NaN && !one_nan {
                        assert_eq!(read(to, result), NaN, "{}", place());
                    } else {
                        assert_eq!(result, expected, "{}", place());
                    }
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// The bytes of a number that is written in hexadecimal.
fn from_hex(text: &str, width: usize) -> Vec<u8> {
    u128::from_str_radix(text, 16).unwrap().to_le_bytes()[..width].to_vec()
}

/// What no other table has: quads that need all their digits, by hand.
#[test]
fn quads_are_rounded_once() {
    const ONE: u128 = 0x3fff << 112;
    let quads = [
        // A float64 tie, and one whose last digit of all says that it is none.
        (ONE | 1 << 59, 0x3ff0_0000_0000_0000, 0x3f80_0000, 1u64),
        (ONE | 1 << 59 | 1, 0x3ff0_0000_0000_0001, 0x3f80_0000, 1),
        (ONE | 3 << 59, 0x3ff0_0000_0000_0002, 0x3f80_0000, 1),
        // A float32 tie, and one that float64 would take for a tie.
        (ONE | 1 << 88, 0x3ff0_0000_1000_0000, 0x3f80_0000, 1),
        (ONE | 1 << 88 | 1, 0x3ff0_0000_1000_0000, 0x3f80_0001, 1),
        (ONE | 3 << 88 | 1 << 50, 0x3ff0_0000_3000_0000, 0x3f80_0002, 1),
        // Just below 1, and just below 2^63 and 2^64, to which float64 rounds them.
        (ONE - 1, 0x3ff0_0000_0000_0000, 0x3f80_0000, 0),
        ((0x403e << 112) - 1, 0x43e0_0000_0000_0000, 0x5f00_0000, (1 << 63) - 1),
        ((0x403f << 112) - 1, 0x43f0_0000_0000_0000, 0x5f80_0000, u64::MAX),
        // Half of float64's least number, more than that, and quad's own least.
        ((0x3fff - 1075) << 112, 0, 0, 0),
        ((0x3fff - 1075) << 112 | 1, 1, 0, 0),
        ((0x3fff - 1076) << 112 | ((1 << 112) - 1), 0, 0, 0),
        (1, 0, 0, 0),
    ];
    let bytes: Vec<u8> = quads.iter().flat_map(|quad| quad.0.to_le_bytes()).collect();
    let all = |to| {
        let (mut source, mut other) = tiles(&bytes, bytes.len());
        Cast::new(Number::Quad, to).unwrap().run(&mut source, &mut other, quads.len()).0.to_vec()
    };
    let (doubles, singles, naturals) = (all(Number::Float64), all(Number::Float32), all(Number::Uint64));
    let bools = all(Number::Bool);
    for (i, (quad, double, single, natural)) in quads.into_iter().enumerate() {
        assert_eq!(bytemuck::cast_slice::<_, u64>(&doubles)[i], double, "{quad:x}");
        assert_eq!(bytemuck::cast_slice::<_, u32>(&singles)[i], single, "{quad:x}");
        assert_eq!(bytemuck::cast_slice::<_, u64>(&naturals)[i], natural, "{quad:x}");
        assert_eq!(bytemuck::cast_slice::<_, u8>(&bools)[i], 1, "{quad:x}");
    }
}

/// A table of the format's, not of the kernel's: 1 is 41100000, and a fraction need not begin with a digit other than 0.
#[test]
fn ibm_floats_by_hand() {
    let numbers: [(u32, f64); 9] = [
        (0x4110_0000, 1.0),
        (0xc276_a000, -118.625),
        (0x4100_0001, 16.0 / 16_777_216.0),
        (0x4019_9999, 0x19_9999 as f64 / 16_777_216.0),
        (0x7fff_ffff, 16_777_215.0 * 16f64.powi(63 - 6)),
        (0x0010_0000, 16f64.powi(-65)),
        (0x0000_0001, 16f64.powi(-64 - 6)),
        (0x0000_0000, 0.0),
        (0x8000_0000, -0.0),
    ];
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.0.to_le_bytes()).collect();
    let cast = Cast::new(Number::Ibm4, Number::Float64).unwrap();
    let (mut source, mut other) = tiles(&bytes, 8 * numbers.len());
    let result: &[f64] = bytemuck::cast_slice(cast.run(&mut source, &mut other, numbers.len()).0);
    for ((ibm, expected), result) in numbers.into_iter().zip(result) {
        assert_eq!(result.to_bits(), expected.to_bits(), "{ibm:x}: {result:e}");
    }
}

#[test]
fn every_bfloat16_is_widened_and_comes_back() {
    let all: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    let len = all.len() / 2;
    let (mut source, mut other) = tiles(&all, 4 * len);
    let wide =
        Cast::new(Number::Bfloat16, Number::Float32).unwrap().run(&mut source, &mut other, len).0.to_vec();
    let (mut source, mut other) = (wide, other);
    for (pattern, number) in (0..=u16::MAX).zip(bytemuck::cast_slice::<_, f32>(&source)) {
        let expected = bf16::from_bits(pattern).to_f32();
        assert!(*number == expected || number.is_nan() && expected.is_nan(), "{pattern:x}");
    }
    let back = Cast::new(Number::Float32, Number::Bfloat16).unwrap().run(&mut source, &mut other, len).0;
    for (pattern, back) in (0..=u16::MAX).zip(bytemuck::cast_slice::<_, u16>(back)) {
        let nan = bf16::from_bits(pattern).is_nan();
        let expected = if nan { pattern & 0x8000 | 0x7fc0 } else { pattern };
        assert_eq!(*back, expected, "{pattern:x}");
    }
}

#[test]
fn swap_reverses_each_group_and_twice_is_the_identity() {
    for width in [1, 2, 3, 4, 5, 8, 12, 16] {
        for len in (0..=100).map(|n| n * width) {
            let bytes = samples(Number::Uint8, len, 3);
            let mut words = tile(&bytes);
            byteferry_kernels::swap(&mut words, width);
            let reversed: Vec<u8> =
                bytes.chunks(width).flat_map(|group| group.iter().rev().copied()).collect();
            assert_eq!(&bytemuck::cast_slice::<_, u8>(&words)[..len], reversed, "{width} bytes, {len}");
            byteferry_kernels::swap(&mut words, width);
            assert_eq!(words, tile(&bytes));
        }
    }
}

/// Whole conversions, wherever the payload begins: in the buffer itself where the width stays, and into another.
#[test]
fn any_length_from_any_byte_on() {
    let mut tiles = Tiles::new();
    for from in SOURCES {
        for to in targets().filter(|to| *to == from || *to != Number::Bool) {
            for len in 0..=100 {
                for at in 0..16 {
                    // Of the pairs that are no swap, each length and each place, but not all of both.
                    if from == to || at == len * 5 % 16 {
                        convert_at(&mut tiles, from, to, len, at);
                    }
                }
            }
        }
    }
}

/// Where one tile ends and the next begins, be they large or small.
#[test]
fn tiles_meet_without_a_gap() {
    for mut tiles in [Tiles::new(), Tiles::coarse()] {
        for from in SOURCES {
            for at in [64, 71] {
                convert_at(&mut tiles, from, Number::Float64, 8203, at);
                if !SOURCES_ONLY.contains(&from) {
                    convert_at(&mut tiles, from, from, 70_001 / width(from), at);
                }
            }
        }
    }
}

fn convert_at(tiles: &mut Tiles, from: Number, to: Number, len: usize, at: usize) {
    let native = samples(from, len, len as u64 + 7);
    let expected: Vec<_> = native
        .chunks(width(from))
        .map(|bytes| {
            if from == to && from != Number::Bool {
                Some(bytes.to_vec())
            } else {
                write(from, to, read(from, bytes))
            }
        })
        .collect();
    let big: Vec<u8> = native.chunks(width(from)).flat_map(|number| number.iter().rev().copied()).collect();
    let mut buffer = vec![0xa5; at + big.len() + 9];
    buffer[at..at + big.len()].copy_from_slice(&big);
    let before = buffer.clone();
    let dtype = DType::Number(from, if width(from) == 1 { ByteOrder::Little } else { ByteOrder::Big });
    let shape = Shape::new(vec![len as u64], width(from) as u64).unwrap();
    let options = Options { to: Some(Target::Number(to)), casting: Casting::Unsafe, ..Options::default() };
    for writable in [false, true] {
        let place = Placement {
            offset: at as u64,
            available: big.len() as u64,
            writable,
            order: Order::C,
            strides: None,
            before: 0,
        };
        let plan = Plan::new(&dtype, &shape, place, &options).unwrap();
        let mut apart = vec![0; plan.columns()[0].nbytes() as usize];
        let begin = plan.columns()[0].offset as usize;
        let end = begin + len * width(to);
        let result = match plan.action() {
            Action::Into => {
                plan.convert_into(&buffer[..], &mut [&mut apart[..]], tiles).unwrap();
                assert_eq!(buffer, before, "{from:?} -> {to:?}: the source was written to");
                &apart[begin..]
            }
            action => {
                assert!(writable && begin <= at, "{from:?} -> {to:?}");
                if action == Action::InPlace {
                    plan.convert_in_place(&mut buffer[..], tiles).unwrap();
                }
                assert_eq!(
                    buffer[..begin],
                    before[..begin],
                    "{from:?} -> {to:?}, {len} at {at}: what lies before it"
                );
                let behind = end.max(at + big.len());
                assert_eq!(
                    buffer[behind..],
                    before[behind..],
                    "{from:?} -> {to:?}, {len} at {at}: what lies behind it"
                );
                &buffer[begin..end]
            }
        };
        for (result, expected) in result.chunks(width(to)).zip(&expected) {
            match expected {
                Some(expected) => assert_eq!(result, &expected[..], "{from:?} -> {to:?}, {len} at {at}"),
                None => assert_eq!(read(to, result), NaN, "{from:?} -> {to:?}, {len} at {at}"),
            }
        }
    }
}

#[test]
fn every_half_is_widened_and_comes_back() {
    let all: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    for to in [Number::Float32, Number::Float64] {
        for chunk in all.chunks(2048) {
            let (mut source, mut other) = tiles(chunk, 1024 * 8);
            let mut wide =
                Cast::new(Number::Float16, to).unwrap().run(&mut source, &mut other, 1024).0.to_vec();
            let back = Cast::new(to, Number::Float16).unwrap().run(&mut wide, &mut source, 1024).0;
            for (half, back) in chunk.chunks(2).zip(bytemuck::cast_slice::<_, u8>(back).chunks(2)) {
                let half = u16::from_le_bytes([half[0], half[1]]);
                let back = u16::from_le_bytes([back[0], back[1]]);
                // A signalling NaN may have been made quiet on the way.
                let quiet = if f16::from_bits(half).is_nan() { 0x0200 } else { 0 };
                assert_eq!(half | quiet, back | quiet, "{to:?}");
            }
        }
    }
}
