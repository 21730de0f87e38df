//! What the benchmark holds byteferry against, of Rust's own: workers of gloo-worker's that send back what they are sent, by its default codec and
//! by byteferry's, and a swap that has whole arrays copied into wasm and out of it again, as wasm-bindgen does unasked.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::rc::Rc;

use byteferry::gloo::{Js, JsCodec};
use gloo_worker::{HandlerId, Registrable as _, Spawnable as _, Worker, WorkerBridge, WorkerScope};
use js_sys::{ArrayBuffer, Function};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes in the app's own memory, for gloo-worker's default codec.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload(#[serde(with = "serde_bytes")] Vec<u8>);

/// Sends back what it is sent.
#[derive(Debug)]
pub struct BytesWorker;

impl Worker for BytesWorker {
    type Message = ();
    type Input = Payload;
    type Output = Payload;

    fn create(_: &WorkerScope<Self>) -> Self {
        Self
    }

    fn update(&mut self, _: &WorkerScope<Self>, (): ()) {}

    fn received(&mut self, scope: &WorkerScope<Self>, payload: Payload, id: HandlerId) {
        scope.respond(id, payload);
    }
}

/// The same of buffers that stay JavaScript's, for [`JsCodec`].
#[derive(Debug)]
pub struct HandlesWorker;

impl Worker for HandlesWorker {
    type Message = ();
    type Input = Js<ArrayBuffer>;
    type Output = Js<ArrayBuffer>;

    fn create(_: &WorkerScope<Self>) -> Self {
        Self
    }

    fn update(&mut self, _: &WorkerScope<Self>, (): ()) {}

    fn received(&mut self, scope: &WorkerScope<Self>, buffer: Js<ArrayBuffer>, id: HandlerId) {
        scope.respond(id, buffer);
    }
}

/// Makes the worker that calls this one of the two.
#[wasm_bindgen]
pub fn register(which: &str) {
    match which {
        "bytes" => BytesWorker::registrar().register(),
        _ => HandlesWorker::registrar().encoding::<JsCodec>().register(),
    }
}

/// A page's end of a [`BytesWorker`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Bytes {
    bridge: WorkerBridge<BytesWorker>,
    held: Rc<RefCell<Vec<u8>>>,
}

#[wasm_bindgen]
impl Bytes {
    /// `answered` is called whenever the bytes are back.
    #[wasm_bindgen(constructor)]
    pub fn new(loader: &str, answered: Function) -> Self {
        let held = Rc::new(RefCell::new(Vec::new()));
        let taken = Rc::clone(&held);
        let bridge = BytesWorker::spawner()
            .callback(move |Payload(bytes)| {
                *taken.borrow_mut() = bytes;
                call(&answered, &JsValue::UNDEFINED);
            })
            .with_loader(true)
            .spawn(loader);
        Self { bridge, held }
    }

    /// Has so many bytes to send.
    pub fn fill(&self, nbytes: usize) {
        // What was held goes first: there is one of them at a time.
        self.held.take();
        *self.held.borrow_mut() = (0..=u8::MAX).cycle().take(nbytes).collect();
    }

    /// Sends them; until they are back there are none.
    pub fn send(&self) {
        self.bridge.send(Payload(self.held.take()));
    }
}

/// A page's end of a [`HandlesWorker`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Handles(WorkerBridge<HandlesWorker>);

#[wasm_bindgen]
impl Handles {
    /// `answered` is called with what comes back.
    #[wasm_bindgen(constructor)]
    pub fn new(loader: &str, answered: Function) -> Self {
        let bridge = HandlesWorker::spawner()
            .callback(move |Js(buffer)| call(&answered, &buffer))
            .encoding::<JsCodec>()
            .with_loader(true)
            .spawn(loader);
        Self(bridge)
    }

    /// Sends a buffer, of which gloo-worker makes a copy.
    pub fn send(&self, buffer: ArrayBuffer) {
        self.0.send(Js(buffer));
    }
}

fn call(function: &Function, argument: &JsValue) {
    if let Err(error) = function.call1(&JsValue::UNDEFINED, argument) {
        wasm_bindgen::throw_val(error);
    }
}

/// Swaps elements of 2, 4 or 8 bytes, once wasm-bindgen has copied all of them here, and before it copies them back.
#[wasm_bindgen]
pub fn swap(bytes: &mut [u8], itemsize: usize) {
    match itemsize {
        2 => bytes.as_chunks_mut().0.iter_mut().for_each(|it| *it = u16::from_be_bytes(*it).to_le_bytes()),
        4 => bytes.as_chunks_mut().0.iter_mut().for_each(|it| *it = u32::from_be_bytes(*it).to_le_bytes()),
        _ => bytes.as_chunks_mut().0.iter_mut().for_each(|it| *it = u64::from_be_bytes(*it).to_le_bytes()),
    }
}
