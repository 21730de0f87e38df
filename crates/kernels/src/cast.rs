//! One number type into another, in native byte order: small loops, one after the other over the same tile.
//!
//! Not every pair has a loop of its own, or they would be most of what a page downloads. A [`Cast`] is a path of a few:
//! int8 becomes float64 by way of int32, and so does float64 int8. The tile is in the first-level cache by then, so a
//! second loop costs little beside the memory that the first one waited for. The rarer types have loops to and from one
//! neighbour only: float32 for bfloat16 and float8, quad for x87, the next wider integer for those of 24 bits.
//!
//! The result is `numpy.ndarray.astype`'s, bit for bit. Where NumPy leaves it to the processor (a float beyond an
//! integer's range, NaN as an integer) it is Rust's `as`: saturating, NaN becomes 0, the same everywhere.
//!
//! Where NumPy and ml_dtypes round twice, so does this: to bfloat16 and float8 everything goes by way of float32, and so do
//! long doubles to float16. NaN stays NaN with its sign; its payload is not promised.

use crate::Word;
use crate::float::{self, Half, f32_from_i64, f32_from_u64, f64_from_i64, f64_from_ibm, f64_from_u64};
use crate::wide::{self, X87};
use byteferry_header::Number;
use bytemuck::{cast_slice, cast_slice_mut};
use core::mem::swap;

/// Converts the first `len` numbers of one tile into another.
type Loop = fn(&[Word], &mut [Word], usize);

/// The longest path there is: bool, uint8, uint32, float64, quad, x87 in 16 bytes, x87 in 12.
const LONGEST: usize = 6;

/// The loop that computes each number from the one before it.
macro_rules! each {
    ($from:ty => $to:ty: |$x:ident| $body:expr) => {{
        fn each(source: &[Word], result: &mut [Word], len: usize) {
            let source = cast_slice::<_, $from>(source).iter().take(len);
            for (to, &$x) in cast_slice_mut::<_, $to>(result).iter_mut().zip(source) {
                *to = $body;
            }
        }
        Some(each as Loop)
    }};
    ($from:ty => $to:ty) => { each!($from => $to: |x| x as $to) };
}

/// The same for numbers whose width is no power of two: a tile's bytes need not be a multiple of it.
macro_rules! each_of {
    ([$part:ty; $parts:literal] => $to:ty: |$x:ident| $body:expr) => {{
        fn each(source: &[Word], result: &mut [Word], len: usize) {
            let source = cast_slice::<_, $part>(source).as_chunks::<$parts>().0.iter().take(len);
            for (to, &$x) in cast_slice_mut::<_, $to>(result).iter_mut().zip(source) {
                *to = $body;
            }
        }
        Some(each as Loop)
    }};
    ($from:ty => [$part:ty; $parts:literal]: |$x:ident| $body:expr) => {{
        fn each(source: &[Word], result: &mut [Word], len: usize) {
            let source = cast_slice::<_, $from>(source).iter().take(len);
            let result = cast_slice_mut::<_, $part>(result).as_chunks_mut::<$parts>().0;
            for (to, &$x) in result.iter_mut().zip(source) {
                *to = $body;
            }
        }
        Some(each as Loop)
    }};
}

/// A way from one number type to another.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    loops: [Option<Loop>; LONGEST],
    widest: usize,
}

impl Cast {
    /// The way from one number type to another, if there is one: bool to bool makes every byte 0 or 1; any other
    /// type to itself is nothing to do.
    pub fn new(from: Number, to: Number) -> Option<Self> {
        let mut loops = [None; LONGEST];
        let mut widest = from.itemsize().max(to.itemsize()) as usize;
        let mut next = loops.iter_mut();
        let mut at = from;
        if from == Number::Bool {
            *next.next()? = each!(u8 => u8: |x| u8::from(x != 0));
            at = Number::Uint8;
        }
        while at != to && (from, to) != (Number::Bool, Number::Bool) {
            let (step, reached) = step(from, at, to)?;
            if step.is_some() {
                *next.next()? = step;
            }
            widest = widest.max(reached.itemsize() as usize);
            at = reached;
        }
        Some(Self { loops, widest })
    }

    /// The way from a long double to float64 that rounds to odd, so that what comes of it can be rounded once more.
    pub(crate) fn to_odd_float64(from: Number) -> Option<Self> {
        let mut cast = Self::new(from, Number::Quad)?;
        *cast.loops.iter_mut().find(|step| step.is_none())? = each!(wide::Quad => f64: |x| x.to_odd_f64());
        Some(cast)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.loops.iter().all(Option::is_none)
    }

    /// Bytes of the widest number on the way: both tiles must have so many for each.
    pub fn widest(&self) -> usize {
        self.widest
    }

    /// Converts the first `len` numbers of `source`. Returns the tile that the result lies in, and the other one.
    pub fn run<'a>(
        &self,
        mut source: &'a mut [Word],
        mut other: &'a mut [Word],
        len: usize,
    ) -> (&'a mut [Word], &'a mut [Word]) {
        for step in self.loops.iter().flatten() {
            step(source, other, len);
            swap(&mut source, &mut other);
        }
        (source, other)
    }
}

/// The next loop on the way of `from` to `to`, from `at` on, and the type it leads to. No loop where the bits are the same.
fn step(from: Number, at: Number, to: Number) -> Option<(Option<Loop>, Number)> {
    use Number::*;
    // Where the way to the rarer types goes first.
    let to = match (to, at) {
        (Bfloat16 | Float8E4m3fn | Float8E5m2, Float32) => to,
        (Bfloat16 | Float8E4m3fn | Float8E5m2, _) => Float32,
        (X87In12 | X87In16, Quad | X87In16) => to,
        (X87In12 | X87In16, _) => Quad,
        (Float16, Float64) if matches!(from, Quad | X87In12 | X87In16) => Float32,
        _ => to,
    };
    Some(match (at, to) {
        (Int8 | Uint8, Bool) => (each!(u8 => u8: |x| u8::from(x != 0)), Bool),
        (Int16 | Uint16, Bool) => (each!(u16 => u8: |x| u8::from(x != 0)), Bool),
        (Int32 | Uint32, Bool) => (each!(u32 => u8: |x| u8::from(x != 0)), Bool),
        (Int64 | Uint64, Bool) => (each!(u64 => u8: |x| u8::from(x != 0)), Bool),
        (Float16, Bool) => (each!(u16 => u8: |x| u8::from(x & 0x7fff != 0)), Bool),
        (Float32, Bool) => (each!(f32 => u8: |x| u8::from(x != 0.0)), Bool),
        (Float64, Bool) => (each!(f64 => u8: |x| u8::from(x != 0.0)), Bool),

        // Integers to floats: the small ones are int32 first, which loses nothing; float16 is rounded from float32,
        // which holds every integer that is one.
        (Int32, Float32 | Float16) => (each!(i32 => f32), Float32),
        (Uint32, Float32 | Float16) => (each!(u32 => f32), Float32),
        (Int64, Float32 | Float16) => (each!(i64 => f32: |x| f32_from_i64(x)), Float32),
        (Uint64, Float32 | Float16) => (each!(u64 => f32: |x| f32_from_u64(x)), Float32),
        (Int32, Float64 | Quad) => (each!(i32 => f64), Float64),
        (Uint32, Float64 | Quad) => (each!(u32 => f64), Float64),
        (Int64, Float64) => (each!(i64 => f64: |x| f64_from_i64(x)), Float64),
        (Uint64, Float64) => (each!(u64 => f64: |x| f64_from_u64(x)), Float64),
        (Int64, Quad) => (each!(i64 => wide::Quad: |x| wide::Quad::from_i64(x)), Quad),
        (Uint64, Quad) => (each!(u64 => wide::Quad: |x| wide::Quad::from_u64(x)), Quad),
        (Int24, _) => (each_of!([u8; 3] => i32: |x| i32::from_le_bytes([0, x[0], x[1], x[2]]) >> 8), Int32),
        (Uint24, _) => (each_of!([u8; 3] => u32: |x| u32::from_le_bytes([x[0], x[1], x[2], 0])), Uint32),

        // Floats to floats.
        (Float16, Float64 | Quad) => (each!(Half => f64: |x| x.to_f64()), Float64),
        (Float16, _) => (each!(Half => f32: |x| x.to_f32()), Float32),
        (Float32, Float16) => (each!(f32 => Half: |x| Half::from_f32(x)), Float16),
        (Float32, Float64 | Quad) => (each!(f32 => f64), Float64),
        (Float64, Float16) => (each!(f64 => Half: |x| Half::from_f64(x)), Float16),
        (Float64, Float32) => (each!(f64 => f32), Float32),
        (Bfloat16, _) => (each!(float::Bfloat16 => f32: |x| x.to_f32()), Float32),
        (Float8E4m3fn, _) => (each!(float::Float8E4m3fn => f32: |x| x.to_f32()), Float32),
        (Float8E5m2, _) => (each!(float::Float8E5m2 => f32: |x| x.to_f32()), Float32),
        (Float32, Bfloat16) => (each!(f32 => float::Bfloat16: |x| float::Bfloat16::from_f32(x)), Bfloat16),
        (Float32, Float8E4m3fn) => {
            (each!(f32 => float::Float8E4m3fn: |x| float::Float8E4m3fn::from_f32(x)), Float8E4m3fn)
        }
        (Float32, Float8E5m2) => {
            (each!(f32 => float::Float8E5m2: |x| float::Float8E5m2::from_f32(x)), Float8E5m2)
        }
        (Ibm4, _) => (each!(u32 => f64: |x| f64_from_ibm(x)), Float64),

        // Long doubles. What is rounded to odd can be rounded again, or truncated, as if it were the quad.
        (X87In12, _) => (each_of!([u32; 3] => X87: |x| X87::from_12(x)), X87In16),
        (X87In16, X87In12) => (each_of!(X87 => [u32; 3]: |x| x.to_12()), X87In12),
        (X87In16, _) => (each!(X87 => wide::Quad: |x| x.to_quad()), Quad),
        (Quad, X87In12 | X87In16) => (each!(wide::Quad => X87: |x| X87::from_quad(x)), X87In16),
        (Quad, Float64) => (each!(wide::Quad => f64: |x| x.to_f64()), Float64),
        (Quad, Int64) => (each!(wide::Quad => i64: |x| x.to_i64()), Int64),
        (Quad, Uint64) => (each!(wide::Quad => u64: |x| x.to_u64()), Uint64),
        (Quad, _) => (each!(wide::Quad => f64: |x| x.to_odd_f64()), Float64),
        (Float64, Quad) => (each!(f64 => wide::Quad: |x| wide::Quad::from_f64(x)), Quad),

        // Floats to integers: toward zero, saturating; the small ones by way of int32, which is saturated once more.
        (Float32, Int64) => (each!(f32 => i64), Int64),
        (Float32, Uint64) => (each!(f32 => u64), Uint64),
        (Float32, Uint32) => (each!(f32 => u32), Uint32),
        (Float32, _) => (each!(f32 => i32), Int32),
        (Float64, Int64) => (each!(f64 => i64), Int64),
        (Float64, Uint64) => (each!(f64 => u64), Uint64),
        (Float64, Uint32) => (each!(f64 => u32), Uint32),
        (Float64, _) => (each!(f64 => i32), Int32),
        (Int32, Int8) if from.kind() == 'f' => (each!(i32 => i8: |x| x.clamp(-0x80, 0x7f) as i8), Int8),
        (Int32, Uint8) if from.kind() == 'f' => (each!(i32 => u8: |x| x.clamp(0, 0xff) as u8), Uint8),
        (Int32, Int16) if from.kind() == 'f' => {
            (each!(i32 => i16: |x| x.clamp(-0x8000, 0x7fff) as i16), Int16)
        }
        (Int32, Uint16) if from.kind() == 'f' => (each!(i32 => u16: |x| x.clamp(0, 0xffff) as u16), Uint16),

        // Integers to integers of the same width are the same bits; narrower ones wrap, by way of 32 bits from 64;
        // wider ones keep their sign, by way of 32 bits to 64.
        (Int8, Uint8) | (Uint8, Int8) | (Int16, Uint16) | (Uint16, Int16) => (None, to),
        (Int32, Uint32) | (Uint32, Int32) | (Int64, Uint64) | (Uint64, Int64) => (None, to),
        (Int64 | Uint64, _) => (each!(u64 => u32), Int32),
        (Int32 | Uint32, Int16 | Uint16) => (each!(u32 => u16), Uint16),
        (Int32 | Uint32, Int8 | Uint8) => (each!(u32 => u8), Uint8),
        (Int16 | Uint16, Int8 | Uint8) => (each!(u16 => u8), Uint8),
        (Int8, Int16 | Uint16) => (each!(i8 => i16), Int16),
        (Uint8, Int16 | Uint16) => (each!(u8 => u16), Uint16),
        (Int8, _) => (each!(i8 => i32), Int32),
        (Uint8, _) => (each!(u8 => i32), if to == Int32 { Int32 } else { Uint32 }),
        (Int16, _) => (each!(i16 => i32), Int32),
        (Uint16, _) => (each!(u16 => i32), if to == Int32 { Int32 } else { Uint32 }),
        (Int32, Int64 | Uint64) => (each!(i32 => i64), Int64),
        (Uint32, Int64 | Uint64) => (each!(u32 => u64), Uint64),
        _ => return None,
    })
}
