//! Keeps this thread awake between small jobs: waking up takes longer than such a job. The worker does the same
//! (`js/awake.js`).

use std::cell::Cell;

use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

use crate::scope;

/// How many messages take some 0.4 ms.
const MESSAGES: u32 = 64;

thread_local! {
    /// When `stay_awake` was last called.
    static LAST: Cell<f64> = const { Cell::new(0.0) };
    /// How many messages this thread has yet to post to itself.
    static LEFT: Cell<u32> = const { Cell::new(0) };
    /// The port for these messages, in Firefox only. There, small jobs take a third to a half less time; Chromium gains
    /// nothing, and in WebKit each of these messages takes 0.2 ms.
    static PORT: Option<MessagePort> = scope::agent().contains("Firefox").then(port).flatten();
}

/// Called for jobs that come one by one. If two come within 1 ms, keeps this thread awake for the answer.
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
    // Leaked on purpose: the port is used as long as the thread lives.
    heard.forget();
    Some(port)
}

fn post(port: &MessagePort) {
    // Posting a number never fails.
    let _ = port.post_message(&0.into());
}
