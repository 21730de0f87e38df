//! The header of a frame, byteferry's own container: for streams of arrays, with checksums and names.
//!
//! Integers are little-endian:
//!
//! ```text
//!  0 u8[4]  magic 93 42 46 59 ("\x93BFY")
//!  4 u8     version 1
//!  5 u8     flags: 1 Fortran order, 2 crc32 present, 4 payload length unknown (runs to the end of the stream); the rest 0
//!  6 u16    ndim, at most 64
//!  8 u16    bytes of dtype text
//! 10 u16    bytes of name
//! 12 u32    CRC-32 (zlib's) of the payload, else 0
//! 16 u64    payload bytes (0 where unknown)
//! 24 u64    sequence number in its stream, from 0
//! 32 u64 x ndim  shape
//! ..  dtype text, ASCII, NumPy's own: >f4, or [('t', '<i8'), ('v', '>f4', (3,))]
//! ..  name, UTF-8
//! ..  zeros to a multiple of 64; then the payload, and zeros to a multiple of 64 if another frame follows
//! ```
//!
//! Types that NumPy has no type string for, such as `bfloat16`, are written by name.

use alloc::{format, vec::Vec};

use crate::{
    Code, DType, Error, Format, Frame, Header, Order, Shape, descr, magic, npy::writable, repr::Tuple,
    shape::MAX_DIMS,
};

pub(crate) const MAGIC: [u8; 4] = *b"\x93BFY";

/// Bytes before the shape.
const FIXED: u64 = 32;

const VERSION: u8 = 1;

const FORTRAN: u8 = 1;
const CRC32: u8 = 2;
const UNKNOWN_LENGTH: u8 = 4;

/// The fields before the shape.
struct Fixed {
    flags: u8,
    ndim: u16,
    text: u16,
    name: u16,
    crc32: u32,
    nbytes: u64,
    sequence: u64,
}

/// How many bytes the header has, which is where the payload begins.
///
/// `first` are its first 32 bytes or more (or all there are); `available` is how many bytes there are in all.
///
/// # Errors
/// `bad-magic` if this is no frame, `bad-header` if its version, flags or fields are not those of one,
/// `truncated` if the bytes end before the header does.
pub fn header_len(first: &[u8], available: u64) -> Result<u64, Error> {
    fixed(first, available).map(|fixed| fixed.payload())
}

fn fixed(first: &[u8], available: u64) -> Result<Fixed, Error> {
    let begins = first.get(..MAGIC.len()).unwrap_or(first);
    if !MAGIC.starts_with(begins) {
        return Err(magic::bad(first));
    }
    let Some(head) = first.get(..FIXED as usize).filter(|_| available >= FIXED) else {
        return Err(truncated(FIXED, available.min(first.len() as u64)));
    };
    let [version, flags] = at(head, 4);
    let fixed = Fixed {
        flags,
        ndim: u16::from_le_bytes(at(head, 6)),
        text: u16::from_le_bytes(at(head, 8)),
        name: u16::from_le_bytes(at(head, 10)),
        crc32: u32::from_le_bytes(at(head, 12)),
        nbytes: u64::from_le_bytes(at(head, 16)),
        sequence: u64::from_le_bytes(at(head, 24)),
    };
    if version != VERSION {
        return Err(bad(4, format_args!("the frame has version {version}, not {VERSION}")));
    }
    if flags & !(FORTRAN | CRC32 | UNKNOWN_LENGTH) != 0 {
        return Err(bad(5, format_args!("the frame has unknown flags")));
    }
    if usize::from(fixed.ndim) > MAX_DIMS {
        return Err(bad(6, format_args!("the frame has more than {MAX_DIMS} axes"))
            .sizes(MAX_DIMS as u64, fixed.ndim.into()));
    }
    if flags & CRC32 == 0 && fixed.crc32 != 0 {
        return Err(bad(12, format_args!("the frame has a CRC-32, its flags say that it has none")));
    }
    if flags & UNKNOWN_LENGTH != 0 && fixed.nbytes != 0 {
        return Err(bad(16, format_args!("the frame has a payload length, its flags say that it has none")));
    }
    let end = fixed.payload();
    if end > available {
        return Err(truncated(end, available));
    }
    Ok(fixed)
}

impl Fixed {
    /// Where the dtype text begins.
    fn text_start(&self) -> u64 {
        FIXED + 8 * u64::from(self.ndim)
    }

    /// Where the payload begins.
    fn payload(&self) -> u64 {
        (self.text_start() + u64::from(self.text) + u64::from(self.name)).next_multiple_of(64)
    }
}

/// The bytes at an offset that is known to lie within `bytes`.
fn at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes.get(offset..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

#[cold]
fn bad(offset: u64, message: core::fmt::Arguments<'_>) -> Error {
    Error::new(Code::BadHeader, message).at(offset)
}

#[cold]
fn truncated(expected: u64, actual: u64) -> Error {
    Error::new(Code::Truncated, format_args!("the frame's header needs {expected} bytes, there are {actual}"))
        .sizes(expected, actual)
}

/// Reads a header from its bytes, as many as [`header_len`] says or more.
///
/// # Errors
/// Those of [`header_len`]; `bad-header` or `too-large` where the fields disagree; `unsupported-dtype`. All
/// say at which byte.
pub fn read(head: &[u8]) -> Result<Header, Error> {
    read_with(head, None)
}

/// Reads a header whose dtype the caller knows better, as [`npy::read_with`](crate::npy::read_with) does.
///
/// # Errors
/// Those of [`read`]; `size-mismatch` or `bad-argument` if the header's dtype does not agree with `dtype`.
pub fn read_with(head: &[u8], dtype: Option<&DType>) -> Result<Header, Error> {
    let fixed = fixed(head, head.len() as u64)?;
    let payload = fixed.payload();
    let text_start = fixed.text_start();
    let (_, rest) = head.split_at_checked(FIXED as usize).unwrap_or_default();
    let (dims, rest) = rest.split_at_checked(8 * usize::from(fixed.ndim)).unwrap_or_default();
    let (text, rest) = rest.split_at_checked(fixed.text.into()).unwrap_or_default();
    let (name, rest) = rest.split_at_checked(fixed.name.into()).unwrap_or_default();
    let name_start = text_start + u64::from(fixed.text);
    let padding_start = name_start + u64::from(fixed.name);

    if let Some(index) = text.iter().position(|byte| !byte.is_ascii()) {
        return Err(bad(text_start + index as u64, format_args!("the frame's dtype text is not ASCII")));
    }
    let written = descr::read_text(text, "the frame's dtype", text_start, descr::mode(dtype))?;
    if written.is_raw_only() {
        let message = format_args!("dtype '{written}' exists as raw data only");
        return Err(Error::new(Code::UnsupportedDtype, message).at(text_start));
    }
    let dtype = Header::agree(written, dtype, text_start)?;
    let name = core::str::from_utf8(name).map_err(|error| {
        bad(name_start + error.valid_up_to() as u64, format_args!("the frame's name is not valid UTF-8"))
    })?;
    let padding = (payload - padding_start) as usize;
    if let Some(index) = rest.iter().take(padding).position(|byte| *byte != 0) {
        return Err(bad(
            padding_start + index as u64,
            format_args!("the frame's header should be followed by zeros"),
        ));
    }

    let dims = dims.chunks_exact(8).map(|dim| u64::from_le_bytes(at(dim, 0))).collect();
    let shape = Shape::new(dims, dtype.itemsize()).map_err(|error| error.at(FIXED))?;
    let length_known = fixed.flags & UNKNOWN_LENGTH == 0;
    if length_known && fixed.nbytes != shape.nbytes() {
        let message = format_args!(
            "the frame's dtype '{dtype}' and shape {} need {} bytes, the frame says {}",
            Tuple(shape.dims()),
            shape.nbytes(),
            fixed.nbytes
        );
        return Err(bad(16, message).sizes(shape.nbytes(), fixed.nbytes));
    }
    Ok(Header {
        format: Format::Frame,
        dtype,
        shape,
        order: if fixed.flags & FORTRAN == 0 { Order::C } else { Order::Fortran },
        payload,
        frame: Some(Frame {
            name: name.into(),
            sequence: fixed.sequence,
            crc32: (fixed.flags & CRC32 != 0).then_some(fixed.crc32),
            nbytes: length_known.then_some(fixed.nbytes),
        }),
    })
}

/// The header of a frame whose payload is the whole array.
///
/// `name` may be empty, `sequence` is 0 if there is only one frame; `crc32` is zlib's, of the payload. If another
/// frame follows, the caller writes the zeros after the payload, up to a multiple of 64.
///
/// ```
/// use byteferry_header::{DType, Order, Shape, frame};
///
/// let dtype = DType::parse(">f4")?;
/// let shape = Shape::new(vec![3, 100], dtype.itemsize())?;
/// let head = frame::write(&dtype, &shape, Order::C, "pressure", 7, None)?;
/// assert_eq!(head.len(), 64);
/// let frame = frame::read(&head)?.frame.unwrap();
/// assert_eq!((frame.name.as_str(), frame.sequence, frame.nbytes), ("pressure", 7, Some(1200)));
/// # Ok::<(), byteferry_header::Error>(())
/// ```
///
/// # Errors
/// `unsupported-dtype` for raw-only types and records with fields out of order; `bad-argument` if `shape` was
/// made with another itemsize; `too-large` if the dtype's text or the name has more than 65535 bytes.
pub fn write(
    dtype: &DType,
    shape: &Shape,
    order: Order,
    name: &str,
    sequence: u64,
    crc32: Option<u32>,
) -> Result<Vec<u8>, Error> {
    let frame = Frame { name: name.into(), sequence, crc32, nbytes: Some(shape.nbytes()) };
    encode(dtype, shape, order, &frame)
}

pub(crate) fn encode(dtype: &DType, shape: &Shape, order: Order, frame: &Frame) -> Result<Vec<u8>, Error> {
    writable(dtype, shape)?;
    if let Some(nbytes) = frame.nbytes.filter(|nbytes| *nbytes != shape.nbytes()) {
        let message = format_args!("the array has {} bytes, its frame is to say {nbytes}", shape.nbytes());
        return Err(Error::new(Code::BadArgument, message).sizes(shape.nbytes(), nbytes));
    }
    let text = format!("{dtype:#}");
    let (Ok(text_len), Ok(name_len)) = (u16::try_from(text.len()), u16::try_from(frame.name.len())) else {
        let longest = text.len().max(frame.name.len()) as u64;
        let message =
            format_args!("a frame has room for 65535 bytes of dtype text and of name, not for {longest}");
        return Err(Error::new(Code::TooLarge, message).sizes(0xffff, longest));
    };
    let mut flags = if order == Order::Fortran { FORTRAN } else { 0 };
    flags |= if frame.crc32.is_some() { CRC32 } else { 0 };
    flags |= if frame.nbytes.is_none() { UNKNOWN_LENGTH } else { 0 };

    let mut head = Vec::new();
    head.extend(MAGIC);
    head.extend([VERSION, flags]);
    head.extend((shape.dims().len() as u16).to_le_bytes());
    head.extend(text_len.to_le_bytes());
    head.extend(name_len.to_le_bytes());
    head.extend(frame.crc32.unwrap_or(0).to_le_bytes());
    head.extend(frame.nbytes.unwrap_or(0).to_le_bytes());
    head.extend(frame.sequence.to_le_bytes());
    for dim in shape.dims() {
        head.extend(dim.to_le_bytes());
    }
    head.extend(text.as_bytes());
    head.extend(frame.name.as_bytes());
    head.resize(head.len().next_multiple_of(64), 0);
    Ok(head)
}
