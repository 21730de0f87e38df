//! The tile loop: bytes in, kernels over them, bytes out, a cacheful at a time.

use crate::cast::Cast;
use alloc::{vec, vec::Vec};
use byteferry_header::Number;
use byteferry_kernels::{Word, swap};
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

/// Memory that can be read at any byte.
///
/// The caller has checked that the bytes are there; an implementation that finds they aren't may leave `into` as it is.
pub trait Source {
    /// Fills `into` with the bytes from `at` on.
    fn read(&self, at: u64, into: &mut [u8]);
}

/// Memory that can be written at any byte.
pub trait Sink {
    /// Writes `bytes` from byte `at` on.
    fn write(&mut self, at: u64, bytes: &[u8]);

    /// Takes the next elements of a text column: their UTF-16, one after the other, and where each ends; and the
    /// number of invalid code points among them, which have become U+FFFD.
    fn text(&mut self, _units: &[u16], _ends: &[u32], _replaced: u64) {}
}

impl<T: Source + ?Sized> Source for &T {
    fn read(&self, at: u64, into: &mut [u8]) {
        (**self).read(at, into);
    }
}

impl<T: Sink + ?Sized> Sink for &mut T {
    fn write(&mut self, at: u64, bytes: &[u8]) {
        (**self).write(at, bytes);
    }

    fn text(&mut self, units: &[u16], ends: &[u32], replaced: u64) {
        (**self).text(units, ends, replaced);
    }
}

/// Everything that a plan reads and writes: a source, and a column for each result. In place, these are the same
/// memory.
pub trait Memory: Source {
    /// Writes `bytes` to a column, from byte `at` on.
    fn write(&mut self, column: usize, at: u64, bytes: &[u8]);

    /// Casts `len` contiguous numbers, from byte `from.1` of the source on, into a column, from byte `to.1` on.
    /// `swap` says whether they are in the other byte order.
    ///
    /// Returns false, changing nothing, if this memory has no faster way than tiles.
    fn cast(
        &mut self,
        _column: usize,
        _from: (Number, u64),
        _to: (Number, u64),
        _len: u64,
        _swap: bool,
    ) -> bool {
        false
    }

    /// Runs a [`Turn`] on `nbytes` bytes of the source, from byte `from` on, and writes the result to a column, from
    /// byte `at` on.
    ///
    /// Returns false, changing nothing, if this memory has no faster way than tiles.
    fn turn(&mut self, _column: usize, _from: u64, _at: u64, _nbytes: u64, _turn: Turn) -> bool {
        false
    }

    /// Takes the next elements of a column of text, as [`Sink::text`].
    fn text(&mut self, column: usize, units: &[u16], ends: &[u32], replaced: u64);
}

/// A conversion of numbers that keep their width: a byte swap, then a cast.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Bytes of each group whose order is reversed; 1 leaves them as they are.
    pub swap: usize,
    /// The cast that follows, if any.
    pub cast: Option<Cast>,
}

impl Turn {
    /// Runs it on `nbytes` bytes of `tile`, and returns the tile with the result. Both have room for their numbers,
    /// rounded up to a multiple of 64.
    pub fn run<'a>(&self, tile: &'a mut [Word], other: &'a mut [Word], nbytes: usize) -> &'a [Word] {
        let words = nbytes.div_ceil(size_of::<Word>());
        swap(tile.get_mut(..words).unwrap_or_default(), self.swap);
        match self.cast {
            Some(cast) => cast.run(tile, other, nbytes / cast.widest()).0,
            None => tile,
        }
    }
}

/// A source, and the sinks apart from it.
pub(crate) struct Apart<'a, S: ?Sized, D>(pub(crate) &'a S, pub(crate) &'a mut [D]);

impl<S: Source + ?Sized, D> Source for Apart<'_, S, D> {
    fn read(&self, at: u64, into: &mut [u8]) {
        self.0.read(at, into);
    }
}

impl<S: Source + ?Sized, D: Sink> Memory for Apart<'_, S, D> {
    fn write(&mut self, column: usize, at: u64, bytes: &[u8]) {
        if let Some(sink) = self.1.get_mut(column) {
            sink.write(at, bytes);
        }
    }

    fn text(&mut self, column: usize, units: &[u16], ends: &[u32], replaced: u64) {
        if let Some(sink) = self.1.get_mut(column) {
            sink.text(units, ends, replaced);
        }
    }
}

/// One memory that is both source and result.
pub(crate) struct Same<'a, B: ?Sized>(pub(crate) &'a mut B);

impl<B: Source + ?Sized> Source for Same<'_, B> {
    fn read(&self, at: u64, into: &mut [u8]) {
        self.0.read(at, into);
    }
}

impl<B: Source + Sink + ?Sized> Memory for Same<'_, B> {
    fn write(&mut self, _column: usize, at: u64, bytes: &[u8]) {
        self.0.write(at, bytes);
    }

    fn text(&mut self, _column: usize, _units: &[u16], _ends: &[u32], _replaced: u64) {}
}

/// Collects columns of text; bytes are dropped.
impl Sink for Vec<alloc::string::String> {
    fn write(&mut self, _at: u64, _bytes: &[u8]) {}

    fn text(&mut self, units: &[u16], ends: &[u32], _replaced: u64) {
        let mut begin = 0;
        for end in ends {
            let text = units.get(begin..*end as usize).unwrap_or_default();
            self.push(alloc::string::String::from_utf16_lossy(text));
            begin = *end as usize;
        }
    }
}

fn window(at: u64, len: usize) -> Option<core::ops::Range<usize>> {
    let start = usize::try_from(at).ok()?;
    Some(start..start.checked_add(len)?)
}

impl Source for [u8] {
    fn read(&self, at: u64, into: &mut [u8]) {
        if let Some(bytes) = window(at, into.len()).and_then(|window| self.get(window)) {
            into.copy_from_slice(bytes);
        }
    }
}

impl Sink for [u8] {
    fn write(&mut self, at: u64, bytes: &[u8]) {
        if let Some(place) = window(at, bytes.len()).and_then(|window| self.get_mut(window)) {
            place.copy_from_slice(bytes);
        }
    }
}

/// Bytes of one tile at the widest of its numbers.
pub(crate) const TILE: usize = 64 * 1024;

/// Most bytes that are read at once from an array that is not contiguous.
pub(crate) const STAGE: usize = 128 * 1024;

/// The staging memory of a conversion. Made once and used for every array.
#[derive(Default)]
pub struct Tiles {
    pub(crate) source: Tile,
    /// Intermediate results, and the final one.
    pub(crate) result: Tile,
    pub(crate) spare: Tile,
    /// Lookup table of 256 results.
    pub(crate) table: Tile,
    /// Bytes as they are read, before they are put in order.
    pub(crate) stage: Vec<u8>,
}

/// One tile.
#[derive(Default)]
pub(crate) struct Tile(Vec<Line>);

/// A cache line, to which tiles are aligned.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([Word; 4]);

impl Tiles {
    /// No memory yet. The first conversion that needs it allocates 256 KiB, or 384 KiB if the array is not
    /// contiguous.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes tiles of at least `nbytes` bytes, and a stage of at least `stage` bytes. Each tile reserves the memory
    /// of a whole one at once, so that memory use does not depend on the array, but clears only what it needs: to
    /// clear everything would take longer than a small array does.
    pub(crate) fn fit(&mut self, nbytes: usize, stage: usize) {
        let whole = TILE / size_of::<Line>();
        for Tile(lines) in [&mut self.source, &mut self.result, &mut self.spare, &mut self.table] {
            let len = nbytes / size_of::<Line>();
            if lines.len() < len {
                lines.reserve_exact(whole.max(len) - lines.len());
                lines.resize(len, Line::zeroed());
            }
        }
        if self.stage.len() < stage {
            self.stage = vec![0; stage];
        }
    }
}

impl Tile {
    pub(crate) fn words(&mut self) -> &mut [Word] {
        cast_slice_mut(&mut self.0)
    }

    /// As many whole words as hold `len` bytes.
    pub(crate) fn words_of(&mut self, len: usize) -> &mut [Word] {
        let words = self.words();
        let len = len.div_ceil(size_of::<Word>()).min(words.len());
        words.get_mut(..len).unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        cast_slice(&self.0)
    }

    pub(crate) fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        let bytes = cast_slice_mut(&mut self.0);
        let len = len.min(bytes.len());
        bytes.get_mut(..len).unwrap_or_default()
    }
}
