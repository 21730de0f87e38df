//! One worker and its pending jobs.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use byteferry_protocol::{Code, Ready, VERSION};
use futures_channel::oneshot;
use js_sys::{Array, ArrayBuffer, Object};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Response, Url, Worker};

use crate::awake::stay_awake;
use crate::ferry::Pool;
use crate::scope::{self, Clock};
use crate::{Error, Result};

/// Called with messages that come before the answer, and the worker that sent them.
pub(crate) type Hear = Rc<dyn Fn(&JsValue, &Rc<Hand>)>;

/// A job that was sent, and the channel for its answer.
pub(crate) struct Job {
    pub(crate) message: Object,
    /// Whether this job and the one before were each the only job pending.
    pub(crate) alone: bool,
    /// The message's property that is transferred.
    pub(crate) transfer: Option<&'static str>,
    /// Whether it is a buffer that was the caller's own.
    pub(crate) moved: bool,
    pub(crate) hear: Option<Hear>,
    pub(crate) began: f64,
    pub(crate) answer: oneshot::Sender<Result<Object>>,
}

impl Job {
    fn buffer(&self) -> Option<ArrayBuffer> {
        let buffer = if self.moved { scope::get(&self.message, "buffer") } else { JsValue::UNDEFINED };
        buffer.dyn_into().ok()
    }

    /// Bytes to process, as an estimate of the time it takes.
    fn weight(&self) -> f64 {
        let buffer = scope::get(&self.message, "buffer");
        let bytes = ["byteLength", "size"].iter().find_map(|name| scope::get(&buffer, name).as_f64());
        4096.0 + bytes.unwrap_or(1_048_576.0)
    }
}

struct Entry {
    job: Job,
    weight: f64,
}

/// Hears one kind of the worker's events.
type Listener = Closure<dyn Fn(JsValue)>;

/// A worker's start: the channels that wait for it, or its outcome.
enum Start {
    Waiting(Vec<oneshot::Sender<Result<Ready>>>),
    Done(Result<Ready>),
}

/// One worker.
pub(crate) struct Hand {
    /// Whether it runs `byteferry-worker.full.js`.
    pub(crate) full: bool,
    url: String,
    worker: Worker,
    pool: Weak<Pool>,
    ready: Cell<bool>,
    start: RefCell<Start>,
    jobs: RefCell<BTreeMap<u32, Entry>>,
    clock: RefCell<Option<Clock>>,
    listeners: RefCell<Vec<Listener>>,
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.end();
    }
}

impl Hand {
    /// Starts a worker.
    pub(crate) fn start(pool: &Rc<Pool>, full: bool) -> Result<Rc<Self>> {
        let mut url = scope::absolute(&pool.worker_url)?;
        if full {
            url = Url::new_with_base("byteferry-worker.full.js", &url.href()).unwrap_or(url);
        }
        let worker = spawn(&url).map_err(|error| {
            let text = format!("{} could not be started: {}", url.href(), scope::text(&error));
            Error::new(Code::WorkerLoad, text).with_url(&url.href())
        })?;
        let hand = Rc::new(Self {
            full,
            url: url.href(),
            worker,
            pool: Rc::downgrade(pool),
            ready: Cell::new(false),
            start: RefCell::new(Start::Waiting(Vec::new())),
            jobs: RefCell::default(),
            clock: RefCell::default(),
            listeners: RefCell::default(),
        });
        hand.listen(pool.ready_timeout);
        Ok(hand)
    }

    fn listen(self: &Rc<Self>, timeout: Duration) {
        let listener = |hear: fn(&Rc<Self>, JsValue)| {
            let hand = Rc::downgrade(self);
            Listener::new(move |event| {
                if let Some(hand) = hand.upgrade() {
                    hear(&hand, event);
                }
            })
        };
        let message = listener(|hand, event| hand.hear(&event.unchecked_ref::<MessageEvent>().data()));
        let unreadable = listener(|hand, _| {
            hand.fail(&Error::new(Code::WorkerCrash, "the worker's answer could not be read"))
        });
        let error = listener(|hand, event| hand.failed(event.unchecked_ref()));
        self.worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        self.worker.set_onmessageerror(Some(unreadable.as_ref().unchecked_ref()));
        self.worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        self.listeners.borrow_mut().extend([message, unreadable, error]);

        let hand = Rc::downgrade(self);
        let late = move || {
            if let Some(hand) = hand.upgrade() {
                hand.unloadable(&format!("it was not ready within {} ms", timeout.as_millis()));
            }
        };
        *self.clock.borrow_mut() = Clock::new(timeout, late);
    }

    /// Resolves once the worker has started, or has failed to.
    pub(crate) fn started(&self) -> oneshot::Receiver<Result<Ready>> {
        let (sender, receiver) = oneshot::channel();
        match &mut *self.start.borrow_mut() {
            Start::Waiting(waiting) => waiting.push(sender),
            Start::Done(ready) => {
                // Cannot fail: the receiver is still here.
                let _ = sender.send(ready.clone());
            }
        }
        receiver
    }

    /// Whether it has nothing to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.jobs.borrow().is_empty()
    }

    /// Bytes it still has to process, as an estimate of the time it takes.
    pub(crate) fn load(&self) -> f64 {
        self.jobs.borrow().values().map(|entry| entry.weight).sum()
    }

    pub(crate) fn take(&self, id: u32, job: Job) {
        let weight = job.weight();
        let sent = if self.ready.get() {
            self.post(&job)
        } else if job.moved {
            // Until the worker runs, the bytes are kept in a buffer here, and the caller's is detached. They are given
            // back if the worker never runs.
            scope::taken(&scope::get(&job.message, "buffer"))
                .map(|kept| scope::set(&job.message, "buffer", &kept))
        } else {
            // An array is cloned now, so that later changes are not sent.
            scope::cloned(&scope::get(&job.message, "array"))
                .map(|kept| scope::set(&job.message, "array", &kept))
        };
        match sent {
            Ok(()) => drop(self.jobs.borrow_mut().insert(id, Entry { job, weight })),
            Err(error) => refuse(job, &error),
        }
    }

    /// Stops a job whose result nobody waits for any more.
    pub(crate) fn stop(&self, id: u32) {
        // Dropped once nothing is borrowed: its callbacks may own other jobs.
        let entry = self.jobs.borrow_mut().remove(&id);
        if entry.is_some() {
            self.abort(id);
        }
    }

    fn abort(&self, id: u32) {
        if self.ready.get() {
            let message = Object::new();
            scope::set(&message, "id", &id.into());
            scope::set(&message, "op", &"abort".into());
            // Posting a plain object of a number and a string never fails.
            let _ = self.worker.post_message(&message);
        }
    }

    /// Rejects a job that took too long, and stops it.
    pub(crate) fn late(&self, id: u32, after: Duration) {
        let entry = self.jobs.borrow_mut().remove(&id);
        let Some(Entry { job, .. }) = entry else { return };
        self.abort(id);
        let buffer = if self.ready.get() { None } else { job.buffer() };
        let error = Error::new(Code::Timeout, format!("no result within {} ms", after.as_millis()));
        let _ = job.answer.send(Err(error.with_buffer(buffer)));
    }

    /// Ends the worker and rejects its pending jobs.
    pub(crate) fn fail(&self, error: &Error) {
        self.end();
        if let Some(pool) = self.pool.upgrade() {
            pool.without(self);
        }
        let start = self.start.replace(Start::Done(Err(error.clone())));
        if let Start::Waiting(waiting) = start {
            for sender in waiting {
                let _ = sender.send(Err(error.clone()));
            }
        }
        for (_, Entry { job, .. }) in self.jobs.take() {
            let buffer = if self.ready.get() { None } else { job.buffer() };
            let _ = job.answer.send(Err(error.clone().with_buffer(buffer)));
        }
    }

    fn end(&self) {
        drop(self.clock.take());
        self.worker.terminate();
        self.worker.set_onmessage(None);
        self.worker.set_onmessageerror(None);
        self.worker.set_onerror(None);
    }

    fn failed(self: &Rc<Self>, event: &ErrorEvent) {
        event.prevent_default();
        // The event of a script that was not found has no message.
        let message = scope::get(event, "message").as_string().unwrap_or_default();
        if self.ready.get() {
            return self.fail(&Error::new(Code::WorkerCrash, format!("the worker failed: {message}")));
        }
        let hand = self.clone();
        js_sys::futures::spawn_local(async move {
            let why = reason(&hand.url).await;
            hand.unloadable(&if message.is_empty() { why } else { format!("{why} ({message})") });
        });
    }

    fn unloadable(&self, why: &str) {
        let text = format!("{} could not be started: {why}", self.url);
        self.fail(&Error::new(Code::WorkerLoad, text).with_url(&self.url));
    }

    fn post(&self, job: &Job) -> core::result::Result<(), JsValue> {
        let transfer: Array = job.transfer.iter().map(|name| scope::get(&job.message, name)).collect();
        self.worker.post_message_with_transfer(&job.message, &transfer)?;
        if job.alone {
            stay_awake();
        }
        Ok(())
    }

    /// Lets later results reuse these buffers.
    pub(crate) fn recycle(&self, buffers: &[ArrayBuffer]) {
        if self.ready.get() {
            self.post_buffers("recycle", None, buffers);
        }
    }

    /// Tells the worker that a frame was taken, and which buffers it may reuse.
    pub(crate) fn next(&self, stream: u32, buffers: &[ArrayBuffer]) {
        if self.jobs.borrow().contains_key(&stream) {
            self.post_buffers("next", Some(stream), buffers);
        }
    }

    /// Tells the worker what was read for one of its jobs.
    pub(crate) fn piece(&self, stream: &JsValue, piece: &Object) {
        let is_pending = |id| self.jobs.borrow().contains_key(&(id as u32));
        if stream.as_f64().is_some_and(is_pending) {
            scope::set(piece, "op", &"piece".into());
            scope::set(piece, "stream", stream);
            if let Err(error) = self.worker.post_message(piece) {
                // What cannot be cloned is no bytes.
                scope::set(piece, "value", &JsValue::UNDEFINED);
                scope::set(piece, "error", &scope::text(&error).into());
                let _ = self.worker.post_message(piece);
            }
        }
    }

    fn post_buffers(&self, op: &str, stream: Option<u32>, buffers: &[ArrayBuffer]) {
        let buffers: Array = buffers.iter().collect();
        let message = Object::new();
        scope::set(&message, "op", &op.into());
        scope::set(&message, "buffers", &buffers);
        if let Some(stream) = stream {
            scope::set(&message, "stream", &stream.into());
        }
        if self.worker.post_message_with_transfer(&message, &buffers).is_err() {
            // One of the buffers is detached: another handle on it was used. The frame was taken all the same.
            let none = Array::new();
            scope::set(&message, "buffers", &none);
            let _ = self.worker.post_message_with_transfer(&message, &none);
        }
    }

    fn hear(self: &Rc<Self>, data: &JsValue) {
        let failed = scope::get(data, "failed");
        if !failed.is_undefined() {
            return self.unloadable(&scope::get(&failed, "message").as_string().unwrap_or_default());
        }
        let ready = scope::get(data, "ready");
        if !ready.is_undefined() {
            return self.begin(ready);
        }
        let Some(id) = scope::get(data, "id").as_f64() else { return };
        let id = id as u32;
        let before = ["progress", "frame", "gap", "reconnect", "pull"];
        if before.iter().any(|name| !scope::get(data, name).is_undefined()) {
            let hear = self.jobs.borrow().get(&id).and_then(|entry| entry.job.hear.clone());
            if let Some(hear) = hear {
                hear(data, self);
            }
            return;
        }
        let entry = self.jobs.borrow_mut().remove(&id);
        let Some(Entry { job, .. }) = entry else { return };
        let error = scope::get(data, "error");
        let outcome = if error.is_undefined() {
            told_time(data, job.began);
            Ok(data.clone().unchecked_into())
        } else {
            let buffer = scope::get(data, "buffer").dyn_into().ok().filter(|_| job.moved);
            Err(Error::from_js(&error, buffer))
        };
        // The receiver may be gone.
        let _ = job.answer.send(outcome);
    }

    fn begin(&self, ready: JsValue) {
        let ready: Ready = match serde_wasm_bindgen::from_value(ready) {
            Ok(ready) => ready,
            Err(error) => return self.unloadable(&format!("what it says of itself cannot be read: {error}")),
        };
        if ready.protocol != VERSION {
            let text = format!("it speaks version {} of the protocol, this crate {VERSION}", ready.protocol);
            return self.unloadable(&text);
        }
        drop(self.clock.take());
        self.ready.set(true);
        let start = self.start.replace(Start::Done(Ok(ready.clone())));
        if let Start::Waiting(waiting) = start {
            for sender in waiting {
                let _ = sender.send(Ok(ready.clone()));
            }
        }
        // One by one: posting may run the page's getters, and they may start more jobs.
        let waiting: Vec<u32> = self.jobs.borrow().keys().copied().collect();
        for id in waiting {
            let entry = self.jobs.borrow_mut().remove(&id);
            let Some(entry) = entry else { continue };
            match self.post(&entry.job) {
                Ok(()) => drop(self.jobs.borrow_mut().insert(id, entry)),
                Err(error) => refuse(entry.job, &error),
            }
        }
    }
}

/// Rejects a job that cannot be posted.
fn refuse(job: Job, error: &JsValue) {
    let text = format!("the job could not be sent: {}", scope::text(error));
    let error = Error::new(Code::BadArgument, text).with_buffer(job.buffer());
    let _ = job.answer.send(Err(error));
}

/// Adds the times that only the page's clock knows: `total` and `wait`.
fn told_time(reply: &JsValue, began: f64) {
    let milliseconds = scope::get(&scope::get(reply, "stats"), "milliseconds");
    if milliseconds.is_undefined() {
        return;
    }
    let total = scope::now() - began;
    let worked =
        ["fetch", "header", "convert"].iter().filter_map(|part| scope::get(&milliseconds, part).as_f64());
    let wait = (total - worked.sum::<f64>()).max(0.0);
    scope::set(&milliseconds, "total", &total.into());
    scope::set(&milliseconds, "wait", &wait.into());
}

/// Starts a worker from the script at `url`, on whatever origin.
fn spawn(url: &Url) -> core::result::Result<Worker, JsValue> {
    let href = url.href();
    if url.origin() == scope::origin() {
        return Worker::new(&href);
    }
    // A worker's script must come from the page's own origin; a script of that origin may import any.
    Worker::new(&scope::script(&[&scope::importing(&href)])?)
}

/// Finds out why a worker's script did not run, which the error event doesn't say.
async fn reason(url: &str) -> String {
    let answer = match scope::fetch(url) {
        Ok(promise) => js_sys::futures::JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    let answer: Response = match answer {
        Ok(answer) => answer.unchecked_into(),
        Err(error) => return format!("it could not be fetched: {}", scope::text(&error)),
    };
    if !answer.ok() {
        return format!("the server answered {} {}", answer.status(), answer.status_text())
            .trim_end()
            .to_owned();
    }
    match answer.headers().get("Content-Type").ok().flatten() {
        Some(kind) if kind.contains("javascript") => "the browser refused it, as a syntax error, \
             Content-Security-Policy or Cross-Origin-Embedder-Policy makes it do"
            .to_owned(),
        kind => format!("its Content-Type is {}, not text/javascript", kind.as_deref().unwrap_or("missing")),
    }
}
