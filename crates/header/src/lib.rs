//! Describes the bytes of an array: dtype, byte order, shape, and the containers that state them.
//!
//! | | what it says | where it is described |
//! | --- | --- | --- |
//! | [`DType`] | type and byte order of an element, by NumPy's names and type strings | [NumPy: data type objects](https://numpy.org/doc/stable/reference/arrays.dtypes.html), [array protocol](https://numpy.org/doc/stable/reference/arrays.interface.html) |
//! | [`Shape`], [`Order`] | axes, size in bytes (checked), strides | [NumPy: N-dimensional array](https://numpy.org/doc/stable/reference/arrays.ndarray.html) |
//! | [`npy`] | the header of an .npy file, 1.0 to 3.0 | [`numpy.lib.format`](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), [NEP 1](https://numpy.org/neps/nep-0001-npy-format.html) |
//! | [`frame`] | the header of a frame: an array in a stream, with a name and a checksum | [`frame`] itself |
//!
//! Only headers are read here, never the payload. A header is read from its own bytes, so that a caller with a file
//! of gigabytes copies some hundred of them. [`Format::detect`] tells containers apart, [`Header::len`] returns how
//! many bytes the header has, [`Header::read`] reads it:
//!
//! ```
//! use byteferry_header::{ByteOrder, DType, Format, Header, Number, Order, Shape, npy};
//!
//! // What `numpy.save` writes for an array of three by a hundred big-endian float32, all zero.
//! let dtype = DType::parse(">f4")?;
//! let mut file = npy::write(&dtype, &Shape::new(vec![3, 100], dtype.itemsize())?, Order::C)?;
//! file.resize(file.len() + 1200, 0);
//!
//! let first = &file[..64];
//! let format = Format::detect(first)?;
//! let len = Header::len(format, first, file.len() as u64)?;
//! let header = Header::read(format, &file[..len as usize], None)?;
//!
//! assert_eq!(header.dtype, DType::Number(Number::Float32, ByteOrder::Big));
//! assert_eq!(header.shape.dims(), [3, 100]);
//! assert_eq!((header.payload, header.shape.nbytes()), (128, 1200));
//!
//! // An error has a code, the numbers involved, and a message.
//! let error = Header::len(Format::Npy, first, 100).unwrap_err();
//! assert_eq!(error.to_string(), "truncated: the .npy header needs 128 bytes, there are 100");
//! assert_eq!((error.expected, error.actual), (Some(128), Some(100)));
//! # Ok::<(), byteferry_header::Error>(())
//! ```
//!
//! Headers come from outside, so none of them is trusted: nothing in them is executed, no allocation depends on a
//! size that they claim, brackets nest 64 deep at most, every product is checked for overflow, and any bytes give a
//! header or an [`Error`]. A [`Header`] that exists is valid; whether its payload is there is for the caller to
//! check.
//!
//! Sizes are `u64` throughout, as `usize` has 32 bits in a browser.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod descr;
mod dtype;
mod error;
pub mod frame;
mod header;
pub mod literal;
mod magic;
pub mod npy;
mod repr;
#[cfg(feature = "serde")]
mod serde;
mod shape;
mod typestr;

pub use dtype::{ByteOrder, DType, Field, Number, Struct, TimeBase, TimeUnit};
pub use error::{Code, Details, Error};
pub use header::{Format, Frame, Header};
pub use shape::{Order, Shape};

/// Runs the README's examples as doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
