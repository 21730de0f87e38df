//! The arrays that `arrays.json` describes: read, checked, and prepared in every format and byte order.

use crate::{
    content::{Content, Description, Payload, letter},
    error::Error,
};
use byteferry_header::{ByteOrder, DType, Format, Frame, Header, Number, Order, Shape, npy};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// All arrays, in the order of the list.
#[derive(Debug)]
pub(crate) struct Catalogue {
    arrays: Vec<Array>,
}

/// One array, ready to be sent.
#[derive(Debug)]
pub(crate) struct Array {
    /// Its entry in `GET /arrays`
    pub(crate) listing: Listing,
    contents: Vec<(Format, ByteOrder, Content)>,
}

/// An array's entry in `GET /arrays`.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing {
    pub(crate) name: String,
    dtype: String,
    shape: Vec<u64>,
    order: &'static str,
    byte_order: Option<&'static str>,
    nbytes: u64,
    files: Files,
    /// title, about, units, axes, source, licence: as in arrays.json
    #[serde(flatten)]
    prose: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize, Debug)]
struct Files {
    npy: String,
    raw: String,
    frame: String,
}

/// An array as arrays.json describes it.
#[derive(Deserialize)]
struct Entry {
    name: String,
    file: String,
    format: Stored,
    dtype: String,
    shape: Vec<u64>,
    order: Letter,
    #[serde(flatten)]
    prose: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Stored {
    Raw,
    Npy,
}

#[derive(Deserialize, Clone, Copy)]
enum Letter {
    C,
    F,
}

/// Media type of .npy files. None is registered; this is the one in use.
pub(crate) const NPY: &str = "application/x-npy";
/// Media type of byteferry's frames.
pub(crate) const FRAME: &str = "application/x-byteferry-frame";

/// The formats, by the ending of their files' names.
pub(crate) const FORMATS: [(&str, Format); 3] =
    [("npy", Format::Npy), ("raw", Format::Raw), ("bfy", Format::Frame)];

impl Catalogue {
    /// Reads `arrays.json` in `folder` and all that it names.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let list = folder.join("arrays.json");
        let text = fs::read(&list).map_err(|error| data(&list, error))?;
        let entries: Vec<Entry> = serde_json::from_slice(&text).map_err(|error| data(&list, error))?;
        let arrays = entries.into_iter().map(|entry| {
            let path = folder.join(&entry.file);
            let bytes = fs::read(&path).map_err(|error| data(&path, error))?;
            Array::new(entry, bytes.into()).map_err(|reason| data(&path, reason))
        });
        Ok(Self { arrays: arrays.collect::<Result<_, _>>()? })
    }

    pub(crate) fn arrays(&self) -> impl Iterator<Item = &Array> {
        self.arrays.iter()
    }

    pub(crate) fn array(&self, name: &str) -> Option<&Array> {
        self.arrays.iter().find(|array| array.listing.name == name)
    }
}

fn data(path: &Path, reason: impl ToString) -> Error {
    Error::Data { path: path.to_owned(), reason: reason.to_string() }
}

impl Array {
    fn new(entry: Entry, bytes: Bytes) -> Result<Self, String> {
        let dtype: DType = entry.dtype.parse().map_err(said)?;
        let DType::Number(number, stored) = dtype else {
            return Err(format!("dtype {dtype} is not among those served: numbers only"));
        };
        let shape = Shape::new(entry.shape, dtype.itemsize()).map_err(said)?;
        let order = match entry.order {
            Letter::C => Order::C,
            Letter::F => Order::Fortran,
        };
        let payload = match entry.format {
            Stored::Raw => bytes,
            Stored::Npy => {
                let len = npy::header_len(&bytes, bytes.len() as u64).map_err(said)?;
                let len = usize::try_from(len).map_err(said)?.min(bytes.len());
                let header = npy::read(&bytes[..len]).map_err(said)?;
                if (&header.dtype, &header.shape, header.order) != (&dtype, &shape, order) {
                    return Err("its header says otherwise than arrays.json".into());
                }
                bytes.slice(len..)
            }
        };
        if payload.len() as u64 != shape.nbytes() {
            let (expected, actual) = (shape.nbytes(), payload.len());
            return Err(format!(
                "dtype {dtype} and shape {:?} need {expected} bytes, there are {actual}",
                shape.dims()
            ));
        }
        let mut contents = Vec::new();
        for byte_order in [ByteOrder::Big, ByteOrder::Little] {
            // A single byte has no byte order, and a bool is sent as it is stored, whatever its byte.
            let as_stored = byte_order == stored || dtype.byte_order().is_none();
            let payload = if as_stored { payload.clone() } else { swapped(&payload, number) };
            let dtype = DType::Number(number, byte_order);
            for (_, format) in FORMATS {
                let content = content(&entry.name, format, &dtype, &shape, order, payload.clone())?;
                contents.push((format, byte_order, content));
            }
        }
        let file = |ending| format!("/arrays/{}.{ending}", entry.name);
        let listing = Listing {
            dtype: dtype.to_string(),
            shape: shape.dims().to_vec(),
            order: letter(order),
            byte_order: dtype.byte_order().map(|order| match order {
                ByteOrder::Big => "big",
                ByteOrder::Little => "little",
            }),
            nbytes: shape.nbytes(),
            files: Files { npy: file("npy"), raw: file("raw"), frame: file("bfy") },
            name: entry.name,
            prose: entry.prose,
        };
        Ok(Self { listing, contents })
    }

    pub(crate) fn content(&self, format: Format, byte_order: ByteOrder) -> Option<&Content> {
        let mut contents = self.contents.iter();
        contents.find(|content| (content.0, content.1) == (format, byte_order)).map(|content| &content.2)
    }
}

pub(crate) fn said(error: impl ToString) -> String {
    error.to_string()
}

/// The payload with the bytes of every number reversed.
fn swapped(payload: &Bytes, number: Number) -> Bytes {
    let mut result = payload.to_vec();
    for bytes in result.chunks_mut(number.itemsize() as usize) {
        bytes.reverse();
    }
    result.into()
}

fn content(
    name: &str,
    format: Format,
    dtype: &DType,
    shape: &Shape,
    order: Order,
    payload: Bytes,
) -> Result<Content, String> {
    let content_type = match format {
        Format::Npy => NPY,
        Format::Frame => FRAME,
        Format::Raw => "application/octet-stream",
    };
    let frame = Frame {
        name: name.into(),
        sequence: 0,
        crc32: Some(crc32fast::hash(&payload)),
        nbytes: Some(shape.nbytes()),
    };
    let header =
        Header { format, dtype: dtype.clone(), shape: shape.clone(), order, payload: 0, frame: Some(frame) };
    let head = header.write().map_err(said)?;
    Content::new(content_type, Description::new(dtype, shape, order), head, Payload::Held(payload))
}
