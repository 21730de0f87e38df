//! Real numbers as complex ones.

use byteferry_kernels::Word;
use bytemuck::{Pod, cast_slice, cast_slice_mut};

/// Puts 0 behind each of the first `len` numbers of `width` bytes.
pub(crate) fn spread(real: &[Word], complex: &mut [Word], len: usize, width: usize) {
    match width {
        4 => each::<u32>(real, complex, len),
        _ => each::<u64>(real, complex, len),
    }
}

fn each<T: Pod + Default>(real: &[Word], complex: &mut [Word], len: usize) {
    let real = cast_slice::<_, T>(real).iter().take(len);
    for ([re, im], &x) in cast_slice_mut::<_, T>(complex).as_chunks_mut().0.iter_mut().zip(real) {
        (*re, *im) = (x, T::default());
    }
}
