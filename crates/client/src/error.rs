//! The one error type: the protocol's [`Failure`], and the JavaScript values that go with it.

use core::fmt;
use core::ops::Deref;

use byteferry_protocol::{Code, Failure};
use js_sys::ArrayBuffer;
use wasm_bindgen::prelude::*;

use crate::scope;

/// Why a job has no result. The [`Failure`] reads as fields: `error.message`, `error.expected`, ...
#[derive(Clone, Debug)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    failure: Failure,
    buffer: Option<ArrayBuffer>,
    value: Option<JsValue>,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Failure::new(code, message).into()
    }

    /// Makes an error of a worker's answer.
    pub(crate) fn from_js(error: &JsValue, buffer: Option<ArrayBuffer>) -> Self {
        let text = |name| scope::get(error, name).as_string();
        let number = |name| scope::get(error, name).as_f64();
        // By hand: serde refuses integers beyond 2^53, which JavaScript has rounded.
        let failure = Failure {
            code: text("code").unwrap_or_else(|| Code::WorkerCrash.as_str().into()),
            message: text("message").unwrap_or_else(|| scope::text(error)),
            expected: number("expected").map(|number| number as u64),
            actual: number("actual").map(|number| number as u64),
            offset: number("offset").map(|number| number as u64),
            index: number("index").map(|number| number as u64),
            missed: number("missed").map(|number| number as u64),
            status: number("status").map(|number| number as u16),
            url: text("url"),
        };
        let value = scope::get(error, "value");
        Self(Box::new(Details { failure, buffer, value: (!value.is_undefined()).then_some(value) }))
    }

    pub(crate) fn with_buffer(mut self, buffer: Option<ArrayBuffer>) -> Self {
        self.0.buffer = buffer;
        self
    }

    pub(crate) fn with_url(mut self, url: &str) -> Self {
        self.0.failure.url = Some(url.to_owned());
        self
    }

    pub(crate) fn with_numbers(mut self, expected: u64, actual: u64) -> Self {
        self.0.failure.expected = Some(expected);
        self.0.failure.actual = Some(actual);
        self
    }

    /// Says in front of the message what it is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.0.failure.message.insert_str(0, &format!("{what}: "));
        self
    }

    /// Sets everything but the buffer as properties of an object.
    pub(crate) fn put(&self, object: &JsValue) {
        let Details { failure, value, .. } = &*self.0;
        let number = |number: Option<u64>| number.map(|number| JsValue::from(number as f64));
        let properties: [(&str, Option<JsValue>); 10] = [
            ("code", Some(JsValue::from(&failure.code))),
            ("message", Some(JsValue::from(&failure.message))),
            ("expected", number(failure.expected)),
            ("actual", number(failure.actual)),
            ("offset", number(failure.offset)),
            ("index", number(failure.index)),
            ("missed", number(failure.missed)),
            ("status", failure.status.map(JsValue::from)),
            ("url", failure.url.as_ref().map(JsValue::from)),
            ("value", value.clone()),
        ];
        for (name, value) in properties {
            if let Some(value) = value {
                scope::set(object, name, &value);
            }
        }
    }

    /// The code, which programs act on.
    pub fn code(&self) -> Code {
        // Only a later protocol could have an unknown code, and its workers are refused at the start.
        self.0.failure.code().unwrap_or(Code::WorkerCrash)
    }

    /// The part of this error that crosses between page and worker.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// The buffer that was transferred, its bytes unchanged.
    pub fn buffer(&self) -> Option<&ArrayBuffer> {
        self.0.buffer.as_ref()
    }

    /// The buffer that was transferred, owned.
    pub fn into_buffer(self) -> Option<ArrayBuffer> {
        self.0.buffer
    }

    /// The value that does not survive a cast: a number or a BigInt. Its place is `index`.
    pub fn value(&self) -> Option<&JsValue> {
        self.0.value.as_ref()
    }
}

impl Deref for Error {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0.failure
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self(Box::new(Details { failure, buffer: None, value: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.failure.code, self.0.failure.message)
    }
}

impl core::error::Error for Error {}

/// A JavaScript `Error` named `FerryError`, with the same properties as byteferry.js's.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let js = js_sys::Error::new(&error.message);
        js.set_name("FerryError");
        error.put(&js);
        if let Some(buffer) = error.buffer() {
            scope::set(&js, "buffer", buffer);
        }
        js.into()
    }
}
