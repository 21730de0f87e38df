//! Replies: small objects, with the typed arrays or the buffer as moved handles.

use crate::SCOPE;
use crate::decode::{ColumnData, Decode};
use byteferry_convert::{Action, Target};
use byteferry_header::{ByteOrder, DType, Error, Number, Order, Shape};
use byteferry_protocol::DecodeOptions;
use js_sys::{Array, ArrayBuffer, BigInt, JSON, Object, Reflect};
use std::fmt::Write;
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
    /// Written as JSON, for JavaScript to read in one go: a call for each property would take most of the time of a small
    /// job, and a serialiser would be a tenth of what a page downloads.
    pub fn to_js(&self, options: &DecodeOptions) -> JsValue {
        let source = &self.source;
        array(
            &source.dtype,
            self.target.as_ref(),
            &source.shape,
            self.order,
            &mut self.columns.iter(),
            &|json| {
                let plan = match self.action {
                    Action::View => "view",
                    Action::InPlace => "in-place",
                    Action::Into => "into",
                };
                let offset = source.payload - options.byte_offset;
                let (format, trailing, allocated) = (source.format.as_str(), self.trailing, self.allocated);
                let _ = write!(
                    json,
                    ",\"trailing\":{trailing},\"source\":{{\"format\":\"{format}\",\"offset\":{offset},\"dtype\":"
                );
                quote(json, &source.dtype.to_string());
                let memory = wasm_memory();
                let _ = write!(
                    json,
                    "}},\"stats\":{{\"plan\":\"{plan}\",\"allocated\":{allocated},\"wasmMemory\":{memory},\"milliseconds\":{{"
                );
                if let Some(fetched) = options.fetched {
                    let _ = write!(json, "\"fetch\":{},", Milliseconds(fetched));
                }
                let (planning, converting) = (Milliseconds(self.planning), Milliseconds(self.converting));
                let _ = write!(json, "\"header\":{planning},\"convert\":{converting}}}}}");
                if let Some(name) = &source.name {
                    json.push_str(",\"name\":");
                    quote(json, name);
                }
            },
        )
    }
}

/// Describes an array, or a field, and what it consists of. `columns` are those that are still to come.
fn array(
    dtype: &DType,
    target: Option<&Target>,
    shape: &Shape,
    order: Order,
    columns: &mut std::slice::Iter<'_, ColumnData>,
    more: &dyn Fn(&mut String),
) -> JsValue {
    let record = match (dtype, target) {
        (DType::Struct(record), None | Some(Target::Fields(_))) => Some(record),
        _ => None,
    };
    let column = if record.is_none() { columns.next() } else { None };
    let (shape, order) = column.map_or((shape, order), |column| (&column.plan.shape, column.plan.order));
    let result = column.map_or(dtype, |column| &column.plan.dtype);

    let mut json = String::from("{\"shape\":[");
    list(&mut json, shape.dims().iter().map(|length| *length as i64));
    json.push_str("],\"strides\":[");
    list(&mut json, shape.strides(order).into_iter());
    let _ = write!(
        json,
        "],\"order\":\"{}\",\"dtype\":\"{}\",\"itemsize\":{},\"size\":{},\"nbytes\":{},\"byteOrder\":{}",
        if order == Order::C { "C" } else { "F" },
        result.name(),
        shape.itemsize(),
        shape.size(),
        shape.nbytes(),
        match dtype.byte_order() {
            None => "null",
            Some(ByteOrder::Little) => "\"little\"",
            Some(ByteOrder::Big) => "\"big\"",
        }
    );
    if let Some(column) = column {
        if column.plan.milliseconds {
            json.push_str(",\"unit\":\"ms\"");
        } else if let DType::Datetime(unit, _) | DType::Timedelta(unit, _) = dtype {
            // Without its brackets.
            let unit = unit.to_string();
            if let Some(unit) = unit.strip_prefix('[').and_then(|unit| unit.strip_suffix(']')) {
                let _ = write!(json, ",\"unit\":\"{unit}\"");
            }
        }
        if matches!(result, DType::Complex(..)) {
            json.push_str(if column.plan.planes { ",\"complex\":\"planes\"" } else { ",\"complex\":true" });
        }
        if column.replaced > 0 {
            let _ = write!(json, ",\"replaced\":{}", column.replaced);
        }
    }
    more(&mut json);
    json.push('}');
    // What cannot be read was never written: names are quoted, everything else is ours.
    let array = JSON::parse(&json).unwrap_or_default();
    if let Some(column) = column {
        set(&array, "data", &column.data);
    }
    if let Some(record) = record {
        let fields = record.fields.iter().map(|field| {
            let mut dims = shape.dims().to_vec();
            dims.extend(&field.shape);
            // It is a part of what was planned: it cannot be too large.
            let within = Shape::new(dims, field.dtype.itemsize()).unwrap_or_else(|_| shape.clone());
            let order = if field.shape.is_empty() { order } else { Order::C };
            let target = Target::of_field(target, &field.name);
            let value = self::array(&field.dtype, target, &within, order, columns, &|_| ());
            JsValue::from(Array::of2(&field.name.as_str().into(), &value))
        });
        // Not set one by one: a field may be called __proto__.
        let fields = Object::from_entries(&fields.collect::<Array>());
        set(&array, "fields", &fields.unwrap_or_default());
    }
    array
}

fn list(json: &mut String, numbers: impl Iterator<Item = i64>) {
    for (index, number) in numbers.enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(json, "{comma}{number}");
    }
}

/// A string as JSON has it.
fn quote(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            json.push('\\');
        }
        if character < ' ' {
            let _ = write!(json, "\\u{:04x}", character as u32);
        } else {
            json.push(character);
        }
    }
    json.push('"');
}

/// To the microsecond: finer clocks are not to be had, and Rust's way of writing floats is large.
struct Milliseconds(f64);

impl std::fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let microseconds = (self.0 * 1000.0) as u64;
        write!(f, "{}.{:03}", microseconds / 1000, microseconds % 1000)
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
    post(&reply, result.columns.iter().map(|column| &column.buffer))
}

pub(crate) fn failure(id: &JsValue, error: &Error, buffer: &JsValue) -> Result<(), JsValue> {
    let mut message = error.message.clone();
    let value = error.value.map_or(JsValue::UNDEFINED, |(number, bits)| value(number, bits));
    if !value.is_undefined() {
        message.push_str(": ");
        message.push_str(&string(&value));
    }
    let optional = |number: Option<u64>| number.map_or(JsValue::UNDEFINED, |number| (number as f64).into());
    let error = object(&[
        ("code", error.code.as_str().into()),
        ("message", message.into()),
        ("expected", optional(error.expected)),
        ("actual", optional(error.actual)),
        ("offset", optional(error.offset)),
        ("index", optional(error.index)),
        ("value", value),
    ]);
    post(
        &object(&[("id", id.clone()), ("error", error), ("buffer", buffer.clone())]),
        std::iter::once(buffer),
    )
}

/// An object with these properties, but for those that are undefined.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new().into();
    for (name, value) in properties.iter().filter(|(_, value)| !value.is_undefined()) {
        set(&object, name, value);
    }
    object
}

/// Fails for a frozen object only, and these are our own.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

fn wasm_memory() -> u32 {
    let memory = wasm_bindgen::memory().unchecked_into::<js_sys::WebAssembly::Memory>();
    memory.buffer().unchecked_into::<ArrayBuffer>().byte_length()
}

/// Posts a reply, and moves its buffers.
pub(crate) fn post<'a>(reply: &JsValue, buffers: impl Iterator<Item = &'a JsValue>) -> Result<(), JsValue> {
    // A SharedArrayBuffer is never moved; everything else that is no ArrayBuffer has nothing to move.
    let moved: Array = buffers.filter(|buffer| buffer.is_instance_of::<ArrayBuffer>()).cloned().collect();
    SCOPE.with(|scope| scope.post_message_with_transfer(reply, &moved))
}

/// A number as JavaScript has it: the plan makes float64 of all that are no 64-bit integers.
fn value(number: Number, bits: u64) -> JsValue {
    match number {
        Number::Int64 => BigInt::from(bits as i64).into(),
        Number::Uint64 => BigInt::from(bits).into(),
        _ => f64::from_bits(bits).into(),
    }
}
