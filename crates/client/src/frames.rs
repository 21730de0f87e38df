//! Receiving a stream of arrays.

use core::cell::RefCell;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::rc::Rc;

use byteferry_protocol::{FrameOptions, Gap, Reconnect};
use futures_core::Stream;
use js_sys::{ArrayBuffer, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::call::{Call, Draft};
use crate::element::Any;
use crate::ferry::Pool;
use crate::fetch::{Request, body_option, request_options};
use crate::hand::{Hand, Hear};
use crate::read::{Outcome, array_of, options_without_rows, read_options, setters, told};
use crate::{DecodeOptions, NdArray, Result, scope};

/// What [`Ferry::frames`](crate::Ferry::frames) returns: a [`Stream`] of arrays.
///
/// Set options before it is first polled. A wrong checksum, an invalid frame or a dropped connection is an error and
/// ends the stream. Dropping the stream closes the connection.
#[must_use = "streams do nothing unless polled"]
pub struct Frames<T = Any> {
    call: Call,
    url: String,
    request: Request,
    options: DecodeOptions,
    how: FrameOptions,
    on_gap: Option<Hear>,
    on_reconnect: Option<Hear>,
    inbox: Rc<RefCell<Inbox>>,
    /// Buffers to reuse, which go to the worker with the next `next` message.
    spare: Vec<ArrayBuffer>,
    /// Whether a frame was taken for which no `next` message was sent.
    owes: bool,
    ended: bool,
    element: PhantomData<fn() -> T>,
}

/// Frames that have come and were not taken yet.
#[derive(Default)]
struct Inbox {
    frames: VecDeque<Object>,
    dropped: u64,
    waker: Option<Waker>,
}

impl Frames {
    pub(crate) fn new(pool: &Rc<Pool>, url: String) -> Self {
        Self {
            call: Call::new(pool),
            url,
            request: Request::default(),
            options: DecodeOptions::default(),
            how: FrameOptions::default(),
            on_gap: None,
            on_reconnect: None,
            inbox: Rc::default(),
            spare: Vec::new(),
            owes: false,
            ended: false,
            element: PhantomData,
        }
    }
}

impl<T> Frames<T> {
    read_options!(Frames);
    request_options!();
    body_option!();

    setters! { how:
        /// What becomes of frames that come faster than they are taken.
        /// `"block"` makes the server wait (default over HTTP); `"latest"` keeps only the latest (default over a WebSocket,
        /// which cannot be made to wait); `"error"` ends the stream with an error.
        slow: impl Into<String>;
        /// Most frames that wait in the page; by default 8, with `"latest"` 1.
        queue: u32;
        /// How often in a row a broken connection is opened anew; default 0.
        reconnect: u32;
    }

    /// Called for missing frames, which sequence numbers show; without it, they are an error.
    pub fn on_gap(mut self, gap: impl FnMut(Gap) + 'static) -> Self {
        self.how.gaps = true;
        self.on_gap = Some(told("gap", gap));
        self
    }

    /// Called when the connection broke off and will be opened anew.
    pub fn on_reconnect(mut self, reconnect: impl FnMut(Reconnect) + 'static) -> Self {
        self.on_reconnect = Some(told("reconnect", reconnect));
        self
    }

    /// How many frames `"latest"` has dropped.
    pub fn dropped(&self) -> u64 {
        self.inbox.borrow().dropped
    }

    /// Lets later frames reuse a frame's memory, so that a steady stream allocates nothing.
    pub fn recycle<U>(&mut self, frame: NdArray<U>) {
        self.spare.extend(frame.buffers());
    }

    fn of<U>(self) -> Frames<U> {
        let Self {
            call,
            url,
            request,
            options,
            how,
            on_gap,
            on_reconnect,
            inbox,
            spare,
            owes,
            ended,
            element: _,
        } = self;
        Frames {
            call,
            url,
            request,
            options,
            how,
            on_gap,
            on_reconnect,
            inbox,
            spare,
            owes,
            ended,
            element: PhantomData,
        }
    }

    fn draft(&mut self) -> Result<Draft> {
        let mut draft = Draft::new("frames", options_without_rows(&self.options, "fetch has it")?);
        draft.full = true;
        self.request.put(&draft.message, &self.url)?;
        scope::assign(&draft.message, &scope::to_js(&self.how)?);
        let inbox = self.inbox.clone();
        let told = [("gap", self.on_gap.take()), ("reconnect", self.on_reconnect.take())];
        draft.hear = Some(Rc::new(move |message: &JsValue, hand: &Rc<Hand>| {
            for (name, hear) in &told {
                if let Some(hear) = hear
                    && !scope::get(message, name).is_undefined()
                {
                    hear(message, hand);
                }
            }
            let mut inbox = inbox.borrow_mut();
            inbox.dropped =
                scope::get(message, "dropped").as_f64().map_or(inbox.dropped, |dropped| dropped as u64);
            if let Ok(frame) = scope::get(message, "frame").dyn_into() {
                inbox.frames.push_back(frame);
            }
            let waker = inbox.waker.take();
            drop(inbox);
            if let Some(waker) = waker {
                waker.wake();
            }
        }));
        Ok(draft)
    }
}

impl<T: Outcome> Stream for Frames<T> {
    type Item = Result<NdArray<T>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // Sent only when the next frame is asked for, so that the worker knows how slow the reader is.
        if core::mem::take(&mut this.owes)
            && let Some(sent) = &this.call.sent
        {
            sent.hand.next(sent.id, &core::mem::take(&mut this.spare));
        }
        if let Some(frame) = this.taken() {
            return Poll::Ready(Some(frame));
        }
        if this.ended {
            return Poll::Ready(None);
        }
        if this.call.sent.is_none()
            && let Err(error) = this.draft().and_then(|draft| this.call.send(draft).map(drop))
        {
            this.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        let Some(sent) = &mut this.call.sent else { return Poll::Ready(None) };
        let end = Pin::new(sent).poll(context);
        this.inbox.borrow_mut().waker = Some(context.waker().clone());
        match end {
            Poll::Pending => Poll::Pending,
            Poll::Ready(end) => {
                this.ended = true;
                Poll::Ready(end.err().map(Err))
            }
        }
    }
}

impl<T: Outcome> Frames<T> {
    /// The next frame that has come.
    fn taken(&mut self) -> Option<Result<NdArray<T>>> {
        let frame = self.inbox.borrow_mut().frames.pop_front()?;
        self.owes = true;
        Some(array_of(frame))
    }
}
