//! The kernels on one tile, in a browser's worker: `cargo bench --target wasm32-unknown-unknown -p byteferry-convert`.
//!
//! By wasm-bindgen's own benchmarks, which tell the time of a tile and how it changed since the last run. What an array costs in a
//! page is what `cargo xtask bench` tells.
#![cfg_attr(target_arch = "wasm32", no_main)]

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("for wasm alone; `cargo bench -p byteferry-kernels` measures the kernels natively");
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use byteferry_kernels::{self as kernels, Word};
    use std::hint::black_box;
    use wasm_bindgen_test::{Criterion, wasm_bindgen_bench};

    /// Bytes of the wider of the two tiles.
    const TILE: usize = 4 << 10;

    /// A tile of numbers that are neither zero nor NaN, whatever they are taken for.
    fn tile() -> Vec<Word> {
        vec![Word::from_ne_bytes([0x3c; 16]); TILE / size_of::<Word>()]
    }

    #[wasm_bindgen_bench]
    fn memcpy(c: &mut Criterion) {
        let (source, mut result) = (tile(), tile());
        c.bench_function("memcpy 4 KiB", |b| {
            b.iter(|| black_box(&mut result).copy_from_slice(black_box(&source)));
        });
    }

    #[wasm_bindgen_bench]
    fn swap(c: &mut Criterion) {
        let mut tile = tile();
        for width in [2, 4, 8, 16] {
            c.bench_function(&format!("swap {width} bytes, 4 KiB"), |b| {
                b.iter(|| kernels::swap(black_box(&mut tile), width));
            });
        }
    }

    /// A loop, its name, and bytes of the wider of its two numbers.
    type Cast = (&'static str, fn(&[Word], &mut [Word], usize), usize);

    #[wasm_bindgen_bench]
    fn cast(c: &mut Criterion) {
        let casts: [Cast; 5] = [
            ("float16 to float32", kernels::f16_to_f32, 4),
            ("float32 to float64", kernels::f32_to_f64, 8),
            ("int64 to float64", kernels::i64_to_f64, 8),
            ("float64 to float32", kernels::f64_to_f32, 8),
            ("float64 to int32", kernels::f64_to_i32, 8),
        ];
        let (source, mut result) = (tile(), tile());
        for (name, run, width) in casts {
            c.bench_function(&format!("{name}, 4 KiB"), |b| {
                b.iter(|| run(black_box(&source), black_box(&mut result), TILE / width));
            });
        }
    }
}
