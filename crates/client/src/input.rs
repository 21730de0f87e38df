//! Bytes to decode, and whether they are transferred.

use byteferry_protocol::Code;
use js_sys::{ArrayBuffer, DataView, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, ReadableStream, Response};

use crate::call::Draft;
use crate::coming;
use crate::{Error, Result, scope};

/// Bytes to be decoded.
///
/// A whole [`ArrayBuffer`] is transferred, which detaches it. A view on one, a [`Blob`] or a [`SharedArrayBuffer`] is
/// left as it was. A [`Response`]'s body or a [`ReadableStream`] is transferred, and its bytes are converted as they
/// come. Bytes in wasm's memory cannot be transferred: they are copied, and the copy is.
#[derive(Clone, Debug)]
pub struct Input(Bytes);

/// The classes of what is still coming.
const RESPONSE: &str = "[object Response]";
const STREAM: &str = "[object ReadableStream]";

#[derive(Clone, Debug)]
enum Bytes {
    Theirs(JsValue),
    Copied(ArrayBuffer),
}

macro_rules! theirs {
    ($($class:ty),*) => {$(
        impl From<$class> for Input {
            fn from(bytes: $class) -> Self {
                Self(Bytes::Theirs(bytes.into()))
            }
        }

        impl From<&$class> for Input {
            fn from(bytes: &$class) -> Self {
                // Another handle on it: a Response's own `clone` is something else.
                Self(Bytes::Theirs(JsValue::clone(bytes.as_ref())))
            }
        }
    )*};
}

// A JsValue's class is checked when the job is sent.
theirs!(ArrayBuffer, SharedArrayBuffer, Uint8Array, DataView, Blob, File, Response, ReadableStream, JsValue);

impl From<&[u8]> for Input {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::Copied(Uint8Array::new_from_slice(bytes).buffer()))
    }
}

impl From<Vec<u8>> for Input {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl Input {
    #[cfg(feature = "gloo")]
    pub(crate) fn is_view(&self) -> bool {
        matches!(&self.0, Bytes::Theirs(input) if ArrayBuffer::is_view(input))
    }

    /// Whether the bytes are still coming.
    #[cfg(feature = "gloo")]
    pub(crate) fn is_coming(&self) -> bool {
        matches!(&self.0, Bytes::Theirs(input) if [RESPONSE, STREAM].contains(&&*scope::class(input)))
    }

    /// How many bytes the SharedArrayBuffer has in which these lie, if they lie in one.
    pub(crate) fn shared(&self) -> Option<f64> {
        let Bytes::Theirs(input) = &self.0 else { return None };
        let buffer = buffer_of(input);
        let is_shared = scope::class(&buffer) == "[object SharedArrayBuffer]";
        scope::get(&buffer, "byteLength").as_f64().filter(|_| is_shared)
    }

    /// Puts the bytes into a message.
    pub(crate) fn put(self, draft: &mut Draft, transfer: Option<bool>) -> Result<()> {
        let (input, copied) = match self.0 {
            Bytes::Theirs(input) => (input, false),
            Bytes::Copied(buffer) => (buffer.into(), true),
        };
        match scope::class(&input).as_str() {
            RESPONSE => return coming::put_body(input.unchecked_ref(), draft),
            STREAM => return coming::put(input.unchecked_into(), None, draft),
            _ => {}
        }
        let set = |name, value: &JsValue| scope::set(&draft.message, name, value);
        let view = ArrayBuffer::is_view(&input);
        let buffer = buffer_of(&input);
        let number = |of: &JsValue, name| scope::get(of, name).as_f64().unwrap_or(0.0);
        let (offset, length) = if view {
            (number(&input, "byteOffset"), number(&input, "byteLength"))
        } else {
            (0.0, number(&buffer, "byteLength"))
        };
        if view {
            set("byteOffset", &offset.into());
            set("byteLength", &length.into());
        }
        match scope::class(&buffer).as_str() {
            "[object ArrayBuffer]" => {
                let whole: &ArrayBuffer = buffer.unchecked_ref();
                if scope::is_detached(whole) {
                    let text = "the buffer was detached: it has been moved already";
                    return Err(Error::new(Code::Detached, text));
                }
                scope::movable(length)
                    .map_err(|error| error.with_buffer((!copied).then(|| whole.clone())))?;
                draft.transfer = Some("buffer");
                draft.moved = transfer.unwrap_or(!view);
                if draft.moved {
                    set("buffer", &buffer);
                } else {
                    // Copies these bytes only: the buffer may be much larger.
                    set("buffer", &scope::part(whole, offset, length)?);
                    set("byteOffset", &0.into());
                }
            }
            "[object SharedArrayBuffer]" | "[object Blob]" | "[object File]" => set("buffer", &buffer),
            class => {
                let text = format!(
                    "bytes are an ArrayBuffer, a view on one, a SharedArrayBuffer, a Blob, a Response or a ReadableStream, no {class}"
                );
                return Err(Error::new(Code::BadArgument, text));
            }
        }
        Ok(())
    }
}

/// The memory that a view shows; whatever is no view, itself.
fn buffer_of(input: &JsValue) -> JsValue {
    if ArrayBuffer::is_view(input) { scope::get(input, "buffer") } else { input.clone() }
}
