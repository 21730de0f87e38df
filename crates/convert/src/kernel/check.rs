//! Whether every number of a tile survives a cast.
//!
//! A float survives as an integer if it is one, in range; an integer as a float if its significant bits fit; a float as a
//! narrower float if it comes back equal, or is NaN both ways. A bool byte is one of 0 and 1.

use super::cast::{Bool, CastTo, cast};
use super::float::Half;
use super::{Cast, Word};
use crate::casting::always_survives;
use bytemuck::{Pod, cast_slice};
use byteferry_header::Number;

/// A number of which one can ask whether it would survive as a `To`.
trait Survives<To>: Copy {
    fn survives(self) -> bool;

    /// A cheaper question with the same answer where it says yes: blocks of ordinary values are passed by it.
    #[inline(always)]
    fn surely_survives(self) -> bool {
        self.survives()
    }
}

fn first_lost<From: Pod + Survives<To>, To>(source: &[Word], len: usize) -> Option<usize> {
    let source: &[From] = cast_slice(source);
    let source = source.get(..len).unwrap_or(source);
    let mut start = 0;
    for block in source.chunks(64) {
        // No early exit inside a block: that is what lets it be vectorised.
        if !block.iter().fold(true, |all, x| all & x.surely_survives()) {
            if let Some(at) = block.iter().position(|x| !x.survives()) {
                return Some(start + at);
            }
        }
        start += block.len();
    }
    None
}

/// Whether numbers of one type survive as another. 64-bit integers are looked at as they are, all others as float64, which
/// holds each of them exactly: so there are three loops to a target, and not twelve.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    widen: Option<Cast>,
    first_lost: fn(&[Word], usize) -> Option<usize>,
}

impl Check {
    /// The check for a cast, or `None` where every value survives or the pair has no kernel.
    pub fn new(from: Number, to: Number) -> Option<Self> {
        if always_survives(from, to) {
            return None;
        }
        macro_rules! from {
            ($to:ty) => {
                match from {
                    Number::Int64 => Self { widen: None, first_lost: first_lost::<i64, $to> },
                    Number::Uint64 => Self { widen: None, first_lost: first_lost::<u64, $to> },
                    Number::Float64 => Self { widen: None, first_lost: first_lost::<f64, $to> },
                    _ => Self { widen: Some(cast(from, Number::Float64)?), first_lost: first_lost::<f64, $to> },
                }
            };
        }
        Some(match to {
            Number::Bool => from!(Bool),
            Number::Int8 => from!(i8),
            Number::Int16 => from!(i16),
            Number::Int32 => from!(i32),
            Number::Int64 => from!(i64),
            Number::Uint8 => from!(u8),
            Number::Uint16 => from!(u16),
            Number::Uint32 => from!(u32),
            Number::Uint64 => from!(u64),
            Number::Float16 => from!(Half),
            Number::Float32 => from!(f32),
            Number::Float64 => from!(f64),
            _ => return None,
        })
    }

    /// The check that bytes are bools: 0 or 1.
    pub fn bools() -> Self {
        Self { widen: None, first_lost: first_lost::<u8, Bool> }
    }

    /// Bytes of scratch space that [`first_lost`](Self::first_lost) needs for a number.
    pub fn scratch(&self) -> usize {
        if self.widen.is_some() { size_of::<f64>() } else { 0 }
    }

    /// The index of the first of `len` numbers that would not survive.
    pub fn first_lost(&self, source: &[Word], scratch: &mut [Word], len: usize) -> Option<usize> {
        match self.widen {
            None => (self.first_lost)(source, len),
            Some(widen) => {
                widen(source, scratch, len);
                (self.first_lost)(scratch, len)
            }
        }
    }
}

/// Whether an integer of this magnitude is a float of that many digits, below `most`.
#[inline(always)]
fn fits_float(magnitude: u64, digits: u32, most: u64) -> bool {
    64u32.saturating_sub(magnitude.leading_zeros() + magnitude.trailing_zeros()) <= digits && magnitude <= most
}

macro_rules! integers {
    ($(|$value:ident: $from:ty| $magnitude:expr => $($to:ty),+;)+) => {$(
        $(impl Survives<$to> for $from {
            #[inline(always)]
            fn survives(self) -> bool {
                <$to>::try_from(self).is_ok()
            }
        })+

        impl Survives<Bool> for $from {
            #[inline(always)]
            fn survives(self) -> bool {
                self == 0 || self == 1
            }
        }

        integers! { @float |$value: $from| $magnitude => Half: 11, 65504; f32: 24, u64::MAX; f64: 53, u64::MAX; }
    )+};

    (@float |$value:ident: $from:ty| $magnitude:expr => $($to:ty: $digits:literal, $most:expr;)+) => {$(
        impl Survives<$to> for $from {
            #[inline(always)]
            fn survives(self) -> bool {
                let $value = self;
                fits_float($magnitude, $digits, $most)
            }

            #[inline(always)]
            fn surely_survives(self) -> bool {
                let $value = self;
                $magnitude >> $digits == 0
            }
        }
    )+};
}

integers! {
    |x: i64| x.unsigned_abs() => i8, i16, i32, i64, u8, u16, u32, u64;
    |x: u64| x => i8, i16, i32, i64, u8, u16, u32, u64;
}

impl Survives<Bool> for u8 {
    #[inline(always)]
    fn survives(self) -> bool {
        self <= 1
    }
}

macro_rules! float64 {
    ($($integer:ty),+; $($float:ty),+) => {
        $(impl Survives<$integer> for f64 {
            #[inline(always)]
            fn survives(self) -> bool {
                // The greatest integer of 64 bits is no float64; the power of two above it is.
                self < <$integer>::MAX as f64 + 1.0 && (self as $integer) as f64 == self
            }
        })+

        $(impl Survives<$float> for f64 {
            #[inline(always)]
            fn survives(self) -> bool {
                let there: $float = self.cast_to();
                let back: f64 = there.cast_to();
                back == self || self.is_nan()
            }
        })+
    };
}

float64! { i8, i16, i32, i64, u8, u16, u32, u64; Half, f32, f64 }

impl Survives<Bool> for f64 {
    #[inline(always)]
    fn survives(self) -> bool {
        self == 0.0 || self == 1.0
    }
}
