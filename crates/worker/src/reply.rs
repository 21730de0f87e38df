//! Replies: small objects, with the typed array or the buffer as a moved handle.

use crate::SCOPE;
use crate::decode::Decode;
use byteferry_convert::Action;
use byteferry_header::{ByteOrder, Error, Number, Order};
use byteferry_protocol::DecodeOptions;
use js_sys::{Array, ArrayBuffer, BigInt, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A number as JavaScript writes it: Rust's own way would ship the formatting of floats.
    #[wasm_bindgen(js_name = String)]
    fn string(value: &JsValue) -> String;
}

impl Decode {
    /// The reply, but for its `id`: what [`byteferry_protocol::Decoded`] describes, and `data`.
    ///
    /// Written property by property: a serialiser would be a tenth of what a page downloads.
    pub fn to_js(&self, options: &DecodeOptions) -> JsValue {
        let (source, plan, shape) = (&self.source, &self.plan, &self.shape);
        let number = plan.result_number();
        let dtype = match (plan.components(), number) {
            (1, _) => number.name(),
            (_, Number::Float32) => "complex64",
            _ => "complex128",
        };
        let byte_order = match source.dtype.byte_order() {
            None => JsValue::NULL,
            Some(ByteOrder::Little) => "little".into(),
            Some(ByteOrder::Big) => "big".into(),
        };
        let plan_name = match plan.action() {
            Action::View => "view",
            Action::InPlace => "in-place",
            Action::Into => "into",
        };
        let milliseconds = object(&[
            ("fetch", options.fetched.into()),
            ("header", self.planning.into()),
            ("convert", self.converting.into()),
        ]);
        let stats = object(&[
            ("plan", plan_name.into()),
            ("allocated", size(self.allocated)),
            ("wasmMemory", wasm_memory()),
            ("milliseconds", milliseconds),
        ]);
        let from = object(&[
            ("format", source.format.as_str().into()),
            ("dtype", source.dtype.to_string().into()),
            ("offset", size(source.payload - options.byte_offset)),
        ]);
        object(&[
            ("data", self.data.clone()),
            ("shape", list(shape.dims().iter().map(|length| size(*length)))),
            ("strides", list(shape.strides(source.order).iter().map(|stride| (*stride as f64).into()))),
            ("order", if source.order == Order::C { "C" } else { "F" }.into()),
            ("dtype", dtype.into()),
            ("byteOrder", byte_order),
            ("itemsize", size(shape.itemsize())),
            ("size", size(shape.size())),
            ("nbytes", size(shape.nbytes())),
            ("trailing", size(plan.trailing())),
            ("name", source.name.as_deref().map_or(JsValue::UNDEFINED, Into::into)),
            ("source", from),
            ("stats", stats),
        ])
    }
}

/// What this worker says when it is ready: [`byteferry_protocol::Ready`].
pub(crate) fn ready() -> JsValue {
    object(&[
        ("protocol", byteferry_protocol::VERSION.into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("simd", cfg!(target_feature = "simd128").into()),
    ])
}

pub(crate) fn result(id: &JsValue, result: &Decode, options: &DecodeOptions) -> Result<(), JsValue> {
    let reply = result.to_js(options);
    set(&reply, "id", id);
    post(&reply, &result.buffer)
}

pub(crate) fn failure(id: &JsValue, error: &Error, buffer: &JsValue) -> Result<(), JsValue> {
    let mut message = error.message.clone();
    let value = error.value.map_or(JsValue::UNDEFINED, |(number, bits)| value(number, bits));
    if !value.is_undefined() {
        message.push_str(": ");
        message.push_str(&string(&value));
    }
    let optional = |number: Option<u64>| number.map_or(JsValue::UNDEFINED, size);
    let error = object(&[
        ("code", error.code.as_str().into()),
        ("message", message.into()),
        ("expected", optional(error.expected)),
        ("actual", optional(error.actual)),
        ("offset", optional(error.offset)),
        ("index", optional(error.index)),
        ("value", value),
    ]);
    post(&object(&[("id", id.clone()), ("error", error), ("buffer", buffer.clone())]), buffer)
}

/// An object with these properties, but for those that are undefined.
fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new().into();
    for (name, value) in properties.iter().filter(|(_, value)| !value.is_undefined()) {
        set(&object, name, value);
    }
    object
}

fn list(values: impl Iterator<Item = JsValue>) -> JsValue {
    values.collect::<Array>().into()
}

/// A size, which is below 2^53 wherever it comes from.
fn size(size: u64) -> JsValue {
    (size as f64).into()
}

/// Fails for a frozen object only, and these are our own.
fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

fn wasm_memory() -> JsValue {
    let memory = wasm_bindgen::memory().unchecked_into::<js_sys::WebAssembly::Memory>();
    memory.buffer().unchecked_into::<ArrayBuffer>().byte_length().into()
}

fn post(reply: &JsValue, buffer: &JsValue) -> Result<(), JsValue> {
    // A SharedArrayBuffer is never moved; everything else that is no ArrayBuffer has nothing to move.
    let transfer = if buffer.is_instance_of::<ArrayBuffer>() { Array::of1(buffer) } else { Array::new() };
    SCOPE.with(|scope| scope.post_message_with_transfer(reply, &transfer))
}

/// A number as JavaScript has it.
fn value(number: Number, bits: u64) -> JsValue {
    match number {
        Number::Int64 => BigInt::from(bits as i64).into(),
        Number::Uint64 => BigInt::from(bits).into(),
        Number::Int8 => (bits as i8).into(),
        Number::Int16 => (bits as i16).into(),
        Number::Int32 => (bits as i32).into(),
        Number::Float32 => f32::from_bits(bits as u32).into(),
        Number::Float64 => f64::from_bits(bits).into(),
        _ => (bits as f64).into(),
    }
}
