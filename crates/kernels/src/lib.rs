//! The loops over one tile: casts, byte swaps, checks, copies.
//!
//! Each kernel takes aligned tiles and a count, and touches nothing else; `byteferry-convert` decides what to do, and
//! brings the bytes.
//!
//! A kernel is plain Rust that LLVM turns into SIMD. Where LLVM doesn't, the plain code stays as the portable
//! version, beside a short one written with SIMD intrinsics. The kernels are a crate of their own because only they
//! are worth the bytes that optimising for speed costs: the rest of what a page downloads is optimised for size.
//!
//! ```
//! use bytemuck::{cast_slice, cast_slice_mut};
//! use byteferry_kernels::{Word, i32_to_f32, swap};
//!
//! // Three big-endian int32, in a tile with room for 64.
//! let (mut source, mut result) = ([0 as Word; 16], [0 as Word; 16]);
//! cast_slice_mut::<Word, u8>(&mut source)[..12].copy_from_slice(&[0, 0, 0, 1, 0, 0, 1, 0, 255, 255, 255, 255]);
//!
//! swap(&mut source, 4);
//! i32_to_f32(&source, &mut result, 3);
//! assert_eq!(cast_slice::<Word, f32>(&result)[..3], [1.0, 256.0, -1.0]);
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod cast;
mod check;
mod copy;
mod float;
mod pick;
mod swap;
mod table;
mod time;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod vector;

pub use cast::*;
pub use check::first_beyond;
pub use copy::{Step, copy};
pub use pick::pick;
pub use swap::swap;
pub use table::{look_up, tabulate};
pub use time::ticks_to_f64;

/// Sixteen bytes: tiles are made of these, so every number in them is aligned.
pub type Word = u128;
