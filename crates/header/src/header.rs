//! The header of a container: what it states about its array before the payload.

use alloc::{string::String, vec::Vec};

use crate::{Code, DType, Error, Number, Order, Shape, frame, magic, npy};

/// The container of an array's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// None: the payload and nothing else.
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

    /// Detects the container by its first bytes; eight suffice, and more give a better message. Raw data has no
    /// signature: it is never the answer.
    ///
    /// # Errors
    /// `truncated` with less than 8 bytes, unless they begin with a container's magic; `bad-magic` with others,
    /// saying what they look like.
    pub fn detect(first: &[u8]) -> Result<Self, Error> {
        if first.starts_with(&npy::MAGIC) {
            Ok(Self::Npy)
        } else if first.starts_with(&frame::MAGIC) {
            Ok(Self::Frame)
        } else if first.len() < 8 {
            Err(Error::new(
                Code::Truncated,
                format_args!(
                    "an .npy or a frame has 8 bytes or more, there are {}; raw data needs a dtype",
                    first.len()
                ),
            )
            .sizes(8, first.len() as u64))
        } else {
            Err(magic::bad(first))
        }
    }
}

/// A header that was read and validated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Its container.
    pub format: Format,
    /// Type of the elements.
    pub dtype: DType,
    /// Length of each axis; made with `dtype.itemsize()`.
    pub shape: Shape,
    /// Which index varies fastest.
    pub order: Order,
    /// Where the payload begins, in bytes from the beginning of the header.
    pub payload: u64,
    /// The fields that only a frame has.
    pub frame: Option<Frame>,
}

impl Header {
    /// How many bytes the header has, which is where the payload begins. `first` are the first 32 bytes of it
    /// or more (or all there are), `available` is how many there are in all.
    ///
    /// # Errors
    /// `bad-magic`, `bad-header` or `truncated`, as [`npy::header_len`] and [`frame::header_len`] say.
    pub fn len(format: Format, first: &[u8], available: u64) -> Result<u64, Error> {
        match format {
            Format::Raw => Ok(0),
            Format::Npy => npy::header_len(first, available),
            Format::Frame => frame::header_len(first, available),
        }
    }

    /// Reads a header from its bytes, as many as [`Header::len`] says or more.
    ///
    /// `dtype` is what the caller knows of the array. It replaces a dtype that the header cannot name, such as a
    /// bfloat16 that NumPy saved as `<V2`; otherwise it must agree with the header's.
    ///
    /// # Errors
    /// Those of [`npy::read_with`] and [`frame::read_with`]; `bad-argument` for raw data, which has no header.
    pub fn read(format: Format, head: &[u8], dtype: Option<&DType>) -> Result<Self, Error> {
        match format {
            Format::Raw => Err(Error::new(Code::BadArgument, format_args!("raw data has no header to read"))),
            Format::Npy => npy::read_with(head, dtype),
            Format::Frame => frame::read_with(head, dtype),
        }
    }

    /// The bytes of this header, before the payload; none for raw data. The field `payload` is ignored.
    ///
    /// # Errors
    /// Those of [`npy::write`] and [`frame::write`].
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        match (self.format, &self.frame) {
            (Format::Raw, _) => Ok(Vec::new()),
            (Format::Npy, _) => npy::write(&self.dtype, &self.shape, self.order),
            (Format::Frame, Some(frame)) => frame::encode(&self.dtype, &self.shape, self.order, frame),
            (Format::Frame, None) => {
                Err(Error::new(Code::BadArgument, format_args!("a frame's header needs its `frame` part")))
            }
        }
    }

    /// The caller's dtype, if it agrees with the header's; the header's if the caller gives none.
    pub(crate) fn agree(written: DType, given: Option<&DType>, at: u64) -> Result<DType, Error> {
        match given {
            Some(given) if fits(&written, given) => Ok(given.clone()),
            Some(given) => {
                let way_out = "leave it out, or ask by `to` for another type of result";
                let message =
                    format_args!("dtype '{given}' was given, the header says '{written}': {way_out}");
                let (expected, actual) = (written.itemsize(), given.itemsize());
                let code = if expected == actual { Code::BadArgument } else { Code::SizeMismatch };
                Err(Error::new(code, message).sizes(expected, actual).at(at))
            }
            None => Ok(written),
        }
    }
}

/// Whether `given` equals `written`, or gives a meaning to bytes that have none in it.
fn fits(written: &DType, given: &DType) -> bool {
    match (written, given) {
        (DType::Void(count), _) => u64::from(*count) == given.itemsize(),
        (
            DType::Number(Number::Longdouble16, order),
            DType::Number(Number::X87In16 | Number::Quad, given),
        )
        | (
            DType::Complex(Number::Longdouble16, order),
            DType::Complex(Number::X87In16 | Number::Quad, given),
        ) => order == given,
        (DType::Struct(written), DType::Struct(given)) => {
            written.itemsize == given.itemsize
                && written.fields.len() == given.fields.len()
                && written.fields.iter().zip(&given.fields).all(|(written, given)| {
                    (&written.name, written.offset, &written.shape)
                        == (&given.name, given.offset, &given.shape)
                        && fits(&written.dtype, &given.dtype)
                })
        }
        _ => written == given,
    }
}

/// What a frame states about an array beyond dtype, shape and order.
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
