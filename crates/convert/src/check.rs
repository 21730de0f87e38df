//! Whether every number of a tile survives a cast.
//!
//! A float survives as an integer if it is one, in range; an integer as a float if its significant bits fit; a float
//! as a narrower float if it comes back equal, or is NaN both ways. An infinity survives if the target has one; -0.0
//! is an integer. A bool survives if its byte is 0 or 1.

use crate::cast::Cast;
use crate::casting::{always_survives, float_digits, integer_range};
use crate::wide::Quad;
use byteferry_header::Number;
use byteferry_kernels::{self as kernels, Word};
use bytemuck::{Pod, cast_slice};

/// What a check asks of each number. 64-bit integers are tested as they are, all others as float64, which holds each
/// of them exactly: so a few loops suffice, instead of one for each pair of types.
///
/// A long double is tested as float64 too, rounded to odd, if the target has fewer digits than float64: one that is
/// no float64 then has a digit too many. For the other targets, the quad itself is tested.
#[derive(Clone, Copy, Debug)]
enum Question {
    /// Is this byte 0 or 1?
    Bool,
    /// Is this int64 from `least` to `most`?
    Int64 { least: i64, most: i64 },
    /// Is this uint64 at most `most`?
    Uint64 { most: u64 },
    /// Has this int64 or uint64 at most `digits` significant bits, and a magnitude of at most `most`?
    Digits { signed: bool, digits: u32, most: u64 },
    /// Is this float64 an integer from `least` to below `end`?
    Integer { least: f64, end: f64 },
    /// Is this float64 a float32?
    Float32,
    /// Is this float64 a float of at most `digits` significant bits, a multiple of 1 / `scale` and at most `most`?
    Float { digits: u32, scale: f64, most: f64 },
    /// Does this quad pass this test?
    Quad(fn(Quad) -> bool),
}

/// The greatest number of a float type.
fn greatest(number: Number) -> f64 {
    match number {
        Number::Float16 => 65504.0,
        Number::Float8E4m3fn => 448.0,
        Number::Float8E5m2 => 57344.0,
        // bfloat16's. Those of wider types are beyond any 64-bit integer as well.
        _ => f64::from_bits(0x47ef_e000_0000_0000),
    }
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
        Cast::new(from, to)?;
        let is_long = matches!(from, Number::X87In12 | Number::X87In16 | Number::Quad);
        let of_quad: Option<fn(Quad) -> bool> = match to {
            _ if !is_long => None,
            Number::Int64 => Some(Quad::is_i64),
            Number::Uint64 => Some(Quad::is_u64),
            Number::Float64 => Some(Quad::is_f64),
            Number::X87In12 | Number::X87In16 => Some(Quad::is_x87),
            _ => None,
        };
        if let Some(question) = of_quad {
            return Some(Self { widen: Cast::new(from, Number::Quad)?, question: Question::Quad(question) });
        }
        let (looked_at, widen) = match from {
            Number::Int64 | Number::Uint64 => (from, Cast::new(from, from)?),
            _ if is_long => (Number::Float64, Cast::to_odd_float64(from)?),
            _ => (Number::Float64, Cast::new(from, Number::Float64)?),
        };
        let float = |scale| Question::Float { digits: float_digits(to), scale, most: greatest(to) };
        let question = match (looked_at, integer_range(to)) {
            (Number::Int64, Some((least, most))) => {
                Question::Int64 { least, most: i64::try_from(most).unwrap_or(i64::MAX) }
            }
            (Number::Uint64, Some((_, most))) => Question::Uint64 { most },
            (_, Some((least, most))) => Question::Integer { least: least as f64, end: (most as f64 + 1.0) },
            (Number::Int64 | Number::Uint64, None) => Question::Digits {
                signed: from == Number::Int64,
                digits: float_digits(to),
                most: greatest(to) as u64,
            },
            (_, None) => match to {
                Number::Float16 => float(f64::from_bits((1023 + 24) << 52)),
                Number::Bfloat16 => float(f64::from_bits((1023 + 133) << 52)),
                Number::Float8E4m3fn => float(512.0),
                Number::Float8E5m2 => float(65536.0),
                _ => Question::Float32,
            },
        };
        Some(Self { widen, question })
    }

    /// The check that bytes are bools: 0 or 1.
    pub fn bools() -> Option<Self> {
        Some(Self { widen: Cast::new(Number::Uint8, Number::Uint8)?, question: Question::Bool })
    }

    /// Bytes of the widest number on the path; both scratch tiles must have as many per number.
    pub fn widest(&self) -> usize {
        self.widen.widest()
    }

    /// The index of the first of `len` numbers of `source` that would not survive. The other two tiles are scratch.
    pub fn first_lost(
        &self,
        source: &[Word],
        result: &mut [Word],
        spare: &mut [Word],
        len: usize,
    ) -> Option<usize> {
        let tile = self.widen.run_from(source, result, spare, len).map_or(source, |(tile, _)| tile);
        match self.question {
            Question::Bool => first(tile, len, |x: u8| x <= 1),
            Question::Int64 { least, most } => first(tile, len, |x: i64| least <= x && x <= most),
            Question::Uint64 { most } => first(tile, len, |x: u64| x <= most),
            Question::Digits { signed, digits, most } => {
                kernels::first_beyond(tile, len, signed, digits, most)
            }
            Question::Integer { least, end } => first(tile, len, |x: f64| {
                least <= x && x < end && (x.abs() >= FRACTIONLESS || x as i64 as f64 == x)
            }),
            Question::Float32 => first(tile, len, |x: f64| f64::from(x as f32) == x || x.is_nan()),
            Question::Float { digits, scale, most } => first(tile, len, |x: f64| {
                // Only float8_e4m3fn has four digits, and it has no infinity.
                let special = x.is_nan() || x.is_infinite() && digits != 4;
                let multiple = x * scale;
                special
                    || x.to_bits() << (11 + digits) == 0
                        && x.abs() <= most
                        && (multiple.abs() >= FRACTIONLESS || multiple as i64 as f64 == multiple)
            }),
            Question::Quad(survives) => first(tile, len, survives),
        }
    }
}

/// From here on every float64 is an integer.
const FRACTIONLESS: f64 = 9_007_199_254_740_992.0;

fn first<T: Pod>(tile: &[Word], len: usize, survives: impl Fn(T) -> bool) -> Option<usize> {
    cast_slice(tile).iter().take(len).position(|&x| !survives(x))
}
