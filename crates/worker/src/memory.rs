//! JavaScript's buffers as memory that the tile loop reads and writes.

use crate::SCOPE;
use byteferry_convert::{Sink, Source};
use byteferry_header::{Code, Error, Number};
use js_sys::{Array, ArrayBuffer, Function, Reflect, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // js-sys counts in u32; Firefox's buffers go beyond.
    #[wasm_bindgen(js_name = Uint8Array)]
    type Bytes;

    #[wasm_bindgen(constructor, catch, js_class = "Uint8Array")]
    fn new(buffer: &JsValue) -> Result<Bytes, JsValue>;

    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn byte_length(this: &Bytes) -> f64;

    #[wasm_bindgen(method)]
    fn subarray(this: &Bytes, begin: f64, end: f64) -> Uint8Array;

    #[wasm_bindgen(method)]
    fn set(this: &Bytes, bytes: &[u8], at: f64);

    #[wasm_bindgen(js_name = ArrayBuffer)]
    type NewBuffer;

    #[wasm_bindgen(constructor, catch, js_class = "ArrayBuffer")]
    fn new_buffer(nbytes: f64) -> Result<NewBuffer, JsValue>;
}

/// An `ArrayBuffer` or `SharedArrayBuffer`, by its bytes.
pub struct Memory {
    bytes: Bytes,
    buffer: JsValue,
    shared: bool,
}

impl Memory {
    /// # Errors
    /// `detached` if the buffer was moved away, `bad-argument` if it is no buffer at all.
    pub fn new(buffer: &JsValue) -> Result<Self, Error> {
        let shared = buffer.is_instance_of::<SharedArrayBuffer>();
        if !shared && !buffer.is_instance_of::<ArrayBuffer>() {
            return Err(Error::new(
                Code::BadArgument,
                format_args!("the buffer is no ArrayBuffer and no SharedArrayBuffer"),
            ));
        }
        // A view on a detached buffer would have length 0; making one is what fails.
        let bytes = Bytes::new(buffer)
            .map_err(|_| Error::new(Code::Detached, format_args!("the buffer was detached before")))?;
        Ok(Self { bytes, buffer: buffer.clone(), shared })
    }

    /// A new buffer of zeros.
    ///
    /// # Errors
    /// `out-of-memory` if the browser has none to give.
    pub fn allocate(nbytes: u64) -> Result<Self, Error> {
        NewBuffer::new_buffer(nbytes as f64)
            .map_err(|_| ())
            .and_then(|buffer| Self::new(&buffer).map_err(|_| ()))
            .map_err(|()| {
                Error::new(
                    Code::OutOfMemory,
                    format_args!("the browser has no {nbytes} bytes for the result"),
                )
            })
    }

    /// The buffer itself.
    pub fn buffer(&self) -> &JsValue {
        &self.buffer
    }

    /// Whether others see the bytes too.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Bytes of the whole buffer.
    pub fn nbytes(&self) -> u64 {
        self.bytes.byte_length() as u64
    }

    /// Tells the bootstrap that the bytes may no longer be what they were: should this instance trap, they are not given back as such.
    pub(crate) fn mark(&self) {
        let _ = Reflect::set(&self.buffer, &"written".into(), &JsValue::TRUE);
    }

    /// Copies a part of it, which has been checked to be there and to be small.
    pub(crate) fn copy(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.read(at, &mut bytes);
        bytes
    }

    /// Another handle on the same bytes.
    pub(crate) fn share(&self) -> Result<Self, Error> {
        Self::new(&self.buffer)
    }

    /// Shows the bytes from `at` on in parts of a tile's size.
    pub(crate) fn for_each_part(&self, at: u64, nbytes: u64, mut show: impl FnMut(&[u8])) {
        let mut part = vec![0; 16 * 1024];
        let mut done = 0;
        while done < nbytes {
            let len = (nbytes - done).min(part.len() as u64) as usize;
            part.truncate(len);
            self.read(at + done, &mut part);
            show(&part);
            done += len as u64;
        }
    }

    /// The numbers from a byte on, as the typed array that JavaScript has for them.
    ///
    /// # Errors
    /// `unsupported-dtype` if this browser has none.
    pub(crate) fn typed_array(&self, number: Number, offset: u64, len: u64) -> Result<JsValue, Error> {
        let name = typed_array_name(number);
        let missing = |_| {
            Error::new(
                Code::UnsupportedDtype,
                format_args!("this browser has no {name} for {}", number.name()),
            )
        };
        let constructor: Function = SCOPE
            .with(|scope| Reflect::get(scope, &name.into()).and_then(JsCast::dyn_into))
            .map_err(missing)?;
        let arguments = Array::of3(&self.buffer, &(offset as f64).into(), &(len as f64).into());
        Reflect::construct(&constructor, &arguments).map_err(missing)
    }
}

/// Whether JavaScript has a typed array for these numbers, or for their bits.
pub(crate) fn has_typed_array(number: Number) -> bool {
    number.itemsize().is_power_of_two() && number.itemsize() <= 8 && number != Number::Ibm4
}

fn typed_array_name(number: Number) -> &'static str {
    match number {
        Number::Int8 => "Int8Array",
        Number::Int16 => "Int16Array",
        Number::Int32 => "Int32Array",
        Number::Int64 => "BigInt64Array",
        Number::Uint16 | Number::Bfloat16 => "Uint16Array",
        Number::Uint32 => "Uint32Array",
        Number::Uint64 => "BigUint64Array",
        Number::Float16 => "Float16Array",
        Number::Float32 => "Float32Array",
        Number::Float64 => "Float64Array",
        _ => "Uint8Array",
    }
}

impl Source for Memory {
    fn read(&self, at: u64, into: &mut [u8]) {
        let begin = at as f64;
        self.bytes.subarray(begin, begin + into.len() as f64).copy_to(into);
    }
}

impl Sink for Memory {
    fn write(&mut self, at: u64, bytes: &[u8]) {
        self.bytes.set(bytes, at as f64);
    }
}
