//! The wasm side of the worker: buffers that were moved here are converted, and moved back.
//!
//! The bootstrap (`js/bootstrap.js`) receives messages, fetches, and replaces this instance should it ever trap; everything
//! that touches an array's bytes happens here. A buffer never enters wasm memory whole: it passes through the staging
//! tiles of `byteferry-convert`, so wasm memory stays as it was at the start, whatever the array's size.
#![forbid(unsafe_code)]

mod decode;
mod memory;
mod options;
mod reply;

pub use decode::{Decode, decode};
pub use memory::Memory;

use byteferry_convert::Tiles;
use byteferry_protocol::Ready;
use js_sys::Reflect;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

thread_local! {
    static TILES: RefCell<Tiles> = RefCell::new(Tiles::new());
}

/// Makes a panic a JavaScript error that names file and line, and tells what this worker is.
#[wasm_bindgen(js_name = start)]
pub fn start() -> JsValue {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
    reply::to_js(&Ready {
        protocol: byteferry_protocol::VERSION,
        version: env!("CARGO_PKG_VERSION").into(),
        simd: cfg!(target_feature = "simd128"),
    })
}

/// Does the job of one `decode` message, and posts the reply.
///
/// # Errors
/// Throws only if the reply cannot be posted.
#[wasm_bindgen(js_name = decode)]
pub fn decode_message(message: &JsValue) -> Result<(), JsValue> {
    let property = |name: &str| Reflect::get(message, &name.into()).unwrap_or_default();
    let (id, buffer) = (property("id"), property("buffer"));
    let outcome = options::read(message)
        .and_then(|options| TILES.with_borrow_mut(|tiles| decode(&Memory::new(&buffer)?, &options, tiles)));
    match outcome {
        Ok(result) => reply::result(&id, &result),
        Err(error) => reply::failure(&id, &error, &buffer),
    }
}
