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

/// How an array becomes bytes.
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
    /// What a `float128` is to be: `"x87"` (default) or `"quad"`.
    pub longdouble: Option<String>,
    /// Name in a frame; by default the array's.
    pub name: Option<String>,
    /// Number in a stream of frames; default 0.
    pub sequence: Option<u64>,
    /// `false` leaves out a frame's CRC-32.
    pub checksum: Option<bool>,
}

/// How frames are taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrameOptions {
    /// What becomes of frames that come faster than they are taken: `"block"`, `"latest"` or `"error"`; by default the first, of a WebSocket the second.
    pub slow: Option<String>,
    /// Frames that may wait in the page, at least 1; by default 8, and 1 of `"latest"`.
    pub queue: Option<u32>,
    /// How often in a row a connection that broke off is opened anew; default 0.
    pub reconnect: Option<u32>,
    /// Whether missing frames are told, in place of an error.
    pub gaps: bool,
}

/// Numbers of frames, which JavaScript rounds from 2^53 on.
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
    /// Bytes that came.
    pub loaded: u64,
    /// Bytes there will be, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// `"data"`, or `"retry"` when the rest is asked for anew.
    pub phase: String,
}

/// Frames that are missing, by their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The number that was due.
    #[serde(deserialize_with = "rounded::one")]
    pub expected: u64,
    /// The one that came.
    #[serde(deserialize_with = "rounded::one")]
    pub actual: u64,
    /// How many are missing; 0 where a number came again.
    #[serde(deserialize_with = "rounded::one")]
    pub missed: u64,
}

/// A connection that broke off, and is opened anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconnect {
    /// Which attempt in a row this is, from 1.
    pub attempt: u32,
    /// Milliseconds from now.
    pub after: f64,
    /// Why it broke off.
    pub reason: String,
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
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "rounded::some")]
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

/// Where the time went: by the worker's clock, and the last two by the page's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Milliseconds {
    /// From the request to the last byte of the body, where the worker fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<f64>,
    /// Reading the header and making the plan.
    pub header: f64,
    /// Carrying it out, allocation included.
    pub convert: f64,
    /// What `total` has beside the others: both messages, the queue, and the worker's start if this job had to wait for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<f64>,
    /// From the call to the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
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
