//! Whether every number of a tile survives a cast.
//!
//! A float survives as an integer if it is one, in range; an integer as a float if its significant bits fit; a float as a
//! narrower float if it comes back equal, or is NaN both ways. A bool byte is one of 0 and 1.

use super::Word;
use super::cast::Cast;
use super::float::Half;
use crate::casting::{always_survives, float_digits, integer_range};
use byteferry_header::Number;
use bytemuck::{Pod, cast_slice};

/// What a check asks of each number. 64-bit integers are looked at as they are, all others as float64, which holds each of
/// them exactly: so there are a few loops, and not one for each pair.
#[derive(Clone, Copy, Debug)]
enum Question {
    /// Is this byte 0 or 1?
    Bool,
    /// Is this int64 within?
    Int64 { least: i64, most: i64 },
    /// Is this uint64 at most that?
    Uint64 { most: u64 },
    /// Has this int64, or uint64, at most so many significant bits, and is it at most that?
    Digits { signed: bool, digits: u32, most: u64 },
    /// Is this float64 an integer from `least` to below `end`?
    Integer { least: f64, end: f64 },
    /// Is this float64 a float32?
    Float32,
    /// Is this float64 a float16?
    Float16,
}

/// Whether numbers of one type survive as another.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    widen: Cast,
    question: Question,
}

impl Check {
    /// The check for a cast, or `None` where every value survives or there is no such cast.
    pub fn new(from: Number, to: Number) -> Option<Self> {
        if always_survives(from, to) {
            return None;
        }
        let looked_at = match from {
            Number::Int64 | Number::Uint64 => from,
            _ => Number::Float64,
        };
        let question = match (looked_at, integer_range(to)) {
            (Number::Int64, Some((least, most))) => {
                Question::Int64 { least, most: i64::try_from(most).unwrap_or(i64::MAX) }
            }
            (Number::Uint64, Some((_, most))) => Question::Uint64 { most },
            (_, Some((least, most))) => Question::Integer { least: least as f64, end: (most as f64 + 1.0) },
            (Number::Int64 | Number::Uint64, None) => Question::Digits {
                signed: from == Number::Int64,
                digits: float_digits(to),
                most: if to == Number::Float16 { 65504 } else { u64::MAX },
            },
            (_, None) if to == Number::Float16 => Question::Float16,
            (_, None) => Question::Float32,
        };
        Some(Self { widen: Cast::new(from, looked_at)?, question })
    }

    /// The check that bytes are bools: 0 or 1.
    pub fn bools() -> Option<Self> {
        Some(Self { widen: Cast::new(Number::Uint8, Number::Uint8)?, question: Question::Bool })
    }

    /// Bytes of the widest number on the way: both scratch tiles must have so many for each.
    pub fn widest(&self) -> usize {
        self.widen.widest()
    }

    /// Whether the numbers are looked at as they are, and so are still there afterwards.
    pub fn leaves_tile(&self) -> bool {
        self.widen.is_empty()
    }

    /// The index of the first of `len` numbers that would not survive.
    pub fn first_lost(&self, source: &mut [Word], other: &mut [Word], len: usize) -> Option<usize> {
        let (tile, _) = self.widen.run(source, other, len);
        match self.question {
            Question::Bool => first(tile, len, |x: u8| x <= 1),
            Question::Int64 { least, most } => first(tile, len, |x: i64| least <= x && x <= most),
            Question::Uint64 { most } => first(tile, len, |x: u64| x <= most),
            // Nearly all are small: whole blocks pass by one shift.
            Question::Digits { signed: true, digits, most } => first_block(
                tile,
                len,
                |x: i64| x.unsigned_abs() >> digits == 0,
                |x| fits(x.unsigned_abs(), digits, most),
            ),
            Question::Digits { signed: false, digits, most } => {
                first_block(tile, len, |x: u64| x >> digits == 0, |x| fits(x, digits, most))
            }
            Question::Integer { least, end } => first(tile, len, |x: f64| {
                least <= x && x < end && (x.abs() >= FRACTIONLESS || x as i64 as f64 == x)
            }),
            Question::Float32 => first(tile, len, |x: f64| f64::from(x as f32) == x || x.is_nan()),
            Question::Float16 => first(tile, len, |x: f64| Half::from_f64(x).to_f64() == x || x.is_nan()),
        }
    }
}

/// From here on every float64 is an integer.
const FRACTIONLESS: f64 = 9_007_199_254_740_992.0;

fn fits(magnitude: u64, digits: u32, most: u64) -> bool {
    64u32.saturating_sub(magnitude.leading_zeros() + magnitude.trailing_zeros()) <= digits
        && magnitude <= most
}

fn first<T: Pod>(tile: &[Word], len: usize, survives: impl Fn(T) -> bool) -> Option<usize> {
    cast_slice(tile).iter().take(len).position(|&x| !survives(x))
}

/// The same with a cheaper question that is asked of a block at once, without leaving it early: that is what a vector does well.
fn first_block<T: Pod>(
    tile: &[Word],
    len: usize,
    surely: impl Fn(T) -> bool,
    survives: impl Fn(T) -> bool,
) -> Option<usize> {
    let numbers: &[T] = cast_slice(tile);
    let mut start = 0;
    for block in numbers.get(..len).unwrap_or(numbers).chunks(64) {
        if !block.iter().fold(true, |all, &x| all & surely(x))
            && let Some(at) = block.iter().position(|&x| !survives(x))
        {
            return Some(start + at);
        }
        start += block.len();
    }
    None
}
