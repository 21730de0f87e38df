//! Replies, as JSON. Setting each property by a call would take most of a small job's time, and a serialiser would be
//! a tenth of what a page downloads.

use crate::decode::Source;
use crate::memory::Home;
use alloc::string::{String, ToString};
use byteferry_convert::{Action, Column, Plan, Target};
use byteferry_header::{ByteOrder, DType, Error, Number, Order, Shape};
use core::fmt::Write;

/// A result: its source, the plan that made it, and what it cost.
pub(crate) struct Outcome<'a> {
    pub(crate) source: &'a Source,
    /// The target that was asked for.
    pub(crate) target: Option<&'a Target>,
    pub(crate) plan: &'a Plan,
    /// Which index varies fastest.
    pub(crate) order: Order,
    /// The columns' buffers or lists of strings.
    pub(crate) homes: &'a [Home<'a>],
    /// Bytes of ArrayBuffers that were allocated for it.
    pub(crate) allocated: u64,
    /// Milliseconds that header and plan took.
    pub(crate) planning: f64,
    /// Milliseconds that the conversion took, allocation included.
    pub(crate) converting: f64,
    /// Whether its payload is still to come.
    pub(crate) streamed: bool,
}

/// The reply to a decode job: [`byteferry_protocol::Decoded`].
pub(crate) fn result(outcome: &Outcome<'_>) -> String {
    let Outcome { source, plan, .. } = outcome;
    let mut json = Json::new();
    let mut next = 0;
    array(&mut json, outcome, &mut next, &source.dtype, outcome.target, &source.shape, outcome.order);
    json.number("trailing", plan.trailing());
    if let Some(name) = &source.name {
        json.text("name", name);
    }
    if let Some(sequence) = source.sequence {
        json.number("sequence", sequence);
    }
    json.open("source");
    json.text("format", source.format.as_str());
    json.text("dtype", &source.dtype.to_string());
    json.number("offset", source.payload - source.begin);
    json.close();
    if outcome.streamed {
        stream(&mut json, source);
    }
    json.open("stats");
    let action = match plan.action() {
        Action::View => "view",
        Action::InPlace => "in-place",
        Action::Into => "into",
    };
    json.text("plan", action);
    json.number("allocated", outcome.allocated);
    json.number("wasmMemory", wasm_memory());
    json.open("milliseconds");
    json.milliseconds("header", outcome.planning);
    json.milliseconds("convert", outcome.converting);
    json.close();
    json.close();
    json.end()
}

/// The reply that asks for the whole array before decoding.
pub(crate) fn collect(source: &Source) -> String {
    let mut json = Json::new();
    json.key("collect");
    json.0.push_str("true");
    if !source.is_endless {
        stream(&mut json, source);
    }
    json.end()
}

/// Writes `stream`: where the payload of a streamed array lies.
fn stream(json: &mut Json, source: &Source) {
    json.open("stream");
    json.number("payload", source.payload);
    json.number("nbytes", source.shape.nbytes());
    json.number("itemsize", source.shape.itemsize());
    json.number("checked", source.crc32.is_some().into());
    json.close();
}

/// The reply to a `part`: the CRC-32 of the payload up to its end.
pub(crate) fn part(sum: u32) -> String {
    let mut json = Json::new();
    json.number("sum", sum.into());
    json.end()
}

/// Writes the properties of an array or field, and those of its fields. `next` is the index of the next column.
fn array(
    json: &mut Json,
    outcome: &Outcome<'_>,
    next: &mut usize,
    dtype: &DType,
    target: Option<&Target>,
    shape: &Shape,
    order: Order,
) {
    let byte_order = match dtype.byte_order() {
        None => "null",
        Some(ByteOrder::Little) => "\"little\"",
        Some(ByteOrder::Big) => "\"big\"",
    };
    json.key("byteOrder");
    json.0.push_str(byte_order);
    if let (DType::Struct(record), None | Some(Target::Fields(_))) = (dtype, target) {
        extent(json, dtype, shape, order);
        // A JavaScript object lists names such as "0" first, so `names` keeps the order of the fields.
        json.key("names");
        let mut before = '[';
        for field in &record.fields {
            json.0.push(before);
            json.quote(&field.name);
            before = ',';
        }
        json.0.push_str(if before == '[' { "[]" } else { "]" });
        json.open("fields");
        for field in &record.fields {
            let mut dims = shape.dims().to_vec();
            dims.extend_from_slice(&field.shape);
            // Never an error: the plan has checked the size of the whole.
            let Ok(within) = Shape::new(dims, field.dtype.itemsize()) else { continue };
            let order = if field.shape.is_empty() { order } else { Order::C };
            json.open(&field.name);
            let target = Target::of_field(target, &field.name);
            array(json, outcome, next, &field.dtype, target, &within, order);
            json.close();
        }
        json.close();
        return;
    }
    let index = *next;
    *next += 1;
    let (Some(column), Some(home)) = (outcome.plan.columns().get(index), outcome.homes.get(index)) else {
        return;
    };
    extent(json, &column.dtype, &column.shape, column.order);
    json.key("data");
    match column.number() {
        // host.js makes a view of that type of it, or the list of strings.
        Some(number) => {
            let (constructor, offset, len) = (typed_array(number), column.offset, column.len);
            let _ = write!(json.0, "[{index},\"{constructor}\",{offset},{len}]");
        }
        None => {
            let _ = write!(json.0, "[{index}]");
        }
    }
    describe(json, column, dtype, home.replaced);
}

/// Writes the properties that only some columns have.
fn describe(json: &mut Json, column: &Column, dtype: &DType, replaced: u64) {
    if column.milliseconds {
        json.text("unit", "ms");
    } else if let DType::Datetime(unit, _) | DType::Timedelta(unit, _) = dtype {
        // "[ns]" without its brackets.
        let unit = unit.to_string();
        if let Some(unit) = unit.get(1..unit.len().saturating_sub(1)) {
            json.text("unit", unit);
        }
    }
    if matches!(column.dtype, DType::Complex(..)) {
        json.key("complex");
        json.0.push_str(if column.planes { "\"planes\"" } else { "true" });
    }
    if replaced > 0 {
        json.number("replaced", replaced);
    }
}

fn extent(json: &mut Json, dtype: &DType, shape: &Shape, order: Order) {
    json.text("dtype", &dtype.name());
    json.text("order", if order == Order::C { "C" } else { "F" });
    json.number("itemsize", shape.itemsize());
    json.number("size", shape.size());
    json.number("nbytes", shape.nbytes());
    json.list("shape", shape.dims());
    // The strides of a result are never negative.
    let strides = shape.strides(order).into_iter().map(|stride| stride as u64);
    json.list("strides", &strides.collect::<alloc::vec::Vec<_>>());
}

/// The reply to a failed job: [`byteferry_protocol::Failure`], with the value as `[typed array, bits]`.
pub(crate) fn failure(error: &Error) -> String {
    let mut json = Json::new();
    json.open("error");
    json.text("code", error.code.as_str());
    json.text("message", &error.message);
    let numbers = [
        ("expected", error.expected),
        ("actual", error.actual),
        ("offset", error.offset),
        ("index", error.index),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            json.number(name, number);
        }
    }
    if let Some((number, bits)) = error.value {
        json.key("value");
        let _ = write!(json.0, "[\"{}\",\"{bits}\"]", typed_array(number));
    }
    json.close();
    json.end()
}

/// The worker's protocol, version and SIMD support: [`byteferry_protocol::Ready`].
pub(crate) fn ready() -> String {
    let mut json = Json::new();
    json.number("protocol", byteferry_protocol::VERSION.into());
    json.text("version", env!("CARGO_PKG_VERSION"));
    json.key("simd");
    json.0.push_str(if cfg!(target_feature = "simd128") { "true" } else { "false" });
    json.end()
}

/// The typed array that JavaScript has for these numbers.
pub(crate) fn typed_array(number: Number) -> &'static str {
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

fn wasm_memory() -> u64 {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size::<0>() as u64 * 65536;
    #[cfg(not(target_arch = "wasm32"))]
    0
}

/// A JSON object being written.
struct Json(String);

impl Json {
    fn new() -> Self {
        Self("{".into())
    }

    fn end(mut self) -> String {
        self.close();
        self.0
    }

    fn key(&mut self, name: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.quote(name);
        self.0.push(':');
    }

    fn open(&mut self, name: &str) {
        self.key(name);
        self.0.push('{');
    }

    fn close(&mut self) {
        self.0.push('}');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        self.quote(text);
    }

    fn number(&mut self, name: &str, number: u64) {
        self.key(name);
        self.digits(number);
    }

    fn digits(&mut self, number: u64) {
        let _ = write!(self.0, "{number}");
    }

    fn list(&mut self, name: &str, numbers: &[u64]) {
        self.key(name);
        let mut before = '[';
        for number in numbers {
            self.0.push(before);
            self.digits(*number);
            before = ',';
        }
        if before == '[' {
            self.0.push('[');
        }
        self.0.push(']');
    }

    /// In whole microseconds: browsers have no finer clocks, and Rust's formatting of floats is large.
    fn milliseconds(&mut self, name: &str, milliseconds: f64) {
        self.number(name, (milliseconds * 1000.0) as u64);
        self.0.push_str("e-3");
    }

    fn quote(&mut self, text: &str) {
        self.0.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                self.0.push('\\');
            }
            if character < ' ' {
                let _ = write!(self.0, "\\u{:04x}", character as u32);
            } else {
                self.0.push(character);
            }
        }
        self.0.push('"');
    }
}
