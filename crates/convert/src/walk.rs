//! A walk over an array's elements, in the order of the result: where each lies in the source.
//!
//! A contiguous array is one run. Any other (transposed, sliced, a channel out of interleaved packets) is cut into
//! blocks that fit a tile: short runs along the axis with the shortest stride in the source, and short runs along the
//! one with the shortest in the result. Elements near enough to each other are read at once, holes included, and put
//! in order in the cache.

use crate::tile::{STAGE, Source, Tiles};
use alloc::{vec, vec::Vec};
use byteferry_kernels::{Step, copy};

/// One axis of the elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Axis {
    /// Number of elements along it.
    pub(crate) len: u64,
    /// Its stride in the source, in bytes; may be negative.
    pub(crate) stride: i64,
}

/// The elements of an array: axes in the order of the result, slowest first.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    /// Where the element of index (0, 0, ...) lies.
    offset: u64,
    /// Bytes of an element.
    width: u64,
    axes: Vec<Axis>,
}

/// A part of a walk that fits a tile: `extent` elements along each axis, from the indices `first` on.
pub(crate) struct Block {
    first: Vec<u64>,
    extent: Vec<u64>,
}

impl Walk {
    /// Drops axes of length 1, and merges neighbouring axes that form one run.
    pub(crate) fn new(offset: u64, width: u64, axes: impl IntoIterator<Item = Axis>) -> Self {
        let mut merged: Vec<Axis> = Vec::new();
        for axis in axes {
            match merged.last_mut() {
                _ if axis.len == 1 => {}
                Some(slower)
                    if axis.len != 0 && slower.stride == axis.stride.wrapping_mul(axis.len as i64) =>
                {
                    *slower = Axis { len: slower.len * axis.len, stride: axis.stride };
                }
                _ => merged.push(axis),
            }
        }
        Self { offset, width, axes: merged }
    }

    /// Whether the elements lie one behind the other, in the order of the result.
    pub(crate) fn is_contiguous(&self) -> bool {
        self.len() == 0
            || match self.axes.as_slice() {
                [] => true,
                [axis] => axis.stride == self.width as i64,
                _ => false,
            }
    }

    /// Where the first element lies.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Elements in all.
    pub(crate) fn len(&self) -> u64 {
        self.axes.iter().map(|axis| axis.len).product()
    }

    /// Cuts the walk into blocks of at most `most` elements. If `in_order`, each block follows the one before it in
    /// the result, without a gap.
    pub(crate) fn blocks(&self, most: usize, in_order: bool) -> impl Iterator<Item = Block> + use<> {
        let extent = self.extent(most.max(1) as u64, in_order);
        let lens: Vec<u64> = self.axes.iter().map(|axis| axis.len).collect();
        let mut next = (self.len() > 0).then(|| vec![0; lens.len()]);
        core::iter::from_fn(move || {
            let first = next.take()?;
            let clipped = first.iter().zip(&extent).zip(&lens);
            let block = Block {
                extent: clipped.map(|((first, extent), len)| *extent.min(&(len - first))).collect(),
                first: first.clone(),
            };
            let mut after = first;
            for ((index, extent), len) in after.iter_mut().zip(&extent).zip(&lens).rev() {
                *index += extent;
                if *index < *len {
                    next = Some(after);
                    break;
                }
                *index = 0;
            }
            Some(block)
        })
    }

    /// How far a block reaches along each axis.
    fn extent(&self, most: u64, in_order: bool) -> Vec<u64> {
        if let [axis] = self.axes.as_slice()
            && self.is_contiguous()
        {
            return vec![axis.len.min(most)];
        }
        let count = self.axes.len();
        let mut by_result: Vec<usize> = (0..count).rev().collect();
        let mut by_source = if in_order { by_result.clone() } else { self.by_source() };
        let mut extent = vec![1; count];
        // Grows by turns along the closest axis of the source and of the result, until nothing more fits.
        loop {
            core::mem::swap(&mut by_source, &mut by_result);
            let mut grown = false;
            for order in [&by_source, &by_result] {
                let axis =
                    order.iter().find(|axis| self.lens(**axis) > extent.get(**axis).copied().unwrap_or(0));
                let Some(axis) = axis else { continue };
                let mut longer = extent.clone();
                if let Some(length) = longer.get_mut(*axis) {
                    *length = (*length * 2).min(self.lens(*axis));
                }
                // Only if it fits, with no more reads per element.
                let (old, new) = (size(&extent), size(&longer));
                if new <= most && new * self.staged(&extent).reads >= old * self.staged(&longer).reads {
                    extent = longer;
                    grown = true;
                    break;
                }
            }
            if !grown {
                return extent;
            }
        }
    }

    fn lens(&self, axis: usize) -> u64 {
        self.axes.get(axis).map_or(1, |axis| axis.len)
    }

    fn stride(&self, axis: usize) -> i64 {
        self.axes.get(axis).map_or(0, |axis| axis.stride)
    }

    /// Indices of the axes, the shortest stride first.
    fn by_source(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.axes.len()).collect();
        // By hand: the standard library's sort is larger than all of this code.
        for end in 1..order.len() {
            for at in (1..=end).rev() {
                let [a, b] =
                    [at - 1, at].map(|at| self.stride(order.get(at).copied().unwrap_or(0)).unsigned_abs());
                if a > b {
                    order.swap(at - 1, at);
                }
            }
        }
        order
    }

    /// Which axes of a block are read at once.
    fn staged(&self, extent: &[u64]) -> Staged {
        let mut staged = Staged { span: self.width, axes: 0, reads: 1 };
        let mut apart = false;
        for axis in self.by_source() {
            let length = extent.get(axis).copied().unwrap_or(1);
            let stride = self.stride(axis).unsigned_abs();
            let span = staged.span.saturating_add((length - 1).saturating_mul(stride));
            // A hole of some hundred bytes costs less than another call; a larger one is read if the stride is at
            // most 8 times the bytes wanted.
            apart |= length > 1 && (span > STAGE as u64 || stride > (8 * staged.span).max(512));
            if apart {
                staged.reads *= length;
            } else {
                staged.span = span;
                staged.axes |= 1 << axis;
            }
        }
        staged
    }

    /// Brings a block's elements into the source tile, in the order of the result.
    pub(crate) fn load<S: Source + ?Sized>(&self, source: &S, block: &Block, tiles: &mut Tiles) {
        let begin = self
            .axes
            .iter()
            .zip(&block.first)
            .fold(self.offset as i64, |at, (axis, first)| at + axis.stride * *first as i64);
        let nbytes = block.len() * self.width as usize;
        if self.is_contiguous() {
            return source.read(begin as u64, tiles.source.bytes_mut(nbytes));
        }
        let staged = self.staged(&block.extent);
        let mut inside = Vec::new();
        let mut outside = Vec::new();
        let mut before = 0;
        let mut to = self.width as isize;
        for (index, (axis, extent)) in self.axes.iter().zip(&block.extent).enumerate().rev() {
            let step = Step { len: *extent as usize, from: axis.stride as isize, to };
            to *= *extent as isize;
            if *extent == 1 {
                continue;
            }
            if staged.axes >> index & 1 == 0 {
                outside.push((axis.stride, step));
                continue;
            }
            inside.push(step);
            if axis.stride < 0 {
                before -= axis.stride * (*extent as i64 - 1);
            }
        }
        inside.reverse();
        let span = staged.span as usize;
        let mut indices = vec![0; outside.len()];
        loop {
            let mut at = begin - before;
            let mut place = 0;
            for ((stride, step), index) in outside.iter().zip(&indices) {
                at += stride * *index as i64;
                place += step.to * *index as isize;
            }
            let stage = tiles.stage.get_mut(..span).unwrap_or_default();
            source.read(at as u64, stage);
            copy(stage, before as isize, tiles.source.bytes_mut(nbytes), place, &inside, self.width as usize);
            let mut odometer = indices.iter_mut().zip(&outside);
            let more = odometer.any(|(index, (_, step))| {
                *index = (*index + 1) % step.len;
                *index != 0
            });
            if !more {
                return;
            }
        }
    }

    /// Calls `run` for each run of a block in the result: (its first element in the result, and in the block, its
    /// length).
    pub(crate) fn runs(&self, block: &Block, run: &mut dyn FnMut(u64, usize, usize)) {
        // Axes that the block covers whole, and the first that it doesn't, make up one run.
        let mut len = 1;
        let mut outer = self.axes.len();
        for (axis, extent) in self.axes.iter().zip(&block.extent).rev() {
            outer -= 1;
            len *= *extent as usize;
            if *extent != axis.len {
                break;
            }
        }
        let mut indices = vec![0; outer];
        let mut at = 0;
        loop {
            let mut place = 0;
            for (index, (axis, first)) in self.axes.iter().zip(&block.first).enumerate() {
                place = place * axis.len + first + indices.get(index).copied().unwrap_or(0);
            }
            run(place, at, len);
            at += len;
            let mut odometer = indices.iter_mut().zip(&block.extent).rev();
            let more = odometer.any(|(index, extent)| {
                *index = (*index + 1) % *extent;
                *index != 0
            });
            if !more {
                return;
            }
        }
    }
}

impl Block {
    /// Elements in it.
    pub(crate) fn len(&self) -> usize {
        size(&self.extent) as usize
    }
}

struct Staged {
    /// Bytes from the first to the last of one read.
    span: u64,
    /// A bit for each axis that one read covers.
    axes: u64,
    /// Reads that a block takes.
    reads: u64,
}

fn size(extent: &[u64]) -> u64 {
    extent.iter().product()
}

/// The same copy in fewer steps: merges neighbouring axes that are contiguous on both sides.
pub(crate) fn joined(steps: &[Step]) -> Vec<Step> {
    let mut joined: Vec<Step> = Vec::new();
    for step in steps.iter().filter(|step| step.len != 1) {
        match joined.last_mut() {
            Some(slower)
                if (slower.from, slower.to)
                    == (step.from * step.len as isize, step.to * step.len as isize) =>
            {
                *slower = Step { len: slower.len * step.len, ..*step };
            }
            _ => joined.push(*step),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::TILE;

    /// The source offset of every element, in the order of the result.
    fn offsets(offset: u64, axes: &[Axis]) -> Vec<u64> {
        axes.iter()
            .fold(vec![offset as i64], |offsets, axis| {
                let steps = |at: &i64| (0..axis.len as i64).map(|i| at + i * axis.stride).collect::<Vec<_>>();
                offsets.iter().flat_map(steps).collect()
            })
            .into_iter()
            .map(|at| at as u64)
            .collect()
    }

    #[test]
    fn a_walk_brings_every_element_to_its_place() {
        let source: Vec<u8> = (0..200_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let axis = |len, stride| Axis { len, stride };
        let cases: &[(u64, u64, &[Axis])] = &[
            (7, 4, &[]),
            (0, 4, &[axis(0, 4), axis(5, 9)]),
            (3, 4, &[axis(1000, 4)]),
            (3, 2, &[axis(1000, 100)]),
            (4000, 2, &[axis(1000, -4)]),
            (0, 4, &[axis(300, 4), axis(150, 1200)]),
            (0, 8, &[axis(100, 8), axis(7, 800), axis(3, 5600)]),
            (0, 1, &[axis(3, 1), axis(50, 3), axis(60, 150)]),
            (90_000, 3, &[axis(20, 3000), axis(2, -30_000), axis(5, 0), axis(1, 77), axis(11, 3)]),
            (1, 12, &[axis(13, 12), axis(2, 40_000)]),
            (5, 4, &[axis(40, 4), axis(40, 4)]),
            (0, 2, &[axis(2, 2), axis(2, 4), axis(2, 8), axis(2, 16), axis(2, 32), axis(2, 64)]),
        ];
        for (offset, width, axes) in cases {
            let walk = Walk::new(*offset, *width, axes.iter().copied());
            let expected: Vec<u8> = offsets(*offset, axes)
                .into_iter()
                .flat_map(|at| source[at as usize..(at + width) as usize].to_vec())
                .collect();
            for most in [1, 2, 5, 64, 2000] {
                for in_order in [false, true] {
                    let mut result = vec![0xa5; expected.len()];
                    let mut tiles = Tiles::new();
                    tiles.fit(TILE, STAGE);
                    let mut next = 0;
                    for block in walk.blocks(most, in_order) {
                        assert!(block.len() <= most);
                        walk.load(&source[..], &block, &mut tiles);
                        let bytes = tiles.source.bytes();
                        let width = *width as usize;
                        walk.runs(&block, &mut |place, at, len| {
                            assert!(!in_order || place == next, "{axes:?} by {most}");
                            next = place + len as u64;
                            result[place as usize * width..][..len * width]
                                .copy_from_slice(&bytes[at * width..][..len * width]);
                        });
                    }
                    assert!(result == expected, "{axes:?} by {most}");
                }
            }
        }
    }

    /// Real parts are picked from pairs: no block may split a pair.
    #[test]
    fn the_two_numbers_of_a_complex_one_stay_together() {
        let axis = |len, stride| Axis { len, stride };
        let pair = axis(2, 8);
        let cases: &[&[Axis]] = &[
            &[pair],
            &[axis(1000, 16), pair],
            &[axis(1001, 48), pair],
            &[axis(7, -16), pair],
            &[axis(100, 16), axis(90, 1600), pair],
            &[axis(5000, 4), pair],
            &[axis(3, 1 << 40), axis(33, 0), pair],
        ];
        for axes in cases {
            let walk = Walk::new(1 << 50, 8, axes.iter().copied());
            for most in [4, 16, 512, 8192] {
                for in_order in [false, true] {
                    for block in walk.blocks(most, in_order) {
                        assert_eq!(block.len() % 2, 0, "{axes:?} by {most}");
                    }
                }
            }
        }
    }
}
