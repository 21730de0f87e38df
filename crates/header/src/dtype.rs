//! The type of an array's elements, by NumPy's names and type strings.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// Which end of a number comes first in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ByteOrder {
    /// Least significant byte first: `<`, and every browser.
    Little,
    /// Most significant byte first: `>`, also called network order.
    Big,
}

/// A number, as it lies in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Number {
    /// `?`, one byte: 0 or 1.
    Bool,
    /// `i1`
    Int8,
    /// `i2`
    Int16,
    /// `i4`
    Int32,
    /// `i8`
    Int64,
    /// `u1`
    Uint8,
    /// `u2`
    Uint16,
    /// `u4`
    Uint32,
    /// `u8`
    Uint64,
    /// `f2`, IEEE 754 binary16
    Float16,
    /// `bfloat16`, the upper half of a float32; not a type string of NumPy's own
    Bfloat16,
    /// `float8_e4m3fn`: no infinities, one NaN pattern; not a type string of NumPy's own
    Float8E4m3fn,
    /// `float8_e5m2`: the upper half of a float16; not a type string of NumPy's own
    Float8E5m2,
    /// `f4`
    Float32,
    /// `f8`
    Float64,
    /// `f12`: x87 extended precision, 10 bytes and 2 of padding (32-bit Linux)
    X87In12,
    /// `f16` known to be x87 extended precision, 10 bytes and 6 of padding (x86-64 Linux, macOS)
    X87In16,
    /// `f16` known to be IEEE 754 binary128 (aarch64 Linux)
    Quad,
    /// `f16` of unknown layout: x87 and quad share this type string
    Longdouble16,
    /// `i3`: 24-bit integer, raw data only
    Int24,
    /// `u3`: 24-bit unsigned integer, raw data only
    Uint24,
    /// `ibm4`: IBM System/360 single-precision float (seismic data), raw data only
    Ibm4,
}

/// The type of one element of an array.
///
/// Only types whose bytes have an order carry one; for numbers of one byte, it means nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DType {
    /// A boolean, integer or float.
    Number(Number, ByteOrder),
    /// Two floats, real part first; each has the byte order. `c8`, `c16`, `c24`, `c32`.
    Complex(Number, ByteOrder),
    /// `M8[unit]`: an int64 count of units since 1970-01-01T00:00.
    Datetime(TimeUnit, ByteOrder),
    /// `m8[unit]`: an int64 count of units.
    Timedelta(TimeUnit, ByteOrder),
    /// `S10`: bytes, padded with NULs to this itemsize.
    Bytes(u32),
    /// `U10`: text of this many code points, four bytes each.
    Str(u32, ByteOrder),
    /// `V10`: bytes that mean nothing to NumPy.
    Void(u32),
    /// Named fields, each of a dtype of its own.
    Struct(Struct),
}

/// A structured dtype.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Struct {
    /// In the order of their declaration; offsets need not ascend.
    pub fields: Vec<Field>,
    /// Bytes from one record to the next, padding included.
    pub itemsize: u32,
}

/// A field of a structured dtype.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Unique within its `Struct`.
    pub name: String,
    /// A second name, which NumPy allows.
    pub title: Option<String>,
    /// Bytes from the record's start.
    pub offset: u32,
    /// Type of the field, or of one element of its sub-array.
    pub dtype: DType,
    /// Shape of the sub-array; empty for a plain field.
    pub shape: Vec<u64>,
}

/// What a `datetime64` or `timedelta64` counts: `count` of `base`, as in `M8[25s]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimeUnit {
    /// Unit
    pub base: TimeBase,
    /// Number of base units per tick; at least 1.
    pub count: u32,
}

/// NumPy's time units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimeBase {
    /// `Y`
    Year,
    /// `M`
    Month,
    /// `W`
    Week,
    /// `D`
    Day,
    /// `h`
    Hour,
    /// `m`
    Minute,
    /// `s`
    Second,
    /// `ms`
    Millisecond,
    /// `us`
    Microsecond,
    /// `ns`
    Nanosecond,
    /// `ps`
    Picosecond,
    /// `fs`
    Femtosecond,
    /// `as`
    Attosecond,
    /// no unit: `M8`
    Generic,
}

impl Number {
    /// Bytes of one number.
    pub const fn itemsize(self) -> u64 {
        match self {
            Self::Bool | Self::Int8 | Self::Uint8 | Self::Float8E4m3fn | Self::Float8E5m2 => 1,
            Self::Int16 | Self::Uint16 | Self::Float16 | Self::Bfloat16 => 2,
            Self::Int24 | Self::Uint24 => 3,
            Self::Int32 | Self::Uint32 | Self::Float32 | Self::Ibm4 => 4,
            Self::Int64 | Self::Uint64 | Self::Float64 => 8,
            Self::X87In12 => 12,
            Self::X87In16 | Self::Quad | Self::Longdouble16 => 16,
        }
    }

    /// NumPy's name of the type, or ml_dtypes' where NumPy has none: `"float32"`, `"bfloat16"`.
    ///
    /// NumPy calls every long double of 16 bytes `float128`, whatever its bits mean.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int24 => "int24",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint24 => "uint24",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
            Self::Float8E4m3fn => "float8_e4m3fn",
            Self::Float8E5m2 => "float8_e5m2",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::X87In12 => "float96",
            Self::X87In16 | Self::Quad | Self::Longdouble16 => "float128",
            Self::Ibm4 => "ibm4",
        }
    }

    /// NumPy's character for the kind of number: `b`ool, `i`nteger, `u`nsigned or `f`loat.
    pub const fn kind(self) -> char {
        match self {
            Self::Bool => 'b',
            Self::Int8 | Self::Int16 | Self::Int24 | Self::Int32 | Self::Int64 => 'i',
            Self::Uint8 | Self::Uint16 | Self::Uint24 | Self::Uint32 | Self::Uint64 => 'u',
            _ => 'f',
        }
    }
}

impl DType {
    /// Bytes of one element.
    pub fn itemsize(&self) -> u64 {
        match self {
            Self::Number(number, _) => number.itemsize(),
            Self::Complex(number, _) => 2 * number.itemsize(),
            Self::Datetime(..) | Self::Timedelta(..) => 8,
            Self::Bytes(count) | Self::Void(count) => u64::from(*count),
            Self::Str(count, _) => 4 * u64::from(*count),
            Self::Struct(fields) => u64::from(fields.itemsize),
        }
    }

    /// Byte order of the elements; `None` for numbers of one byte, for bytes and void, and for a structured dtype,
    /// whose fields each have their own.
    pub fn byte_order(&self) -> Option<ByteOrder> {
        match self {
            Self::Number(number, _) if number.itemsize() == 1 => None,
            Self::Number(_, order)
            | Self::Complex(_, order)
            | Self::Datetime(_, order)
            | Self::Timedelta(_, order)
            | Self::Str(_, order) => Some(*order),
            Self::Bytes(_) | Self::Void(_) | Self::Struct(_) => None,
        }
    }

    /// The same dtype, with every number in that byte order.
    #[must_use]
    pub fn with_byte_order(self, order: ByteOrder) -> Self {
        match self {
            Self::Number(number, _) if number.itemsize() > 1 => Self::Number(number, order),
            Self::Complex(number, _) => Self::Complex(number, order),
            Self::Datetime(unit, _) => Self::Datetime(unit, order),
            Self::Timedelta(unit, _) => Self::Timedelta(unit, order),
            Self::Str(count, _) => Self::Str(count, order),
            Self::Struct(record) => Self::Struct(record.map(|dtype| dtype.with_byte_order(order))),
            other => other,
        }
    }

    /// The same dtype, with long doubles of unknown layout (x87's or IEEE's) taken to be `layout`.
    #[must_use]
    pub fn with_longdouble(self, layout: Number) -> Self {
        match self {
            Self::Number(Number::Longdouble16, order) => Self::Number(layout, order),
            Self::Complex(Number::Longdouble16, order) => Self::Complex(layout, order),
            Self::Struct(record) => Self::Struct(record.map(|dtype| dtype.with_longdouble(layout))),
            other => other,
        }
    }

    /// NumPy's `dtype.name`, which says nothing of byte order: `"float32"`, `"datetime64[ns]"`, `"void96"`.
    pub fn name(&self) -> String {
        let bits = |word: &str| match self.itemsize() {
            0 => String::from(word),
            itemsize => format!("{word}{}", 8 * itemsize),
        };
        match self {
            Self::Number(number, _) => String::from(number.name()),
            Self::Complex(..) => bits("complex"),
            Self::Datetime(unit, _) => format!("datetime64{unit}"),
            Self::Timedelta(unit, _) => format!("timedelta64{unit}"),
            Self::Bytes(_) => bits("bytes"),
            Self::Str(..) => bits("str"),
            Self::Void(_) | Self::Struct(_) => bits("void"),
        }
    }
}

impl Struct {
    /// The same fields at the same offsets, with their dtypes replaced by `change`, which keeps their sizes.
    fn map(self, change: impl Fn(DType) -> DType) -> Self {
        let field = |field: Field| Field { dtype: change(field.dtype), ..field };
        Self { fields: self.fields.into_iter().map(field).collect(), ..self }
    }
}

impl TimeBase {
    /// The unit as it stands in a type string, empty for generic.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Year => "Y",
            Self::Month => "M",
            Self::Week => "W",
            Self::Day => "D",
            Self::Hour => "h",
            Self::Minute => "m",
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
            Self::Picosecond => "ps",
            Self::Femtosecond => "fs",
            Self::Attosecond => "as",
            Self::Generic => "",
        }
    }
}

/// As in a type string: `[25s]`, and nothing at all for generic.
impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.base, self.count) {
            (TimeBase::Generic, _) => Ok(()),
            (base, 1) => write!(f, "[{}]", base.as_str()),
            (base, count) => write!(f, "[{count}{}]", base.as_str()),
        }
    }
}
