//! The messages between a page and the worker.
//!
//! Messages are plain objects; the types here are their small, serialisable part. The buffers themselves (`buffer` in a
//! request, `data` in a reply, `buffer` beside an error) are properties of the same objects, and are transferred.
//!
//! | to the worker | |
//! | --- | --- |
//! | `{ id, op: "decode", buffer, progress, ...`[`DecodeOptions`]` }` | with `[buffer]` as transfer list, if it is to be transferred; or in its place `stream`, transferred, and `available`, its length in bytes |
//! | `{ id, op: "fetch", url, init, progress, ...`[`DecodeOptions`]` }` | `init` as for the page's own `fetch` |
//! | `{ id, op: "abort" }` | stops the job of that id |
//! | `{ op: "recycle", buffers }` | buffers that later results may reuse, transferred |
//!
//! | to `byteferry-worker.full.js` only | |
//! | --- | --- |
//! | `rows`, and `retries` of `fetch` | in the two messages above |
//! | `pull: true` of `decode`, `decodeAll` and `list` | in place of `stream`, one that the page reads, for engines without transferable streams |
//! | `{ op: "piece", stream, done, value }`, or with `error` | what the page has read for the job `stream`, once for each `pull` |
//! | `{ id, op: "decodeAll", buffer, names, maxBytes, ...`[`DecodeOptions`]` }` | an .npz, or a run of frames; as a `stream`, too |
//! | `{ id, op: "list", buffer }` | the directory of an .npz; of a `stream`, too |
//! | `{ id, op: "encode", array, ...`[`EncodeOptions`]` }` | `array` has `data`, `shape`, `dtype`, `order`, `complex` and `fields` as a result has them |
//! | `{ id, op: "send", url, init, ... }` | like `encode`, but the bytes are sent to `url` |
//! | `{ id, op: "open", url, init, ...`[`DecodeOptions`]` }` | asks what a file contains |
//! | `{ id, op: "rows", file, head, ranges, ... }` | rows of an array that was opened: the properties of the `open` message, those of its answer, and ranges of rows |
//! | `{ id, op: "member", file, member, rows, ... }` | a member of an .npz that was opened |
//! | `{ id, op: "frames", url, init, ...`[`FrameOptions`]`, ...`[`DecodeOptions`]` }` | frames as they come: `queue` of them, and another for each `next` |
//! | `{ id, op: "share", buffer, into, share: [index, count], ...`[`DecodeOptions`]` }` | converts a share of the elements; `buffer` and `into` are SharedArrayBuffers, which may be the same; share 0 is answered like `decode` |
//! | `{ op: "next", stream, buffers }` | a frame of the job `stream` was taken; `buffers`, transferred, may be reused for others |
//!
//! | from the worker | |
//! | --- | --- |
//! | `{ ready: `[`Ready`]` }` | once, when it takes jobs; or `{ failed: `[`Failure`]` }` if it never will |
//! | `{ id, data, ...`[`Decoded`]` }` | the result, its buffer transferred; for records, each of `fields` has `data` |
//! | `{ id, progress: `[`Progress`]` }` | before the result, every 50 ms at most, if `progress` was true |
//! | `{ id, arrays: [[name, { data, ...`[`Decoded`]` }], ...] }` | answers `decodeAll` |
//! | `{ id, members: [`[`Member`]`, ...] }` | answers `list` |
//! | `{ id, result }` | answers `encode`: an ArrayBuffer; or `send`: the answer's body, with `status`, `statusText` and `headers` |
//! | `{ id, array, head, file }` or `{ id, members, file }` | answers `open`; `array` is [`Decoded`] without data |
//! | `{ id, arrays: [[error or null, { data, ...`[`Decoded`]` }], ...] }` | answers `rows`, one array per range |
//! | `{ id, pull: true }` | asks the page for the next `piece` of a job with `pull` |
//! | `{ id, frame, dropped }`, `{ id, gap: `[`Gap`]` }`, `{ id, reconnect: `[`Reconnect`]` }` | during `frames`; at the end `{ id, frames }`, how many there were |
//! | `{ id, error: `[`Failure`]`, buffer }` | what went wrong, and the request's buffer, transferred back |
//!
//! Apart from the buffers, messages are what serde writes for the types here:
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
//! `docs/worker-protocol.md` describes the same messages for JavaScript.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod failure;
mod messages;

pub use byteferry_header::Code;
pub use failure::Failure;
pub use messages::{
    Complex, DecodeOptions, Decoded, EncodeOptions, FrameOptions, Gap, Member, Milliseconds, Progress, Ready,
    Reconnect, SourceInfo, Stats, To,
};

/// Goes up when a message changes its meaning; new optional properties do not count.
pub const VERSION: u32 = 1;
