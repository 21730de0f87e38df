//! Every kernel against one element at a time, computed another way, on the machine's own target and in wasm.
// clippy knows tests by #[test] only.
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used))]

use byteferry_header::Number;
use byteferry_kernels::{Cast, Check, Word};
use half::f16;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

const NUMBERS: [Number; 12] = [
    Number::Bool,
    Number::Int8,
    Number::Int16,
    Number::Int32,
    Number::Int64,
    Number::Uint8,
    Number::Uint16,
    Number::Uint32,
    Number::Uint64,
    Number::Float16,
    Number::Float32,
    Number::Float64,
];

/// A value of any type, without loss: every number here is an i128 or an f64.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Integer(i128),
    Float(f64),
}

fn width(number: Number) -> usize {
    number.itemsize() as usize
}

fn read(number: Number, bytes: &[u8]) -> Value {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    match number {
        Number::Bool => Value::Integer((bits != 0).into()),
        Number::Int8 => Value::Integer((bits as i8).into()),
        Number::Int16 => Value::Integer((bits as i16).into()),
        Number::Int32 => Value::Integer((bits as i32).into()),
        Number::Int64 => Value::Integer((bits as i64).into()),
        Number::Float16 => Value::Float(f16::from_bits(bits as u16).to_f64()),
        Number::Float32 => Value::Float(f32::from_bits(bits as u32).into()),
        Number::Float64 => Value::Float(f64::from_bits(bits)),
        _ => Value::Integer(bits.into()),
    }
}

/// The bytes of a value as a number of that type: wrapping, saturating or rounded, NaN as `None`.
fn write(number: Number, value: Value) -> Option<Vec<u8>> {
    let integer = |bits: u32, signed: bool| match value {
        Value::Integer(x) => x,
        Value::Float(x) if signed => (x as i128).clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        Value::Float(x) => (x as i128).clamp(0, (1 << bits) - 1),
    };
    let bits = 8 * width(number) as u32;
    Some(match (number, value) {
        (Number::Bool, Value::Integer(x)) => vec![u8::from(x != 0)],
        (Number::Bool, Value::Float(x)) => vec![u8::from(x != 0.0)],
        (Number::Float16 | Number::Float32 | Number::Float64, Value::Float(x)) if x.is_nan() => return None,
        // An i128 beyond 2^53 is rounded once, straight to the type.
        (Number::Float16, Value::Integer(x)) => f16::from_f64(x as f64).to_le_bytes().to_vec(),
        (Number::Float16, Value::Float(x)) => f16::from_f64(x).to_le_bytes().to_vec(),
        (Number::Float32, Value::Integer(x)) => (x as f32).to_le_bytes().to_vec(),
        (Number::Float32, Value::Float(x)) => (x as f32).to_le_bytes().to_vec(),
        (Number::Float64, Value::Integer(x)) => (x as f64).to_le_bytes().to_vec(),
        (Number::Float64, Value::Float(x)) => x.to_le_bytes().to_vec(),
        (Number::Int8 | Number::Int16 | Number::Int32 | Number::Int64, _) => {
            integer(bits, true).to_le_bytes()[..width(number)].to_vec()
        }
        _ => integer(bits, false).to_le_bytes()[..width(number)].to_vec(),
    })
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
            (_, 0) => bits,
            // Small ones, near a power of two, and that negative.
            (_, 1) => bits >> (bits & 63),
            (_, 2) => (1u64 << (bits & 63)).wrapping_add(bits >> 60),
            (_, 3) => (1u64 << (bits & 63)).wrapping_sub(bits >> 60).wrapping_neg(),
            (Number::Float32, _) => ((bits >> 58) as f32 * 1000.3 - 17.0).to_bits().into(),
            (Number::Float64, _) => ((bits >> 40) as f64 * 1000.3 - 17.0).to_bits(),
            _ => bits & 1,
        };
        bytes.extend_from_slice(&value.to_le_bytes()[..w]);
    }
    bytes
}

/// A tile that holds these bytes, and another, both of that size.
fn tiles(bytes: &[u8], nbytes: usize) -> (Vec<Word>, Vec<Word>) {
    let mut source = tile(bytes);
    source.resize(nbytes.div_ceil(16), Word::MAX);
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
    for from in NUMBERS {
        for to in NUMBERS {
            let cast = Cast::new(from, to).unwrap();
            for len in (0..100).chain([1000, 2048]) {
                let bytes = samples(from, len, len as u64 + 1);
                let (mut source, mut other) = tiles(&bytes, len * cast.widest());
                let result: &[u8] = bytemuck::cast_slice(cast.run(&mut source, &mut other, len).0);
                for (i, (source, result)) in
                    bytes.chunks(width(from)).zip(result.chunks(width(to))).take(len).enumerate()
                {
                    let value = read(from, source);
                    match write(to, value) {
                        Some(expected) => {
                            assert_eq!(result, expected, "{from:?} -> {to:?}, {value:?} at {i} of {len}")
                        }
                        None => assert!(
                            matches!(read(to, result), Value::Float(x) if x.is_nan()),
                            "{from:?} -> {to:?}, NaN at {i} of {len}"
                        ),
                    }
                }
            }
        }
    }
}

#[test]
fn a_check_finds_the_first_value_that_changes() {
    for from in NUMBERS {
        for to in NUMBERS {
            for len in (0..100).chain([1000]) {
                let bytes = samples(from, len, len as u64 + 7);
                let lost = bytes.chunks(width(from)).position(|source| {
                    let value = read(from, source);
                    let back = write(to, value).map(|there| read(to, &there));
                    match (value, back) {
                        // NaN is kept as NaN, but is no integer and no bool.
                        (Value::Float(x), None) => !x.is_nan(),
                        (Value::Float(x), Some(Value::Float(y))) => x != y,
                        (Value::Integer(x), Some(Value::Integer(y))) => x != y,
                        (Value::Float(x), Some(Value::Integer(y))) => {
                            x.is_nan() || x.fract() != 0.0 || x as i128 != y
                        }
                        (Value::Integer(x), Some(Value::Float(y))) => !y.is_finite() || y as i128 != x,
                        (Value::Integer(_), None) => true,
                    }
                });
                let found = Check::new(from, to).and_then(|check| {
                    let (mut source, mut other) = tiles(&bytes, len * check.widest());
                    check.first_lost(&mut source, &mut other, len)
                });
                assert_eq!(found, lost, "{from:?} -> {to:?}, {len} elements");
            }
        }
    }
}

#[test]
fn swap_reverses_each_group_and_twice_is_the_identity() {
    for width in [1, 2, 4, 8, 16] {
        for len in (0..100).map(|n| n * width) {
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
