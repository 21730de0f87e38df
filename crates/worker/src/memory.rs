//! JavaScript's buffers as memory that the tile loop reads and writes.

use alloc::{vec, vec::Vec};
use byteferry_convert::{Sink, Source};
use byteferry_header::{Code, Error};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript holds for a job, and hands out by number: `js/host.js`.
    pub type Host;

    /// What was handed over.
    #[wasm_bindgen(method)]
    pub(crate) fn input(this: &Host, index: usize) -> Bytes;

    /// A column that was allocated by an earlier part of the job.
    #[wasm_bindgen(method)]
    fn column(this: &Host, index: usize) -> Bytes;

    /// Makes the input column 0 of the result. `written`: its bytes may no longer be what they were; should this instance
    /// trap, they are not given back as such.
    #[wasm_bindgen(method)]
    fn keep(this: &Host, written: bool) -> Bytes;

    /// Bytes of the columns that were not made of recycled memory.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn allocated(this: &Host) -> f64;

    /// Makes a column of so many bytes; none if there is no memory for it.
    #[wasm_bindgen(method)]
    fn allocate(this: &Host, index: usize, nbytes: f64) -> Option<Bytes>;

    /// Takes the reply.
    #[wasm_bindgen(method)]
    pub(crate) fn answer(this: &Host, json: &str);

    /// Adds strings to a column of text: UTF-16, one behind the other, and where each ends.
    #[wasm_bindgen(method)]
    fn text(this: &Host, index: usize, units: &[u16], ends: &[u32]);

    /// An `ArrayBuffer` or `SharedArrayBuffer`, by its bytes. js-sys counts in u32; Firefox's buffers go beyond.
    #[wasm_bindgen(js_name = Uint8Array)]
    pub type Bytes;

    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn byte_length(this: &Bytes) -> f64;

    #[wasm_bindgen(method)]
    fn subarray(this: &Bytes, begin: f64, end: f64) -> Uint8Array;

    #[wasm_bindgen(method)]
    fn set(this: &Bytes, bytes: &[u8], at: f64);
}

impl Bytes {
    /// Bytes of the whole buffer.
    pub(crate) fn nbytes(&self) -> u64 {
        self.byte_length() as u64
    }

    /// Copies a part of it, which has been checked to be there and to be small.
    pub(crate) fn copy(&self, at: u64, len: u64) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        self.read(at, &mut bytes);
        bytes
    }

    /// Shows the bytes from `at` on in parts of a tile's size.
    pub(crate) fn for_each_part(&self, mut at: u64, nbytes: u64, show: &mut dyn FnMut(&[u8])) {
        let end = at + nbytes;
        while at < end {
            let part = self.copy(at, (end - at).min(16 * 1024));
            show(&part);
            at += part.len() as u64;
        }
    }
}

impl Source for Bytes {
    fn read(&self, at: u64, into: &mut [u8]) {
        let begin = at as f64;
        self.subarray(begin, begin + into.len() as f64).copy_to(into);
    }
}

/// What a column is written to: a buffer, or a list of strings.
pub(crate) struct Home<'a> {
    host: &'a Host,
    index: usize,
    bytes: Option<Bytes>,
    /// Codes of text that were no characters.
    pub(crate) replaced: u64,
}

impl<'a> Home<'a> {
    /// What was handed over, which may be written to.
    pub(crate) fn kept(host: &'a Host, written: bool) -> Self {
        Self { bytes: Some(host.keep(written)), ..Self::text(host, 0) }
    }

    /// A buffer that is to be written.
    ///
    /// # Errors
    /// `out-of-memory` if the browser has none to give.
    pub(crate) fn allocate(host: &'a Host, index: usize, nbytes: u64) -> Result<Self, Error> {
        match host.allocate(index, nbytes as f64) {
            Some(bytes) => Ok(Self { bytes: Some(bytes), ..Self::text(host, index) }),
            None => Err(Error::new(
                Code::OutOfMemory,
                format_args!("the browser has no {nbytes} bytes for the result"),
            )),
        }
    }

    /// What was handed over, to be read.
    pub(crate) fn input(host: &'a Host, index: usize) -> Self {
        Self { bytes: Some(host.input(index)), ..Self::text(host, index) }
    }

    /// A buffer that is there already.
    pub(crate) fn column(host: &'a Host, index: usize) -> Self {
        Self { bytes: Some(host.column(index)), ..Self::text(host, index) }
    }

    /// An empty list of strings.
    pub(crate) fn text(host: &'a Host, index: usize) -> Self {
        Self { host, index, bytes: None, replaced: 0 }
    }
}

#[cfg(feature = "full")]
impl Home<'_> {
    /// Bytes of it; 0 of text.
    pub(crate) fn nbytes(&self) -> u64 {
        self.bytes.as_ref().map_or(0, Bytes::nbytes)
    }

    /// Its bytes, if it has any.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        self.bytes.as_ref()
    }
}

impl Source for Home<'_> {
    fn read(&self, at: u64, into: &mut [u8]) {
        if let Some(bytes) = &self.bytes {
            bytes.read(at, into);
        }
    }
}

impl Sink for Home<'_> {
    fn write(&mut self, at: u64, part: &[u8]) {
        if let Some(bytes) = &self.bytes {
            bytes.set(part, at as f64);
        }
    }

    fn text(&mut self, units: &[u16], ends: &[u32], replaced: u64) {
        self.host.text(self.index, units, ends);
        self.replaced += replaced;
    }
}
