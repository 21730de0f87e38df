//! The messages, as serde sees them. Names are in camelCase on the wire.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// How to read a buffer, and what to make of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DecodeOptions {
    /// `"raw"`, `"npy"`, `"frame"`, or `"auto"` (default): detected from the first bytes.
    pub format: Option<String>,
    /// dtype of raw data, by NumPy's name or type string; in a container, the type to read an unknown one as.
    pub dtype: Option<String>,
    /// Shape of raw data; by default one axis with all elements.
    pub shape: Option<Vec<u64>>,
    /// Rows to read, as a Python slice of the first axis: start and stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Option<i64>>>,
    /// Memory order of raw data: `"C"` (default) or `"F"`.
    pub order: Option<String>,
    /// Offset of the raw data or the container, in bytes from the beginning of the buffer or view.
    pub offset: Option<u64>,
    /// Strides of raw data in bytes, one per axis, of any sign; in place of `order`.
    pub strides: Option<Vec<i64>>,
    /// Type of the result.
    pub to: Option<To>,
    /// How much `to` may change: NumPy's casting word, or `"exact"`; default `"safe"`.
    pub casting: Option<String>,
    /// Refuses what is otherwise corrected or ignored.
    pub strict: bool,
    /// `false` leaves a frame's CRC-32 unchecked.
    pub checksum: Option<bool>,
    /// Memory order of the result, `"C"` or `"F"`; by default that of the source.
    pub layout: Option<String>,
    /// `"planes"`: all real parts of complex numbers, then all imaginary parts.
    pub complex: Option<String>,
    /// Format of a long double of 16 bytes: `"x87"` or `"quad"`.
    pub longdouble: Option<String>,
    /// Where the view to read begins in its buffer, in bytes.
    pub byte_offset: u64,
    /// Bytes of the view to read; by default up to the end of the buffer.
    pub byte_length: Option<u64>,
    /// Most bytes that the result may have; by default as many as this browser transfers in one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Type of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum To {
    /// A number type, by NumPy's name or type string; or `"bytes"`, the elements as they are stored.
    One(String),
    /// Types for some fields of a record, by their names.
    #[serde(with = "entries")]
    Fields(Vec<(String, To)>),
}

impl From<&str> for To {
    fn from(dtype: &str) -> Self {
        Self::One(dtype.into())
    }
}

impl From<String> for To {
    fn from(dtype: String) -> Self {
        Self::One(dtype)
    }
}

/// Serialises pairs as a map, in their order.
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

/// How to encode an array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EncodeOptions {
    /// `"npy"` (default), `"raw"` or `"frame"`
    pub format: Option<String>,
    /// `"little"` or `"big"`; by default as `dtype` says, or little.
    pub byte_order: Option<String>,
    /// NumPy's name, type string, or list of fields; by default the array's own dtype.
    pub dtype: Option<String>,
    /// How much `dtype` may change: NumPy's casting word, or `"exact"`; default `"safe"`.
    pub casting: Option<String>,
    /// Memory order, `"C"` or `"F"`; by default the array's.
    pub layout: Option<String>,
    /// Format of a `float128`: `"x87"` (default) or `"quad"`.
    pub longdouble: Option<String>,
    /// Name in a frame; by default the array's.
    pub name: Option<String>,
    /// Sequence number in a stream of frames; default 0.
    pub sequence: Option<u64>,
    /// `false` leaves out a frame's CRC-32.
    pub checksum: Option<bool>,
}

/// How a stream of frames is received.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrameOptions {
    /// What becomes of frames that come faster than they are taken: `"block"`, `"latest"` or `"error"`; by default
    /// `"block"`, of a WebSocket `"latest"`.
    pub slow: Option<String>,
    /// Most frames that wait in the page, at least 1; by default 8, with `"latest"` 1.
    pub queue: Option<u32>,
    /// How often in a row a broken connection is opened anew; default 0.
    pub reconnect: Option<u32>,
    /// Whether missing frames are reported as a [`Gap`] instead of an error.
    pub gaps: bool,
}

/// Reads numbers that others wrote into a file, which JavaScript rounds from 2^53 on.
mod rounded {
    use serde::{Deserialize, Deserializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(u64),
        Rounded(f64),
    }

    impl From<Number> for u64 {
        fn from(number: Number) -> Self {
            match number {
                Number::Whole(number) => number,
                Number::Rounded(number) => number as Self,
            }
        }
    }

    pub(super) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        Number::deserialize(deserializer).map(Into::into)
    }

    pub(super) fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        Ok(Option::<Number>::deserialize(deserializer)?.map(Into::into))
    }
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes that have come.
    pub loaded: u64,
    /// Bytes in all, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// `"data"`, or `"retry"` when the rest is requested anew.
    pub phase: String,
}

/// Frames that are missing, by their sequence numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The sequence number that was expected.
    #[serde(deserialize_with = "rounded::one")]
    pub expected: u64,
    /// The sequence number that came.
    #[serde(deserialize_with = "rounded::one")]
    pub actual: u64,
    /// How many frames are missing; 0 if a number came again.
    #[serde(deserialize_with = "rounded::one")]
    pub missed: u64,
}

/// A connection that broke off and will be opened anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconnect {
    /// Which attempt in a row this is, from 1.
    pub attempt: u32,
    /// When it is opened, in milliseconds from now.
    pub after: f64,
    /// Why it broke off.
    pub reason: String,
}

/// The properties of a result, apart from `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decoded {
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Strides: bytes from one element to the next along each axis, as NumPy counts them.
    pub strides: Vec<i64>,
    /// `"C"` or `"F"`
    pub order: String,
    /// dtype of `data`, by NumPy's name.
    pub dtype: String,
    /// Byte order of the source: `"little"` or `"big"`; `None` for single bytes and records.
    pub byte_order: Option<String>,
    /// Bytes of an element of `data`; for text and records, of the source.
    pub itemsize: u64,
    /// Elements in all.
    pub size: u64,
    /// Bytes in all.
    pub nbytes: u64,
    /// Unit of a datetime or timedelta: `"25s"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `true` if `data` has two numbers to an element, `"planes"` if it has all real parts first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complex: Option<Complex>,
    /// Codes of text that were no characters, and were replaced by U+FFFD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u64>,
    /// The names of the fields in order, which a JavaScript object may not keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// The fields of records, each an array of its own, instead of `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<BTreeMap<String, Decoded>>,
    /// Bytes left over after the array. A field has neither this nor any property below.
    #[serde(default)]
    pub trailing: u64,
    /// Name that a frame gave the array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Sequence number in its stream, if it came as a frame.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "rounded::some")]
    pub sequence: Option<u64>,
    /// What it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceInfo>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// How complex numbers lie in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Complex {
    /// `true`: real and imaginary part side by side.
    Interleaved(bool),
    /// `"planes"`
    Apart(String),
}

/// The source that a result was made from.
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

/// Where the time went: `wait` and `total` by the page's clock, the others by the worker's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Milliseconds {
    /// From the request to the last byte of the body, if the worker fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<f64>,
    /// Reading the header and making the plan.
    pub header: f64,
    /// Converting, allocation included.
    pub convert: f64,
    /// The rest of `total`: both messages, the queue, and the worker's start if this job had to wait for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<f64>,
    /// From the call to the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
}

/// A member of an archive, as its directory has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path in the archive, without `.npy`.
    pub name: String,
    /// Bytes of the member, header included.
    #[serde(deserialize_with = "rounded::one")]
    pub nbytes: u64,
    /// Bytes that it takes in the archive.
    #[serde(deserialize_with = "rounded::one")]
    pub compressed: u64,
}

/// A worker's description, sent when it takes jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// [`VERSION`](crate::VERSION)
    pub protocol: u32,
    /// Version of the worker script.
    pub version: String,
    /// Whether the kernels use wasm's SIMD.
    pub simd: bool,
}
