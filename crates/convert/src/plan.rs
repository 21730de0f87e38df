//! The plan of a conversion: everything decided and validated before one byte is touched.

use crate::cast::Cast;
use crate::casting::Casting;
use crate::check::Check;
use crate::spread::spread;
use crate::target::{Leaf, Target, Way};
use crate::text::Text;
use crate::tile::{STAGE, Sink, Source, TILE, Tiles};
use crate::walk::{Axis, Walk, joined};
use alloc::{format, string::String, vec, vec::Vec};
use byteferry_header::{Code, DType, Error, Number, Order, Shape, Struct};
use byteferry_kernels::{self as kernels, Step};
use bytemuck::{cast_slice, cast_slice_mut};
use core::fmt::Write;

/// Strings of no characters take no bytes: without a limit, a header alone could ask for any number of them. Beyond it there are none.
const MOST_EMPTY: u64 = 1 << 24;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Nothing: the payload can be viewed where it lies.
    View,
    /// The payload is turned into the result inside its own buffer; no second one exists.
    InPlace,
    /// The result is written to other buffers, one for each column.
    Into,
}

/// What the caller asks for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options {
    /// What the result is to be; by default the dtype itself, or the nearest that a typed array can hold.
    pub to: Option<Target>,
    /// How much a cast to `to` may change.
    pub casting: Casting,
    /// Refuses what is otherwise put right: bytes left over behind the array, bools other than 0 and 1, text that is none.
    pub strict: bool,
    /// Order of the result; by default that of the source, or C where it has none.
    pub layout: Option<Order>,
    /// All real parts, then all imaginary parts, instead of each beside the other.
    pub planes: bool,
    /// Writes the result big-endian.
    pub big_endian: bool,
    /// Bytes to leave free before the result, in a second buffer.
    pub room: u64,
}

/// Where the payload lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// First byte of the payload, from the beginning of the buffer: it tells how the payload is aligned.
    pub offset: u64,
    /// Bytes there are from `offset` on.
    pub available: u64,
    /// Whether the buffer is ours to change.
    pub writable: bool,
    /// Which index varies fastest.
    pub order: Order,
    /// Bytes from one element to the next along each axis, of any sign, in place of `order`.
    pub strides: Option<Vec<i64>>,
    /// Bytes there are before `offset`, for strides that lead there.
    pub before: u64,
}

impl Placement {
    /// A slice that is read only, its payload at its beginning.
    pub fn of_slice(bytes: &[u8]) -> Self {
        Self {
            offset: 0,
            available: bytes.len() as u64,
            writable: false,
            order: Order::C,
            strides: None,
            before: 0,
        }
    }
}

/// A result: the array itself, or one field of its records.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its type, in the page's byte order. `Bytes` and `Str` are text, `Void` is bytes.
    pub dtype: DType,
    /// The array's axes, and those of the field's sub-array after them.
    pub shape: Shape,
    /// Which index varies fastest.
    pub order: Order,
    /// Numbers in it, two to a complex element; or strings.
    pub len: u64,
    /// Where it begins in its buffer.
    pub offset: u64,
    /// Whether complex numbers lie in two planes.
    pub planes: bool,
    /// Whether these are milliseconds that were ticks of a datetime or timedelta.
    pub milliseconds: bool,
}

impl Column {
    /// Type of the numbers, as which a typed array shows them; none for text.
    pub fn number(&self) -> Option<Number> {
        match self.dtype {
            DType::Number(number, _) | DType::Complex(number, _) => Some(number),
            DType::Datetime(..) | DType::Timedelta(..) => Some(Number::Int64),
            DType::Void(_) => Some(Number::Uint8),
            DType::Bytes(_) | DType::Str(..) | DType::Struct(_) => None,
        }
    }

    /// Bytes of the buffer it needs, where it gets one of its own.
    pub fn nbytes(&self) -> u64 {
        self.number().map_or(0, |number| self.offset + self.len * number.itemsize())
    }
}

/// A conversion that can be carried out: whoever holds one checks nothing again.
#[derive(Clone, Debug)]
pub struct Plan {
    action: Action,
    columns: Vec<Column>,
    parts: Vec<Part>,
    /// Where contiguous records are taken apart in one pass: where they begin, and bytes of each.
    records: Option<(u64, u64)>,
    records_len: u64,
    trailing: u64,
    casting: Casting,
    strict: bool,
}

/// Numbers of the source that become numbers of one column.
#[derive(Clone, Debug)]
struct Part {
    /// Which column they belong to, and where in it they begin.
    column: usize,
    base: u64,
    /// Where they lie: by themselves, or within a record.
    walk: Walk,
    field: Vec<Step>,
    field_offset: u64,
    /// How many there are to a record.
    per_record: u64,
    from: Number,
    to: Number,
    swap: bool,
    check: Option<Check>,
    cast: Option<Cast>,
    way: Way,
    /// Code units of a string.
    text: u64,
    swap_result: bool,
}

impl Plan {
    /// Decides how an array of `dtype` and `shape` that lies at `place` becomes what `options` ask for.
    ///
    /// # Errors
    /// `truncated` if the payload is shorter than dtype, shape and strides say, `size-mismatch` if it is longer and
    /// `strict`, `unsupported-dtype` or `unsafe-cast` if there is no way from `dtype` to `to`, or `casting` does not allow
    /// it, `bad-argument` if `to` names a field that isn't there, or there are not as many strides as axes.
    pub fn new(dtype: &DType, shape: &Shape, place: Placement, options: &Options) -> Result<Self, Error> {
        let trailing = fits(dtype, shape, &place)?;
        if options.strict && trailing > 0 {
            return Err(left_over(shape.nbytes(), place.available));
        }
        let strides = match &place.strides {
            Some(strides) => strides.clone(),
            None => shape.strides(place.order),
        };
        let axes: Vec<Axis> =
            shape.dims().iter().zip(strides).map(|(len, stride)| Axis { len: *len, stride }).collect();
        let stored = if place.strides.is_some() { Order::C } else { place.order };
        let mut plan = Planning {
            axes,
            shape,
            offset: place.offset,
            order: options.layout.unwrap_or(stored),
            options,
            columns: Vec::new(),
            parts: Vec::new(),
        };
        plan.add(dtype, 0, &mut Vec::new(), options.to.as_ref(), &mut String::new())?;
        let in_memory = Walk::new(place.offset, shape.itemsize(), plan.ordered(plan.order));
        let Planning { mut columns, parts, .. } = plan;

        let mut action = Action::Into;
        if let ([column], [part]) = (columns.as_mut_slice(), parts.as_slice())
            && place.writable
            && options.room == 0
            && part.stays()
            && part.walk.is_contiguous()
        {
            let width = part.to.itemsize();
            action = if part.is_nothing() && place.offset.is_multiple_of(width) || column.len == 0 {
                Action::View
            } else {
                Action::InPlace
            };
            // Down to where a typed array may begin.
            column.offset = place.offset - place.offset % width;
        }
        // One pass, if the records lie one behind the other and many of them fit a stage.
        let together = parts.len() > 1
            && in_memory.is_contiguous()
            && (1..=STAGE as u64 / 8).contains(&shape.itemsize())
            && parts.iter().all(|part| part.per_record <= part.tile() as u64)
            && columns.iter().all(|column| column.order == options.layout.unwrap_or(stored));
        Ok(Self {
            action,
            columns,
            parts,
            records: together.then_some((place.offset, shape.itemsize())),
            records_len: shape.size(),
            trailing,
            casting: options.casting,
            strict: options.strict,
        })
    }

    /// What is to be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The results: one, or one for each field of a record, nested ones in the order of their declaration.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Bytes left over behind the array.
    pub fn trailing(&self) -> u64 {
        self.trailing
    }

    /// Carries out [`Action::InPlace`]. `bytes` is the whole buffer, not the payload alone.
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
                let (result, width) = part.cast(block.len(), tiles);
                part.walk.runs(&block, &mut |place, at, len| {
                    let run = result.get(at * width..(at + len) * width).unwrap_or_default();
                    bytes.write(offset + place * width as u64, run);
                });
            }
        }
        Ok(())
    }

    /// Writes the results, each into a buffer of its column's [`nbytes`](Column::nbytes), or as text. `source` is the
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
            let mut done = 0;
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
                    let (bytes, width) = part.cast(block.len(), tiles);
                    part.walk.runs(&block, &mut |place, at, len| {
                        let (place, at, len) = part.merged(place, at, len);
                        let run = bytes.get(at * width..(at + len) * width).unwrap_or_default();
                        result.write(part.base + place * width as u64, run);
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
                    self.read_text(part, text, len, first, tiles)?;
                } else {
                    self.check(part, len, first, tiles, &load)?;
                    let (bytes, width) = part.cast(len, tiles);
                    let (first, _, len) = part.merged(first, 0, len);
                    result.write(
                        part.base + first * width as u64,
                        bytes.get(..len * width).unwrap_or_default(),
                    );
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
        let mut done = 0;
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
        let complex =
            self.columns.get(part.column).is_some_and(|column| matches!(column.dtype, DType::Complex(..)));
        let pairs = complex && part.way != Way::Spread && !self.columns.iter().any(|column| column.planes);
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

/// A plan in the making.
struct Planning<'a> {
    /// Of the array, as it lies in the source.
    axes: Vec<Axis>,
    shape: &'a Shape,
    offset: u64,
    order: Order,
    options: &'a Options,
    columns: Vec<Column>,
    parts: Vec<Part>,
}

impl Planning<'_> {
    /// The axes in the order of a result.
    fn ordered(&self, order: Order) -> Vec<Axis> {
        match order {
            Order::C => self.axes.clone(),
            Order::Fortran => self.axes.iter().rev().copied().collect(),
        }
    }

    /// Adds the columns of a field: its own, or those of the fields within it. `inner` are the axes of the sub-arrays it is in.
    fn add(
        &mut self,
        dtype: &DType,
        offset: u64,
        inner: &mut Vec<Axis>,
        target: Option<&Target>,
        name: &mut String,
    ) -> Result<(), Error> {
        match (dtype, target) {
            (DType::Struct(record), None | Some(Target::Fields(_))) => {
                self.add_fields(record, offset, inner, target, name)
            }
            _ => self.add_leaf(dtype, offset, inner, target).map_err(|mut error| {
                if !name.is_empty() {
                    error.message = format!("field '{name}': {}", error.message);
                }
                error
            }),
        }
    }

    fn add_fields(
        &mut self,
        record: &Struct,
        offset: u64,
        inner: &mut Vec<Axis>,
        target: Option<&Target>,
        name: &mut String,
    ) -> Result<(), Error> {
        let targets = match target {
            Some(Target::Fields(targets)) => targets.as_slice(),
            _ => &[],
        };
        if let Some((missing, _)) =
            targets.iter().find(|(name, _)| !record.fields.iter().any(|field| field.name == *name))
        {
            return Err(Error::new(Code::BadArgument, format_args!("to: there is no field '{missing}'")));
        }
        for field in &record.fields {
            let (depth, length) = (inner.len(), name.len());
            let mut stride = field.dtype.itemsize() as i64;
            for len in field.shape.iter().rev() {
                inner.insert(depth, Axis { len: *len, stride });
                stride *= *len as i64;
            }
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&field.name);
            let target = Target::of_field(target, &field.name);
            self.add(&field.dtype, offset + u64::from(field.offset), inner, target, name)?;
            inner.truncate(depth);
            name.truncate(length);
        }
        Ok(())
    }

    fn add_leaf(
        &mut self,
        dtype: &DType,
        offset: u64,
        inner: &[Axis],
        target: Option<&Target>,
    ) -> Result<(), Error> {
        let leaf = Leaf::new(dtype, target, self.options.casting)?;
        let mut dims = self.shape.dims().to_vec();
        dims.extend(inner.iter().map(|axis| axis.len));
        let shape = Shape::new(dims, leaf.result.itemsize())?;
        // A sub-array's axes lie closest, in C order: no array of Fortran order holds them.
        let order = if inner.is_empty() { self.order } else { Order::C };
        let is_text = leaf.way == Way::Text;
        let planes = self.options.planes && leaf.numbers == 2 && matches!(leaf.result, DType::Complex(..));
        let width = leaf.from.itemsize();
        let check = match self.options.casting {
            _ if is_text => None,
            _ if leaf.from == Number::Bool && self.options.strict => Check::bools(),
            Casting::Safe | Casting::Exact
                if target.is_some()
                    && !matches!(leaf.way, Way::Real | Way::Any)
                    && !matches!(leaf.way, Way::Clock(_)) =>
            {
                Check::new(leaf.from, leaf.to)
            }
            _ => None,
        };
        // A bool is made 0 or 1, unless a check has just shown that it is.
        let same = leaf.from == leaf.to && (leaf.from != Number::Bool || check.is_some());
        let cast = if same || is_text || matches!(leaf.way, Way::Clock(_)) {
            None
        } else {
            Some(Cast::new(leaf.from, leaf.to).ok_or_else(|| {
                let message = format_args!("there is no way from '{dtype}' to {}", leaf.to.name());
                Error::new(Code::UnsupportedDtype, message)
            })?)
        };
        let numbers = if planes || leaf.way == Way::Real { 1 } else { leaf.numbers };
        let mut field: Vec<Axis> = inner.to_vec();
        field.push(Axis { len: numbers, stride: width as i64 });
        let count = shape.size();
        let column = self.columns.len();
        for plane in 0..if planes { 2 } else { 1 } {
            let offset = offset + plane * width;
            let axes = self.ordered(order).into_iter().chain(field.iter().copied());
            let mut to = width as isize;
            let mut steps: Vec<Step> = Vec::new();
            for axis in field.iter().rev() {
                steps.insert(0, Step { len: axis.len as usize, from: axis.stride as isize, to });
                to *= axis.len as isize;
            }
            self.parts.push(Part {
                column,
                base: self.options.room + plane * count * leaf.to.itemsize(),
                walk: Walk::new(self.offset + offset, width, axes),
                per_record: field.iter().map(|axis| axis.len).product(),
                field: steps,
                field_offset: offset,
                from: leaf.from,
                to: leaf.to,
                swap: leaf.swap && width > 1,
                check,
                cast,
                way: leaf.way,
                text: if is_text { leaf.numbers } else { 0 },
                swap_result: self.options.big_endian && leaf.to.itemsize() > 1,
            });
        }
        let numbers = match (&leaf.result, leaf.way) {
            (_, Way::Text) if leaf.numbers == 0 && count > MOST_EMPTY => 0,
            (_, Way::Text | Way::Any) => 1,
            (DType::Complex(..), _) => 2,
            _ => numbers,
        };
        self.columns.push(Column {
            dtype: leaf.result,
            shape,
            order,
            len: count * numbers,
            offset: self.options.room,
            planes,
            milliseconds: matches!(leaf.way, Way::Clock(_)),
        });
        Ok(())
    }
}

impl Part {
    /// Whether each number stays as wide as it is, so that it can stay where it is.
    fn stays(&self) -> bool {
        self.from.itemsize() == self.to.itemsize() && !matches!(self.way, Way::Spread | Way::Any | Way::Text)
    }

    /// Where a run of numbers lies that are the elements of the result, or halves of them.
    fn merged(&self, place: u64, at: usize, len: usize) -> (u64, usize, usize) {
        let halves = u32::from(self.way == Way::Any);
        (place >> halves, at >> halves, len >> halves)
    }

    fn is_nothing_to_write(&self) -> bool {
        !self.swap && !self.swap_result && self.cast.is_none() && self.way == Way::Cast
    }

    fn is_nothing(&self) -> bool {
        self.is_nothing_to_write() && self.check.is_none()
    }

    /// How many numbers a tile holds, at their widest.
    fn tile(&self) -> usize {
        let cast = self.cast.map_or(self.from.itemsize() as usize, |cast| cast.widest());
        let check = self.check.map_or(0, |check| check.widest());
        let spread = if self.way == Way::Spread { 2 * self.to.itemsize() as usize } else { 0 };
        TILE / cast.max(check).max(spread)
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

    /// Swaps and casts the numbers in the source tile; returns their bytes, and how many each has.
    fn cast<'a>(&self, len: usize, tiles: &'a mut Tiles) -> (&'a [u8], usize) {
        self.swap(len, tiles);
        let Tiles { source, result, .. } = tiles;
        let (mut source, mut other) = (source.words(), result.words());
        let mut width = self.to.itemsize() as usize;
        if let Some(cast) = self.cast {
            (source, other) = cast.run(source, other, len);
        }
        match self.way {
            Way::Clock(clock) => {
                clock.run(source, other, len);
                core::mem::swap(&mut source, &mut other);
            }
            Way::Spread => {
                spread(source, other, len, width);
                core::mem::swap(&mut source, &mut other);
                width *= 2;
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
            let nbytes = (len * width).div_ceil(size_of::<kernels::Word>());
            kernels::swap(source.get_mut(..nbytes).unwrap_or_default(), self.to.itemsize() as usize);
        }
        (cast_slice(source), width)
    }
}

/// Checks that the array lies within its buffer; returns how many bytes are left over behind it.
fn fits(dtype: &DType, shape: &Shape, place: &Placement) -> Result<u64, Error> {
    let Some(strides) = &place.strides else {
        let nbytes = shape.nbytes();
        return place.available.checked_sub(nbytes).ok_or_else(|| short(dtype, shape, place.available));
    };
    if strides.len() != shape.dims().len() {
        let (axes, strides) = (shape.dims().len(), strides.len());
        let message = format_args!("{axes} axes have {strides} strides");
        return Err(Error::new(Code::BadArgument, message).sizes(axes as u64, strides as u64));
    }
    if shape.nbytes() == 0 {
        return Ok(0);
    }
    // From the first byte of the lowest element to the last byte of the highest.
    let (mut before, mut after) = (0, u128::from(shape.itemsize()));
    for (len, stride) in shape.dims().iter().zip(strides) {
        let reach = u128::from(len - 1) * u128::from(stride.unsigned_abs());
        *if *stride < 0 { &mut before } else { &mut after } += reach;
    }
    if before > u128::from(place.before) || after > u128::from(place.available) {
        let (needed, there) =
            if before > u128::from(place.before) { (before, place.before) } else { (after, place.available) };
        let needed = u64::try_from(needed).unwrap_or(u64::MAX);
        let side = if before > u128::from(place.before) { "before" } else { "from" };
        let message =
            format_args!("these strides reach {needed} bytes {side} the first element, there are {there}");
        return Err(Error::new(Code::Truncated, message).sizes(needed, there));
    }
    Ok(0)
}

#[cold]
fn short(dtype: &DType, shape: &Shape, available: u64) -> Error {
    let mut product = String::new();
    for dim in shape.dims() {
        let _ = write!(product, " x {dim}");
    }
    Error::new(
        Code::Truncated,
        format_args!(
            "dtype '{dtype}' needs {}{product} = {} bytes, the buffer has {available}",
            dtype.itemsize(),
            shape.nbytes()
        ),
    )
    .sizes(shape.nbytes(), available)
}

#[cold]
fn left_over(expected: u64, actual: u64) -> Error {
    Error::new(
        Code::SizeMismatch,
        format_args!(
            "the array has {expected} bytes, {} are left over behind it, which strict refuses",
            actual - expected
        ),
    )
    .sizes(expected, actual)
}
