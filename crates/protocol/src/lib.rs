//! What a page and the worker say to each other.
//!
//! Messages are plain objects: everything here is their small, serialisable part. The buffers themselves (`buffer` in
//! a request, `data` in a reply, `buffer` beside an error) are properties of the same objects, and move as handles.
//!
//! | to the worker | |
//! | --- | --- |
//! | `{ id, op: "decode", buffer, progress, ...`[`DecodeOptions`]` }` | with `[buffer]` as transfer list, if it is to be moved; or `stream`, moved, and `available`, how many bytes it has, in its place |
//! | `{ id, op: "fetch", url, init, progress, ...`[`DecodeOptions`]` }` | `init` as for the page's own `fetch` |
//! | `{ id, op: "abort" }` | stops the job of that id |
//! | `{ op: "recycle", buffers }` | memory for results to come, moved |
//!
//! | to `byteferry-worker.full.js` only | |
//! | --- | --- |
//! | `rows`, and `retries` of `fetch` | with the two above |
//! | `{ id, op: "decode", pull: true, ... }` | a stream that is not moved, but read by the page, as engines without transferable streams need it |
//! | `{ op: "piece", stream, done, value }`, or with `error` | what the page has read for the job `stream`, once for each `pull` |
//! | `{ id, op: "decodeAll", buffer, names, maxBytes, ...`[`DecodeOptions`]` }` | an .npz, or a run of frames |
//! | `{ id, op: "list", buffer }` | the directory of an .npz |
//! | `{ id, op: "encode", array, ...`[`EncodeOptions`]` }` | `array` has `data`, `shape`, `dtype`, `order`, `complex` and `fields` as a result has them |
//! | `{ id, op: "send", url, init, ... }` | the same, sent |
//! | `{ id, op: "open", url, init, ...`[`DecodeOptions`]` }` | what is in a file |
//! | `{ id, op: "rows", file, head, ranges, ... }` | rows of an array that was opened: what `open` was asked, what it answered, and ranges of rows |
//! | `{ id, op: "member", file, member, rows, ... }` | a member of an .npz that was opened |
//! | `{ id, op: "frames", url, init, ...`[`FrameOptions`]`, ...`[`DecodeOptions`]` }` | frames as they come: `queue` of them, and another for each that was taken |
//! | `{ id, op: "share", buffer, into, share: [index, count], ...`[`DecodeOptions`]` }` | `buffer` and `into` are SharedArrayBuffers, which may be the same: a share of the elements is converted; share 0 is answered like `decode` |
//! | `{ op: "next", stream, buffers }` | a frame of the job `stream` was taken; memory for others, moved |
//!
//! | from the worker | |
//! | --- | --- |
//! | `{ ready: `[`Ready`]` }` | once, when it takes jobs; or `{ failed: `[`Failure`]` }` when it never will |
//! | `{ id, data, ...`[`Decoded`]` }` | the result, its buffer moved; of records, each of `fields` has `data` |
//! | `{ id, progress: `[`Progress`]` }` | before it, every 50 ms at most, if `progress` was true |
//! | `{ id, arrays: [[name, { data, ...`[`Decoded`]` }], ...] }` | of `decodeAll` |
//! | `{ id, members: [{ name, nbytes, compressed }, ...] }` | of `list` |
//! | `{ id, result }` | of `encode`: an ArrayBuffer; of `send`, the answer's body, with `status`, `statusText` and `headers` |
//! | `{ id, array, head, file }` or `{ id, members, file }` | of `open`: [`Decoded`] without data |
//! | `{ id, arrays: [[error or null, { data, ...`[`Decoded`]` }], ...] }` | of `rows`, range by range |
//! | `{ id, pull: true }` | of such a `decode`: the next `piece` is wanted |
//! | `{ id, frame, dropped }`, `{ id, gap: `[`Gap`]` }`, `{ id, reconnect: `[`Reconnect`]` }` | of `frames`, and in the end `{ id, frames }`, how many there were |
//! | `{ id, error: `[`Failure`]`, buffer }` | what went wrong, and the buffer that was handed over, moved back |
//!
//! Beside the buffers, messages are what serde makes of the types here:
//!
//! ```
//! use byteferry_protocol::{DecodeOptions, Failure, To};
//! use serde_json::{from_value, json, to_value};
//!
//! let options = DecodeOptions {
//!     dtype: Some(">i2".into()),
//!     shape: Some(vec![512, 512]),
//!     to: Some(To::One("float32".into())),
//!     ..DecodeOptions::default()
//! };
//! let message = to_value(&options)?;
//! assert_eq!((&message["dtype"], &message["to"]), (&json!(">i2"), &json!("float32")));
//!
//! let answer = json!({ "code": "truncated", "message": "524288 bytes are needed", "expected": 524288, "actual": 524287 });
//! let failure: Failure = from_value(answer)?;
//! assert_eq!((failure.code.as_str(), failure.expected), ("truncated", Some(524_288)));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! `docs/worker-protocol.md` tells the same to those who write JavaScript.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod failure;
mod messages;

pub use byteferry_header::Code;
pub use failure::Failure;
pub use messages::{
    Complex, DecodeOptions, Decoded, EncodeOptions, FrameOptions, Gap, Milliseconds, Progress, Ready,
    Reconnect, SourceInfo, Stats, To,
};

/// Goes up when a message changes its meaning; new optional properties do not count.
pub const VERSION: u32 = 1;
