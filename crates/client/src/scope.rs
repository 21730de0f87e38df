//! The client's access to JavaScript, in page and worker alike: global scope, objects, timers.

use core::time::Duration;

use byteferry_protocol::Code;
use js_sys::{Array, ArrayBuffer, Function, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, Url};

use crate::{Error, Result};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(ring: &JsValue, milliseconds: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(catch, js_name = structuredClone)]
    fn structured_clone(value: &JsValue, options: &JsValue) -> core::result::Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn now() -> f64;

    /// An ArrayBuffer. js-sys counts its bytes in u32; Firefox's may have more.
    #[wasm_bindgen(js_name = ArrayBuffer)]
    type Whole;

    #[wasm_bindgen(method, catch)]
    fn slice(this: &Whole, begin: f64, end: f64) -> core::result::Result<JsValue, JsValue>;

    /// The name of a value's class, `[object Uint8Array]`. Unlike instanceof, it knows another window's values.
    #[wasm_bindgen(js_namespace = ["Object", "prototype", "toString"], js_name = call)]
    pub(crate) fn class(value: &JsValue) -> String;

    /// Copies the properties of one object to another.
    #[wasm_bindgen(js_namespace = Object, js_name = assign)]
    pub(crate) fn assign(target: &JsValue, source: &JsValue);

    #[wasm_bindgen(catch, js_name = String)]
    fn string(value: &JsValue) -> core::result::Result<String, JsValue>;

    #[wasm_bindgen(catch)]
    pub(crate) fn fetch(url: &str) -> core::result::Result<js_sys::Promise, JsValue>;
}

/// A value as text, an error as what it says.
pub(crate) fn text(value: &JsValue) -> String {
    string(value).unwrap_or_default()
}

/// A property; undefined where there is none.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a property of an object made here, which never fails.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// A property of the global scope, by its path.
fn global(path: &[&str]) -> JsValue {
    path.iter().fold(js_sys::global().into(), |object, name| get(&object, name))
}

/// Serialises a value as a plain object.
pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(|error| Error::new(Code::BadArgument, error.to_string()))
}

/// Resolves a URL against the page's.
pub(crate) fn absolute(url: &str) -> Result<Url> {
    let base = [["document", "baseURI"], ["location", "href"]];
    let mut base = base.iter().find_map(|path| global(path).as_string()).unwrap_or_default();
    if base.starts_with("blob:") {
        // The URL of a worker made from a Blob is no base.
        base = origin();
    }
    Url::new_with_base(url, &base)
        .map_err(|_| Error::new(Code::BadArgument, format!("'{url}' is no address")).with_url(url))
}

/// The page's own origin.
pub(crate) fn origin() -> String {
    global(&["location", "origin"]).as_string().unwrap_or_default()
}

pub(crate) fn processors() -> usize {
    global(&["navigator", "hardwareConcurrency"]).as_f64().map_or(2, |number| number as usize)
}

/// Refuses what has more bytes than this browser sends in one message.
pub(crate) fn movable(length: f64) -> Result<()> {
    // Chromium's; other engines send what they can allocate.
    let most = if agent().contains("Chrom") { 2_145_386_496.0 } else { f64::INFINITY };
    if length <= most {
        return Ok(());
    }
    let text = format!("this browser moves at most {most} bytes at once, not {length}");
    Err(Error::new(Code::TooLarge, text).with_numbers(most as u64, length as u64))
}

/// The user agent string.
pub(crate) fn agent() -> String {
    global(&["navigator", "userAgent"]).as_string().unwrap_or_default()
}

/// Transfers the bytes into a new buffer, which detaches the given one.
pub(crate) fn taken(buffer: &JsValue) -> core::result::Result<JsValue, JsValue> {
    let options = Object::new();
    set(&options, "transfer", &Array::of1(buffer));
    structured_clone(buffer, &options)
}

/// A structured clone of the value.
pub(crate) fn cloned(value: &JsValue) -> core::result::Result<JsValue, JsValue> {
    structured_clone(value, &Object::new())
}

/// Whether a buffer is detached: its length is 0, but only making a view on it fails.
pub(crate) fn is_detached(buffer: &ArrayBuffer) -> bool {
    let class: Function = global(&["Uint8Array"]).unchecked_into();
    Reflect::construct(&class, &Array::of1(buffer)).is_err()
}

/// A copy of the part of a buffer that a view shows.
pub(crate) fn part(buffer: &ArrayBuffer, offset: f64, length: f64) -> Result<JsValue> {
    buffer.unchecked_ref::<Whole>().slice(offset, offset + length).map_err(|error| {
        let text = format!("there is no memory for a copy of the {length} bytes: {}", text(&error));
        Error::new(Code::OutOfMemory, text)
    })
}

/// The source of a script that imports another.
pub(crate) fn importing(href: &str) -> String {
    let quoted = js_sys::JSON::stringify(&href.into()).map(String::from).unwrap_or_default();
    format!("importScripts({quoted});")
}

/// Makes a script of these parts, and returns its URL.
pub(crate) fn script(parts: &[&str]) -> core::result::Result<String, JsValue> {
    let parts: Array = parts.iter().map(|part| JsValue::from(*part)).collect();
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    Url::create_object_url_with_blob(&Blob::new_with_str_sequence_and_options(&parts, &options)?)
}

/// A timer that fires once, unless it is dropped before.
pub(crate) struct Clock {
    timer: JsValue,
    _ring: Closure<dyn FnMut()>,
}

impl Clock {
    /// `None` for 2^31 ms or more, at which setTimeout would fire at once.
    pub(crate) fn new(after: Duration, ring: impl FnOnce() + 'static) -> Option<Self> {
        let milliseconds = after.as_secs_f64() * 1e3;
        if milliseconds >= 2_147_483_648.0 {
            return None;
        }
        let ring = Closure::once(ring);
        Some(Self { timer: set_timeout(ring.as_ref(), milliseconds), _ring: ring })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}
