//! Carries out a plan: tile by tile, or record by record, from a source to its sinks.

use super::{Part, Plan};
use crate::cast::Cast;
use crate::spread::spread;
use crate::target::Way;
use crate::text::Text;
use crate::tile::{STAGE, Sink, Source, Tiles};
use crate::walk::joined;
use alloc::{vec, vec::Vec};
use byteferry_header::{Code, DType, Error, Number};
use byteferry_kernels::{self as kernels, Step};
use bytemuck::{cast_slice, cast_slice_mut};

impl Plan {
    /// Carries out [`Action::InPlace`](super::Action::InPlace). `bytes` is the whole buffer, not the payload alone.
    ///
    /// # Errors
    /// `precision-loss` if a value does not survive; then nothing was written.
    pub fn convert_in_place<B>(&self, bytes: &mut B, tiles: &mut Tiles) -> Result<(), Error>
    where
        B: Source + Sink + ?Sized,
    {
        for part in &self.parts {
            if part.check.is_some() {
                self.check_all(part, bytes, tiles)?;
            }
            let moved = self.columns.first().is_some_and(|column| !part.walk.starts_at(column.offset));
            if part.is_nothing_to_write() && !moved {
                continue;
            }
            let offset = self.columns.first().map_or(0, |column| column.offset);
            for block in part.walk.blocks(part.tile(), true) {
                part.walk.load(bytes, &block, tiles);
                let result = part.cast(block.len(), tiles);
                part.walk.runs(&block, &mut |place, at, len| {
                    bytes.write(offset + part.nbytes(place), part.run(result, at, len));
                });
            }
        }
        Ok(())
    }

    /// Writes the results, each into a buffer of its column's [`nbytes`](super::Column::nbytes), or as text. `source` is the
    /// whole buffer, not the payload alone.
    ///
    /// # Errors
    /// `precision-loss` if a value does not survive; what `results` then hold is of no use.
    pub fn convert_into<S, D>(&self, source: &S, results: &mut [D], tiles: &mut Tiles) -> Result<(), Error>
    where
        S: Source + ?Sized,
        D: Sink,
    {
        for (column, result) in self.columns.iter().zip(results.iter_mut()) {
            if column.number().is_none() && column.shape.itemsize() == 0 {
                result.text(&[], &vec![0; column.len as usize], 0);
            }
        }
        if let Some((offset, itemsize)) = self.records {
            return self.take_apart(offset, itemsize, source, results, tiles);
        }
        for part in &self.parts {
            let Some(result) = results.get_mut(part.column) else { continue };
            let in_order = part.walk.is_contiguous() || part.text > 0;
            if !in_order && part.check.is_some() {
                self.check_all(part, source, tiles)?;
            }
            let mut text = Text::default();
            let mut done = part.before;
            for block in part.walk.blocks(part.tile(), in_order) {
                let load = |tiles: &mut Tiles| part.walk.load(source, &block, tiles);
                load(tiles);
                if part.text > 0 {
                    self.read_text(part, &mut text, block.len(), done, tiles)?;
                    if text.is_full() {
                        result.text(&text.units, &text.ends, text.replaced);
                        text.clear();
                    }
                } else {
                    if in_order {
                        self.check(part, block.len(), done, tiles, &load)?;
                    }
                    let bytes = part.cast(block.len(), tiles);
                    part.walk.runs(&block, &mut |place, at, len| {
                        result.write(part.base + part.nbytes(place), part.run(bytes, at, len));
                    });
                }
                done += block.len() as u64;
            }
            if part.text > 0 {
                result.text(&text.units, &text.ends, text.replaced);
            }
        }
        Ok(())
    }

    /// Columns out of records that lie one behind the other: each record is read once.
    fn take_apart<S, D>(
        &self,
        offset: u64,
        itemsize: u64,
        source: &S,
        results: &mut [D],
        tiles: &mut Tiles,
    ) -> Result<(), Error>
    where
        S: Source + ?Sized,
        D: Sink,
    {
        let fitting = self.parts.iter().map(|part| part.tile() as u64 / part.per_record.max(1)).min();
        let most = fitting.unwrap_or(1).clamp(1, STAGE as u64 / itemsize);
        let mut texts: Vec<Text> = self.parts.iter().map(|_| Text::default()).collect();
        let mut done = 0;
        while done < self.records_len {
            let count = most.min(self.records_len - done);
            let records = tiles.stage.get_mut(..(count * itemsize) as usize).unwrap_or_default();
            source.read(offset + done * itemsize, records);
            for (part, text) in self.parts.iter().zip(&mut texts) {
                let Some(result) = results.get_mut(part.column) else { continue };
                let len = (count * part.per_record) as usize;
                let first = done * part.per_record;
                let load = |tiles: &mut Tiles| part.gather(count, itemsize, tiles);
                load(tiles);
                if part.text > 0 {
                    self.read_text(part, text, len, part.before + first, tiles)?;
                } else {
                    self.check(part, len, part.before + first, tiles, &load)?;
                    let bytes = part.cast(len, tiles);
                    result.write(part.base + part.nbytes(first), part.run(bytes, 0, len));
                }
                if part.text > 0 && (text.is_full() || done + count == self.records_len) {
                    result.text(&text.units, &text.ends, text.replaced);
                    text.clear();
                }
            }
            done += count;
        }
        Ok(())
    }

    fn read_text(
        &self,
        part: &Part,
        text: &mut Text,
        len: usize,
        done: u64,
        tiles: &mut Tiles,
    ) -> Result<(), Error> {
        let nbytes = len * part.from.itemsize() as usize;
        let taken = if part.from == Number::Uint8 {
            let bytes = tiles.source.bytes().get(..nbytes).unwrap_or_default();
            text.take(bytes.iter().map(|byte| u32::from(*byte)), part.text, self.strict)
        } else {
            if part.swap {
                kernels::swap(tiles.source.words_of(nbytes), 4);
            }
            let codes: &[u32] = cast_slice(tiles.source.words());
            text.take(codes.iter().take(len).copied(), part.text, self.strict)
        };
        taken.map_err(|(at, code)| {
            let index = (done + at as u64) / part.text;
            let mut error = Error::new(
                Code::PrecisionLoss,
                format_args!("element {index} of the text has a code that is no character, which strict refuses: {code:#x}"),
            );
            error.index = Some(index);
            error
        })
    }

    /// Checks all numbers of a part, in the order of the result.
    fn check_all<S: Source + ?Sized>(&self, part: &Part, source: &S, tiles: &mut Tiles) -> Result<(), Error> {
        let mut done = part.before;
        for block in part.walk.blocks(part.tile(), true) {
            let load = |tiles: &mut Tiles| part.walk.load(source, &block, tiles);
            load(tiles);
            self.check(part, block.len(), done, tiles, &load)?;
            done += block.len() as u64;
        }
        Ok(())
    }

    /// Checks the numbers in the source tile, and leaves them there as they were loaded.
    fn check(
        &self,
        part: &Part,
        len: usize,
        done: u64,
        tiles: &mut Tiles,
        load: &dyn Fn(&mut Tiles),
    ) -> Result<(), Error> {
        let Some(check) = part.check else { return Ok(()) };
        part.swap(len, tiles);
        let lost = check.first_lost(tiles.source.words(), tiles.result.words(), len);
        if lost.is_some() || part.swap || !check.leaves_tile() {
            load(tiles);
        }
        let Some(at) = lost else { return Ok(()) };
        part.swap(len, tiles);
        let width = part.from.itemsize() as usize;
        let bytes = tiles.source.bytes().get(at * width..(at + 1) * width).unwrap_or_default();
        Err(self.lost(part, done + at as u64, bytes))
    }

    #[cold]
    fn lost(&self, part: &Part, number: u64, bytes: &[u8]) -> Error {
        let pairs = self.columns.get(part.column).is_some_and(|column| {
            matches!(column.dtype, DType::Complex(..)) && !column.planes && part.way != Way::Spread
        });
        let index = if pairs { number / 2 } else { number };
        let mut error = if part.from == Number::Bool {
            Error::new(
                Code::PrecisionLoss,
                format_args!("element {index} of the bool array is neither 0 nor 1, which strict refuses"),
            )
        } else {
            Error::new(
                Code::PrecisionLoss,
                format_args!(
                    "element {index} of the {} array does not survive as {} (casting '{}')",
                    part.from.name(),
                    part.to.name(),
                    self.casting.as_str()
                ),
            )
        };
        error.index = Some(index);
        error.value = value(part.from, bytes);
        error
    }
}

impl Part {
    /// Bytes of the result that so many numbers of the source become.
    pub(super) fn nbytes(&self, numbers: u64) -> u64 {
        let nbytes = numbers * self.to.itemsize();
        match self.way {
            Way::Spread => 2 * nbytes,
            Way::Any => nbytes / 2,
            _ => nbytes,
        }
    }

    /// What a run of the numbers in a tile has become.
    fn run<'a>(&self, bytes: &'a [u8], at: usize, len: usize) -> &'a [u8] {
        let [begin, end] = [at, at + len].map(|number| self.nbytes(number as u64) as usize);
        bytes.get(begin..end).unwrap_or_default()
    }

    fn swap(&self, len: usize, tiles: &mut Tiles) {
        if self.swap {
            let width = self.from.itemsize() as usize;
            kernels::swap(tiles.source.words_of(len * width), width);
        }
    }

    /// Brings the numbers of the records in the stage into the source tile.
    fn gather(&self, records: u64, itemsize: u64, tiles: &mut Tiles) {
        let width = self.from.itemsize() as usize;
        let nbytes = self.per_record as usize * width;
        let mut steps = Vec::with_capacity(1 + self.field.len());
        steps.push(Step { len: records as usize, from: itemsize as isize, to: nbytes as isize });
        steps.extend_from_slice(&self.field);
        let into = tiles.source.bytes_mut(records as usize * nbytes);
        kernels::copy(&tiles.stage, self.field_offset as isize, into, 0, &joined(&steps), width);
    }

    /// Swaps and casts the numbers in the source tile; returns the bytes they become, as many as [`nbytes`](Self::nbytes) says,
    /// and the rest of their tile.
    fn cast<'a>(&self, len: usize, tiles: &'a mut Tiles) -> &'a [u8] {
        self.swap(len, tiles);
        let Tiles { source, result, .. } = tiles;
        let (mut source, mut other) = (source.words(), result.words());
        if let Some(cast) = self.cast {
            (source, other) = cast.run(source, other, len);
        }
        match self.way {
            Way::Clock(clock) => {
                clock.run(source, other, len);
                core::mem::swap(&mut source, &mut other);
            }
            Way::Spread => {
                spread(source, other, len, self.to.itemsize() as usize);
                core::mem::swap(&mut source, &mut other);
            }
            Way::Any => {
                // In place: each result lies before what it is made of.
                let bools: &mut [u8] = cast_slice_mut(source);
                for at in 0..len / 2 {
                    let any = bools.get(2 * at..2 * at + 2).is_some_and(|pair| pair != [0, 0]);
                    if let Some(to) = bools.get_mut(at) {
                        *to = any.into();
                    }
                }
            }
            _ => {}
        }
        if self.swap_result {
            let words = self.nbytes(len as u64).div_ceil(size_of::<kernels::Word>() as u64) as usize;
            kernels::swap(source.get_mut(..words).unwrap_or_default(), self.to.itemsize() as usize);
        }
        cast_slice(source)
    }
}

/// A number as one of the types that JavaScript has: int64, uint64, or float64 for all others.
fn value(from: Number, bytes: &[u8]) -> Option<(Number, u64)> {
    let mut tile = [0; 16];
    tile.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let (mut source, mut other) = ([0; 16], [0; 16]);
    *source.first_mut()? = u128::from_le_bytes(tile);
    let as_number = match from {
        Number::Int64 | Number::Uint64 => from,
        // As it is, were it 0 or 1 or neither.
        Number::Bool => return Some((Number::Float64, f64::from(*bytes.first()?).to_bits())),
        _ => Number::Float64,
    };
    let result = if from == as_number {
        &source[..]
    } else {
        Cast::new(from, as_number)?.run(&mut source, &mut other, 1).0
    };
    Some((as_number, *result.first()? as u64))
}
