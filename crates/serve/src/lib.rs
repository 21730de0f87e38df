//! Small HTTP server: byteferry's demo page, and arrays in every format and byte order, with all that HTTP
//! offers for parts of them. For the demo, for tests, and as an example of a Rust backend that sends arrays.
//!
//! | GET | answers with |
//! | --- | --- |
//! | `/` | the page: the files of `--site` |
//! | `/arrays` | JSON: what arrays there are, of which dtype and shape, and where they come from |
//! | `/arrays/NAME.npy`, `.raw`, `.bfy` | the array as .npy, as bare bytes, as a frame; `?order=big` or `little` |
//! | `/zeros/NBYTES.npy?dtype=%3Ef4` | so many bytes of zeros with an .npy header, made as they are sent |
//! | `/oracle/` | the files of `--oracle` |
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
mod isolation;
mod options;
mod refusal;
mod server;
mod site;
mod zeros;

pub use error::Error;
pub use options::Options;
pub use server::Server;
