//! A thread that sleeps takes longer to begin with a message than a small job takes altogether. The worker does the same (`js/awake.js`).

use std::cell::Cell;

use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

use crate::scope;

/// As many messages as take some 0.4 ms.
const MESSAGES: u32 = 64;

thread_local! {
    /// When it was told of the last job.
    static LAST: Cell<f64> = const { Cell::new(0.0) };
    /// Messages of this thread to itself that are left.
    static LEFT: Cell<u32> = const { Cell::new(0) };
    /// Where they are posted. In Firefox alone, where small jobs take a third to a half less by it: Chromium gains nothing, and in WebKit
    /// each of these messages takes 0.2 ms.
    static PORT: Option<MessagePort> = scope::agent().contains("Firefox").then(port).flatten();
}

/// Told of jobs that come one by one: where one comes within 1 ms of another, keeps this thread awake for the answer.
pub(crate) fn stay_awake() {
    let now = scope::now();
    if now - LAST.replace(now) < 1.0 {
        PORT.with(|port| {
            if let Some(port) = port
                && LEFT.replace(MESSAGES) == 0
            {
                post(port);
            }
        });
    }
}

fn port() -> Option<MessagePort> {
    let channel = MessageChannel::new().ok()?;
    let port = channel.port2();
    let again = port.clone();
    let heard = Closure::<dyn Fn()>::new(move || {
        LEFT.set(LEFT.get().saturating_sub(1));
        if LEFT.get() > 0 {
            post(&again);
        }
    });
    channel.port1().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // It is this thread's, as long as that lives.
    heard.forget();
    Some(port)
}

fn post(port: &MessagePort) {
    // A number is never refused.
    let _ = port.post_message(&0.into());
}
