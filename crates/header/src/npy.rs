//! The header of an .npy file, versions 1.0, 2.0 and 3.0.
//!
//! As [`numpy.lib.format`](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) describes
//! it, which goes beyond [NEP 1](https://numpy.org/neps/nep-0001-npy-format.html):
//!
//! ```text
//!  0 u8[6]  magic 93 4e 55 4d 50 59 ("\x93NUMPY")
//!  6 u8[2]  version: 1 0, 2 0 or 3 0
//!  8 u16 or (2.0, 3.0) u32, little-endian: bytes of text
//! .. text   a Python dict, Latin-1 or (3.0) UTF-8: {'descr': '<f4', 'fortran_order': False, 'shape': (3,), }
//!           and spaces up to a line feed; the payload behind it is 64-byte aligned
//! ```
//!
//! Everything that NumPy reads is accepted, with these exceptions.
//! - Refused are objects, which are a pickle; keys given twice, of which NumPy takes the last; shapes with more than
//!   64 axes or 2^53 - 1 bytes, or with a negative length, at which NumPy fails later.
//! - Refused are types whose size depends on the platform (`l`), and the `<V2`, `<V1` and `<f1` that NumPy writes for
//!   bfloat16 and its kin, unless the caller gives the dtype: see [`read_with`].
//! - Refused is what no writer writes: comments, hexadecimal numbers, triple-quoted strings, booleans for lengths,
//!   type strings of several types (`i4,f8`).
//! - Accepted are texts up to 64 KiB, for which NumPy needs a `max_header_size` from 10 000 bytes on, and x87 long
//!   doubles of 12 bytes, which NumPy knows on 32-bit machines only. A sub-array of sub-arrays is read as one.

use alloc::{format, vec::Vec};

use crate::{
    Code, DType, Error, Format, Header, Number, Order, Shape,
    descr::{self, dim},
    literal::{self, Encoding, Node, Value},
    magic,
    repr::{Descr, Tuple},
};

pub(crate) const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// The longest text that is read.
const MAX_TEXT: u64 = 64 * 1024;

/// What the bytes before the text say.
struct Fixed {
    encoding: Encoding,
    /// Where the text begins.
    start: u64,
    /// Where it ends, and the payload begins.
    end: u64,
}

/// How many bytes the header has, which is where the payload begins.
///
/// `first` are its first 12 bytes or more (or all there are); `available` is how many bytes there are in all.
/// Nothing is allocated, whatever length the header claims.
///
/// # Errors
/// `bad-magic` if this is no .npy, `bad-header` if the version is unknown or the text longer than 64 KiB,
/// `truncated` if the bytes end before the header does.
pub fn header_len(first: &[u8], available: u64) -> Result<u64, Error> {
    fixed(first, available).map(|fixed| fixed.end)
}

fn fixed(first: &[u8], available: u64) -> Result<Fixed, Error> {
    let begins = first.get(..MAGIC.len()).unwrap_or(first);
    if !MAGIC.starts_with(begins) {
        return Err(magic::bad(first));
    }
    let there = available.min(first.len() as u64);
    let Some(&[major, minor]) = first.get(6..).and_then(<[u8]>::first_chunk) else {
        return Err(truncated(10, there));
    };
    let (encoding, start) = match (major, minor) {
        (1, 0) => (Encoding::Latin1, 10),
        (2, 0) => (Encoding::Latin1, 12),
        (3, 0) => (Encoding::Utf8, 12),
        _ => {
            let message = format_args!(".npy version {major}.{minor} is not 1.0, 2.0 or 3.0");
            return Err(Error::new(Code::BadHeader, message).at(6));
        }
    };
    let Some(text) = first.get(8..start).filter(|_| start as u64 <= available) else {
        return Err(truncated(start as u64, there));
    };
    let text = text.iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte));
    let (start, end) = (start as u64, start as u64 + text);
    if end > available {
        return Err(truncated(end, available));
    }
    if text > MAX_TEXT {
        let message =
            format_args!("the .npy header has {text} bytes of text; byteferry reads at most {MAX_TEXT}");
        return Err(Error::new(Code::BadHeader, message).sizes(MAX_TEXT, text).at(8));
    }
    Ok(Fixed { encoding, start, end })
}

#[cold]
fn truncated(expected: u64, actual: u64) -> Error {
    Error::new(Code::Truncated, format_args!("the .npy header needs {expected} bytes, there are {actual}"))
        .sizes(expected, actual)
}

/// Reads a header from its bytes, as many as [`header_len`] says or more.
///
/// # Errors
/// Those of [`header_len`]; `bad-header` or `too-large` if the dict is invalid; `unsupported-dtype`. All say at which
/// byte.
pub fn read(head: &[u8]) -> Result<Header, Error> {
    read_with(head, None)
}

/// Reads a header with a dtype from the caller. `dtype` replaces a type string that tells nothing but a size in
/// bytes, such as the `<V2` that NumPy writes for bfloat16.
///
/// # Errors
/// Those of [`read`]; `size-mismatch` or `bad-argument` if the header's dtype does not agree with `dtype`.
pub fn read_with(head: &[u8], dtype: Option<&DType>) -> Result<Header, Error> {
    let Fixed { encoding, start, end } = fixed(head, head.len() as u64)?;
    let text = usize::try_from(end).ok().and_then(|end| head.get(start as usize..end)).unwrap_or_default();
    let dict = literal::read(text, "the .npy header", start, encoding)?;
    let [descr, fortran_order, shape] = entries(&dict)?;

    let written = descr::read(descr, descr::mode(dtype))?;
    if dtype.is_none() && (written.is_raw_only() || written.has(is_ml_dtype)) {
        let message = format_args!("dtype '{written}' is not one that an .npy can have");
        return Err(descr.error(Code::UnsupportedDtype, message));
    }
    let dtype = Header::agree(written, dtype, descr.at)?;
    let Value::Bool(fortran_order) = fortran_order.value else {
        return Err(
            fortran_order.error(Code::BadHeader, format_args!("fortran_order is neither True nor False"))
        );
    };
    let Value::Tuple(dims) = &shape.value else {
        return Err(shape.error(Code::BadHeader, format_args!("shape is not a tuple")));
    };
    let dims = dims.iter().map(dim).collect::<Result<_, _>>()?;
    Ok(Header {
        format: Format::Npy,
        shape: Shape::new(dims, dtype.itemsize()).map_err(|error| error.at(shape.at))?,
        dtype,
        order: if fortran_order { Order::Fortran } else { Order::C },
        payload: end,
        frame: None,
    })
}

const KEYS: [&str; 3] = ["descr", "fortran_order", "shape"];

/// The values of the dict, which has [`KEYS`] and no others.
fn entries(dict: &Node) -> Result<[&Node; 3], Error> {
    let Value::Dict(entries) = &dict.value else {
        return Err(dict.error(Code::BadHeader, format_args!("the .npy header is not a dict")));
    };
    let mut found = [None; 3];
    for (key, value) in entries {
        let place = KEYS.iter().zip(&mut found).find(|(known, _)| key.text() == Some(known));
        let Some((name, place)) = place else {
            let message = format_args!("the .npy header has a key that does not belong there");
            return Err(key.error(Code::BadHeader, message));
        };
        if place.replace(value).is_some() {
            return Err(
                key.error(Code::BadHeader, format_args!("the .npy header has the key '{name}' twice"))
            );
        }
    }
    match found {
        [Some(descr), Some(fortran_order), Some(shape)] => Ok([descr, fortran_order, shape]),
        _ => {
            let missing =
                KEYS.iter().zip(found).find(|(_, value)| value.is_none()).map_or("", |(key, _)| key);
            Err(dict.error(Code::BadHeader, format_args!("the .npy header has no key '{missing}'")))
        }
    }
}

fn is_ml_dtype(number: Number) -> bool {
    matches!(number, Number::Bfloat16 | Number::Float8E4m3fn | Number::Float8E5m2)
}

/// The header of an array, byte for byte as NumPy writes it: version 1.0, or 2.0 if the text is longer than 65535
/// bytes, or 3.0 if a field's name is beyond Latin-1. (NumPy reads a text longer than 64 KiB only with a larger
/// `max_header_size`; [`read`] refuses it.)
///
/// ```
/// use byteferry_header::{DType, Order, Shape, npy};
///
/// let dtype = DType::parse(">f4")?;
/// let head = npy::write(&dtype, &Shape::new(vec![3, 100], dtype.itemsize())?, Order::C)?;
/// assert_eq!(head.len(), 128);
/// assert!(head[10..].starts_with(b"{'descr': '>f4', 'fortran_order': False, 'shape': (3, 100), }  "));
/// # Ok::<(), byteferry_header::Error>(())
/// ```
///
/// # Errors
/// `unsupported-dtype` if an .npy cannot name it: bfloat16 and the like, raw-only types, records with fields out of
/// order; `bad-argument` if `shape` was made with another itemsize.
pub fn write(dtype: &DType, shape: &Shape, order: Order) -> Result<Vec<u8>, Error> {
    writable(dtype, shape)?;
    if dtype.has(is_ml_dtype) {
        let message = format_args!("an .npy cannot name dtype '{dtype}'; a frame can");
        return Err(Error::new(Code::UnsupportedDtype, message));
    }
    let fortran_order = if order == Order::Fortran { "True" } else { "False" };
    let dims = shape.dims();
    let mut text = format!(
        "{{'descr': {}, 'fortran_order': {fortran_order}, 'shape': {}, }}",
        Descr(dtype),
        Tuple(dims)
    );
    // NumPy leaves room for the axis along which an array grows to become 21 digits long.
    if let Some(dim) = if order == Order::Fortran { dims.last() } else { dims.first() } {
        let digits = dim.checked_ilog10().unwrap_or(0) as usize + 1;
        text.extend(core::iter::repeat_n(' ', 21 - digits));
    }

    let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let (major, mut bytes) = match latin1 {
        Some(bytes) if padded(bytes.len(), 10) <= 0xffff => (1, bytes),
        Some(bytes) => (2, bytes),
        None => (3, text.into_bytes()),
    };
    let fixed = if major == 1 { 10 } else { 12 };
    let length = padded(bytes.len(), fixed);
    let Ok(told) = u32::try_from(length) else {
        return Err(Error::new(
            Code::TooLarge,
            format_args!("the dtype's text is longer than an .npy header can be"),
        ));
    };
    bytes.resize(length - 1, b' ');
    bytes.push(b'\n');

    let mut head = Vec::with_capacity(fixed + length);
    head.extend(MAGIC);
    head.extend([major, 0]);
    head.extend(told.to_le_bytes().into_iter().take(fixed - 8));
    head.extend(bytes);
    Ok(head)
}

/// Length of a text with its line feed and the spaces before it, which bring the payload to a multiple of 64. NumPy
/// adds 64 spaces where none are needed.
fn padded(text: usize, fixed: usize) -> usize {
    let length = text + 1;
    length + 64 - (fixed + length) % 64
}

/// Checks what both an .npy and a frame require of an array.
pub(crate) fn writable(dtype: &DType, shape: &Shape) -> Result<(), Error> {
    if dtype.itemsize() != shape.itemsize() {
        let message = format_args!(
            "dtype '{dtype}' has {} bytes, the shape was made with {}",
            dtype.itemsize(),
            shape.itemsize()
        );
        return Err(Error::new(Code::BadArgument, message).sizes(dtype.itemsize(), shape.itemsize()));
    }
    if dtype.is_raw_only() {
        return Err(Error::new(
            Code::UnsupportedDtype,
            format_args!("dtype '{dtype}' exists as raw data only"),
        ));
    }
    if matches!(dtype, DType::Struct(record) if !record.is_packed()) {
        let message = "no header can describe a record whose fields overlap or lie out of order";
        return Err(Error::new(Code::UnsupportedDtype, format_args!("{message}")));
    }
    Ok(())
}
