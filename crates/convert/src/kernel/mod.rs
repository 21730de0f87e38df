//! The loops over one tile. Each takes aligned tiles and a count, and touches nothing else.
//!
//! A kernel is written plainly, in a form that LLVM turns into SIMD; where it doesn't, the plain form stays as the
//! portable one and a short hand-written one stands beside it.

mod cast;
mod check;
mod float;
mod swap;
mod wide;

pub use cast::Cast;
pub use check::Check;
pub use swap::swap;

/// Sixteen bytes: tiles are made of these, so every number in them is aligned.
pub type Word = u128;
