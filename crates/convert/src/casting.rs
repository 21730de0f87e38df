//! Which casts are allowed: NumPy's `casting` words, and one more.

use byteferry_header::Number;

/// How much a cast may change, as NumPy's `casting` argument; see
/// [`numpy.can_cast`](https://numpy.org/doc/stable/reference/generated/numpy.can_cast.html).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Casting {
    /// The same dtype in the same byte order.
    No,
    /// The same dtype; its bytes may be swapped.
    Equiv,
    /// Every value survives. Casts that NumPy or ml_dtypes call safe though they can lose values are checked value by
    /// value: int64 and uint64 to float64, int8 and uint8 to float8.
    #[default]
    Safe,
    /// Safe, or within a kind: float64 to float32, int64 to int8.
    SameKind,
    /// Anything. Integers wrap; floats beyond an integer's range saturate, and NaN becomes 0.
    Unsafe,
    /// Anything, as long as every single value survives; the first that doesn't is an error. Not one of NumPy's.
    Exact,
}

impl Casting {
    /// All castings, the strictest first; `exact`, which NumPy does not have, comes last.
    pub const ALL: [Self; 6] = [Self::No, Self::Equiv, Self::Safe, Self::SameKind, Self::Unsafe, Self::Exact];

    /// The word as NumPy spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Equiv => "equiv",
            Self::Safe => "safe",
            Self::SameKind => "same_kind",
            Self::Unsafe => "unsafe",
            Self::Exact => "exact",
        }
    }

    /// The casting of that name, if it is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|casting| casting.as_str() == word)
    }
}

/// NumPy's kinds of numbers; `same_kind` allows casts to the same kind or a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
}

const fn kind(number: Number) -> Kind {
    match number {
        Number::Bool => Kind::Bool,
        Number::Uint8 | Number::Uint16 | Number::Uint24 | Number::Uint32 | Number::Uint64 => Kind::Unsigned,
        Number::Int8 | Number::Int16 | Number::Int24 | Number::Int32 | Number::Int64 => Kind::Signed,
        _ => Kind::Float,
    }
}

/// The least and the greatest value of an integer type, or `None` for floats.
pub(crate) fn integer_range(number: Number) -> Option<(i64, u64)> {
    let most = u64::MAX >> (64 - integer_bits(number));
    match kind(number) {
        Kind::Float => None,
        Kind::Signed => Some((-(most as i64) - 1, most)),
        Kind::Bool | Kind::Unsigned => Some((0, most)),
    }
}

/// Digits of a float's significand.
pub(crate) const fn float_digits(number: Number) -> u32 {
    float_bits(number).0
}

/// Bits of magnitude an integer has.
const fn integer_bits(number: Number) -> u32 {
    match number {
        Number::Bool => 1,
        Number::Int8 => 7,
        Number::Uint8 => 8,
        Number::Int16 => 15,
        Number::Uint16 => 16,
        Number::Int24 => 23,
        Number::Uint24 => 24,
        Number::Int32 => 31,
        Number::Uint32 => 32,
        Number::Int64 => 63,
        _ => 64,
    }
}

/// (bits of the significand, bits of the exponent)
const fn float_bits(number: Number) -> (u32, u32) {
    match number {
        Number::Float8E4m3fn => (4, 4),
        Number::Float8E5m2 => (3, 5),
        Number::Float16 => (11, 5),
        Number::Bfloat16 => (8, 8),
        Number::Float32 => (24, 8),
        Number::Float64 => (53, 11),
        Number::Ibm4 => (24, 9),
        Number::X87In12 | Number::X87In16 => (64, 15),
        _ => (113, 15),
    }
}

/// Whether every value of `from` is one of `to`.
pub(crate) fn always_survives(from: Number, to: Number) -> bool {
    if from == to {
        return true;
    }
    match (kind(from), kind(to)) {
        (_, Kind::Bool) => false,
        (Kind::Bool, _) => true,
        (Kind::Float, Kind::Float) => {
            let ((digits, exponent), (to_digits, to_exponent)) = (float_bits(from), float_bits(to));
            digits <= to_digits && exponent <= to_exponent
        }
        (Kind::Float, _) | (Kind::Signed, Kind::Unsigned) => false,
        (_, Kind::Float) => {
            let (digits, exponent) = float_bits(to);
            let bits = integer_bits(from);
            bits <= digits && bits < 1 << (exponent - 1)
        }
        (_, _) => integer_bits(from) <= integer_bits(to),
    }
}

/// Whether `casting` allows this cast at all, whatever the values: `numpy.can_cast`, with `exact` allowing all.
///
/// ```
/// use byteferry_convert::{Casting, can_cast};
/// use byteferry_header::Number;
///
/// assert!(can_cast(Number::Int32, Number::Float64, Casting::Safe));
/// assert!(!can_cast(Number::Float64, Number::Float32, Casting::Safe));
/// assert!(can_cast(Number::Float64, Number::Float32, Casting::SameKind));
/// ```
pub fn can_cast(from: Number, to: Number, casting: Casting) -> bool {
    match casting {
        Casting::No | Casting::Equiv => from == to,
        Casting::Safe => is_safe(from, to),
        Casting::SameKind => is_safe(from, to) || kind(from) <= kind(to),
        Casting::Unsafe | Casting::Exact => true,
    }
}

/// Whether NumPy calls a cast safe: if every value survives, or from 64-bit integers to float64 and wider. As in
/// ml_dtypes, 8-bit integers to float8 are safe too, and float8 to float16 is not.
fn is_safe(from: Number, to: Number) -> bool {
    match from {
        Number::Float8E4m3fn | Number::Float8E5m2 if to == Number::Float16 => false,
        _ if always_survives(from, to) => true,
        Number::Int64 | Number::Uint64 => kind(to) == Kind::Float && float_digits(to) >= 53,
        Number::Int8 | Number::Uint8 => matches!(to, Number::Float8E4m3fn | Number::Float8E5m2),
        _ => false,
    }
}
