//! Real numbers as complex ones.

use byteferry_kernels::Word;
use bytemuck::{Pod, cast_slice, cast_slice_mut};

/// Gives each of the first `len` numbers of `width` bytes an imaginary part of 0.
pub(crate) fn spread(real: &[Word], complex: &mut [Word], len: usize, width: usize) {
    match width {
        4 => each::<u32>(real, complex, len),
        #[cfg(feature = "longdouble-results")]
        12 => each::<[u32; 3]>(real, complex, len),
        #[cfg(feature = "longdouble-results")]
        16 => each::<u128>(real, complex, len),
        _ => each::<u64>(real, complex, len),
    }
}

fn each<T: Pod + Default>(real: &[Word], complex: &mut [Word], len: usize) {
    let real = cast_slice::<_, T>(real).iter().take(len);
    for ([re, im], &x) in cast_slice_mut::<_, T>(complex).as_chunks_mut().0.iter_mut().zip(real) {
        (*re, *im) = (x, T::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn numbers_of_every_width_stay_whole() {
        for width in [4, 8, 12, 16] {
            let (mut real, mut complex) = (vec![0; 3], vec![Word::MAX; 6]);
            for (byte, number) in cast_slice_mut::<_, u8>(&mut real).iter_mut().zip(1..) {
                *byte = number;
            }
            spread(&real, &mut complex, 3, width);
            let (real, complex) = (cast_slice::<_, u8>(&real), cast_slice::<_, u8>(&complex));
            for (number, pair) in real.chunks_exact(width).zip(complex.chunks_exact(2 * width)).take(3) {
                assert_eq!(pair.split_at(width), (number, &vec![0; width][..]), "{width} bytes");
            }
        }
    }
}
