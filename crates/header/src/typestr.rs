//! Reads NumPy's type strings and names: `>f4`, `U10`, `M8[25s]`, `float32`.
//!
//! As NumPy's own page has them: <https://numpy.org/doc/stable/reference/arrays.dtypes.html>. Where it speaks
//! of the machine's byte order (`=`, or no mark at all), that is little-endian here, as in every browser.
//! Types whose size depends on the platform (`l`, `int`) are refused: a header that says `l` does not say how
//! many bytes it means.

use crate::{ByteOrder, Code, DType, Error, Number, TimeBase, TimeUnit};

/// NumPy's limit on an itemsize, a C int.
pub(crate) const MAX_ITEMSIZE: u64 = i32::MAX as u64;

/// Names, and the type strings they stand for.
const NAMES: [(&str, &str); 54] = [
    ("bool", "?"),
    ("bool_", "?"),
    ("int8", "i1"),
    ("int16", "i2"),
    ("int24", "i3"),
    ("int32", "i4"),
    ("int64", "i8"),
    ("uint8", "u1"),
    ("uint16", "u2"),
    ("uint24", "u3"),
    ("uint32", "u4"),
    ("uint64", "u8"),
    ("float16", "f2"),
    ("float32", "f4"),
    ("float64", "f8"),
    ("float96", "f12"),
    ("float128", "f16"),
    ("complex64", "c8"),
    ("complex128", "c16"),
    ("complex192", "c24"),
    ("complex256", "c32"),
    ("datetime64", "M8"),
    ("timedelta64", "m8"),
    ("byte", "i1"),
    ("ubyte", "u1"),
    ("short", "i2"),
    ("ushort", "u2"),
    ("intc", "i4"),
    ("uintc", "u4"),
    ("longlong", "i8"),
    ("ulonglong", "u8"),
    ("half", "f2"),
    ("single", "f4"),
    ("double", "f8"),
    ("float", "f8"),
    ("longdouble", "f16"),
    ("csingle", "c8"),
    ("cdouble", "c16"),
    ("complex", "c16"),
    ("clongdouble", "c32"),
    ("bytes", "S0"),
    ("bytes_", "S0"),
    ("str", "U0"),
    ("str_", "U0"),
    ("unicode", "U0"),
    ("void", "V0"),
    ("object", "O"),
    ("object_", "O"),
    ("int", "l"),
    ("int_", "l"),
    ("uint", "l"),
    ("long", "l"),
    ("ulong", "l"),
    ("intp", "l"),
];

/// Types that NumPy has no type string for. A mark may stand before them, as before one.
const BEYOND_NUMPY: [Number; 4] = [Number::Bfloat16, Number::Float8E4m3fn, Number::Float8E5m2, Number::Ibm4];

/// Reads a type string or a name.
///
/// With `lenient`, a type string of a kind that isn't known stands for as many bytes as it says, without a
/// meaning: for a caller who knows the meaning. Objects never do.
pub(crate) fn parse(text: &str, lenient: bool) -> Result<DType, Error> {
    known(text).or_else(|reason| {
        let size = text.trim_start_matches(['<', '>', '=', '|']).get(1..).and_then(|size| size.parse().ok());
        match size {
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
    /// What NumPy writes for the types of ml_dtypes, of one or two bytes.
    Nameless,
}

impl Reason {
    #[cold]
    fn error(self, text: &str) -> Error {
        let shown = text.char_indices().nth(40).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
        let why = match self {
            Self::Unknown => "is not one that byteferry knows",
            Self::Object => "holds Python objects: it is a pickle, which byteferry never opens",
            Self::Platform => "depends on the platform that it was written on: i4, i8, u4 and u8 do not",
            Self::Nameless => {
                "is a type that NumPy has no name for: say dtype: \"bfloat16\", \"float8_e4m3fn\" or \"float8_e5m2\""
            }
        };
        Error::new(Code::UnsupportedDtype, format_args!("dtype '{shown}' {why}"))
    }
}

fn known(text: &str) -> Result<DType, Reason> {
    let (mark, bare) = match text.as_bytes().first() {
        Some(mark @ (b'<' | b'>' | b'=' | b'|')) => (Some(*mark), text.get(1..).unwrap_or_default()),
        _ => (None, text),
    };
    let order = if mark == Some(b'>') { ByteOrder::Big } else { ByteOrder::Little };

    if let Some(number) = BEYOND_NUMPY.into_iter().find(|number| number.name() == bare) {
        return Ok(of_number(number, order));
    }
    // The checked form: the other one drags along what it takes to describe a string in a panic.
    let (word, unit) = bare.find('[').and_then(|at| bare.split_at_checked(at)).unwrap_or((bare, ""));
    let code = match NAMES.iter().find(|(name, _)| *name == word) {
        // NumPy has no marks before names, but for these two.
        Some((_, code @ ("M8" | "m8"))) => code,
        Some((_, code)) if mark.is_none() => code,
        Some(_) => return Err(Reason::Unknown),
        None => word,
    };
    let (kind, size) = match code.as_bytes() {
        [kind, ..] if kind.is_ascii() => (*kind, code.get(1..).unwrap_or_default()),
        _ => return Err(Reason::Unknown),
    };
    let size: Option<u32> = match size {
        "" => None,
        digits => Some(digits.parse().map_err(|_| Reason::Unknown)?),
    };
    let unit = match (kind, size) {
        (b'M' | b'm', None | Some(8)) => time_unit(unit)?,
        _ if unit.is_empty() => GENERIC,
        _ => return Err(Reason::Unknown),
    };
    if let Some(number) = number(kind, size) {
        return Ok(of_number(number, order));
    }
    let dtype = match (kind, size) {
        (b'F', None) | (b'c', Some(8)) => DType::Complex(Number::Float32, order),
        (b'D', None) | (b'c', Some(16)) => DType::Complex(Number::Float64, order),
        (b'c', Some(24)) => DType::Complex(Number::X87In12, order),
        (b'G', None) | (b'c', Some(32)) => DType::Complex(Number::Longdouble16, order),
        (b'M', None | Some(8)) => DType::Datetime(unit, order),
        (b'm', None | Some(8)) => DType::Timedelta(unit, order),
        (b'c', None) => DType::Bytes(1),
        (b'S' | b'a', size) => DType::Bytes(size.unwrap_or(0)),
        (b'U', size) => DType::Str(size.unwrap_or(0), order),
        (b'V', Some(1 | 2)) if matches!(mark, Some(b'<' | b'>')) => return Err(Reason::Nameless),
        (b'f', Some(1)) => return Err(Reason::Nameless),
        (b'V', size) => DType::Void(size.unwrap_or(0)),
        // NumPy saves its StringDType as objects, too.
        (b'O', _) | (b'T', None) => return Err(Reason::Object),
        (b'l' | b'L' | b'p' | b'P' | b'n' | b'N', None) => return Err(Reason::Platform),
        _ => return Err(Reason::Unknown),
    };
    if dtype.itemsize() > MAX_ITEMSIZE { Err(Reason::Unknown) } else { Ok(dtype) }
}

/// A byte has no order: all of those are written as one, so that equal types are equal.
fn of_number(number: Number, order: ByteOrder) -> DType {
    DType::Number(number, if number.itemsize() == 1 { ByteOrder::Little } else { order })
}

/// Characters of NumPy's on the left, the types of its array protocol on the right.
fn number(kind: u8, size: Option<u32>) -> Option<Number> {
    Some(match (kind, size) {
        (b'?', None) | (b'b', Some(1)) => Number::Bool,
        (b'b', None) | (b'i', Some(1)) => Number::Int8,
        (b'B', None) | (b'u', Some(1)) => Number::Uint8,
        (b'h', None) | (b'i', Some(2)) => Number::Int16,
        (b'H', None) | (b'u', Some(2)) => Number::Uint16,
        (b'i', Some(3)) => Number::Int24,
        (b'u', Some(3)) => Number::Uint24,
        (b'i', None | Some(4)) => Number::Int32,
        (b'I', None) | (b'u', Some(4)) => Number::Uint32,
        (b'q', None) | (b'i', Some(8)) => Number::Int64,
        (b'Q', None) | (b'u', Some(8)) => Number::Uint64,
        (b'e', None) | (b'f', Some(2)) => Number::Float16,
        (b'f', None | Some(4)) => Number::Float32,
        (b'd', None) | (b'f', Some(8)) => Number::Float64,
        (b'f', Some(12)) => Number::X87In12,
        (b'g', None) | (b'f', Some(16)) => Number::Longdouble16,
        _ => return None,
    })
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
            .into_iter()
            .find(|candidate| candidate.as_str() == base)
            .map(|base| TimeUnit { base, count })
            .ok_or(Reason::Unknown),
    }
}
