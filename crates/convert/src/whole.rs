//! 64-bit integers to float32, and float64 to 64-bit integers: by SIMD if all numbers of a tile are small, as nearly
//! all are. A tile with others is done again, one number at a time.

use crate::wide::each;
use byteferry_kernels::{self as kernels, Word};
use bytemuck::{cast_slice, cast_slice_mut};

each!(any_f64_to_i64: f64 => i64: |x| x as i64);
each!(any_f64_to_u64: f64 => u64: |x| x as u64);
each!(any_i64_to_f32: i64 => f32: |x| x as f32);
each!(any_u64_to_f32: u64 => f32: |x| x as f32);

/// Toward zero, saturating, NaN becomes 0.
pub(crate) fn f64_to_i64(source: &[Word], result: &mut [Word], len: usize) {
    if !kernels::f64_to_small_i64(source, result, len) {
        any_f64_to_i64(source, result, len);
    }
}

/// Toward zero, saturating, NaN becomes 0.
pub(crate) fn f64_to_u64(source: &[Word], result: &mut [Word], len: usize) {
    if !kernels::f64_to_small_u64(source, result, len) {
        any_f64_to_u64(source, result, len);
    }
}

/// Rounded once.
pub(crate) fn i64_to_f32(source: &[Word], result: &mut [Word], len: usize) {
    if !kernels::small_i64_to_f32(source, result, len) {
        any_i64_to_f32(source, result, len);
    }
}

/// Rounded once.
pub(crate) fn u64_to_f32(source: &[Word], result: &mut [Word], len: usize) {
    if !kernels::small_u64_to_f32(source, result, len) {
        any_u64_to_f32(source, result, len);
    }
}
