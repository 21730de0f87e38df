//! Text: NumPy's fixed-width strings, as UTF-16.

use alloc::vec::Vec;

/// Strings being collected. Code units come in pieces of any length; an element may be longer than a tile.
#[derive(Default)]
pub(crate) struct Text {
    /// UTF-16 of all elements so far.
    pub(crate) units: Vec<u16>,
    /// Where each element ends in `units`.
    pub(crate) ends: Vec<u32>,
    /// Number of invalid code points, replaced by U+FFFD.
    pub(crate) replaced: u64,
    /// Code units read so far of the current element.
    within: u64,
}

impl Text {
    /// Takes code units of elements that have `length` each.
    ///
    /// # Errors
    /// If `strict`, the first invalid code point: its index among the units, and its value.
    pub(crate) fn take(
        &mut self,
        codes: impl Iterator<Item = u32>,
        length: u64,
        strict: bool,
    ) -> Result<(), (usize, u32)> {
        for (at, code) in codes.enumerate() {
            let mut pair = [0; 2];
            let character = char::from_u32(code).unwrap_or_else(|| {
                self.replaced += 1;
                char::REPLACEMENT_CHARACTER
            });
            if strict && self.replaced > 0 {
                return Err((at, code));
            }
            self.units.extend_from_slice(character.encode_utf16(&mut pair));
            self.within += 1;
            if self.within == length {
                self.end();
            }
        }
        Ok(())
    }

    /// Ends the current element. As in NumPy, NULs at its end are padding; those before are text.
    fn end(&mut self) {
        let begin = self.ends.last().copied().unwrap_or(0) as usize;
        while self.units.len() > begin && self.units.last() == Some(&0) {
            self.units.pop();
        }
        self.ends.push(self.units.len() as u32);
        self.within = 0;
    }

    /// Whether there is enough text to hand on.
    pub(crate) fn is_full(&self) -> bool {
        self.within == 0 && self.units.len() + self.ends.len() > 16 * 1024
    }

    /// Removes the text that has been handed on.
    pub(crate) fn clear(&mut self) {
        self.units.clear();
        self.ends.clear();
        self.replaced = 0;
    }
}
