//! For apps that use gloo-worker 0.6: a codec that passes JavaScript's buffers on, and a worker that converts arrays.
//!
//! ```no_run
//! use byteferry::DecodeOptions;
//! use byteferry::gloo::{self, FerryWorker, JsCodec, Output};
//! use gloo_worker::Spawnable as _;
//!
//! # fn app(bytes: js_sys::SharedArrayBuffer) -> byteferry::Result<()> {
//! let bridge = FerryWorker::spawner()
//!     .callback(|output: Output| match output.array() {
//!         Ok(array) => log(format!("{}: {:?}", output.id, array.shape)),
//!         Err(error) => log(error.to_string()),
//!     })
//!     .encoding::<JsCodec>()
//!     .with_loader(true)
//!     .as_module(false)
//!     .spawn(&gloo::script("byteferry-worker.full.js")?);
//! bridge.send(gloo::Input::fetch(1, "/temperature.npy", &DecodeOptions::default())?);
//!
//! let raw = DecodeOptions { dtype: Some(">f4".into()), ..DecodeOptions::default() };
//! bridge.send(gloo::Input::decode(2, &bytes, &raw)?);
//! # Ok(())
//! # }
//! # fn log(_: String) {}
//! ```
//!
//! # What gloo-worker 0.6 cannot do
//!
//! - **It transfers nothing.** It posts without a transfer list, so a buffer that a bridge sends is cloned: a copy of
//!   all its bytes, made while the page waits. A [`SharedArrayBuffer`](js_sys::SharedArrayBuffer) crosses without a
//!   copy, and bytes that the worker fetches itself never cross. Replies of [`script`]'s worker *are* transferred,
//!   since that script posts them itself; replies of a worker that registers a type in Rust are cloned.
//! - **Its own codec, bincode, cannot encode a typed array**, and would copy its bytes twice more. Use [`JsCodec`] on
//!   both sides of a bridge: in `.encoding::<JsCodec>()` of the spawner, and of the registrar.
//! - **Codecs cannot fail.** If a message cannot be encoded or decoded, a JavaScript exception is thrown.
//! - **It does not report a worker that does not start**: it keeps its messages, and waits. [`Ferry`] rejects such
//!   jobs.
//! - **Nothing comes back from a worker that dies**, neither an answer nor a buffer, and no other takes its place.
//!
//! So wherever the page itself has the bytes, a [`Ferry`] is the better choice, also in an app on gloo-worker: the two
//! work side by side.

use gloo_worker::{Codec, HandlerId, Worker, WorkerScope};
use js_sys::{ArrayBuffer, Object};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasm_bindgen::{JsCast, JsValue};

use crate::call::{Draft, Sent};
use crate::fetch::Request;
use crate::{Code, DecodeOptions, Error, Ferry, NdArray, Result, scope};

/// Translates between gloo's messages and byteferry's.
const ADAPTER: &str = include_str!("../js/gloo.js");

/// Makes a script for [`FerryWorker`], and returns its URL.
///
/// The script takes gloo-worker's messages and runs the worker at `worker_url`: `byteferry-worker.full.js`, or
/// `byteferry-worker.js`, which only decodes and fetches. It is a classic script and needs no loader:
/// `.with_loader(true).as_module(false)`. A Content-Security-Policy has to allow `worker-src blob:`, as for
/// gloo-worker's own.
///
/// # Errors
///
/// `bad-argument` if `worker_url` is not a URL.
pub fn script(worker_url: &str) -> Result<String> {
    let import = scope::importing(&scope::absolute(worker_url)?.href());
    scope::script(&[ADAPTER, &import]).map_err(|error| {
        Error::new(Code::WorkerLoad, format!("no Blob could be made: {}", scope::text(&error)))
    })
}

/// Encodes messages as plain JavaScript values.
/// A [`Js`] in a message is passed on as it is: the browser clones it, or shares its memory.
#[derive(Debug)]
pub struct JsCodec;

impl Codec for JsCodec {
    fn encode<I: Serialize>(input: I) -> JsValue {
        // As BigInts, so that no integer is too large.
        let serializer = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
        match input.serialize(&serializer) {
            Ok(message) => message,
            Err(error) => wasm_bindgen::throw_val(error.into()),
        }
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        match serde_wasm_bindgen::from_value(input) {
            Ok(message) => message,
            Err(error) => wasm_bindgen::throw_val(error.into()),
        }
    }
}

/// A JavaScript value in a serde message: a typed array, an ArrayBuffer, a Blob, anything that can be cloned.
///
/// [`JsCodec`] passes it on as a handle, also in a `Vec`, an `Option` or a field. It does not work inside
/// `#[serde(untagged)]`, `#[serde(flatten)]` and internally tagged enums: they read their content before they know its
/// type.
#[derive(Clone, Debug)]
pub struct Js<T>(pub T);

/// Identity (`===`), not equal content.
impl<T: JsCast> PartialEq for Js<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref() == other.0.as_ref()
    }
}

impl<T: JsCast> Serialize for Js<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serde_wasm_bindgen::preserve::serialize(&self.0, serializer)
    }
}

impl<'de, T: JsCast> Deserialize<'de> for Js<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        serde_wasm_bindgen::preserve::deserialize(deserializer).map(Self)
    }
}

/// A job for a [`FerryWorker`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// Comes back with the answer.
    pub id: u32,
    /// The message for a byteferry worker, without `id`.
    message: Js<Object>,
}

impl Input {
    /// A job that decodes bytes, which stay the page's.
    /// A copy crosses; of a SharedArrayBuffer, the buffer itself.
    ///
    /// # Errors
    ///
    /// `detached` and `bad-argument`, as for [`Ferry::decode`].
    pub fn decode(id: u32, bytes: impl Into<crate::Input>, options: &DecodeOptions) -> Result<Self> {
        let mut draft = Draft::new("decode", scope::to_js(options)?);
        let bytes = bytes.into();
        if bytes.is_coming() {
            let text = "gloo-worker transfers no stream: read it, or have the worker fetch it";
            return Err(Error::new(Code::BadArgument, text));
        }
        // Of a view, copies only its own bytes.
        let whole = !bytes.is_view();
        bytes.put(&mut draft, Some(whole))?;
        Ok(Self { id, message: Js(draft.message) })
    }

    /// A job that fetches an array.
    ///
    /// # Errors
    ///
    /// `bad-argument` if `url` is not a URL.
    pub fn fetch(id: u32, url: &str, options: &DecodeOptions) -> Result<Self> {
        let draft = Draft::new("fetch", scope::to_js(options)?);
        Request::default().put(&draft.message, url)?;
        Ok(Self { id, message: Js(draft.message) })
    }
}

/// The outcome of an [`Input`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Output {
    /// The input's `id`.
    pub id: u32,
    /// A byteferry worker's answer.
    reply: Js<Object>,
}

impl Output {
    /// The array.
    ///
    /// # Errors
    ///
    /// As for [`Ferry::decode`] and [`Ferry::fetch`]. An error's buffer is the worker's copy.
    pub fn array(&self) -> Result<NdArray> {
        let error = scope::get(&self.reply.0, "error");
        if error.is_undefined() {
            return NdArray::from_reply(self.reply.0.clone());
        }
        Err(Error::from_js(&error, scope::get(&self.reply.0, "buffer").dyn_into().ok()))
    }
}

/// A gloo-worker worker that converts arrays, from the [`script`] here.
///
/// An app with a worker binary of its own may register it there:
/// `FerryWorker::registrar().encoding::<JsCodec>().register()`. Then a nested worker does the work, from the
/// `byteferry-worker.js` beside that worker's script; or at the root of the site, if the script is a Blob, as
/// gloo-worker's own loader makes it.
#[derive(Debug)]
pub struct FerryWorker {
    ferry: Ferry,
}

impl Worker for FerryWorker {
    type Message = ();
    type Input = Input;
    type Output = Output;

    fn create(_: &WorkerScope<Self>) -> Self {
        Self { ferry: Ferry::new() }
    }

    fn update(&mut self, _: &WorkerScope<Self>, (): ()) {}

    fn received(
        &mut self,
        scope: &WorkerScope<Self>,
        Input { id, message: Js(message) }: Input,
        handler: HandlerId,
    ) {
        // The buffer is a clone that nobody else has.
        let moved = scope::get(&message, "buffer").is_instance_of::<ArrayBuffer>();
        let full = !scope::get(&message, "rows").is_undefined();
        let transfer = moved.then_some("buffer");
        let draft = Draft { message, full, transfer, moved, hear: None, coming: None };
        let (sent, gloo) = (Sent::new(self.ferry.pool(), draft, None), scope.clone());
        js_sys::futures::spawn_local(async move {
            let reply = match sent {
                Ok(sent) => sent.await,
                Err(error) => Err(error),
            };
            let reply = reply.unwrap_or_else(|error| {
                let (reply, told) = (Object::new(), Object::new());
                scope::set(&reply, "buffer", &error.buffer().map_or(JsValue::UNDEFINED, JsValue::from));
                error.put(&told);
                scope::set(&reply, "error", &told);
                reply
            });
            gloo.respond(handler, Output { id, reply: Js(reply) });
        });
    }
}
