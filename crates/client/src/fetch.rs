//! Fetching an array from a server.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use js_sys::{Array, Object};
use wasm_bindgen::JsValue;
use web_sys::{Headers, RequestCache, RequestCredentials, RequestMode};

use crate::call::{Call, Draft};
use crate::element::Any;
use crate::ferry::Pool;
use crate::hand::Hear;
use crate::read::{Outcome, array_of, options_of, progress_option, read_options, rows_option};
use crate::{Code, DecodeOptions, Error, NdArray, Result, scope};

/// The options of the page's own `fetch`, as methods of a job that has a `request`.
macro_rules! request_options {
    () => {
        /// A header of the request.
        pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.request.headers.push((name.into(), value.into()));
            self
        }

        /// The request's method; by default `"GET"`, and `"POST"` of [`Ferry::send`](crate::Ferry::send).
        pub fn method(mut self, method: impl Into<String>) -> Self {
            self.request.method = Some(method.into());
            self
        }

        /// Whether cookies are sent.
        pub fn credentials(mut self, credentials: web_sys::RequestCredentials) -> Self {
            self.request.credentials = Some(credentials);
            self
        }

        /// How the browser's HTTP cache is used.
        pub fn cache(mut self, cache: web_sys::RequestCache) -> Self {
            self.request.cache = Some(cache);
            self
        }

        /// Whether the request may go to other origins.
        pub fn mode(mut self, mode: web_sys::RequestMode) -> Self {
            self.request.mode = Some(mode);
            self
        }
    };
}

/// A request's body, as a method of a job that has a `request` and sends nothing else.
macro_rules! body_option {
    () => {
        /// The request's body: text, a buffer, a Blob, anything that can be cloned.
        pub fn body(mut self, body: impl Into<wasm_bindgen::JsValue>) -> Self {
            self.request.body = Some(body.into());
            self
        }
    };
}

pub(crate) use {body_option, request_options};

/// What [`Ferry::fetch`](crate::Ferry::fetch) returns: the future of an array.
///
/// Set options before it is first polled; nothing is requested before that. Dropping it stops the download.
#[must_use = "futures do nothing unless polled"]
pub struct Fetch<T = Any> {
    call: Call,
    url: String,
    request: Request,
    retries: u32,
    options: DecodeOptions,
    progress: Option<Hear>,
    element: PhantomData<fn() -> T>,
}

impl Fetch {
    pub(crate) fn new(pool: &Rc<Pool>, url: String) -> Self {
        Self {
            call: Call::new(pool),
            url,
            request: Request::default(),
            retries: 0,
            options: DecodeOptions::default(),
            progress: None,
            element: PhantomData,
        }
    }
}

impl<T> Fetch<T> {
    read_options!(Fetch);
    rows_option!();
    progress_option!();
    request_options!();
    body_option!();

    /// How often a broken download is resumed, or begun anew if the server cannot resume it; default 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    fn of<U>(self) -> Fetch<U> {
        let Self { call, url, request, retries, options, progress, element: _ } = self;
        Fetch { call, url, request, retries, options, progress, element: PhantomData }
    }
}

impl<T: Outcome> Future for Fetch<T> {
    type Output = Result<NdArray<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, url, request, retries, options, progress, .. } = self.get_mut();
        let draft = || {
            let mut draft = Draft::new("fetch", options_of(options)?);
            draft.full = options.rows.is_some() || *retries > 0;
            request.put(&draft.message, url)?;
            if *retries > 0 {
                scope::set(&draft.message, "retries", &(*retries).into());
            }
            draft.tell(progress);
            Ok(draft)
        };
        call.poll(context, draft).map(|reply| array_of(reply?))
    }
}

/// A request's options beside its URL: those of the page's own `fetch`.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) method: Option<String>,
    pub(crate) body: Option<JsValue>,
    pub(crate) credentials: Option<RequestCredentials>,
    pub(crate) cache: Option<RequestCache>,
    pub(crate) mode: Option<RequestMode>,
}

impl Request {
    /// Puts the URL and the options into a message.
    pub(crate) fn put(&self, message: &Object, url: &str) -> Result<()> {
        let init = Object::new();
        let headers: Array =
            self.headers.iter().map(|(name, value)| Array::of2(&name.into(), &value.into())).collect();
        Headers::new_with_str_sequence_sequence(&headers).map_err(|error| {
            let text = format!("'{url}' cannot be fetched: {}", scope::text(&error));
            Error::new(Code::BadArgument, text)
        })?;
        let values: [(&str, Option<JsValue>); 6] = [
            ("headers", Some(headers.into())),
            ("method", self.method.as_ref().map(JsValue::from)),
            ("body", self.body.clone()),
            ("credentials", self.credentials.map(JsValue::from)),
            ("cache", self.cache.map(JsValue::from)),
            ("mode", self.mode.map(JsValue::from)),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                scope::set(&init, name, &value);
            }
        }
        scope::set(message, "url", &scope::absolute(url)?.href().into());
        scope::set(message, "init", &init);
        Ok(())
    }
}
