//! The plan of a conversion: everything decided and validated before one byte is touched.

use crate::casting::{Casting, can_cast};
use crate::kernel::{self, Cast, Check};
use crate::tile::{Sink, Source, TILE, Tiles};
use alloc::string::String;
use byteferry_header::{ByteOrder, Code, DType, Error, Number, Shape};
use bytemuck::cast_slice;
use core::fmt::Write;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Nothing: the payload can be viewed where it lies.
    View,
    /// The payload is turned into the result inside its own buffer; no second one exists.
    InPlace,
    /// The result is written to a second buffer.
    Into,
}

/// What the caller asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Number type of the result; by default the dtype's own, or the nearest one that a typed array can hold.
    pub to: Option<Number>,
    /// How much a cast to `to` may change.
    pub casting: Casting,
    /// Refuses what is otherwise put right: bytes left over behind the array, bools other than 0 and 1.
    pub strict: bool,
}

/// Where the payload lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placement {
    /// First byte of the payload, from the beginning of the buffer: it tells how the payload is aligned.
    pub offset: u64,
    /// Bytes there are from `offset` on.
    pub available: u64,
    /// Whether the buffer is ours to change.
    pub writable: bool,
}

impl Placement {
    /// A slice that is read only, its payload at its beginning.
    pub fn of_slice(bytes: &[u8]) -> Self {
        Self { offset: 0, available: bytes.len() as u64, writable: false }
    }
}

/// A conversion that can be carried out: whoever holds one checks nothing again.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    action: Action,
    from: Number,
    to: Number,
    casting: Casting,
    /// Numbers to an element: 2 where it is complex.
    components: u64,
    /// Numbers in all.
    len: u64,
    source_offset: u64,
    result_offset: u64,
    trailing: u64,
    swap: bool,
    check: Option<Check>,
    cast: Option<Cast>,
}

impl Plan {
    /// Decides how an array of `dtype` and `shape` that lies at `place` becomes what `options` ask for.
    ///
    /// # Errors
    /// `truncated` if the payload is shorter than dtype and shape say, `size-mismatch` if it is longer and
    /// `strict`, `unsupported-dtype` if the dtype has no numbers, `unsafe-cast` if `casting` does not allow `to`.
    pub fn new(dtype: &DType, shape: &Shape, place: Placement, options: &Options) -> Result<Self, Error> {
        let (from, order, components) = match dtype {
            DType::Number(number, order) => (*number, *order, 1),
            DType::Complex(number, order) => (*number, *order, 2),
            DType::Datetime(_, order) | DType::Timedelta(_, order) => (Number::Int64, *order, 1),
            other => return Err(unsupported(other)),
        };
        let to = match options.to {
            None => default_target(from),
            // A complex number or a date as a plain one is more than a cast: NaT is no integer.
            Some(_) if !matches!(dtype, DType::Number(..)) => return Err(no_other_target(dtype)),
            Some(to) => to,
        };
        let width = from.itemsize();
        let swap = order == ByteOrder::Big && width > 1;
        if options.to.is_some() {
            allow(from, to, swap, options.casting)?;
        }
        let nbytes = shape.nbytes();
        let trailing =
            place.available.checked_sub(nbytes).ok_or_else(|| short(dtype, shape, place.available))?;
        if options.strict && trailing > 0 {
            return Err(left_over(nbytes, place.available));
        }

        let check = match options.casting {
            _ if from == Number::Bool && options.strict => Check::bools(),
            Casting::Safe | Casting::Exact if options.to.is_some() => Check::new(from, to),
            _ => None,
        };
        // A bool is made 0 or 1, unless a check has just shown that it is.
        let cast = if from == to && (from != Number::Bool || check.is_some()) {
            None
        } else {
            Some(Cast::new(from, to).ok_or_else(|| unsupported(dtype))?)
        };
        let action = if !place.writable || to.itemsize() != width {
            Action::Into
        } else if swap || cast.is_some() || check.is_some() || !place.offset.is_multiple_of(width) {
            Action::InPlace
        } else {
            Action::View
        };
        let result_offset = match action {
            Action::Into => 0,
            // Down to where a typed array may begin.
            Action::View | Action::InPlace => place.offset - place.offset % width,
        };
        Ok(Self {
            action: if shape.size() == 0 && action == Action::InPlace { Action::View } else { action },
            from,
            to,
            casting: options.casting,
            components,
            len: shape.size() * components,
            source_offset: place.offset,
            result_offset,
            trailing,
            swap,
            check,
            cast,
        })
    }

    /// What is to be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Type of the numbers in the result.
    pub fn result_number(&self) -> Number {
        self.to
    }

    /// Numbers to an element: 2 where it is complex.
    pub fn components(&self) -> u64 {
        self.components
    }

    /// How many numbers the result has: the array's size, twice that where it is complex.
    pub fn result_len(&self) -> u64 {
        self.len
    }

    /// Bytes of the result.
    pub fn result_nbytes(&self) -> u64 {
        self.len * self.to.itemsize()
    }

    /// Where the result begins: in the payload's own buffer, or in the second one, where it is 0.
    pub fn result_offset(&self) -> u64 {
        self.result_offset
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
        if let Some(check) = self.check {
            for (start, len) in self.tiles() {
                self.load(bytes, start, len, tiles);
                self.survive(check, bytes, start, len, tiles)?;
            }
        }
        if !self.swap && self.cast.is_none() && self.source_offset == self.result_offset {
            return Ok(());
        }
        for (start, len) in self.tiles() {
            self.load(bytes, start, len, tiles);
            self.store(bytes, start, len, tiles);
        }
        Ok(())
    }

    /// Writes the result into a second buffer, of [`result_nbytes`](Self::result_nbytes) bytes. `source` is the whole buffer, not the payload alone.
    ///
    /// # Errors
    /// `precision-loss` if a value does not survive; what `result` then holds is of no use.
    pub fn convert_into<S, D>(&self, source: &S, result: &mut D, tiles: &mut Tiles) -> Result<(), Error>
    where
        S: Source + ?Sized,
        D: Sink + ?Sized,
    {
        for (start, len) in self.tiles() {
            self.load(source, start, len, tiles);
            if let Some(check) = self.check {
                self.survive(check, source, start, len, tiles)?;
                if !check.leaves_tile() {
                    self.load(source, start, len, tiles);
                }
            }
            self.store(result, start, len, tiles);
        }
        Ok(())
    }

    /// The array cut into tiles: (first number, how many).
    fn tiles(&self) -> impl Iterator<Item = (u64, usize)> + use<> {
        let width = self.cast.map_or(self.from.itemsize() as usize, |cast| cast.widest());
        let tile = TILE / width.max(self.check.map_or(0, |check| check.widest()));
        let len = self.len;
        (0..len)
            .step_by(tile)
            .map(move |start| (start, tile.min(usize::try_from(len - start).unwrap_or(tile))))
    }

    /// Brings numbers into the tile, in native byte order.
    fn load<S: Source + ?Sized>(&self, source: &S, start: u64, len: usize, tiles: &mut Tiles) {
        let width = self.from.itemsize() as usize;
        let nbytes = len * width;
        source.read(self.source_offset + start * width as u64, tiles.source.bytes_mut(nbytes));
        if self.swap {
            kernel::swap(tiles.source.words_of(nbytes), width);
        }
    }

    /// Takes numbers from the tile to where they belong, cast on the way.
    fn store<D: Sink + ?Sized>(&self, result: &mut D, start: u64, len: usize, tiles: &mut Tiles) {
        let width = self.to.itemsize() as usize;
        let tile = match self.cast {
            None => tiles.source.words(),
            Some(cast) => cast.run(tiles.source.words(), tiles.result.words(), len),
        };
        let bytes = cast_slice(tile);
        result.write(self.result_offset + start * width as u64, bytes.get(..len * width).unwrap_or(bytes));
    }

    fn survive<S: Source + ?Sized>(
        &self,
        check: Check,
        source: &S,
        start: u64,
        len: usize,
        tiles: &mut Tiles,
    ) -> Result<(), Error> {
        match check.first_lost(tiles.source.words(), tiles.result.words(), len) {
            None => Ok(()),
            Some(at) => {
                let lost = start + at as u64;
                self.load(source, lost, 1, tiles);
                Err(self.lost(lost, tiles))
            }
        }
    }

    #[cold]
    fn lost(&self, number: u64, tiles: &Tiles) -> Error {
        let mut bits = [0; 8];
        let width = self.from.itemsize() as usize;
        bits.iter_mut().zip(tiles.source.bytes()).take(width).for_each(|(to, from)| *to = *from);
        let index = number / self.components;
        let mut error = if self.from == Number::Bool {
            Error::new(
                Code::PrecisionLoss,
                format_args!("element {index} of the bool array is neither 0 nor 1, which strict refuses"),
            )
        } else {
            Error::new(
                Code::PrecisionLoss,
                format_args!(
                    "element {index} of the {} array does not survive as {} (casting '{}')",
                    self.from.name(),
                    self.to.name(),
                    self.casting.as_str()
                ),
            )
        };
        error.index = Some(index);
        error.value = Some((self.from, u64::from_le_bytes(bits)));
        error
    }
}

/// The number type a page gets when it doesn't ask for one.
fn default_target(from: Number) -> Number {
    match from {
        Number::Float16 | Number::Bfloat16 | Number::Float8E4m3fn | Number::Float8E5m2 => Number::Float32,
        Number::Int24 => Number::Int32,
        Number::Uint24 => Number::Uint32,
        Number::X87In12 | Number::X87In16 | Number::Quad | Number::Longdouble16 | Number::Ibm4 => {
            Number::Float64
        }
        other => other,
    }
}

fn allow(from: Number, to: Number, swap: bool, casting: Casting) -> Result<(), Error> {
    if casting == Casting::No && swap {
        return Err(Error::new(
            Code::UnsafeCast,
            format_args!("casting 'no' does not allow to swap bytes; 'equiv' does"),
        ));
    }
    if can_cast(from, to, casting) {
        return Ok(());
    }
    let way_out = if can_cast(from, to, Casting::SameKind) { "'same_kind'" } else { "'unsafe'" };
    Err(Error::new(
        Code::UnsafeCast,
        format_args!(
            "{} to {} is not allowed under casting '{}'; {way_out} allows it, 'exact' does as long as every value survives",
            from.name(),
            to.name(),
            casting.as_str(),
        ),
    ))
}

#[cold]
fn unsupported(dtype: &DType) -> Error {
    Error::new(Code::UnsupportedDtype, format_args!("dtype '{dtype}' cannot be converted to numbers"))
}

#[cold]
fn no_other_target(dtype: &DType) -> Error {
    Error::new(
        Code::UnsupportedDtype,
        format_args!("dtype '{dtype}' comes as it is stored only; leave `to` out"),
    )
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
