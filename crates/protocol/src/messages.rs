//! The messages, as serde sees them. Names are in camelCase on the wire.

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
    /// Memory order of raw data: `"C"` (default) or `"F"`.
    pub order: Option<String>,
    /// Where raw data, or the container, begins: bytes from the beginning of the buffer or view.
    pub offset: Option<u64>,
    /// Number type of the result, by NumPy's name or type string.
    pub to: Option<String>,
    /// NumPy's casting word, or `"exact"`; default `"safe"`.
    pub casting: Option<String>,
    /// Refuses what is otherwise put right or passed over.
    pub strict: bool,
    /// `false` leaves a frame's CRC-32 unchecked.
    pub checksum: Option<bool>,
    /// First byte of the view that was handed over, from the beginning of its buffer.
    pub byte_offset: u64,
    /// Bytes of the view that was handed over; by default all to the end of the buffer.
    pub byte_length: Option<u64>,
    /// Most bytes that this browser moves in one piece; by default unlimited.
    pub limit: Option<u64>,
    /// Milliseconds that fetching the buffer took, to stand beside the others in the reply.
    pub fetched: Option<f64>,
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
    /// `"little"` or `"big"`: of the source; `None` where its elements are single bytes.
    pub byte_order: Option<String>,
    /// Bytes of an element of `data`.
    pub itemsize: u64,
    /// Elements in all.
    pub size: u64,
    /// Bytes in all.
    pub nbytes: u64,
    /// Bytes that were left over behind the array.
    pub trailing: u64,
    /// Name that a frame gave the array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it was made from.
    pub source: SourceInfo,
    /// What it cost.
    pub stats: Stats,
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
