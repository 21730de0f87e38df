//! The plan of a conversion: everything decided and validated before one byte is touched.

mod carry;

use crate::cast::Cast;
use crate::casting::{Casting, integer_range};
use crate::check::Check;
use crate::target::{Leaf, Target, Way};
use crate::tile::{STAGE, TILE, Turn};
use crate::walk::{Axis, Walk};
use alloc::{format, string::String, vec::Vec};
use byteferry_header::{Code, DType, Error, Number, Order, Shape, Struct};
use byteferry_kernels::Step;
use core::fmt::Write;

/// Limit on strings of no characters, which take no bytes: without it, a header alone could ask for any number of
/// them. Once the running total over all columns exceeds this, a column gets no strings.
const MOST_EMPTY: u64 = 1 << 18;

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
    /// Type of the result; by default the dtype itself, or the nearest that a typed array can hold.
    pub to: Option<Target>,
    /// How much a cast to `to` may change.
    pub casting: Casting,
    /// Refuses input that is otherwise corrected: trailing bytes, bools other than 0 and 1, invalid code points in
    /// text.
    pub strict: bool,
    /// Order of the result; by default that of the source, or C where it has none.
    pub layout: Option<Order>,
    /// Complex results as all real parts, then all imaginary parts, instead of interleaved.
    pub planes: bool,
    /// Writes the result big-endian.
    pub big_endian: bool,
    /// Bytes to leave free before the result, which then gets a second buffer.
    pub room: u64,
    /// Of an array that is converted in parts, the number of elements before this part. The results' places and the
    /// indices in errors count them.
    pub first: u64,
}

/// Where the payload lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// Offset of the payload in the buffer, which tells how it is aligned.
    pub offset: u64,
    /// Number of bytes from `offset` on.
    pub available: u64,
    /// Whether the buffer may be overwritten.
    pub writable: bool,
    /// Which index varies fastest.
    pub order: Order,
    /// Strides in bytes, which may be negative, used instead of `order`.
    pub strides: Option<Vec<i64>>,
    /// Number of bytes before `offset`, for negative strides.
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
    /// Number of its numbers, two per complex element; or of its strings.
    pub len: u64,
    /// Its byte offset in its buffer.
    pub offset: u64,
    /// Whether complex numbers lie in two planes.
    pub planes: bool,
    /// Whether these are milliseconds that were ticks of a datetime or timedelta.
    pub milliseconds: bool,
}

impl Column {
    /// Element type of its typed array; `None` for text.
    pub fn number(&self) -> Option<Number> {
        match self.dtype {
            DType::Number(number, _) | DType::Complex(number, _) => Some(number),
            DType::Datetime(..) | DType::Timedelta(..) => Some(Number::Int64),
            DType::Void(_) => Some(Number::Uint8),
            DType::Bytes(_) | DType::Str(..) | DType::Struct(_) => None,
        }
    }

    /// Bytes of the buffer it needs, if it gets one of its own.
    pub fn nbytes(&self) -> u64 {
        self.number().map_or(0, |number| self.offset + self.len * number.itemsize())
    }
}

/// A validated conversion: only values are checked while it is carried out.
#[derive(Clone, Debug)]
pub struct Plan {
    action: Action,
    columns: Vec<Column>,
    parts: Vec<Part>,
    /// If contiguous records are taken apart in one pass: the offset of the first, and the bytes of each.
    records: Option<(u64, u64)>,
    records_len: u64,
    trailing: u64,
    casting: Casting,
    strict: bool,
}

/// Numbers of the source that become numbers of one column.
#[derive(Clone, Debug)]
struct Part {
    /// Index of their column.
    column: usize,
    /// Byte of the column's buffer at which their result begins.
    base: u64,
    /// How many of the array's numbers come before this part of the array.
    before: u64,
    /// Where they lie in the source, by themselves.
    walk: Walk,
    /// Their copy out of one record, axis by axis.
    field: Vec<Step>,
    /// Byte of the record at which they begin.
    field_offset: u64,
    /// Numbers per record.
    per_record: u64,
    from: Number,
    to: Number,
    swap: bool,
    check: Option<Check>,
    cast: Option<Cast>,
    way: Way,
    /// Bytes of a number that [`Way::Narrow`] keeps.
    kept: u64,
    /// Code units per string.
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
            empty: 0,
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
            // If a field of a record: it is all of the record.
            && column.shape.nbytes() == shape.nbytes()
        {
            let width = part.to.itemsize();
            action = if part.is_nothing() && place.offset.is_multiple_of(width) || column.len == 0 {
                Action::View
            } else {
                Action::InPlace
            };
            // Rounded down to where a typed array may begin.
            column.offset = place.offset - place.offset % width;
        }
        // One pass, if the records are contiguous and at least 8 of them fit a stage.
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
}

/// A plan being made.
struct Planning<'a> {
    /// Axes of the array, as it lies in the source.
    axes: Vec<Axis>,
    shape: &'a Shape,
    offset: u64,
    order: Order,
    options: &'a Options,
    columns: Vec<Column>,
    parts: Vec<Part>,
    /// Number of strings of no characters so far, in all columns.
    empty: u64,
}

impl Planning<'_> {
    /// The axes in the order of a result.
    fn ordered(&self, order: Order) -> Vec<Axis> {
        match order {
            Order::C => self.axes.clone(),
            Order::Fortran => self.axes.iter().rev().copied().collect(),
        }
    }

    /// Adds the columns of a field: its own, or those of the fields within it. `inner` are the axes of the sub-arrays
    /// around it.
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
        // A sub-array's axes vary fastest, in C order: the whole cannot be in Fortran order.
        let order = if inner.is_empty() { self.order } else { Order::C };
        let is_text = matches!(leaf.way, Way::Text);
        let planes = self.options.planes && matches!(leaf.result, DType::Complex(..));
        let spread = matches!(leaf.way, Way::Spread);
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
        let is_integer = |number| number != Number::Bool && integer_range(number).is_some();
        let unchecked = check.is_none() && matches!(leaf.way, Way::Cast) && is_integer(leaf.from);
        let narrows = unchecked
            && is_integer(leaf.to)
            && leaf.to.itemsize() < width
            && width.is_power_of_two()
            && (leaf.swap || width == 8);
        // A cast to bool needs no swap: whether a number is 0 can be told in either byte order.
        let swap = leaf.swap && width > 1 && !(unchecked && leaf.to == Number::Bool);
        let way = if narrows { Way::Narrow } else { leaf.way };
        let cast_from = match way {
            // At least a quarter of each number is picked: 8 bytes to 1 go by way of 2.
            Way::Narrow if width == 8 && leaf.to.itemsize() == 1 => Number::Uint16,
            Way::Narrow => leaf.to,
            _ => leaf.from,
        };
        // A bool is made 0 or 1, unless a check has just shown that it is.
        let same = cast_from == leaf.to && (leaf.from != Number::Bool || check.is_some());
        let cast = if same || is_text || matches!(way, Way::Clock(_)) {
            None
        } else {
            let cast = Cast::new(cast_from, leaf.to).ok_or_else(|| {
                let message = format_args!("there is no way from '{dtype}' to {}", leaf.to.name());
                Error::new(Code::UnsupportedDtype, message)
            })?;
            // An empty path: the same bits as another type.
            Some(cast).filter(|cast| !cast.is_empty())
        };
        let numbers = if planes { 1 } else { leaf.numbers };
        let mut field: Vec<Axis> = inner.to_vec();
        field.push(Axis { len: numbers, stride: width as i64 });
        let count = shape.size();
        let column = self.columns.len();
        for plane in 0..if planes { 2 } else { 1 } {
            let offset = offset + if spread { 0 } else { plane * width };
            let way = match plane {
                0 if planes && spread => Way::Cast,
                1 if spread => Way::Zero,
                _ => way,
            };
            let axes = self.ordered(order).into_iter().chain(field.iter().copied());
            let mut to = width as isize;
            let mut steps: Vec<Step> = Vec::new();
            for axis in field.iter().rev() {
                steps.insert(0, Step { len: axis.len as usize, from: axis.stride as isize, to });
                to *= axis.len as isize;
            }
            let per_record = field.iter().map(|axis| axis.len).product();
            let mut part = Part {
                column,
                base: self.options.room + plane * count * leaf.to.itemsize(),
                before: self.options.first * per_record,
                walk: Walk::new(self.offset + offset, width, axes),
                per_record,
                field: steps,
                field_offset: offset,
                from: leaf.from,
                to: leaf.to,
                swap,
                check,
                cast,
                way,
                kept: cast_from.itemsize(),
                text: if is_text { leaf.numbers } else { 0 },
                swap_result: self.options.big_endian && leaf.to.itemsize() > 1,
            };
            part.base += part.nbytes(part.before);
            self.parts.push(part);
        }
        if is_text && leaf.numbers == 0 {
            self.empty = self.empty.saturating_add(count);
        }
        let numbers = match (&leaf.result, leaf.way) {
            (_, Way::Text) if leaf.numbers == 0 && self.empty > MOST_EMPTY => 0,
            (_, Way::Text | Way::Any | Way::Real) => 1,
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
    /// Whether each number keeps its width, so that it can be converted in place.
    fn stays(&self) -> bool {
        self.from.itemsize() == self.to.itemsize() && matches!(self.way, Way::Cast | Way::Clock(_))
    }

    fn is_nothing_to_write(&self) -> bool {
        !self.swap && !self.swap_result && self.cast.is_none() && matches!(self.way, Way::Cast)
    }

    fn is_nothing(&self) -> bool {
        self.is_nothing_to_write() && self.check.is_none()
    }

    /// Whether its numbers need no more than a cast, with or without a byte swap before it.
    fn is_cast_only(&self) -> bool {
        !self.swap_result && self.check.is_none() && matches!(self.way, Way::Cast | Way::Narrow)
    }

    /// The [`Turn`] that is all its numbers need, if there is one.
    fn turn(&self) -> Option<Turn> {
        let width = self.from.itemsize() as usize;
        let is_turn = matches!(self.way, Way::Cast)
            && self.stays()
            && self.widest() == width
            && width.is_power_of_two()
            && self.walk.offset().is_multiple_of(width as u64)
            && !(self.swap_result && self.cast.is_some());
        let swap = if self.swap || self.swap_result { width } else { 1 };
        is_turn.then_some(Turn { swap, cast: self.cast })
    }

    /// Bytes of the widest number on its path.
    fn widest(&self) -> usize {
        let from = self.from.itemsize() as usize;
        let cast = self.cast.map_or(0, |cast| cast.widest());
        let check = self.check.map_or(0, |check| check.widest());
        let spread = if matches!(self.way, Way::Spread) { 2 * self.to.itemsize() as usize } else { 0 };
        from.max(cast).max(check).max(spread)
    }

    /// How many numbers a tile holds.
    fn tile(&self) -> usize {
        TILE / self.widest()
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
