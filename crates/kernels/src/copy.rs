//! Copies elements between strided places: fields out of records, rows into columns.

/// One axis of a strided copy: its length, and its strides on both sides.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Number of elements along the axis.
    pub len: usize,
    /// Bytes from one to the next in the source.
    pub from: isize,
    /// Bytes from one to the next in the destination.
    pub to: isize,
}

/// Copies elements of `width` bytes from one strided place to another. Skips elements that lie outside of either.
///
/// ```
/// use byteferry_kernels::{Step, copy};
///
/// // Two rows of three, one behind the other, become the columns of three rows of two.
/// let (rows, mut columns) = ([1, 2, 3, 4, 5, 6], [0; 6]);
/// let steps = [Step { len: 2, from: 3, to: 1 }, Step { len: 3, from: 1, to: 2 }];
/// copy(&rows, 0, &mut columns, 0, &steps, 1);
/// assert_eq!(columns, [1, 4, 2, 5, 3, 6]);
/// ```
pub fn copy(from: &[u8], at: isize, to: &mut [u8], place: isize, steps: &[Step], width: usize) {
    match steps {
        [] => row(from, at, to, place, Step { len: 1, from: 0, to: 0 }, width),
        [step] => row(from, at, to, place, *step, width),
        [step, rest @ ..] => {
            for index in 0..step.len as isize {
                copy(from, at + index * step.from, to, place + index * step.to, rest, width);
            }
        }
    }
}

fn row(from: &[u8], at: isize, to: &mut [u8], place: isize, step: Step, width: usize) {
    if (step.from, step.to) == (width as isize, width as isize) {
        return elements(from, at, to, place, Step { len: 1, ..step }, step.len * width);
    }
    match width {
        1 => each::<1>(from, at, to, place, step),
        2 => each::<2>(from, at, to, place, step),
        4 => each::<4>(from, at, to, place, step),
        8 => each::<8>(from, at, to, place, step),
        _ => elements(from, at, to, place, step, width),
    }
}

fn each<const WIDTH: usize>(from: &[u8], mut at: isize, to: &mut [u8], mut place: isize, step: Step) {
    for _ in 0..step.len {
        let source = from.get(at as usize..).and_then(|from| from.first_chunk::<WIDTH>());
        let target = to.get_mut(place as usize..).and_then(|to| to.first_chunk_mut::<WIDTH>());
        if let (Some(source), Some(target)) = (source, target) {
            *target = *source;
        }
        at += step.from;
        place += step.to;
    }
}

fn elements(from: &[u8], mut at: isize, to: &mut [u8], mut place: isize, step: Step, width: usize) {
    for _ in 0..step.len {
        let source = from.get(at as usize..).and_then(|from| from.get(..width));
        let target = to.get_mut(place as usize..).and_then(|to| to.get_mut(..width));
        if let (Some(source), Some(target)) = (source, target) {
            target.copy_from_slice(source);
        }
        at += step.from;
        place += step.to;
    }
}
