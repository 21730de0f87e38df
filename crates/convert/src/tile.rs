//! The tile loop: bytes in, kernels over them, bytes out, a cacheful at a time.

use alloc::{vec, vec::Vec};
use byteferry_kernels::Word;
use bytemuck::{cast_slice, cast_slice_mut};

/// Memory that can be read from any byte on.
///
/// The caller has checked that the bytes are there; an implementation that finds they aren't may leave `into` as it is.
pub trait Source {
    /// Fills `into` with the bytes from `at` on.
    fn read(&self, at: u64, into: &mut [u8]);
}

/// Memory that can be written from any byte on.
pub trait Sink {
    /// Puts `bytes` at `at` and after.
    fn write(&mut self, at: u64, bytes: &[u8]);

    /// Takes the next elements of a column of text: UTF-16, all behind each other, and where each ends; and how many
    /// codes among them were no characters, and have become U+FFFD.
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

/// Text alone: what comes as bytes is dropped.
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

/// Bytes of one tile: small enough to stay in a processor's nearest caches, large enough that the calls between do not count.
pub(crate) const TILE: usize = 64 * 1024;

/// Bytes of one that is only swapped, within itself: with one tile instead of two there is room for twice as much.
pub(crate) const SWAPPED: usize = 2 * TILE;

/// Bytes that are read at once of what does not lie in order.
pub(crate) const STAGE: usize = 128 * 1024;

/// The staging memory of a conversion. Made once and used for every array.
pub struct Tiles {
    pub(crate) source: Tile,
    pub(crate) result: Tile,
    /// What is read at once, before it is put in order.
    pub(crate) stage: Vec<u8>,
}

/// One tile, 16-byte aligned.
pub(crate) struct Tile(Vec<Word>);

impl Tiles {
    /// Allocates the staging memory: 320 KiB.
    pub fn new() -> Self {
        Self { source: Tile::new(SWAPPED), result: Tile::new(TILE), stage: vec![0; STAGE] }
    }
}

impl Default for Tiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Tile {
    fn new(nbytes: usize) -> Self {
        Self(vec![0; nbytes / size_of::<Word>()])
    }

    pub(crate) fn words(&mut self) -> &mut [Word] {
        &mut self.0
    }

    /// As many whole words as hold `len` bytes.
    pub(crate) fn words_of(&mut self, len: usize) -> &mut [Word] {
        let words = len.div_ceil(size_of::<Word>()).min(self.0.len());
        self.0.get_mut(..words).unwrap_or_default()
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
