//! The pool of workers.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::rc::Rc;

use byteferry_protocol::{Code, Ready};
use futures_channel::oneshot;

use crate::decode::Decode;
use crate::encode::{Encodable, Encode};
use crate::fetch::Fetch;
use crate::frames::Frames;
use crate::hand::Hand;
use crate::input::Input;
use crate::many::{DecodeAll, List};
use crate::open::{Open, Openable};
use crate::send::Sending;
use crate::{Any, Error, NdArray, Result, scope};

/// A pool of workers that turn bytes into arrays.
///
/// Workers start when they are first needed. A clone is another handle on the same pool, which ends when its last
/// handle, its last future and the last file that was opened are dropped.
#[derive(Clone)]
pub struct Ferry(Rc<Pool>);

impl fmt::Debug for Ferry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ferry").field("workers", &self.0.hands.borrow().len()).finish_non_exhaustive()
    }
}

impl Default for Ferry {
    fn default() -> Self {
        Self::new()
    }
}

impl Ferry {
    /// A pool with workers from `byteferry-worker.js` and `byteferry-worker.full.js` beside the page.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A builder, for other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    #[cfg(feature = "gloo")]
    pub(crate) fn pool(&self) -> &Rc<Pool> {
        &self.0
    }

    /// Starts a worker, if none runs yet; resolves to its description.
    pub fn ready(&self) -> Starting {
        Starting { started: self.0.least_busy(false).map(|hand| hand.started()), _pool: self.0.clone() }
    }

    /// Decodes an array from bytes in memory or in a file. [`Input`] says which bytes are transferred.
    pub fn decode(&self, input: impl Into<Input>) -> Decode<Any> {
        Decode::new(&self.0, input.into())
    }

    /// Fetches an array, which is converted in the worker while it comes.
    pub fn fetch(&self, url: impl Into<String>) -> Fetch<Any> {
        Fetch::new(&self.0, url.into())
    }

    /// Decodes all arrays of an `.npz`, or of a run of frames.
    pub fn decode_all(&self, input: impl Into<Input>) -> DecodeAll<Any> {
        DecodeAll::new(&self.0, input.into())
    }

    /// Lists the members of an `.npz`. Nothing but its directory is read.
    pub fn list(&self, input: impl Into<Input>) -> List {
        List::new(&self.0, input.into())
    }

    /// Opens a file of any size. No more of it is read than tells what it contains.
    pub fn open(&self, from: impl Into<Openable>) -> Open<Any> {
        Open::new(&self.0, from.into())
    }

    /// Receives a stream of arrays, as frames over HTTP or a WebSocket (`ws:`, `wss:`), until the server ends it.
    /// Dropping the stream closes the connection.
    pub fn frames(&self, url: impl Into<String>) -> Frames<Any> {
        Frames::new(&self.0, url.into())
    }

    /// Encodes an array for NumPy. The array is left as it was.
    pub fn encode(&self, array: impl Into<Encodable>) -> Encode {
        Encode::new(&self.0, array.into())
    }

    /// Encodes an array, and sends it to a server. The array is left as it was.
    pub fn send(&self, url: impl Into<String>, array: impl Into<Encodable>) -> Sending {
        Sending::new(&self.0, url.into(), array.into())
    }

    /// Lets later results reuse the memory of an array that is no longer needed.
    /// Its buffers are detached, for every handle on its elements.
    pub fn recycle<T>(&self, array: NdArray<T>) {
        let hand = self.0.hands.borrow().iter().min_by(|a, b| a.load().total_cmp(&b.load())).cloned();
        if let Some(hand) = hand {
            hand.recycle(&array.buffers());
        }
    }

    /// Ends the workers. Pending jobs fail with `closed`.
    pub fn close(&self) {
        self.0.closed.set(true);
        let hands = self.0.hands.take();
        for hand in hands {
            hand.fail(&closed());
        }
    }
}

/// Settings of a [`Ferry`].
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until build()"]
pub struct Builder {
    workers: Option<usize>,
    worker_url: Option<String>,
    ready_timeout: Option<Duration>,
}

impl Builder {
    /// The most workers that may run; by default one less than the processors, at least 1 and at most 4.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// URL of `byteferry-worker.js`, with `byteferry-worker.full.js` beside it; by default beside the page.
    /// It may be of another origin.
    pub fn worker_url(mut self, url: impl Into<String>) -> Self {
        self.worker_url = Some(url.into());
        self
    }

    /// How long a worker may take to start; by default 20 s.
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.ready_timeout = Some(timeout);
        self
    }

    /// Makes the pool. No worker is started yet.
    pub fn build(self) -> Ferry {
        let most = self.workers.unwrap_or_else(|| scope::processors().saturating_sub(1).min(4)).max(1);
        Ferry(Rc::new(Pool {
            most,
            worker_url: self.worker_url.unwrap_or_else(|| "byteferry-worker.js".into()),
            ready_timeout: self.ready_timeout.unwrap_or(Duration::from_secs(20)),
            hands: RefCell::default(),
            closed: Cell::new(false),
            last_id: Cell::new(0),
            alone: Cell::new(false),
        }))
    }
}

/// The workers, and how they are made.
pub(crate) struct Pool {
    /// The most workers of either script.
    pub(crate) most: usize,
    pub(crate) worker_url: String,
    pub(crate) ready_timeout: Duration,
    pub(crate) hands: RefCell<Vec<Rc<Hand>>>,
    closed: Cell<bool>,
    last_id: Cell<u32>,
    /// Whether the last job was the only one pending when it was sent.
    alone: Cell<bool>,
}

impl Pool {
    /// The least busy worker; if none is idle, a new one, as long as more are allowed.
    pub(crate) fn least_busy(self: &Rc<Self>, full: bool) -> Result<Rc<Hand>> {
        if self.closed.get() {
            return Err(closed());
        }
        let (best, many) = {
            let hands = self.hands.borrow();
            let able = || hands.iter().filter(|hand| hand.full || !full);
            (able().min_by(|a, b| a.load().total_cmp(&b.load())).cloned(), able().count() >= self.most)
        };
        match best {
            Some(hand) if hand.is_idle() || many => Ok(hand),
            _ => {
                let hand = Hand::start(self, full)?;
                self.hands.borrow_mut().push(hand.clone());
                Ok(hand)
            }
        }
    }

    /// Whether the next job will be the only one pending, as the one before was.
    pub(crate) fn goes_alone(&self) -> bool {
        let alone = self.hands.borrow().iter().all(|hand| hand.is_idle());
        self.alone.replace(alone) && alone
    }

    pub(crate) fn next_id(&self) -> u32 {
        self.last_id.set(self.last_id.get().wrapping_add(1));
        self.last_id.get()
    }

    /// Removes a worker that has ended.
    pub(crate) fn without(&self, ended: &Hand) {
        self.hands.borrow_mut().retain(|hand| !core::ptr::eq(&**hand, ended));
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for hand in self.hands.take() {
            hand.fail(&closed());
        }
    }
}

fn closed() -> Error {
    Error::new(Code::Closed, "the Ferry was closed")
}

/// What [`Ferry::ready`] returns: the future of a worker's description, once it runs.
#[must_use = "futures do nothing unless polled"]
pub struct Starting {
    started: core::result::Result<oneshot::Receiver<Result<Ready>>, Error>,
    /// Keeps the workers running.
    _pool: Rc<Pool>,
}

impl Future for Starting {
    type Output = Result<Ready>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.started {
            Err(error) => Poll::Ready(Err(error.clone())),
            Ok(receiver) => {
                Poll::Ready(ready!(Pin::new(receiver).poll(context)).unwrap_or_else(|_| Err(closed())))
            }
        }
    }
}
