//! The messages, as serde sees them. Names are in camelCase on the wire.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// How a buffer is to be read, and what is to become of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DecodeOptions {
    /// `"raw"`, `"npy"`, `"frame"`, or `"auto"` (default): told by the first bytes.
    pub format: Option<String>,
    /// dtype of raw data, by NumPy's name or type string; for a container, what to read an unknown type as.
    pub dtype: Option<String>,
    /// Shape of raw data; by default one axis with all there is.
    pub shape: Option<Vec<u64>>,
    /// Rows of the array, which are indices of its first axis, as Python slices them: start and stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Option<i64>>>,
    /// Memory order of raw data: `"C"` (default) or `"F"`.
    pub order: Option<String>,
    /// Where raw data, or the container, begins: bytes from the beginning of the buffer or view.
    pub offset: Option<u64>,
    /// Bytes of raw data from one element to the next along each axis, of any sign, in place of `order`.
    pub strides: Option<Vec<i64>>,
    /// What the result is to be.
    pub to: Option<To>,
    /// NumPy's casting word, or `"exact"`; default `"safe"`.
    pub casting: Option<String>,
    /// Refuses what is otherwise put right or passed over.
    pub strict: bool,
    /// `false` leaves a frame's CRC-32 unchecked.
    pub checksum: Option<bool>,
    /// Order of the result, `"C"` or `"F"`; by default that of the source.
    pub layout: Option<String>,
    /// `"planes"`: all real parts of complex numbers, then all imaginary parts.
    pub complex: Option<String>,
    /// What a long double of 16 bytes is: `"x87"` or `"quad"`.
    pub longdouble: Option<String>,
    /// First byte of the view that was handed over, from the beginning of its buffer.
    pub byte_offset: u64,
    /// Bytes of the view that was handed over; by default all to the end of the buffer.
    pub byte_length: Option<u64>,
    /// Most bytes that this browser moves in one piece; by default unlimited.
    pub limit: Option<u64>,
    /// Milliseconds that fetching the buffer took, to stand beside the others in the reply.
    pub fetched: Option<f64>,
}

/// What a result is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum To {
    /// A number type, by NumPy's name or type string; or `"bytes"`, the elements as they are stored.
    One(String),
    /// Such for some fields of a record, by their names.
    #[serde(with = "entries")]
    Fields(Vec<(String, To)>),
}

/// A map in the order of its entries.
mod entries {
    use super::To;
    use alloc::{collections::BTreeMap, string::String, vec::Vec};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        entries: &[(String, To)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(entries.iter().map(|(name, to)| (name, to)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, To)>, D::Error> {
        Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
    }
}

/// What a result is, beside its `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decoded {
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Bytes from one element to the next along each axis, as NumPy counts them.
    pub strides: Vec<i64>,
    /// `"C"` or `"F"`
    pub order: String,
    /// dtype of `data`, by NumPy's name.
    pub dtype: String,
    /// `"little"` or `"big"`: of the source; `None` where its elements are single bytes, or records.
    pub byte_order: Option<String>,
    /// Bytes of an element: of `data`, or where that is text or there are `fields`, of the source.
    pub itemsize: u64,
    /// Elements in all.
    pub size: u64,
    /// Bytes in all.
    pub nbytes: u64,
    /// Unit of a datetime or timedelta: `"25s"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `true` where `data` has two numbers to an element, `"planes"` where it has all real parts first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complex: Option<Complex>,
    /// Codes of text that were no characters, and are U+FFFD now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u64>,
    /// The names of the fields in their order, which an object may not keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// The fields of records, each an array of its own, instead of `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<BTreeMap<String, Decoded>>,
    /// Bytes that were left over behind the array; not told of a field, as all that follows.
    #[serde(default)]
    pub trailing: u64,
    /// Name that a frame gave the array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its number in its stream, if it came as a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceInfo>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// How complex numbers lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Complex {
    /// `true`: real and imaginary part side by side.
    Interleaved(bool),
    /// `"planes"`
    Apart(String),
}

/// What a result was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// `"raw"`, `"npy"` or `"frame"`
    pub format: String,
    /// NumPy's type string: `">f4"`.
    pub dtype: String,
    /// First byte of the payload, from the beginning of the input.
    pub offset: u64,
}

/// What a result cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// `"view"`, `"in-place"` or `"into"`
    pub plan: String,
    /// Bytes of ArrayBuffers that the worker allocated for this result.
    pub allocated: u64,
    /// Bytes of the worker's wasm memory.
    pub wasm_memory: u64,
    /// Where the time went.
    pub milliseconds: Milliseconds,
}

/// Where the time went, by the worker's clock. The page adds `wait` and `total`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Milliseconds {
    /// From the request to the last byte of the body, where the worker fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<f64>,
    /// Reading the header and making the plan.
    pub header: f64,
    /// Carrying it out, allocation included.
    pub convert: f64,
}

/// What a worker says when it takes jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// [`VERSION`](crate::VERSION)
    pub protocol: u32,
    /// Version of the worker script.
    pub version: String,
    /// Whether the kernels use wasm's SIMD.
    pub simd: bool,
}
