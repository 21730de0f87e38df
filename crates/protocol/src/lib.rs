//! What a page and the worker say to each other.
//!
//! Messages are plain objects: everything here is their small, serialisable part. The buffers themselves (`buffer` in
//! a request, `data` in a reply, `buffer` beside an error) are properties of the same objects, and move as handles.
//!
//! | to the worker | |
//! | --- | --- |
//! | `{ id, op: "decode", buffer, ...`[`DecodeOptions`]` }` | with `[buffer]` as transfer list, if it is to be moved |
//! | `{ id, op: "fetch", url, init, ...`[`DecodeOptions`]` }` | `init` as for the page's own `fetch` |
//! | `{ id, op: "decodeAll", buffer, names, maxBytes, ...`[`DecodeOptions`]` }` | an .npz, or a run of frames |
//! | `{ id, op: "list", buffer }` | the directory of an .npz |
//! | `{ id, op: "encode", array, format, byteOrder, dtype, casting, layout, longdouble, name, sequence, checksum }` | `byteferry-worker.full.js` only; `array` has `data`, `shape`, `dtype`, `order`, `complex` and `fields` as a result has them |
//! | `{ id, op: "abort" }` | stops the job of that id |
//!
//! | from the worker | |
//! | --- | --- |
//! | `{ ready: `[`Ready`]` }` | once, when it takes jobs; or `{ failed: `[`Failure`]` }` when it never will |
//! | `{ id, data, ...`[`Decoded`]` }` | the result, its buffer moved; of records, each of `fields` has `data` |
//! | `{ id, arrays: [[name, { data, ...`[`Decoded`]` }], ...] }` | of `decodeAll` |
//! | `{ id, members: [{ name, nbytes, compressed }, ...] }` | of `list` |
//! | `{ id, result }` | of `encode`: an ArrayBuffer |
//! | `{ id, error: `[`Failure`]`, buffer }` | what went wrong, and the buffer that was handed over, moved back |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod failure;
mod messages;

pub use byteferry_header::Code;
pub use failure::Failure;
pub use messages::{Complex, DecodeOptions, Decoded, Milliseconds, Ready, SourceInfo, Stats, To};

/// Goes up when a message changes its meaning; new optional properties do not count.
pub const VERSION: u32 = 1;
