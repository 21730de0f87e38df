//! What a container says of its array before the payload begins.

use alloc::string::String;

use crate::{DType, Order, Shape};

/// How an array's bytes are wrapped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Not at all: the payload and nothing else.
    Raw,
    /// NumPy's `.npy`.
    Npy,
    /// byteferry's own frame.
    Frame,
}

impl Format {
    /// The word as it stands in the `format` option: `"npy"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Npy => "npy",
            Self::Frame => "frame",
        }
    }
}

/// A header that was read and found right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// What it was read from.
    pub format: Format,
    /// Type of the elements.
    pub dtype: DType,
    /// Length of each axis; made with `dtype.itemsize()`.
    pub shape: Shape,
    /// Which index varies fastest.
    pub order: Order,
    /// Where the payload begins, in bytes from the beginning of the header.
    pub payload: u64,
    /// What only a frame says.
    pub frame: Option<Frame>,
}

/// What a frame says of an array beyond dtype, shape and order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The array's name; may be empty.
    pub name: String,
    /// Its number in the stream it came from, from 0.
    pub sequence: u64,
    /// CRC-32 (zlib's) of the payload.
    pub crc32: Option<u32>,
    /// Bytes of the payload; none if it runs to the end of the stream.
    pub nbytes: Option<u64>,
}
