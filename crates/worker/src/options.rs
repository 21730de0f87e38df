//! The options of a message, read property by property.
//!
//! Not by serde: what it can say of a wrong type brings the formatting of floats along, a quarter of what a page would
//! download.

use byteferry_header::{Code, Error};
use byteferry_protocol::{DecodeOptions, To};
use js_sys::{Array, Number, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// # Errors
/// `bad-argument`, naming the option that is not of its type.
pub(crate) fn read(message: &JsValue) -> Result<DecodeOptions, Error> {
    let text = |name| option(message, name, "a string", |value| value.as_string());
    let size = |name| option(message, name, "a whole number", whole);
    let truth = |name| option(message, name, "true or false", |value| value.as_bool());
    Ok(DecodeOptions {
        format: text("format")?,
        dtype: text("dtype")?,
        shape: option(message, "shape", "a list of whole numbers", |value| list(value, whole))?,
        order: text("order")?,
        offset: size("offset")?,
        strides: option(message, "strides", "a list of whole numbers", |value| list(value, signed))?,
        to: option(message, "to", "a dtype, or an object of dtypes by field", to)?,
        casting: text("casting")?,
        strict: truth("strict")?.unwrap_or(false),
        checksum: truth("checksum")?,
        layout: text("layout")?,
        complex: text("complex")?,
        longdouble: text("longdouble")?,
        byte_offset: size("byteOffset")?.unwrap_or(0),
        byte_length: size("byteLength")?,
        limit: size("limit")?,
        fetched: option(message, "fetched", "a number", |value| value.as_f64())?,
    })
}

fn option<T>(
    message: &JsValue,
    name: &str,
    kind: &str,
    read: impl Fn(&JsValue) -> Option<T>,
) -> Result<Option<T>, Error> {
    let value = Reflect::get(message, &name.into()).unwrap_or_default();
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    read(&value).map(Some).ok_or_else(|| Error::new(Code::BadArgument, format_args!("{name} must be {kind}")))
}

fn list<T>(value: &JsValue, read: impl Fn(&JsValue) -> Option<T>) -> Option<Vec<T>> {
    // Typed arrays are lists, too; of anything else Array.from makes an empty one.
    let is_list = Array::is_array(value) || js_sys::ArrayBuffer::is_view(value);
    is_list.then(|| Array::from(value).iter().map(|item| read(&item)).collect())?
}

fn to(value: &JsValue) -> Option<To> {
    if let Some(dtype) = value.as_string() {
        return Some(To::One(dtype));
    }
    let fields = Object::entries(value.dyn_ref()?);
    let field = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        Some((entry.get(0).as_string()?, to(&entry.get(1))?))
    };
    fields.iter().map(field).collect::<Option<_>>().map(To::Fields)
}

fn signed(value: &JsValue) -> Option<i64> {
    Number::is_safe_integer(value).then(|| value.as_f64().map(|number| number as i64))?
}

/// A size: a Number or a BigInt, not negative, exact.
fn whole(value: &JsValue) -> Option<u64> {
    if value.is_bigint() {
        return u64::try_from(value.clone()).ok();
    }
    let number = value.as_f64()?;
    (Number::is_safe_integer(value) && number >= 0.0).then_some(number as u64)
}
