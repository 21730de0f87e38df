//! The kernels on one tile, which stays in the cache: GB/s of what they read. `cargo bench -p byteferry-kernels`, natively.
//!
//! What an array costs in a page, tiles and all, is what `cargo xtask bench` tells.

use std::fmt;

use byteferry_kernels::{self as kernels, Word};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

/// Bytes of the wider of the two tiles.
const TILE: usize = 64 << 10;

fn main() {
    divan::main();
}

/// A tile of numbers that are neither zero nor NaN, whatever they are taken for.
fn tile(nbytes: usize) -> Vec<Word> {
    vec![Word::from_ne_bytes([0x3c; 16]); nbytes / size_of::<Word>()]
}

#[divan::bench(args = [2, 4, 8, 16])]
fn swap(bencher: Bencher<'_, '_>, width: usize) {
    let mut tile = tile(TILE);
    bencher.counter(BytesCount::new(TILE)).bench_local(|| kernels::swap(black_box(&mut tile), width));
}

#[divan::bench]
fn memcpy(bencher: Bencher<'_, '_>) {
    let (source, mut result) = (tile(TILE), tile(TILE));
    bencher
        .counter(BytesCount::new(TILE))
        .bench_local(|| black_box(&mut result).copy_from_slice(black_box(&source)));
}

/// A loop, by the name that it has, and the bytes of a number before and after it.
struct Cast(&'static str, fn(&[Word], &mut [Word], usize), usize, usize);

impl fmt::Display for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! casts {
    ($($name:ident: $from:literal => $to:literal,)*) => {
        const CASTS: &[Cast] = &[$(Cast(stringify!($name), kernels::$name, $from, $to)),*];
    };
}

casts! {
    u8_to_bool: 1 => 1,
    u16_to_bool: 2 => 1,
    u32_to_bool: 4 => 1,
    u64_to_bool: 8 => 1,
    f16_to_bool: 2 => 1,
    f32_to_bool: 4 => 1,
    f64_to_bool: 8 => 1,
    i32_to_f32: 4 => 4,
    u32_to_f32: 4 => 4,
    i32_to_f64: 4 => 8,
    u32_to_f64: 4 => 8,
    i64_to_f64: 8 => 8,
    u64_to_f64: 8 => 8,
    f16_to_f32: 2 => 4,
    f32_to_f16: 4 => 2,
    f32_to_f64: 4 => 8,
    f64_to_f32: 8 => 4,
    bf16_to_f32: 2 => 4,
    f32_to_bf16: 4 => 2,
    f32_to_u32: 4 => 4,
    f32_to_i32: 4 => 4,
    f64_to_odd_f32: 8 => 4,
    f32_to_u8: 4 => 4,
    f64_to_u8: 8 => 4,
    f64_to_u32: 8 => 4,
    f64_to_i32: 8 => 4,
    u64_to_u32: 8 => 4,
    u32_to_u16: 4 => 2,
    u32_to_u8: 4 => 1,
    u16_to_u8: 2 => 1,
    i8_to_i16: 1 => 2,
    u8_to_u16: 1 => 2,
    i8_to_i32: 1 => 4,
    u8_to_i32: 1 => 4,
    i16_to_i32: 2 => 4,
    u16_to_i32: 2 => 4,
    i32_to_i64: 4 => 8,
    u32_to_u64: 4 => 8,
}

#[divan::bench(args = CASTS)]
fn cast(bencher: Bencher<'_, '_>, Cast(_, cast, from, to): &Cast) {
    let len = TILE / from.max(to);
    let (source, mut result) = (tile(len * from), tile(len * to));
    let counter = BytesCount::new(len * from);
    bencher.counter(counter).bench_local(|| cast(black_box(&source), black_box(&mut result), len));
}
