//! The loops over one tile, and which casts there are.
//!
//! Each takes aligned tiles and a count, and touches nothing else; `byteferry-convert` decides what to do, and brings the bytes.
//!
//! A kernel is written plainly, in a form that LLVM turns into SIMD; where it doesn't, the plain form stays as the
//! portable one and a short hand-written one stands beside it. This is a crate of its own because only the kernels are worth
//! the bytes that optimising for speed costs: all the rest of what a page downloads is optimised for size.
#![no_std]
#![forbid(unsafe_code)]

mod cast;
mod check;
mod copy;
mod float;
mod swap;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod vector;

pub use cast::*;
pub use check::{first_i64, first_u64};
pub use copy::{Step, copy};
pub use float::Half;
pub use swap::swap;

/// Sixteen bytes: tiles are made of these, so every number in them is aligned.
pub type Word = u128;
