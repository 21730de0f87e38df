//! Reads NumPy's type strings and names: `>f4`, `U10`, `M8[25s]`, `float32`.
//!
//! They are described at <https://numpy.org/doc/stable/reference/arrays.dtypes.html>. Native byte order (`=`, or no
//! mark at all) is little-endian here, as in every browser. Types whose size depends on the platform (`l`, `int`) are
//! refused: a header that says `l` does not say how many bytes it means.

use crate::{ByteOrder, Code, DType, Error, Number, TimeBase, TimeUnit};

/// NumPy's limit on an itemsize, a C int.
pub(crate) const MAX_ITEMSIZE: u64 = i32::MAX as u64;

/// NumPy's names and characters, each followed by the type string that it stands for; `l` is one whose size depends
/// on the platform.
const NAMES: &str = "\
    bool b1 bool_ b1 int8 i1 int16 i2 int24 i3 int32 i4 int64 i8 uint8 u1 uint16 u2 uint24 u3 uint32 u4 \
    uint64 u8 float16 f2 float32 f4 float64 f8 float96 f12 float128 f16 complex64 c8 complex128 c16 \
    complex192 c24 complex256 c32 datetime64 M8 timedelta64 m8 byte i1 ubyte u1 short i2 ushort u2 \
    intc i4 uintc u4 longlong i8 ulonglong u8 half f2 single f4 double f8 float f8 longdouble f16 \
    csingle c8 cdouble c16 complex c16 clongdouble c32 bytes S0 bytes_ S0 str U0 str_ U0 unicode U0 \
    void V0 object O object_ O int l int_ l uint l long l ulong l intp l ? b1 b i1 B u1 h i2 H u2 i i4 \
    I u4 q i8 Q u8 e f2 f f4 d f8 g f16 F c8 D c16 G c32 M M8 m m8 c S1 S S0 a S0 U U0 V V0 T O L l p l \
    P l n l N l";

/// Types that NumPy has no type string for. Like a type string, each may have a mark before it.
const BEYOND_NUMPY: [Number; 4] = [Number::Bfloat16, Number::Float8E4m3fn, Number::Float8E5m2, Number::Ibm4];

/// Reads a type string or a name.
///
/// With `lenient`, a type string of unknown kind becomes a void of its size, for a caller who gives the dtype.
/// Objects are refused all the same.
pub(crate) fn parse(text: &str, lenient: bool) -> Result<DType, Error> {
    known(text).or_else(|reason| {
        let mut bare = text;
        while let Some(b'<' | b'>' | b'=' | b'|') = bare.as_bytes().first() {
            bare = bare.get(1..).unwrap_or_default();
        }
        match bare.get(1..).and_then(|size| size.parse().ok()) {
            Some(size @ 1..=0x7fff_ffff) if lenient && reason != Reason::Object => Ok(DType::Void(size)),
            _ => Err(reason.error(text)),
        }
    })
}

/// Why a type string is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Unknown,
    Object,
    Platform,
    /// A type string of one or two bytes that NumPy writes for the types of ml_dtypes.
    Nameless,
}

impl Reason {
    #[cold]
    fn error(self, text: &str) -> Error {
        let why = match self {
            Self::Unknown => "is not one that byteferry knows",
            Self::Object => "holds Python objects: it is a pickle, which byteferry never opens",
            Self::Platform => "has a size that depends on the platform: i4, i8, u4 or u8 says how many bytes",
            Self::Nameless => {
                "is what NumPy makes of a type it has no name for: give the name, such as dtype: \"bfloat16\" (2 bytes), \"float8_e4m3fn\" or \"float8_e5m2\" (1 byte)"
            }
        };
        Error::new(Code::UnsupportedDtype, format_args!("dtype '{text:.40}' {why}"))
    }
}

fn known(text: &str) -> Result<DType, Reason> {
    let (mark, bare) = match text.as_bytes().first() {
        Some(mark @ (b'<' | b'>' | b'=' | b'|')) => (Some(*mark), text.get(1..).unwrap_or_default()),
        _ => (None, text),
    };
    let order = if mark == Some(b'>') { ByteOrder::Big } else { ByteOrder::Little };

    if let Some(number) = BEYOND_NUMPY.iter().find(|number| number.name() == bare) {
        return Ok(of_number(*number, order));
    }
    // The checked form: `split_at` brings in code that describes a string in a panic.
    let (word, unit) = bare
        .bytes()
        .position(|byte| byte == b'[')
        .and_then(|at| bare.split_at_checked(at))
        .unwrap_or((bare, ""));
    let code = match named(word) {
        // In NumPy, only characters and these two names may have a mark.
        Some(code) if mark.is_none() || word.len() == 1 || matches!(code, "M8" | "m8") => code,
        Some(_) => return Err(Reason::Unknown),
        None => word,
    };
    let (kind, digits) = match code.as_bytes() {
        [kind, ..] if kind.is_ascii() => (*kind, code.get(1..).unwrap_or_default()),
        _ => return Err(Reason::Unknown),
    };
    let size: u32 = match (kind, digits) {
        // NumPy saves its StringDType as objects, too.
        (b'O', "") => return Err(Reason::Object),
        (b'l', "") => return Err(Reason::Platform),
        _ => digits.parse().map_err(|_| Reason::Unknown)?,
    };
    let unit = match (kind, size) {
        (b'M' | b'm', 8) => time_unit(unit)?,
        _ if unit.is_empty() => GENERIC,
        _ => return Err(Reason::Unknown),
    };
    let dtype = match kind {
        b'M' if size == 8 => DType::Datetime(unit, order),
        b'm' if size == 8 => DType::Timedelta(unit, order),
        b'S' | b'a' => DType::Bytes(size),
        b'U' => DType::Str(size, order),
        b'V' if size != 0 && size <= 2 && matches!(mark, Some(b'<' | b'>')) => return Err(Reason::Nameless),
        b'V' => DType::Void(size),
        b'f' if size == 1 => return Err(Reason::Nameless),
        b'c' if size >= 8 && size.is_multiple_of(2) => DType::Complex(number(b'f', size / 2)?, order),
        b'O' => return Err(Reason::Object),
        _ => return Ok(of_number(number(kind, size)?, order)),
    };
    if dtype.itemsize() > MAX_ITEMSIZE { Err(Reason::Unknown) } else { Ok(dtype) }
}

/// The type string that a name or character stands for.
fn named(word: &str) -> Option<&'static str> {
    // By bytes: splitting a `str` would bring in a search that is made for long ones.
    let mut words = NAMES.as_bytes().split(|byte| *byte == b' ');
    while let (Some(name), Some(code)) = (words.next(), words.next()) {
        if name == word.as_bytes() {
            return core::str::from_utf8(code).ok();
        }
    }
    None
}

/// A byte has no order: all one-byte numbers get the same, so that equal types are equal.
fn of_number(number: Number, order: ByteOrder) -> DType {
    DType::Number(number, if number.itemsize() == 1 { ByteOrder::Little } else { order })
}

/// The numbers that have type strings: kind and itemsize.
const NUMBERS: [Number; 16] = [
    Number::Bool,
    Number::Int8,
    Number::Int16,
    Number::Int24,
    Number::Int32,
    Number::Int64,
    Number::Uint8,
    Number::Uint16,
    Number::Uint24,
    Number::Uint32,
    Number::Uint64,
    Number::Float16,
    Number::Float32,
    Number::Float64,
    Number::X87In12,
    Number::Longdouble16,
];

fn number(kind: u8, size: u32) -> Result<Number, Reason> {
    for &number in &NUMBERS {
        if number.kind() == char::from(kind) && number.itemsize() == u64::from(size) {
            return Ok(number);
        }
    }
    Err(Reason::Unknown)
}

const GENERIC: TimeUnit = TimeUnit { base: TimeBase::Generic, count: 1 };

const TIME_BASES: [TimeBase; 13] = [
    TimeBase::Year,
    TimeBase::Month,
    TimeBase::Week,
    TimeBase::Day,
    TimeBase::Hour,
    TimeBase::Minute,
    TimeBase::Second,
    TimeBase::Millisecond,
    TimeBase::Microsecond,
    TimeBase::Nanosecond,
    TimeBase::Picosecond,
    TimeBase::Femtosecond,
    TimeBase::Attosecond,
];

/// `[25s]`, or nothing.
fn time_unit(text: &str) -> Result<TimeUnit, Reason> {
    if text.is_empty() {
        return Ok(GENERIC);
    }
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or(Reason::Unknown)?;
    let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
    let (count, base) = inside.split_at_checked(digits).ok_or(Reason::Unknown)?;
    let count = match count {
        "" => 1,
        digits => digits
            .parse()
            .ok()
            .filter(|count| (1..=MAX_ITEMSIZE as u32).contains(count))
            .ok_or(Reason::Unknown)?,
    };
    match base {
        "generic" => Ok(GENERIC),
        "\u{3bc}s" => Ok(TimeUnit { base: TimeBase::Microsecond, count }),
        _ => TIME_BASES
            .iter()
            .find(|candidate| candidate.as_str() == base)
            .map(|&base| TimeUnit { base, count })
            .ok_or(Reason::Unknown),
    }
}
