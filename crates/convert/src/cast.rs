//! Casts one number type to another, in native byte order: small loops, one after the other over the same tile.
//!
//! Not every pair of types has a loop of its own, or the loops would be most of what a page downloads. A [`Cast`] is
//! a path of a few: int8 to float64 goes by way of int32, and so does float64 to int8. The tile is in the first-level
//! cache by then, so a second loop costs little beside the memory that the first one waited for. The rarer types have
//! loops to and from one neighbour only: float32 for bfloat16 and float8, quad for x87, the next wider integer for
//! those of 24 bits.
//!
//! The result is `numpy.ndarray.astype`'s, bit for bit. Where NumPy leaves it to the processor (a float beyond an
//! integer's range, NaN as an integer), it is that of Rust's `as`, the same everywhere: saturating, NaN becomes 0.
//!
//! Where NumPy and ml_dtypes round twice, so does this: every cast to bfloat16 and float8 goes by way of float32, and
//! so do long doubles to float16. NaN stays NaN with its sign; its payload is not promised.

use crate::{float8, whole, wide};
use byteferry_header::Number;
use byteferry_kernels::{self as kernels, Loop, Word};
use core::mem::swap;

/// Number of loops in the longest path: bool, uint8, uint32, float64, quad, x87 in 16 bytes, x87 in 12.
const LONGEST: usize = 6;

/// A path of loops from one number type to another.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    loops: [Option<Loop>; LONGEST],
    widest: usize,
}

impl Cast {
    /// The path from one number type to another, if there is one. bool to bool makes every byte 0 or 1; for any other
    /// type to itself, the path is empty.
    pub fn new(from: Number, to: Number) -> Option<Self> {
        let mut loops: [Option<Loop>; LONGEST] = [None; LONGEST];
        let mut widest = from.itemsize().max(to.itemsize()) as usize;
        let mut next = loops.iter_mut();
        let mut at = from;
        if from == Number::Bool {
            *next.next()? = Some(kernels::u8_to_bool);
            at = Number::Uint8;
        }
        while at != to && (from, to) != (Number::Bool, Number::Bool) {
            let step = next_step(from, at, to)?;
            if step.run.is_some() {
                *next.next()? = step.run;
            }
            at = step.reached;
            widest = widest.max(at.itemsize() as usize);
        }
        Some(Self { loops, widest })
    }

    /// The path from a long double to float64 that rounds to odd, so that the result can be rounded once more.
    pub(crate) fn to_odd_float64(from: Number) -> Option<Self> {
        let mut cast = Self::new(from, Number::Quad)?;
        *cast.loops.iter_mut().find(|step| step.is_none())? = Some(wide::quad_to_odd_f64);
        Some(cast)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        matches!(self.loops, [None, ..])
    }

    /// Bytes of the widest number on the path; both tiles must have as many per number.
    pub fn widest(&self) -> usize {
        self.widest
    }

    /// Converts the first `len` numbers of `source`. Returns the tile with the result, and the other one.
    ///
    /// Both must have room for `len` numbers of [`widest`](Self::widest) bytes, rounded up to a multiple of 64.
    pub fn run<'a>(
        &self,
        source: &'a mut [Word],
        other: &'a mut [Word],
        len: usize,
    ) -> (&'a mut [Word], &'a mut [Word]) {
        follow(&self.loops, source, other, len)
    }

    /// The same, but leaves `source` as it is. Returns `None` if the path is empty.
    pub(crate) fn run_from<'a>(
        &self,
        source: &[Word],
        result: &'a mut [Word],
        spare: &'a mut [Word],
        len: usize,
    ) -> Option<(&'a mut [Word], &'a mut [Word])> {
        let [Some(first), rest @ ..] = &self.loops else { return None };
        first(source, result, len);
        Some(follow(rest, result, spare, len))
    }
}

/// Runs loops from one tile into the other and back.
fn follow<'a>(
    loops: &[Option<Loop>],
    mut source: &'a mut [Word],
    mut other: &'a mut [Word],
    len: usize,
) -> (&'a mut [Word], &'a mut [Word]) {
    for step in loops.iter().flatten() {
        step(source, other, len);
        swap(&mut source, &mut other);
    }
    (source, other)
}

/// A step of a path.
struct Step {
    at: Number,
    /// Set of the target types that this step leads to, one bit for each.
    to: u32,
    reached: Number,
    /// `None` if the bits stay the same.
    run: Option<Loop>,
}

const fn step(at: Number, to: u32, reached: Number, run: Option<Loop>) -> Step {
    Step { at, to, reached, run }
}

const fn set(numbers: &[Number]) -> u32 {
    let mut set = 0;
    let mut rest = numbers;
    while let [number, others @ ..] = rest {
        set |= 1 << *number as u32;
        rest = others;
    }
    set
}

const ALL: u32 = u32::MAX;

/// Every step. The first one that fits is taken.
static STEPS: &[Step] = {
    use Number::*;
    &[
        step(Int8, set(&[Bool]), Bool, Some(kernels::u8_to_bool)),
        step(Uint8, set(&[Bool]), Bool, Some(kernels::u8_to_bool)),
        step(Int16, set(&[Bool]), Bool, Some(kernels::u16_to_bool)),
        step(Uint16, set(&[Bool]), Bool, Some(kernels::u16_to_bool)),
        step(Int32, set(&[Bool]), Bool, Some(kernels::u32_to_bool)),
        step(Uint32, set(&[Bool]), Bool, Some(kernels::u32_to_bool)),
        step(Int64, set(&[Bool]), Bool, Some(kernels::u64_to_bool)),
        step(Uint64, set(&[Bool]), Bool, Some(kernels::u64_to_bool)),
        step(Float16, set(&[Bool]), Bool, Some(kernels::f16_to_bool)),
        step(Float32, set(&[Bool]), Bool, Some(kernels::f32_to_bool)),
        step(Float64, set(&[Bool]), Bool, Some(kernels::f64_to_bool)),
        // Integers to floats: small ones become 32-bit integers first, exactly; float16 is rounded from float32,
        // which has every integer in float16's range.
        step(Int32, set(&[Float32, Float16]), Float32, Some(kernels::i32_to_f32)),
        step(Uint32, set(&[Float32, Float16]), Float32, Some(kernels::u32_to_f32)),
        step(Int64, set(&[Float32, Float16]), Float32, Some(whole::i64_to_f32)),
        step(Uint64, set(&[Float32, Float16]), Float32, Some(whole::u64_to_f32)),
        step(Int32, set(&[Float64, Quad]), Float64, Some(kernels::i32_to_f64)),
        step(Uint32, set(&[Float64, Quad]), Float64, Some(kernels::u32_to_f64)),
        step(Int64, set(&[Float64]), Float64, Some(kernels::i64_to_f64)),
        step(Uint64, set(&[Float64]), Float64, Some(kernels::u64_to_f64)),
        step(Int64, set(&[Quad]), Quad, Some(wide::i64_to_quad)),
        step(Uint64, set(&[Quad]), Quad, Some(wide::u64_to_quad)),
        step(Int24, ALL, Int32, Some(wide::i24_to_i32)),
        step(Uint24, ALL, Uint32, Some(wide::u24_to_u32)),
        // Floats to floats.
        step(Float16, set(&[Float64, Quad, Int64, Uint64]), Float64, Some(kernels::f16_to_f64)),
        step(Float16, ALL, Float32, Some(kernels::f16_to_f32)),
        step(Float32, set(&[Float16]), Float16, Some(kernels::f32_to_f16)),
        step(Float32, set(&[Float64, Quad]), Float64, Some(kernels::f32_to_f64)),
        step(Float64, set(&[Float16]), Float32, Some(kernels::f64_to_odd_f32)),
        step(Float64, set(&[Float32]), Float32, Some(kernels::f64_to_f32)),
        step(Bfloat16, ALL, Float32, Some(kernels::bf16_to_f32)),
        step(Float8E4m3fn, ALL, Float32, Some(float8::e4m3fn_to_f32)),
        step(Float8E5m2, ALL, Float32, Some(float8::e5m2_to_f32)),
        step(Float32, set(&[Bfloat16]), Bfloat16, Some(kernels::f32_to_bf16)),
        step(Float32, set(&[Float8E4m3fn]), Float8E4m3fn, Some(float8::f32_to_e4m3fn)),
        step(Float32, set(&[Float8E5m2]), Float8E5m2, Some(float8::f32_to_e5m2)),
        step(Ibm4, ALL, Float64, Some(wide::ibm_to_f64)),
        // Long doubles. A float64 rounded to odd can be rounded again, or truncated, as if it were the quad.
        step(X87In12, ALL, X87In16, Some(wide::x87in12_to_x87)),
        step(X87In16, set(&[X87In12]), X87In12, Some(wide::x87_to_x87in12)),
        step(X87In16, set(&[Float64]), Float64, Some(wide::x87_to_f64)),
        step(
            X87In16,
            set(&[Bool, Int8, Uint8, Int16, Uint16, Int32, Uint32, Float16, Float32]),
            Float64,
            Some(wide::x87_to_odd_f64),
        ),
        step(X87In16, ALL, Quad, Some(wide::x87_to_quad)),
        step(Quad, set(&[X87In12, X87In16]), X87In16, Some(wide::quad_to_x87)),
        step(Quad, set(&[Float64]), Float64, Some(wide::quad_to_f64)),
        step(Quad, set(&[Int64]), Int64, Some(wide::quad_to_i64)),
        step(Quad, set(&[Uint64]), Uint64, Some(wide::quad_to_u64)),
        step(Quad, ALL, Float64, Some(wide::quad_to_odd_f64)),
        step(Float64, set(&[Quad]), Quad, Some(wide::f64_to_quad)),
        // Floats to integers: toward zero, saturating; the small ones as 32 bits first.
        step(Float32, set(&[Int64, Uint64]), Float64, Some(kernels::f32_to_f64)),
        step(Float32, set(&[Int8]), Int32, Some(kernels::f32_to_i8)),
        step(Float32, set(&[Uint8]), Int32, Some(kernels::f32_to_u8)),
        step(Float32, set(&[Int16]), Int32, Some(kernels::f32_to_i16)),
        step(Float32, set(&[Uint16]), Int32, Some(kernels::f32_to_u16)),
        step(Float32, set(&[Uint32]), Uint32, Some(kernels::f32_to_u32)),
        step(Float32, ALL, Int32, Some(kernels::f32_to_i32)),
        step(Float64, set(&[Int64]), Int64, Some(whole::f64_to_i64)),
        step(Float64, set(&[Uint64]), Uint64, Some(whole::f64_to_u64)),
        step(Float64, set(&[Int8]), Int32, Some(kernels::f64_to_i8)),
        step(Float64, set(&[Uint8]), Int32, Some(kernels::f64_to_u8)),
        step(Float64, set(&[Int16]), Int32, Some(kernels::f64_to_i16)),
        step(Float64, set(&[Uint16]), Int32, Some(kernels::f64_to_u16)),
        step(Float64, set(&[Uint32]), Uint32, Some(kernels::f64_to_u32)),
        step(Float64, ALL, Int32, Some(kernels::f64_to_i32)),
        // Integers to integers of the same width are the same bits; narrower ones wrap, by way of 32 bits from 64;
        // wider ones keep their sign, by way of 32 bits to 64.
        step(Int8, set(&[Uint8]), Uint8, None),
        step(Uint8, set(&[Int8]), Int8, None),
        step(Int16, set(&[Uint16]), Uint16, None),
        step(Uint16, set(&[Int16]), Int16, None),
        step(Int32, set(&[Uint32]), Uint32, None),
        step(Uint32, set(&[Int32]), Int32, None),
        step(Int64, set(&[Uint64]), Uint64, None),
        step(Uint64, set(&[Int64]), Int64, None),
        step(Int64, ALL, Int32, Some(kernels::u64_to_u32)),
        step(Uint64, ALL, Int32, Some(kernels::u64_to_u32)),
        step(Int32, set(&[Int16, Uint16]), Uint16, Some(kernels::u32_to_u16)),
        step(Uint32, set(&[Int16, Uint16]), Uint16, Some(kernels::u32_to_u16)),
        step(Int32, set(&[Int8, Uint8]), Uint8, Some(kernels::u32_to_u8)),
        step(Uint32, set(&[Int8, Uint8]), Uint8, Some(kernels::u32_to_u8)),
        step(Int16, set(&[Int8, Uint8]), Uint8, Some(kernels::u16_to_u8)),
        step(Uint16, set(&[Int8, Uint8]), Uint8, Some(kernels::u16_to_u8)),
        step(Int8, set(&[Int16, Uint16]), Int16, Some(kernels::i8_to_i16)),
        step(Uint8, set(&[Int16, Uint16]), Uint16, Some(kernels::u8_to_u16)),
        step(Int8, ALL, Int32, Some(kernels::i8_to_i32)),
        step(Uint8, set(&[Int32]), Int32, Some(kernels::u8_to_i32)),
        step(Uint8, ALL, Uint32, Some(kernels::u8_to_i32)),
        step(Int16, ALL, Int32, Some(kernels::i16_to_i32)),
        step(Uint16, set(&[Int32]), Int32, Some(kernels::u16_to_i32)),
        step(Uint16, ALL, Uint32, Some(kernels::u16_to_i32)),
        step(Int32, set(&[Int64, Uint64]), Int64, Some(kernels::i32_to_i64)),
        step(Uint32, set(&[Int64, Uint64]), Uint64, Some(kernels::u32_to_u64)),
    ]
};

/// The next step of the path from `from` to `to`, for numbers that are `at` by now.
fn next_step(from: Number, at: Number, to: Number) -> Option<&'static Step> {
    use Number::*;
    // The rarer types are reached from one other type, which comes first.
    let to = match (to, at) {
        (Bfloat16 | Float8E4m3fn | Float8E5m2, Float32) => to,
        (Bfloat16 | Float8E4m3fn | Float8E5m2, _) => Float32,
        (X87In12 | X87In16, Quad | X87In16) => to,
        (X87In12 | X87In16, _) => Quad,
        (Float16, Float64) if matches!(from, Quad | X87In12 | X87In16) => Float32,
        _ => to,
    };
    STEPS.iter().find(|step| step.at == at && step.to >> to as u32 & 1 == 1)
}
