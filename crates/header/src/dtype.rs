//! The type of an array's elements, by NumPy's names and type strings.

use alloc::{string::String, vec::Vec};

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
/// A byte order stands beside a type only where its bytes have one.
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
    /// How many of it make one tick; at least 1.
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
