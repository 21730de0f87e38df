//! A job as a future: sent when it is first polled, stopped when it is dropped.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::rc::Rc;

use byteferry_protocol::Code;
use futures_channel::oneshot;
use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::coming::Coming;
use crate::ferry::Pool;
use crate::hand::{Hand, Hear, Job};
use crate::scope::{self, Clock};
use crate::{Error, Result};

/// A job that is to be sent.
pub(crate) struct Draft {
    pub(crate) message: Object,
    /// Whether only byteferry-worker.full.js can do it.
    pub(crate) full: bool,
    /// The message's property that goes into the transfer list.
    pub(crate) transfer: Option<&'static str>,
    /// Whether it is a buffer of the caller's own, to be given back if the job fails.
    pub(crate) moved: bool,
    pub(crate) hear: Option<Hear>,
    /// What is read from, which ends with the job.
    pub(crate) coming: Option<Coming>,
}

impl Draft {
    /// A message of this op, with these options.
    pub(crate) fn new(op: &str, options: JsValue) -> Self {
        let message: Object = options.into();
        scope::set(&message, "op", &op.into());
        Self { message, full: false, transfer: None, moved: false, hear: None, coming: None }
    }

    /// Has the worker tell how far it is.
    pub(crate) fn tell(&mut self, progress: &mut Option<Hear>) {
        if let Some(hear) = progress.take() {
            scope::set(&self.message, "progress", &true.into());
            self.hear = Some(hear);
        }
    }
}

/// A job that was sent.
pub(crate) struct Sent {
    /// Keeps the workers running.
    _pool: Rc<Pool>,
    pub(crate) hand: Rc<Hand>,
    pub(crate) id: u32,
    answer: oneshot::Receiver<Result<Object>>,
    settled: bool,
    _clock: Option<Clock>,
    coming: Option<Coming>,
}

impl Sent {
    pub(crate) fn new(pool: &Rc<Pool>, draft: Draft, timeout: Option<Duration>) -> Result<Self> {
        let Draft { message, full, transfer, moved, hear, coming } = draft;
        let hand = pool.least_busy(full)?;
        let id = pool.next_id();
        scope::set(&message, "id", &id.into());
        let alone = pool.goes_alone();
        if alone {
            scope::set(&message, "alone", &JsValue::TRUE);
        }
        let (sender, answer) = oneshot::channel();
        hand.take(id, Job { message, alone, transfer, moved, hear, began: scope::now(), answer: sender });
        let clock = timeout.and_then(|timeout| {
            let hand = Rc::downgrade(&hand);
            Clock::new(timeout, move || {
                if let Some(hand) = hand.upgrade() {
                    hand.late(id, timeout);
                }
            })
        });
        Ok(Self { _pool: pool.clone(), hand, id, answer, settled: false, _clock: clock, coming })
    }
}

/// What was answered.
pub(crate) fn answered<T>(answer: core::result::Result<Result<T>, oneshot::Canceled>) -> Result<T> {
    answer.unwrap_or_else(|_| Err(gone()))
}

/// Unexpected: every job is answered by its worker, or rejected when the worker ends.
pub(crate) fn gone() -> Error {
    Error::new(Code::WorkerCrash, "the worker is gone")
}

impl Future for Sent {
    type Output = Result<Object>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.answer).poll(context));
        self.settled = true;
        self.coming = None;
        Poll::Ready(answered(answer))
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.settled {
            self.hand.stop(self.id);
        }
    }
}

/// A job, before and after it is sent.
pub(crate) struct Call {
    pub(crate) pool: Rc<Pool>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) sent: Option<Sent>,
}

impl Call {
    pub(crate) fn new(pool: &Rc<Pool>) -> Self {
        Self { pool: pool.clone(), timeout: None, sent: None }
    }

    /// Sends the job that `draft` makes, unless one was sent already; then polls for the answer.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        draft: impl FnOnce() -> Result<Draft>,
    ) -> Poll<Result<Object>> {
        match &mut self.sent {
            Some(sent) => Pin::new(sent).poll(context),
            None => match draft().and_then(|draft| self.send(draft)) {
                Ok(sent) => Pin::new(sent).poll(context),
                Err(error) => Poll::Ready(Err(error)),
            },
        }
    }

    pub(crate) fn send(&mut self, draft: Draft) -> Result<&mut Sent> {
        Ok(self.sent.insert(Sent::new(&self.pool, draft, self.timeout)?))
    }
}
