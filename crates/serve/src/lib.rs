//! A small HTTP server for byteferry's demo page and arrays in every format and byte order, with HTTP's range and
//! conditional requests. For the demo, for tests, and as an example of a Rust backend that sends arrays.
//!
//! | GET | answers with |
//! | --- | --- |
//! | `/` | the page: the files of `--site` |
//! | `/arrays` | JSON: the arrays with dtype, shape and origin |
//! | `/arrays/NAME.npy`, `.raw`, `.bfy` | the array as .npy, as bare bytes, as a frame; `?order=big` or `little` |
//! | `/zeros/NBYTES.npy?dtype=%3Ef4` | NBYTES zero bytes after an .npy header, made as they are sent |
//! | `/gzip/arrays/`, `/gzip/zeros/` | the same, compressed where the client accepts gzip |
//! | `/live` | telemetry as an endless stream of frames, over HTTP or, on an upgrade, a WebSocket; see below |
//! | `/uploads/NAME` | what was uploaded there by PUT or POST, into the folder `--uploads` |
//! | `/oracle/` | the files of `--oracle` |
//!
//! `/live` takes `rate` (frames a second, 60; 0 for as many as the receiver takes), `count` (endless), `from` (first
//! sequence number, 0), `channels` (4), `samples` (64, of each channel in each frame), `dtype` (`>f4`, or `f4`, `f8`,
//! `i2`, `i4` of either order). Frame K goes wrong with `gap=K` (left out), `checksum=K` (a wrong one), `cut=K` (the
//! connection breaks off in its middle), `stall=K` (it never comes, nor does another).
//!
//! `/arrays` and `/zeros` go wrong with `fault=slow` (`rate` in bytes a second), `cut`, `short`, `flip` and `stall` (each
//! `at=N` bytes of the body), `long`, `500` or `changed` (another ETag with each request). `chunk=N` sends pieces of N
//! bytes without Content-Length. With `once=KEY` only KEY's first request goes wrong: the next one may resume.
//!
//! `/uploads/NAME` takes an .npy, a frame, or raw bytes with the headers `X-Array-Dtype`, `X-Array-Shape` (`3,100`) and,
//! if not C, `X-Array-Order`. An array that is not as long as its header says, or has another checksum, is refused (422)
//! and leaves nothing behind.
//!
//! Arrays come with a strong ETag and take Range, If-Range, If-Match and If-None-Match. Every answer may be read from
//! other origins (CORS, Cross-Origin-Resource-Policy) and makes a page cross-origin isolated, so that it has
//! `SharedArrayBuffer`.
//!
//! ```no_run
//! use byteferry_serve::{Options, Server};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::bind(&Options { port: 0, ..Options::default() }).await?;
//! println!("{}", server.url());
//! server.run(std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod arrays;
mod catalogue;
mod conditional;
mod content;
mod error;
mod faults;
mod gzip;
mod isolation;
mod live;
mod options;
mod refusal;
mod server;
mod site;
mod uploads;
mod zeros;

pub use error::Error;
pub use options::Options;
pub use server::Server;
