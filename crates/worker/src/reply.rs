//! Replies: small objects by serde, with the typed array or the buffer as a moved handle.

use crate::decode::Decode;
use byteferry_header::{Error, Number};
use byteferry_protocol::Failure;
use js_sys::{Array, ArrayBuffer, BigInt, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

pub(crate) fn to_js(message: &impl Serialize) -> JsValue {
    // Fails only for integers beyond 2^53, and there are none: sizes are checked to be below.
    message
        .serialize(&serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true))
        .unwrap_or_default()
}

pub(crate) fn result(id: &JsValue, result: &Decode) -> Result<(), JsValue> {
    let reply = to_js(&result.decoded);
    set(&reply, "id", id)?;
    set(&reply, "data", &result.data)?;
    post(&reply, &result.buffer)
}

pub(crate) fn failure(id: &JsValue, error: &Error, buffer: &JsValue) -> Result<(), JsValue> {
    let mut failure = Failure::from(error);
    let value = error.value.map(|(number, bits)| value(number, bits));
    if let Some(value) = &value {
        failure.message.push_str(": ");
        failure.message.push_str(&js_sys::JsString::from(value.clone()).as_string().unwrap_or_default());
    }
    let error = to_js(&failure);
    if let Some(value) = &value {
        set(&error, "value", value)?;
    }
    let reply = js_sys::Object::new();
    set(&reply, "id", id)?;
    set(&reply, "error", &error)?;
    set(&reply, "buffer", buffer)?;
    post(&reply, buffer)
}

fn set(object: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &name.into(), value).map(drop)
}

fn post(reply: &JsValue, buffer: &JsValue) -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    // A SharedArrayBuffer is never moved; everything else that is no ArrayBuffer has nothing to move.
    let transfer = if buffer.is_instance_of::<ArrayBuffer>() { Array::of1(buffer) } else { Array::new() };
    scope.post_message_with_transfer(reply, &transfer)
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
