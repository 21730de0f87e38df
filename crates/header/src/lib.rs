//! What the bytes of an array are: dtype, byte order, shape, and the containers that say so.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod descr;
mod dtype;
mod error;
pub mod frame;
mod header;
mod literal;
mod magic;
pub mod npy;
mod repr;
mod shape;
mod typestr;

pub use dtype::{ByteOrder, DType, Field, Number, Struct, TimeBase, TimeUnit};
pub use error::{Code, Details, Error};
pub use header::{Format, Frame, Header};
pub use shape::{Order, Shape};
