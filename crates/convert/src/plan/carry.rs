//! Carries out a plan: tile by tile, or record by record, from a source to its sinks.

use super::{Action, Part, Plan};
use crate::cast::Cast;
use crate::spread::spread;
use crate::target::Way;
use crate::text::Text;
use crate::tile::{Apart, Memory, STAGE, Same, Sink, Source, Tile, Tiles};
use crate::walk::joined;
use alloc::{vec, vec::Vec};
use byteferry_header::{Code, DType, Error, Number};
use byteferry_kernels::{self as kernels, Step};
use bytemuck::cast_slice;

impl Plan {
    /// Carries out [`Action::InPlace`]. `bytes` is the whole buffer, not the payload alone.
    ///
    /// # Errors
    /// `precision-loss` if a value does not survive; then nothing was written.
    pub fn convert_in_place<B>(&self, bytes: &mut B, tiles: &mut Tiles) -> Result<(), Error>
    where
        B: Source + Sink + ?Sized,
    {
        self.overwrite(&mut Same(bytes), tiles)
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
        self.write(&mut Apart(source, results), tiles)
    }

    /// Does what [`action`](Self::action) says, be it in place or into other buffers.
    ///
    /// # Errors
    /// As those of [`convert_in_place`](Self::convert_in_place) and [`convert_into`](Self::convert_into).
    pub fn convert(&self, memory: &mut dyn Memory, tiles: &mut Tiles) -> Result<(), Error> {
        match self.action {
            Action::View => Ok(()),
            Action::InPlace => self.overwrite(memory, tiles),
            Action::Into => self.write(memory, tiles),
        }
    }

    fn overwrite(&self, memory: &mut dyn Memory, tiles: &mut Tiles) -> Result<(), Error> {
        self.fit(tiles);
        for (part, column) in self.parts.iter().zip(&self.columns) {
            if part.check.is_some() {
                self.check_all(part, memory, tiles)?;
            }
            if part.is_nothing_to_write() && part.walk.offset() == column.offset {
                continue;
            }
            // A misaligned payload moves to where a typed array may begin, by tiles.
            if !part.turn_in(memory, column.offset) {
                // No check: `check_all` has made it.
                self.pass(part, memory, Some(column.offset), false, tiles)?;
            }
        }
        Ok(())
    }

    fn write(&self, memory: &mut dyn Memory, tiles: &mut Tiles) -> Result<(), Error> {
        for (index, column) in self.columns.iter().enumerate() {
            if column.number().is_none() && column.shape.itemsize() == 0 {
                let mut left = column.len;
                while left > 0 {
                    let some = left.min(4096);
                    memory.text(index, &[], &vec![0; some as usize], 0);
                    left -= some;
                }
            }
        }
        self.fit(tiles);
        if let Some((offset, itemsize)) = self.records {
            return self.take_apart(offset, itemsize, memory, tiles);
        }
        for part in &self.parts {
            if part.text > 0 {
                self.take_text(part, memory, tiles)?;
                continue;
            }
            if part.walk.is_contiguous() {
                let (from, to) = ((part.from, part.walk.offset()), (part.to, part.base));
                let len = part.walk.len();
                let done =
                    len == 0 || part.is_cast_only() && memory.cast(part.column, from, to, len, part.swap);
                if !done && (part.check.is_some() || !part.turn_in(memory, part.base)) {
                    self.pass(part, memory, Some(part.base), true, tiles)?;
                }
                continue;
            }
            if part.check.is_some() {
                self.check_all(part, memory, tiles)?;
            }
            for block in part.walk.blocks(part.tile(), false) {
                part.walk.load(memory, &block, tiles);
                let len = part.ready(block.len(), tiles);
                let Tiles { source, result, spare, .. } = tiles;
                let bytes = part.cast(len, source, result, spare);
                part.walk.runs(&block, &mut |place, at, len| {
                    memory.write(part.column, part.base + part.nbytes(place), part.run(bytes, at, len));
                });
            }
        }
        Ok(())
    }

    /// Makes the tiles that the parts need.
    fn fit(&self, tiles: &mut Tiles) {
        let nbytes = |part: &Part| {
            let numbers = (part.tile() as u64).min(part.walk.len()).next_multiple_of(64);
            numbers as usize * part.widest()
        };
        let largest = self.parts.iter().map(nbytes).max();
        let in_order = self.records.is_none() && self.parts.iter().all(|part| part.walk.is_contiguous());
        tiles.fit(largest.unwrap_or(0), if in_order { 0 } else { STAGE });
    }

    /// Converts contiguous numbers, a tile at a time: checks them if `check`, and writes them to their column from
    /// byte `base` on, if any.
    fn pass(
        &self,
        part: &Part,
        memory: &mut dyn Memory,
        base: Option<u64>,
        check: bool,
        tiles: &mut Tiles,
    ) -> Result<(), Error> {
        let (len, width) = (part.walk.len(), part.from.itemsize());
        let looked_up = base.is_some() && part.make_table(tiles);
        let mut done = 0;
        while done < len {
            let count = (part.tile() as u64).min(len - done);
            let nbytes = (count * width) as usize;
            memory.read(part.walk.offset() + done * width, tiles.source.bytes_mut(nbytes));
            let numbers = part.ready(count as usize, tiles);
            if check {
                self.check(part, numbers, part.before + done, tiles)?;
            }
            if let Some(base) = base {
                let Tiles { source, result, spare, table, .. } = tiles;
                let bytes = if looked_up {
                    let width = part.to.itemsize() as usize;
                    let (table, source) = (table.words(), source.words());
                    kernels::look_up(table, source, result.words(), spare.words(), numbers, width);
                    result.bytes()
                } else {
                    part.cast(numbers, source, result, spare)
                };
                memory.write(part.column, base + part.nbytes(done), part.run(bytes, 0, count as usize));
            }
            done += count;
        }
        Ok(())
    }

    /// Takes contiguous records apart into columns, reading each record once.
    fn take_apart(
        &self,
        offset: u64,
        itemsize: u64,
        memory: &mut dyn Memory,
        tiles: &mut Tiles,
    ) -> Result<(), Error> {
        let fitting = self.parts.iter().map(|part| part.tile() as u64 / part.per_record.max(1)).min();
        let most = fitting.unwrap_or(1).clamp(1, STAGE as u64 / itemsize);
        let mut texts: Vec<Text> = self.parts.iter().map(|_| Text::default()).collect();
        let mut done = 0;
        while done < self.records_len {
            let count = most.min(self.records_len - done);
            let records = tiles.stage.get_mut(..(count * itemsize) as usize).unwrap_or_default();
            memory.read(offset + done * itemsize, records);
            for (part, text) in self.parts.iter().zip(&mut texts) {
                let len = (count * part.per_record) as usize;
                let first = done * part.per_record;
                part.gather(count, itemsize, tiles);
                let numbers = part.ready(len, tiles);
                if part.text > 0 {
                    self.read_text(part, text, len, part.before + first, tiles)?;
                    if text.is_full() || done + count == self.records_len {
                        memory.text(part.column, &text.units, &text.ends, text.replaced);
                        text.clear();
                    }
                } else {
                    self.check(part, numbers, part.before + first, tiles)?;
                    let Tiles { source, result, spare, .. } = tiles;
                    let bytes = part.run(part.cast(numbers, source, result, spare), 0, len);
                    memory.write(part.column, part.base + part.nbytes(first), bytes);
                }
            }
            done += count;
        }
        Ok(())
    }

    fn take_text(&self, part: &Part, memory: &mut dyn Memory, tiles: &mut Tiles) -> Result<(), Error> {
        let mut text = Text::default();
        let mut done = part.before;
        for block in part.walk.blocks(part.tile(), true) {
            part.walk.load(memory, &block, tiles);
            part.ready(block.len(), tiles);
            self.read_text(part, &mut text, block.len(), done, tiles)?;
            if text.is_full() {
                memory.text(part.column, &text.units, &text.ends, text.replaced);
                text.clear();
            }
            done += block.len() as u64;
        }
        memory.text(part.column, &text.units, &text.ends, text.replaced);
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
    fn check_all(&self, part: &Part, memory: &mut dyn Memory, tiles: &mut Tiles) -> Result<(), Error> {
        if part.walk.is_contiguous() {
            return self.pass(part, memory, None, true, tiles);
        }
        let mut done = part.before;
        for block in part.walk.blocks(part.tile(), true) {
            part.walk.load(memory, &block, tiles);
            part.ready(block.len(), tiles);
            self.check(part, block.len(), done, tiles)?;
            done += block.len() as u64;
        }
        Ok(())
    }

    /// Checks the numbers in the source tile, and leaves them there as they are.
    fn check(&self, part: &Part, len: usize, done: u64, tiles: &mut Tiles) -> Result<(), Error> {
        let Some(check) = part.check else { return Ok(()) };
        let Tiles { source, result, spare, .. } = tiles;
        let Some(at) = check.first_lost(source.words(), result.words(), spare.words(), len) else {
            return Ok(());
        };
        let width = part.from.itemsize() as usize;
        let bytes = source.bytes().get(at * width..(at + 1) * width).unwrap_or_default();
        Err(self.lost(part, done + at as u64, bytes))
    }

    #[cold]
    fn lost(&self, part: &Part, number: u64, bytes: &[u8]) -> Error {
        let pairs = self.columns.get(part.column).is_some_and(|column| {
            matches!(column.dtype, DType::Complex(..)) && !column.planes && !matches!(part.way, Way::Spread)
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
    /// Bytes of the result of this many numbers of the source.
    pub(super) fn nbytes(&self, numbers: u64) -> u64 {
        let nbytes = numbers * self.to.itemsize();
        match self.way {
            Way::Spread => 2 * nbytes,
            Way::Any | Way::Real => nbytes / 2,
            _ => nbytes,
        }
    }

    /// Has the memory convert the numbers, if a `Turn` is all they need and the memory supports it; returns whether
    /// it did.
    fn turn_in(&self, memory: &mut dyn Memory, at: u64) -> bool {
        let (from, nbytes) = (self.walk.offset(), self.nbytes(self.walk.len()));
        self.turn().is_some_and(|turn| memory.turn(self.column, from, at, nbytes, turn))
    }

    /// The result of `len` numbers of a tile, from number `at` on.
    fn run<'a>(&self, bytes: &'a [u8], at: usize, len: usize) -> &'a [u8] {
        let [begin, end] = [at, at + len].map(|number| self.nbytes(number as u64) as usize);
        bytes.get(begin..end).unwrap_or_default()
    }

    /// Swaps the bytes of the numbers in the source tile, and drops imaginary parts or upper bytes that are not
    /// wanted; returns how many numbers there are.
    fn ready(&self, len: usize, tiles: &mut Tiles) -> usize {
        let width = self.from.itemsize() as usize;
        let narrow = self.kept as usize;
        let (len, group, kept) = match self.way {
            Way::Real => (len / 2, 2 * width, 0..width),
            Way::Narrow => (len, width, if self.swap { width - narrow..width } else { 0..narrow }),
            _ => {
                if self.swap {
                    kernels::swap(tiles.source.words_of(len * width), width);
                }
                return len;
            }
        };
        kernels::pick(tiles.source.words(), tiles.result.words(), len, group, kept, self.swap);
        core::mem::swap(&mut tiles.source, &mut tiles.result);
        len
    }

    /// Builds a 256-entry lookup table for slow casts from one-byte types (float8, anything to float16), if there are
    /// many numbers. Returns whether it did.
    fn make_table(&self, tiles: &mut Tiles) -> bool {
        let is_long =
            matches!(self.from, Number::Float8E4m3fn | Number::Float8E5m2) || self.to == Number::Float16;
        let width = self.to.itemsize() as usize;
        if !is_long
            || self.from.itemsize() > 1
            || width > 8
            || !matches!(self.way, Way::Cast)
            || self.walk.len() < 4096
        {
            return false;
        }
        let Some(cast) = self.cast else { return false };
        let Tiles { source, result, spare, table, .. } = tiles;
        for (value, byte) in source.bytes_mut(256).iter_mut().enumerate() {
            *byte = value as u8;
        }
        let (made, _) = cast.run_from(source.words(), result.words(), spare.words(), 256).unwrap_or_default();
        if self.swap_result {
            kernels::swap(made.get_mut(..16 * width).unwrap_or_default(), width);
        }
        kernels::tabulate(made, table.words(), width);
        true
    }

    /// Copies the part's numbers out of the records in the stage, into the source tile.
    fn gather(&self, records: u64, itemsize: u64, tiles: &mut Tiles) {
        let width = self.from.itemsize() as usize;
        let nbytes = self.per_record as usize * width;
        let mut steps = Vec::with_capacity(1 + self.field.len());
        steps.push(Step { len: records as usize, from: itemsize as isize, to: nbytes as isize });
        steps.extend_from_slice(&self.field);
        let into = tiles.source.bytes_mut(records as usize * nbytes);
        kernels::copy(&tiles.stage, self.field_offset as isize, into, 0, &joined(&steps), width);
    }

    /// Casts the numbers in the source tile, whose contents are lost. Returns the bytes of the result, as many as
    /// [`nbytes`](Self::nbytes) says, followed by the rest of their tile.
    fn cast<'a>(&self, len: usize, source: &mut Tile, result: &'a mut Tile, spare: &'a mut Tile) -> &'a [u8] {
        if self.cast.is_none() {
            core::mem::swap(source, result);
        }
        let (mut source, mut other) = match self.cast {
            Some(cast) => {
                cast.run_from(source.words(), result.words(), spare.words(), len).unwrap_or_default()
            }
            None => (result.words(), spare.words()),
        };
        match self.way {
            Way::Clock(clock) => {
                clock.run(source, other, len);
                core::mem::swap(&mut source, &mut other);
            }
            Way::Spread => {
                spread(source, other, len, self.to.itemsize() as usize);
                core::mem::swap(&mut source, &mut other);
            }
            Way::Zero => source.fill(0),
            Way::Any => {
                // Each pair of bools is one 16-bit number.
                kernels::u16_to_bool(source, other, len / 2);
                core::mem::swap(&mut source, &mut other);
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
        // The byte as it is, even if neither 0 nor 1.
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
