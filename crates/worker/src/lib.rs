//! The wasm side of the worker: buffers that were moved here are converted, and moved back.
//!
//! The bootstrap (`js/bootstrap.js`) receives messages, fetches, and replaces this instance should it ever trap; everything
//! that touches an array's bytes happens here. A buffer never enters wasm memory whole: it passes through the staging
//! tiles of `byteferry-convert`, so wasm memory stays as it was at the start, whatever the array's size.
#![forbid(unsafe_code)]

mod decode;
mod home;
mod memory;
mod options;
mod reply;

pub use decode::{ColumnData, Decode, Source, decode};
pub use memory::Memory;

use byteferry_convert::Tiles;
use js_sys::Reflect;
use std::cell::Cell;
use wasm_bindgen::prelude::*;

// A third of the size of the standard library's, and there is little to allocate: headers and messages.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[wasm_bindgen]
extern "C" {
    /// The worker itself.
    #[wasm_bindgen(thread_local_v2, js_name = self)]
    static SCOPE: web_sys::DedicatedWorkerGlobalScope;
}

thread_local! {
    // Taken out for a job and put back after it.
    static TILES: Cell<Option<Tiles>> = const { Cell::new(None) };
}

/// Makes a panic a JavaScript error that names file and line, and tells what this worker is.
#[wasm_bindgen(js_name = start)]
pub fn start() -> JsValue {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
    reply::ready()
}

/// Does the job of one `decode` message, and posts the reply.
///
/// # Errors
/// Throws only if the reply cannot be posted.
#[wasm_bindgen(js_name = decode)]
pub fn decode_message(message: &JsValue) -> Result<(), JsValue> {
    let property = |name: &str| Reflect::get(message, &name.into()).unwrap_or_default();
    let (id, buffer) = (property("id"), property("buffer"));
    let outcome = options::read(message).and_then(|options| {
        let memory = Memory::new(&buffer)?;
        let mut tiles = TILES.take().unwrap_or_default();
        let result = decode(&memory, &options, &mut tiles);
        TILES.set(Some(tiles));
        Ok((result?, options))
    });
    match outcome {
        Ok((result, options)) => reply::result(&id, &result, &options),
        Err(error) => reply::failure(&id, &error, &buffer),
    }
}
