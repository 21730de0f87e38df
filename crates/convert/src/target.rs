//! What an array is to become: the dtype of the result, and how each number is converted.

use crate::casting::{Casting, can_cast};
use crate::clock::Clock;
use alloc::{string::String, vec::Vec};
use byteferry_header::{ByteOrder, Code, DType, Error, Number, TimeUnit};

/// The type of the result that the caller asks for, instead of the default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Numbers of this type. A datetime becomes milliseconds since the epoch as `Float64`, its count of units as
    /// `Int64`.
    Number(Number),
    /// Complex numbers with parts of this type.
    Complex(Number),
    /// The bytes of the elements, as they are stored.
    Bytes,
    /// A target for each named field of a record; the others get their default.
    Fields(Vec<(String, Target)>),
}

impl Target {
    /// The target of the field `name`, in a record whose target is `target`.
    pub fn of_field<'a>(target: Option<&'a Self>, name: &str) -> Option<&'a Self> {
        match target {
            Some(Self::Fields(targets)) => {
                targets.iter().find(|(field, _)| field == name).map(|(_, target)| target)
            }
            _ => None,
        }
    }
}

/// How each element of a dtype becomes part of a column.
pub(crate) struct Leaf {
    /// Dtype of the result, in native byte order.
    pub(crate) result: DType,
    /// Type of the numbers that are read.
    pub(crate) from: Number,
    /// Numbers per element of the source, from its beginning.
    pub(crate) numbers: u64,
    /// Whether the source's numbers are in the other byte order.
    pub(crate) swap: bool,
    pub(crate) to: Number,
    pub(crate) way: Way,
}

/// What is done to the numbers besides byte swap and cast.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Nothing else.
    Cast,
    /// Each number gets an imaginary part of 0.
    Spread,
    /// The imaginary parts alone, of numbers that have none: each number becomes 0.
    Zero,
    /// Only the first of an element's two numbers is kept.
    Real,
    /// Only the low bytes of each integer are kept.
    Narrow,
    /// An element is true if either of its two numbers is.
    Any,
    /// Ticks become milliseconds.
    Clock(Clock),
    /// The numbers are code units of text.
    Text,
}

impl Leaf {
    /// Decides how one element of `dtype` is converted; a record can only become [`Target::Bytes`].
    pub(crate) fn new(dtype: &DType, target: Option<&Target>, casting: Casting) -> Result<Self, Error> {
        let swap = dtype.byte_order() == Some(ByteOrder::Big);
        if casting == Casting::No && swap && target.is_some_and(|target| *target != Target::Bytes) {
            let message = "casting 'no' does not allow to swap bytes; 'equiv' does";
            return Err(Error::new(Code::UnsafeCast, format_args!("{message}")));
        }
        let leaf = |result, from, numbers, to, way| Ok(Self { result, from, numbers, swap, to, way });
        let plain = |number| DType::Number(number, ByteOrder::Little);
        let complex = |number| DType::Complex(number, ByteOrder::Little);
        let allowed = |from, to| allow(dtype, from, to, casting).map(|()| to);
        match (dtype, target) {
            (_, Some(Target::Bytes)) => {
                let itemsize = dtype.itemsize();
                Ok(Self {
                    swap: false,
                    ..leaf(DType::Void(itemsize as u32), Number::Uint8, itemsize, Number::Uint8, Way::Cast)?
                })
            }
            (DType::Number(Number::Longdouble16, _) | DType::Complex(Number::Longdouble16, _), _) => {
                Err(unknown_layout(dtype))
            }
            (DType::Number(from, _), None) => {
                let to = default_number(*from);
                leaf(plain(to), *from, 1, to, Way::Cast)
            }
            (DType::Number(from, _), Some(Target::Number(to))) => {
                leaf(plain(allowed(*from, *to)?), *from, 1, *to, Way::Cast)
            }
            (DType::Number(from, _), Some(Target::Complex(to)))
                if !matches!(casting, Casting::No | Casting::Equiv) =>
            {
                leaf(complex(allowed(*from, *to)?), *from, 1, *to, Way::Spread)
            }
            (DType::Complex(from, _), None) => {
                let to = default_number(*from);
                leaf(complex(to), *from, 2, to, Way::Cast)
            }
            (DType::Complex(from, _), Some(Target::Complex(to))) => {
                leaf(complex(allowed(*from, *to)?), *from, 2, *to, Way::Cast)
            }
            (DType::Complex(from, _), Some(Target::Number(Number::Bool))) if casting == Casting::Unsafe => {
                leaf(plain(Number::Bool), *from, 2, Number::Bool, Way::Any)
            }
            // Drops the imaginary part, as NumPy does under casting 'unsafe'.
            (DType::Complex(from, _), Some(Target::Number(to))) if casting == Casting::Unsafe => {
                leaf(plain(*to), *from, 2, *to, Way::Real)
            }
            (DType::Datetime(..) | DType::Timedelta(..), None) => {
                leaf(native(dtype), Number::Int64, 1, Number::Int64, Way::Cast)
            }
            (DType::Datetime(..) | DType::Timedelta(..), Some(Target::Number(Number::Int64))) => {
                leaf(plain(Number::Int64), Number::Int64, 1, Number::Int64, Way::Cast)
            }
            (DType::Datetime(unit, _), Some(Target::Number(Number::Float64))) => {
                let clock = clock(dtype, *unit, true, casting)?;
                leaf(plain(Number::Float64), Number::Int64, 1, Number::Float64, Way::Clock(clock))
            }
            (DType::Timedelta(unit, _), Some(Target::Number(Number::Float64))) => {
                let clock = clock(dtype, *unit, false, casting)?;
                leaf(plain(Number::Float64), Number::Int64, 1, Number::Float64, Way::Clock(clock))
            }
            (DType::Bytes(length), None) => {
                leaf(native(dtype), Number::Uint8, u64::from(*length), Number::Uint8, Way::Text)
            }
            (DType::Str(length, _), None) => {
                leaf(native(dtype), Number::Uint32, u64::from(*length), Number::Uint32, Way::Text)
            }
            (DType::Void(length), None | Some(Target::Number(Number::Uint8))) => {
                leaf(native(dtype), Number::Uint8, u64::from(*length), Number::Uint8, Way::Cast)
            }
            (dtype, Some(Target::Fields(_))) => {
                Err(Error::new(Code::BadArgument, format_args!("dtype '{dtype}' has no fields")))
            }
            (dtype, _) => Err(no_way(dtype)),
        }
    }
}

/// The same dtype in native byte order.
fn native(dtype: &DType) -> DType {
    match dtype {
        DType::Datetime(unit, _) => DType::Datetime(*unit, ByteOrder::Little),
        DType::Timedelta(unit, _) => DType::Timedelta(*unit, ByteOrder::Little),
        DType::Str(length, _) => DType::Str(*length, ByteOrder::Little),
        other => other.clone(),
    }
}

/// The number type a page gets when it doesn't ask for one.
fn default_number(from: Number) -> Number {
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

fn allow(dtype: &DType, from: Number, to: Number, casting: Casting) -> Result<(), Error> {
    if can_cast(from, to, casting) {
        return Ok(());
    }
    let way_out = if can_cast(from, to, Casting::SameKind) { "'same_kind'" } else { "'unsafe'" };
    Err(Error::new(
        Code::UnsafeCast,
        format_args!(
            "{} to {} is not allowed under casting '{}'; {way_out} allows it, 'exact' does as long as every value survives",
            dtype.name(),
            to.name(),
            casting.as_str(),
        ),
    ))
}

fn clock(dtype: &DType, unit: TimeUnit, is_date: bool, casting: Casting) -> Result<Clock, Error> {
    // Milliseconds are rounded as float64, if the unit is finer, or the date far away.
    Clock::new(unit, is_date)
        .filter(|_| !matches!(casting, Casting::Exact | Casting::No | Casting::Equiv))
        .ok_or_else(|| {
            Error::new(
                Code::UnsafeCast,
                format_args!(
                    "{} to milliseconds is not possible under casting '{}'",
                    dtype.name(),
                    casting.as_str()
                ),
            )
        })
}

#[cold]
fn no_way(dtype: &DType) -> Error {
    let message = match dtype {
        DType::Struct(_) => "is a record: give `to` field by field, or \"bytes\"",
        DType::Number(..) => "is no complex number under this casting",
        DType::Complex(..) => "becomes a real number under casting 'unsafe' only",
        DType::Datetime(..) | DType::Timedelta(..) => {
            "becomes \"float64\" (milliseconds), \"int64\" or \"bytes\""
        }
        _ => "comes as it is, or as \"bytes\"",
    };
    Error::new(Code::UnsafeCast, format_args!("dtype '{dtype}' {message}"))
}

#[cold]
fn unknown_layout(dtype: &DType) -> Error {
    Error::new(
        Code::UnsupportedDtype,
        format_args!("dtype '{dtype}' may be x87's or IEEE's: say longdouble: \"x87\" or \"quad\""),
    )
}
