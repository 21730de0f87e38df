//! Compares every kernel with a conversion of one element at a time, natively and in wasm.
// clippy recognises tests by #[test] only.
#![allow(clippy::unwrap_used)]

mod value;

use byteferry_convert::{Action, Cast, Casting, Check, Options, Placement, Plan, Target, Tiles, can_cast};
use byteferry_header::{ByteOrder, DType, Number, Order, Shape};
use byteferry_kernels::{Word, pick};
use half::{bf16, f16};
use value::Value::NaN;
use value::{SOURCES, SOURCES_ONLY, equal, format, read, samples, targets, width, write};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Two tiles for `nbytes` bytes; the first begins with `bytes`.
fn tiles(bytes: &[u8], nbytes: usize) -> (Vec<Word>, Vec<Word>) {
    let mut source = tile(bytes);
    // Casts run over whole blocks, of 64 numbers at most.
    source.resize(nbytes.div_ceil(16) + 64, Word::MAX);
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
                // A long array is checked from each lost value on to the next.
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

/// The type of that name; `float128` is x87's, as on the machine that made the tables.
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
                // Of the casts that NumPy calls safe, only these lose values: 8 bytes to float64, one byte to an 8-bit
                // float.
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
            // An x87 number in 12 bytes, or as a quad, is the same number, so it must give the same.
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

/// The bytes of a hexadecimal number.
fn from_hex(text: &str, width: usize) -> Vec<u8> {
    u128::from_str_radix(text, 16).unwrap().to_le_bytes()[..width].to_vec()
}

/// Quads that need all their digits, by hand: no other table has them.
#[test]
fn quads_are_rounded_once() {
    const ONE: u128 = 0x3fff << 112;
    let quads = [
        // float64 ties, and a value that only its last digit keeps from being one.
        (ONE | 1 << 59, 0x3ff0_0000_0000_0000, 0x3f80_0000, 1u64),
        (ONE | 1 << 59 | 1, 0x3ff0_0000_0000_0001, 0x3f80_0000, 1),
        (ONE | 3 << 59, 0x3ff0_0000_0000_0002, 0x3f80_0000, 1),
        // A float32 tie, and values that rounding to float64 would make ties.
        (ONE | 1 << 88, 0x3ff0_0000_1000_0000, 0x3f80_0000, 1),
        (ONE | 1 << 88 | 1, 0x3ff0_0000_1000_0000, 0x3f80_0001, 1),
        (ONE | 3 << 88 | 1 << 50, 0x3ff0_0000_3000_0000, 0x3f80_0002, 1),
        // Just below 1, 2^63 and 2^64, to which float64 rounds them.
        (ONE - 1, 0x3ff0_0000_0000_0000, 0x3f80_0000, 0),
        ((0x403e << 112) - 1, 0x43e0_0000_0000_0000, 0x5f00_0000, (1 << 63) - 1),
        ((0x403f << 112) - 1, 0x43f0_0000_0000_0000, 0x5f80_0000, u64::MAX),
        // Half of float64's smallest number, just above and just below that, and quad's own smallest.
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

/// By the format's definition, not the kernel's: 1 is 41100000, and a fraction may begin with digits 0.
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

/// Real parts of complex numbers, and the bytes that are kept of integers, first or last.
#[test]
fn pick_keeps_the_bytes_it_is_told() {
    let groups = [(2, 1), (4, 1), (4, 2), (8, 1), (8, 2), (8, 4), (16, 8), (24, 12), (32, 16)];
    for (width, kept) in groups {
        for kept in [0..kept, width - kept..width] {
            for len in (0..=100).chain([2048]) {
                let bytes = samples(Number::Uint8, len * width, 5);
                let (source, mut result) = tiles(&bytes, (len * width).next_multiple_of(1024));
                for turn in [false, true] {
                    pick(&source, &mut result, len, width, kept.clone(), turn);
                    let expected: Vec<u8> = bytes
                        .chunks(width)
                        .flat_map(|group| {
                            let mut left = group[kept.clone()].to_vec();
                            if turn {
                                left.reverse();
                            }
                            left
                        })
                        .collect();
                    let result = &bytemuck::cast_slice::<_, u8>(&result)[..expected.len()];
                    assert_eq!(result, expected, "{kept:?} of {width} bytes, {len}, turned: {turn}");
                }
            }
        }
    }
}

/// Vectors are used while all numbers of a tile are small; one larger number, wherever it is, and there are none.
#[test]
fn numbers_are_the_same_by_vectors_and_one_by_one() {
    let small = [0.0, -0.0, 0.75, -0.99, 1.0, 255.5, 4_294_967_296.25, 2_251_799_813_685_247.0];
    let beyond = [-1.0, -1e300, 2_251_799_813_685_248.0, 1.8e19, 1e300, f64::NAN, f64::INFINITY];
    let cast = |from: Number, to: Number, bytes: &[u8], len: usize| {
        let (mut source, mut other) = tiles(bytes, len * 8);
        Cast::new(from, to).unwrap().run(&mut source, &mut other, len).0.to_vec()
    };
    for len in 0..=70 {
        for place in 0..=len {
            let mut floats: Vec<f64> = (0..len).map(|at| small[at * 7 % small.len()]).collect();
            // In the last round all are small.
            if place < len {
                floats[place] = beyond[(len + place) % beyond.len()];
            }
            let bytes: &[u8] = bytemuck::cast_slice(&floats);
            let signed = cast(Number::Float64, Number::Int64, bytes, len);
            let unsigned = cast(Number::Float64, Number::Uint64, bytes, len);
            let (signed, unsigned): (&[i64], &[u64]) =
                (bytemuck::cast_slice(&signed), bytemuck::cast_slice(&unsigned));
            for (at, float) in floats.iter().enumerate() {
                assert_eq!(signed[at], *float as i64, "{float} at {at} of {len}");
                assert_eq!(unsigned[at], *float as u64, "{float} at {at} of {len}");
            }
            for (from, bytes) in [(Number::Int64, signed), (Number::Uint64, bytemuck::cast_slice(unsigned))] {
                let singles = cast(from, Number::Float32, bytemuck::cast_slice(bytes), len);
                for (at, single) in bytemuck::cast_slice::<_, f32>(&singles).iter().take(len).enumerate() {
                    let expected =
                        if from == Number::Int64 { bytes[at] as f32 } else { bytes[at] as u64 as f32 };
                    assert_eq!(*single, expected, "{} at {at} of {len}", bytes[at]);
                }
            }
        }
    }
}

/// Whole conversions with the payload at any offset: in place if the width stays, and into another buffer.
#[test]
fn any_length_from_any_byte_on() {
    let mut tiles = Tiles::new();
    for from in SOURCES {
        for to in targets() {
            for len in 0..=100 {
                for at in 0..16 {
                    // Pairs that are no swap: each length and each offset, but not all combinations.
                    if from == to || at == len * 5 % 16 {
                        convert_at(&mut tiles, from, to, len, at);
                    }
                }
            }
        }
    }
}

/// Conversions across the boundary of two tiles.
#[test]
fn tiles_meet_without_a_gap() {
    let mut tiles = Tiles::new();
    for from in SOURCES {
        for at in [64, 71] {
            convert_at(&mut tiles, from, Number::Float64, 8203, at);
            if !SOURCES_ONLY.contains(&from) {
                convert_at(&mut tiles, from, from, 70_001 / width(from), at);
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

/// Halves, the values midway between two, and the neighbours of those; with NaNs anywhere in a block.
#[test]
fn every_half_is_the_nearest() {
    let middles = (0..=0x7c00).map(|bits| {
        // After the greatest half, one more step.
        let next = if bits < 0x7bff { f16::from_bits(bits + 1).to_f64() } else { 65_536.0 };
        let half = f16::from_bits(bits).to_f64();
        if half.is_finite() { (half, (half + next) / 2.0) } else { (f64::MAX, 1e300) }
    });
    let near = middles.flat_map(|(half, middle)| {
        let single = middle as f32;
        [
            half,
            f64::from(single.next_down()),
            middle.next_down(),
            middle,
            middle.next_up(),
            f64::from(single.next_up()),
        ]
    });
    let least =
        [f64::from(f32::MIN_POSITIVE), f64::from(f32::from_bits(1)), f64::from_bits(1), f64::INFINITY];
    let mut numbers: Vec<f64> = near.chain(least).flat_map(|number| [number, -number]).collect();
    for (at, number) in numbers.iter_mut().enumerate().filter(|(at, _)| at % 37 == 0) {
        let payload = 1_u64 << (at % 52);
        *number = f64::from_bits(((at as u64 & 1) << 63) | 0x7ff0_0000_0000_0000 | payload);
    }
    let singles: Vec<f32> = numbers.iter().map(|number| *number as f32).collect();
    for (from, bytes) in [
        (Number::Float64, bytemuck::cast_slice::<_, u8>(&numbers)),
        (Number::Float32, bytemuck::cast_slice(&singles)),
    ] {
        let cast = Cast::new(from, Number::Float16).unwrap();
        for chunk in bytes.chunks(2048 * width(from)) {
            let len = chunk.len() / width(from);
            let (mut source, mut other) = tiles(chunk, len * cast.widest());
            let halves: &[u8] = bytemuck::cast_slice(cast.run(&mut source, &mut other, len).0);
            for (number, half) in chunk.chunks(width(from)).zip(halves.chunks(2)) {
                let value = read(from, number);
                let expected = write(from, Number::Float16, value).unwrap_or_else(|| {
                    // The sign, and the upper digits of the payload, or 1 if these are 0, as in NumPy.
                    let bits = match from {
                        Number::Float64 => u64::from_le_bytes(number.try_into().unwrap()) >> 42,
                        _ => u64::from(u32::from_le_bytes(number.try_into().unwrap()) >> 13),
                    };
                    let sign = u16::from(number.last().unwrap() & 0x80) << 8;
                    (sign | 0x7c00 | (bits as u16 & 0x03ff).max(1)).to_le_bytes().to_vec()
                });
                assert_eq!(half, expected, "{from:?}: {value:?}");
            }
        }
    }
}
