//! The wasm side of the worker: converts the array buffers that were transferred to it.
//!
//! The bootstrap (`js/bootstrap.js`) receives messages, fetches, and replaces this instance if it traps; everything
//! that touches an array's bytes happens here. A buffer never enters wasm memory as a whole: it passes through the
//! staging tiles of `byteferry-convert`, so wasm memory does not grow with the array's size.
//!
//! A job consists of its options, as JSON, and a [`Host`], which holds the buffers. Its reply is JSON too: each
//! `data` in it tells JavaScript which typed array to make of one of the host's buffers. So options and reply each
//! cross the boundary to wasm as one string, not property by property.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(not(feature = "standalone"))]
extern crate std;

mod decode;
#[cfg(feature = "full")]
mod encode;
#[cfg(feature = "faults")]
mod faults;
mod memory;
mod options;
mod reply;

pub use decode::decode;
#[cfg(feature = "full")]
pub use encode::encode;
pub use memory::{Bytes, Host, turn};
pub use options::Options;

use alloc::string::String;
use byteferry_header::Error;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

// The smallest allocator that reuses freed memory: little is allocated here, mainly headers and messages.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// Turns a panic into a JavaScript error that names file and line.
#[cfg(feature = "standalone")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    wasm_bindgen::throw_str(&alloc::string::ToString::to_string(info))
}

/// Replies with the worker's protocol, version and SIMD support, as JSON: [`byteferry_protocol::Ready`].
#[wasm_bindgen(js_name = describe)]
pub fn describe(host: &Host) {
    host.answer(&reply::ready());
}

/// Does a `decode` job, or one part of it. `scope` is the worker's global scope.
///
/// The reply goes to the host as JSON, without its `id` and the buffers.
#[wasm_bindgen(js_name = decode)]
pub fn decode_job(host: &Host, scope: &DedicatedWorkerGlobalScope) {
    let options = Options::read(&Bytes::options(host));
    #[cfg(feature = "faults")]
    options.iter().for_each(faults::provoke);
    answer(host, options.and_then(|options| decode(&options, host, scope)));
}

/// Does an `encode` job; the host's column 0 is the result.
#[cfg(feature = "full")]
#[wasm_bindgen(js_name = encode)]
pub fn encode_job(host: &Host) {
    answer(host, Options::read(&Bytes::options(host)).and_then(|options| encode(&options, host)));
}

/// zlib's CRC-32 of `nbytes` bytes from `at` on. `before` is that of the bytes before them, 0 if there are none.
fn crc32(memory: &Bytes<'_>, at: u64, nbytes: u64, before: u32) -> u32 {
    // Builds 16 KiB of tables on every call, in microseconds. As constants they would be most of what is shipped.
    let crc32 = crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);
    let mut digest = crc32.digest_with_initial((!before).reverse_bits());
    memory.for_each_part(at, nbytes, &mut |part| digest.update(part));
    digest.finalize()
}

fn answer(host: &Host, reply: Result<String, Error>) {
    host.answer(&reply.unwrap_or_else(|error| reply::failure(&error)));
}
