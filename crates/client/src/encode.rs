//! Encoding an array into bytes.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use byteferry_protocol::{Code, EncodeOptions};
use js_sys::{ArrayBuffer, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::call::{Call, Draft};
use crate::ferry::Pool;
use crate::{Element, Error, NdArray, Result, scope};

/// What can be encoded: an [`NdArray`], Rust's numbers, or a [`JsValue`].
///
/// A [`JsValue`] may be anything that byteferry.js encodes: a typed array, or a plain object with an array's
/// properties.
#[derive(Clone, Debug)]
pub struct Encodable(pub(crate) JsValue);

impl<T> From<&NdArray<T>> for Encodable {
    fn from(array: &NdArray<T>) -> Self {
        Self(array.js().into())
    }
}

impl<T: Element> From<&[T]> for Encodable {
    fn from(elements: &[T]) -> Self {
        Self(T::copied_to(elements).into())
    }
}

impl<T> From<NdArray<T>> for Encodable {
    fn from(array: NdArray<T>) -> Self {
        Self(array.into_js().into())
    }
}

impl<T: Element> From<Vec<T>> for Encodable {
    fn from(elements: Vec<T>) -> Self {
        elements.as_slice().into()
    }
}

impl<T: Element, const N: usize> From<&[T; N]> for Encodable {
    fn from(elements: &[T; N]) -> Self {
        elements.as_slice().into()
    }
}

impl<T: Element> From<&Vec<T>> for Encodable {
    fn from(elements: &Vec<T>) -> Self {
        elements.as_slice().into()
    }
}

impl From<JsValue> for Encodable {
    fn from(array: JsValue) -> Self {
        Self(array)
    }
}

/// The options of writing, as methods of a job that has `shape` and `options`.
macro_rules! write_options {
    () => {
        /// All options at once, in place of those that were set.
        pub fn options(mut self, options: $crate::EncodeOptions) -> Self {
            self.options = options;
            self
        }

        /// Elements along each axis, for input without a shape of its own; by default one axis.
        pub fn shape(mut self, shape: impl Into<Vec<u64>>) -> Self {
            self.shape = Some(shape.into());
            self
        }

        $crate::read::setters! { options:
            /// `"npy"` (default), `"raw"` or `"frame"`.
            format: impl Into<String>;
            /// `"little"` or `"big"`; by default as `dtype` says, or little.
            byte_order: impl Into<String>;
            /// NumPy's name, type string, or list of fields; by default the array's own dtype.
            dtype: impl Into<String>;
            /// How much `dtype` may change: NumPy's casting word, or `"exact"`; default `"safe"`.
            casting: impl Into<String>;
            /// Memory order, `"C"` or `"F"`; by default the array's.
            layout: impl Into<String>;
            /// Format of a `float128`: `"x87"` (default) or `"quad"`.
            longdouble: impl Into<String>;
            /// Name in a frame; by default the array's.
            name: impl Into<String>;
            /// Number in a stream of frames; default 0.
            sequence: u64;
            /// `false` leaves out a frame's CRC-32.
            checksum: bool;
        }

        $crate::read::timeout_option!();
    };
}

pub(crate) use write_options;

/// What [`Ferry::encode`](crate::Ferry::encode) returns: the future of the bytes.
///
/// Set options before it is first polled; nothing is done before that. Dropping it stops the job.
#[must_use = "futures do nothing unless polled"]
pub struct Encode {
    call: Call,
    array: Encodable,
    shape: Option<Vec<u64>>,
    options: EncodeOptions,
}

impl Encode {
    pub(crate) fn new(pool: &Rc<Pool>, array: Encodable) -> Self {
        Self { call: Call::new(pool), array, shape: None, options: EncodeOptions::default() }
    }

    write_options!();
}

impl Future for Encode {
    type Output = Result<ArrayBuffer>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, array: Encodable(array), shape, options } = self.get_mut();
        call.poll(context, || draft_of("encode", array, shape.as_ref(), options))
            .map(|reply| result_of(&reply?))
    }
}

/// A job that writes an array.
pub(crate) fn draft_of(
    op: &str,
    array: &JsValue,
    shape: Option<&Vec<u64>>,
    options: &EncodeOptions,
) -> Result<Draft> {
    let mut draft = Draft::new(op, scope::to_js(options)?);
    draft.full = true;
    let described = plain(array)?;
    if let Some(shape) = shape {
        scope::set(&described, "shape", &scope::to_js(shape)?);
    }
    if options.name.is_none() {
        scope::set(&draft.message, "name", &scope::get(array, "name"));
    }
    scope::set(&draft.message, "array", &described);
    Ok(draft)
}

/// The bytes in a worker's answer.
pub(crate) fn result_of(reply: &Object) -> Result<ArrayBuffer> {
    scope::get(reply, "result")
        .dyn_into()
        .map_err(|_| Error::new(Code::WorkerCrash, "the worker's answer is no buffer"))
}

/// The properties of an array that the worker needs to encode it.
fn plain(array: &JsValue) -> Result<Object> {
    if !array.is_object() {
        return Err(Error::new(Code::BadArgument, "encode takes an NdArray, numbers or a typed array"));
    }
    let described = Object::new();
    if ArrayBuffer::is_view(array) {
        scope::set(&described, "data", &sendable(array)?);
        return Ok(described);
    }
    for name in ["shape", "order", "dtype", "itemsize", "complex", "names"] {
        scope::set(&described, name, &scope::get(array, name));
    }
    let fields = scope::get(array, "fields");
    if fields.is_object() {
        let each = Object::new();
        for name in Object::keys(fields.unchecked_ref::<Object>()).iter() {
            let field = Reflect::get(&fields, &name).unwrap_or_default();
            // Defined, not set: a field may have any name, `__proto__` too.
            let property = Object::new();
            scope::set(&property, "value", plain(&field)?.as_ref());
            scope::set(&property, "enumerable", &true.into());
            Object::define_property(&each, &name, &property);
        }
        scope::set(&described, "fields", &each);
    } else {
        scope::set(&described, "data", &sendable(&scope::get(array, "data"))?);
    }
    Ok(described)
}

/// The elements, if they are not more than this browser sends in one message.
fn sendable(data: &JsValue) -> Result<JsValue> {
    scope::movable(scope::get(data, "byteLength").as_f64().unwrap_or(0.0))?;
    Ok(shown(data))
}

/// Copies a view of a larger buffer: posting the view itself would clone the whole buffer.
pub(crate) fn shown(data: &JsValue) -> JsValue {
    let bytes = |of: &JsValue| scope::get(of, "byteLength").as_f64();
    let slice = scope::get(data, "slice");
    if ArrayBuffer::is_view(data) && bytes(data) < bytes(&scope::get(data, "buffer")) && slice.is_function() {
        return slice.unchecked_ref::<js_sys::Function>().call0(data).unwrap_or_else(|_| data.clone());
    }
    data.clone()
}
