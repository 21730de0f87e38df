//! Where a result goes: a buffer, or a list of strings.

use crate::memory::Memory;
use byteferry_convert::Sink;
use js_sys::{Array, JsString};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    pub(crate) type TextDecoder;

    #[wasm_bindgen(constructor)]
    fn new(label: &str, options: &JsValue) -> TextDecoder;

    // web-sys' own gives a String, which would lie in wasm memory.
    #[wasm_bindgen(method)]
    fn decode(this: &TextDecoder, bytes: &[u8]) -> JsString;
}

/// What a column is written to.
pub(crate) enum Home {
    Buffer(Memory),
    Text { strings: Array, decoder: TextDecoder, replaced: u64 },
}

impl Home {
    /// An empty list of strings.
    pub(crate) fn text() -> Self {
        // A byte order mark at the beginning of text is text.
        let options = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&options, &"ignoreBOM".into(), &JsValue::TRUE);
        Self::Text { strings: Array::new(), decoder: TextDecoder::new("utf-16le", &options), replaced: 0 }
    }
}

impl Sink for Home {
    fn write(&mut self, at: u64, bytes: &[u8]) {
        if let Self::Buffer(memory) = self {
            memory.write(at, bytes);
        }
    }

    fn text(&mut self, units: &[u16], ends: &[u32], count: u64) {
        if let Self::Text { strings, decoder, replaced } = self {
            // All of them in one call; the browser slices.
            let text = decoder.decode(bytemuck::cast_slice(units));
            let mut begin = 0;
            for end in ends {
                strings.push(&text.slice(begin, *end));
                begin = *end;
            }
            *replaced += count;
        }
    }
}
