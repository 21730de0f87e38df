//! The loops over one tile. Each takes aligned tiles and a count, and touches nothing else.
//!
//! A kernel is written plainly, in a form that LLVM turns into SIMD; where it doesn't, the plain form stays as the
//! portable one and a short hand-written one stands beside it.

mod cast;
mod check;
mod clock;
mod float;
mod spread;
mod swap;
mod text;
mod wide;

pub use cast::Cast;
pub use check::Check;
pub use clock::Clock;
pub(crate) use spread::spread;
pub use swap::swap;
pub(crate) use text::Text;

/// Sixteen bytes: tiles are made of these, so every number in them is aligned.
pub type Word = u128;
