//! Converts an array's bytes: a [`Plan`] decides how, once, and the tile loop carries it out.
//!
//! A [`Plan`] is one of three [`Action`]s:
//!
//! | action | when | memory |
//! | --- | --- | --- |
//! | [`Action::View`] | nothing to do | the buffer as it is, in O(1) |
//! | [`Action::InPlace`] | same width, other byte order (or a payload that lies misaligned) | the same buffer |
//! | [`Action::Into`] | other width, order or layout, records, or a buffer that isn't ours to write | a buffer for each column |
//!
//! The bytes may lie anywhere: in a slice, in a browser's `ArrayBuffer`, in a file. [`Source`] and [`Sink`], or [`Memory`] for both, say
//! how to get at them. They pass through a staging tile that stays in the processor's cache, so a whole conversion
//! costs about one pass over memory, and the memory used does not depend on the array's size.
//!
//! ```
//! use byteferry_convert::{Options, Placement, Plan, Target, Tiles};
//! use byteferry_header::{DType, Number, Shape};
//!
//! // Three big-endian 16-bit integers, widened to float32.
//! let bytes = [0x01, 0x02, 0xff, 0xff, 0x00, 0x07];
//! let dtype: DType = ">i2".parse()?;
//! let shape = Shape::new(vec![3], dtype.itemsize())?;
//! let options = Options { to: Some(Target::Number(Number::Float32)), ..Options::default() };
//! let plan = Plan::new(&dtype, &shape, Placement::of_slice(&bytes), &options)?;
//!
//! let mut result = vec![0; plan.columns()[0].nbytes() as usize];
//! plan.convert_into(&bytes[..], &mut [&mut result[..]], &mut Tiles::new())?;
//! let numbers: Vec<f32> = result.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
//! assert_eq!(numbers, [258.0, -1.0, 7.0]);
//! # Ok::<(), byteferry_header::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod cast;
mod casting;
mod check;
mod clock;
mod float8;
mod plan;
mod spread;
mod target;
mod text;
mod tile;
mod together;
mod walk;
mod whole;
mod wide;

pub use cast::Cast;
pub use casting::{Casting, can_cast};
pub use check::Check;
pub use clock::Clock;
pub use plan::{Action, Column, Options, Placement, Plan};
pub use target::Target;
pub use tile::{Memory, Sink, Source, Tiles, Turn};
pub use together::{Packed, put_together};

/// Runs the README's examples as doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
