//! Parts of files: rows of an array and members of an archive, of which nothing else is read.

use core::cell::RefCell;
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::ops::{Deref, RangeBounds};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::rc::Rc;

use byteferry_protocol::{Code, Decoded, Member};
use futures_channel::oneshot;
use js_sys::Object;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Blob, File};

use crate::call::{Call, Draft, Sent, answered};
use crate::element::Any;
use crate::ferry::Pool;
use crate::fetch::{Request, body_option, request_options};
use crate::many::members_of;
use crate::read::{
    Outcome, array_of, options_without_rows, pairs_of, part_of, read_options, slice_of, timeout_option,
};
use crate::{DecodeOptions, Error, NdArray, Result, scope};

/// What can be opened: a URL, or a [`Blob`], such as a file that a visitor chose.
#[derive(Clone, Debug)]
pub struct Openable(Place);

#[derive(Clone, Debug)]
enum Place {
    Url(String),
    Blob(Blob),
}

impl From<&str> for Openable {
    fn from(url: &str) -> Self {
        Self(Place::Url(url.to_owned()))
    }
}

impl From<String> for Openable {
    fn from(url: String) -> Self {
        Self(Place::Url(url))
    }
}

impl From<&String> for Openable {
    fn from(url: &String) -> Self {
        url.as_str().into()
    }
}

impl From<Blob> for Openable {
    fn from(blob: Blob) -> Self {
        Self(Place::Blob(blob))
    }
}

impl From<&Blob> for Openable {
    fn from(blob: &Blob) -> Self {
        Self(Place::Blob(blob.clone()))
    }
}

impl From<File> for Openable {
    fn from(file: File) -> Self {
        Self(Place::Blob(file.into()))
    }
}

impl From<&File> for Openable {
    fn from(file: &File) -> Self {
        file.clone().into()
    }
}

/// What [`Ferry::open`](crate::Ferry::open) returns: the future of what the file is.
///
/// Its options, but for `timeout`, are also for all that is read of the file later. Set them before it is first polled;
/// nothing is read before that. Dropping it stops the job.
#[must_use = "futures do nothing unless polled"]
pub struct Open<T = Any> {
    call: Call,
    from: Openable,
    request: Request,
    options: DecodeOptions,
    /// What every job on this file says, once the first one was sent.
    message: Option<Object>,
    element: PhantomData<fn() -> T>,
}

impl Open {
    pub(crate) fn new(pool: &Rc<Pool>, from: Openable) -> Self {
        Self {
            call: Call::new(pool),
            from,
            request: Request::default(),
            options: DecodeOptions::default(),
            message: None,
            element: PhantomData,
        }
    }
}

impl<T> Open<T> {
    read_options!(Open);
    request_options!();
    body_option!();

    fn of<U>(self) -> Open<U> {
        let Self { call, from, request, options, message, element: _ } = self;
        Open { call, from, request, options, message, element: PhantomData }
    }
}

impl<T> Future for Open<T> {
    type Output = Result<Remote<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, from: Openable(place), request, options, message, .. } = self.get_mut();
        let draft = || {
            let said: Object = options_without_rows(options, "the array that was opened has")?.into();
            match place {
                Place::Url(url) => request.put(&said, url)?,
                Place::Blob(blob) => scope::set(&said, "buffer", blob),
            }
            Ok(draft_of("open", message.insert(said)))
        };
        let reply = ready!(call.poll(context, draft))?;
        let message = message.take().unwrap_or_default();
        for name in ["head", "file"] {
            scope::set(&message, name, &scope::get(&reply, name));
        }
        let file = Rc::new(Opened { pool: call.pool.clone(), message, asked: RefCell::default() });
        Poll::Ready(Remote::of(file, &reply))
    }
}

/// A job on a file, which says what every job on it does.
fn draft_of(op: &str, message: &Object) -> Draft {
    let copy = Object::new();
    scope::assign(&copy, message);
    let mut draft = Draft::new(op, copy.into());
    draft.full = true;
    draft
}

/// A file that was opened.
struct Opened {
    /// Keeps the workers running.
    pool: Rc<Pool>,
    message: Object,
    /// Rows that are to be asked for.
    asked: RefCell<Vec<Asked>>,
}

struct Asked {
    rows: Vec<Option<i64>>,
    answer: oneshot::Sender<Result<Object>>,
}

impl Opened {
    /// Asks for rows: with one job for all that are asked for before the next task runs.
    fn ask(self: &Rc<Self>, rows: Vec<Option<i64>>) -> oneshot::Receiver<Result<Object>> {
        let (answer, receiver) = oneshot::channel();
        let mut asked = self.asked.borrow_mut();
        asked.push(Asked { rows, answer });
        if asked.len() == 1 {
            let file = self.clone();
            js_sys::futures::spawn_local(async move { file.get_asked().await });
        }
        receiver
    }

    async fn get_asked(&self) {
        let mut asked = self.asked.take();
        asked.retain(|one| !one.answer.is_canceled());
        if asked.is_empty() {
            return;
        }
        let arrays = self.get_rows(&mut asked).await.unwrap_or_else(|error| vec![Err(error); asked.len()]);
        for (Asked { answer, .. }, array) in asked.into_iter().zip(arrays) {
            // The receiver may be gone.
            let _ = answer.send(array);
        }
    }

    /// The arrays of these rows, or none if nobody waits for them any more.
    async fn get_rows(&self, asked: &mut [Asked]) -> Result<Vec<Result<Object>>> {
        let draft = draft_of("rows", &self.message);
        let ranges: Vec<_> = asked.iter().map(|one| &one.rows).collect();
        scope::set(&draft.message, "ranges", &scope::to_js(&ranges)?);
        let mut sent = Sent::new(&self.pool, draft, None)?;
        let reply = poll_fn(|context| {
            let answer = Pin::new(&mut sent).poll(context);
            match answer {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                // The first who still waits wakes this task when it doesn't any more.
                Poll::Pending if asked.iter_mut().all(|one| one.answer.poll_canceled(context).is_ready()) => {
                    Poll::Ready(None)
                }
                Poll::Pending => Poll::Pending,
            }
        });
        let Some(reply) = reply.await else { return Ok(Vec::new()) };
        let outcome = |[error, array]: [JsValue; 2]| {
            if error.is_object() { Err(Error::from_js(&error, None)) } else { Ok(array.unchecked_into()) }
        };
        Ok(pairs_of(&reply?, "arrays").map(outcome).collect())
    }
}

/// What a file is.
#[derive(Clone, Debug)]
pub enum Remote<T = Any> {
    /// An array.
    Array(RemoteArray<T>),
    /// An `.npz`.
    Archive(RemoteArchive<T>),
}

impl<T> Remote<T> {
    fn of(file: Rc<Opened>, reply: &Object) -> Result<Self> {
        if !scope::get(reply, "members").is_undefined() {
            let members = members_of(reply)?.into();
            return Ok(Self::Archive(RemoteArchive { file, members, element: PhantomData }));
        }
        let array: Decoded = part_of(scope::get(reply, "array"), "array")?;
        Ok(Self::Array(RemoteArray { file, array: array.into(), element: PhantomData }))
    }

    /// The array.
    ///
    /// # Errors
    ///
    /// `bad-magic` if it is an `.npz`.
    pub fn array(self) -> Result<RemoteArray<T>> {
        match self {
            Self::Array(array) => Ok(array),
            Self::Archive(_) => Err(Error::new(Code::BadMagic, "this is an .npz, not an array")),
        }
    }

    /// The archive.
    ///
    /// # Errors
    ///
    /// `bad-magic` if it is an array.
    pub fn archive(self) -> Result<RemoteArchive<T>> {
        match self {
            Self::Archive(archive) => Ok(archive),
            Self::Array(_) => Err(Error::new(Code::BadMagic, "this is an array, not an .npz")),
        }
    }
}

/// An array in a file, of which only the header was read.
///
/// Its properties are those of [`Decoded`]: what the whole array would be. A clone is another handle on the same file.
pub struct RemoteArray<T = Any> {
    file: Rc<Opened>,
    array: Rc<Decoded>,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for RemoteArray<T> {
    fn clone(&self) -> Self {
        Self { file: self.file.clone(), array: self.array.clone(), element: PhantomData }
    }
}

impl<T> fmt::Debug for RemoteArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteArray").field(&self.array).finish()
    }
}

impl<T> Deref for RemoteArray<T> {
    type Target = Decoded;

    fn deref(&self) -> &Decoded {
        &self.array
    }
}

impl<T> RemoteArray<T> {
    /// Some rows: indices of the first axis, as in Python slices; negative ones count from the end.
    ///
    /// No other bytes are read, unless the server does not know ranges. Rows that are first polled together come with
    /// one request if they are within 64 KiB of each other.
    pub fn rows(&self, rows: impl RangeBounds<i64>) -> Rows<T> {
        Rows { file: self.file.clone(), rows: slice_of(rows), answer: None, element: PhantomData }
    }
}

/// What [`RemoteArray::rows`] returns: the future of some rows.
///
/// Nothing is requested before it is first polled. Dropping it stops the download, unless other rows come with it.
#[must_use = "futures do nothing unless polled"]
pub struct Rows<T = Any> {
    file: Rc<Opened>,
    rows: Vec<Option<i64>>,
    answer: Option<oneshot::Receiver<Result<Object>>>,
    element: PhantomData<fn() -> T>,
}

impl<T: Outcome> Future for Rows<T> {
    type Output = Result<NdArray<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { file, rows, answer, .. } = self.get_mut();
        let answer = answer.get_or_insert_with(|| file.ask(core::mem::take(rows)));
        let answer = ready!(Pin::new(answer).poll(context));
        Poll::Ready(answered(answer).and_then(array_of))
    }
}

/// An `.npz`, of which only the directory was read.
///
/// A clone is another handle on the same file.
pub struct RemoteArchive<T = Any> {
    file: Rc<Opened>,
    members: Rc<[Member]>,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for RemoteArchive<T> {
    fn clone(&self) -> Self {
        Self { file: self.file.clone(), members: self.members.clone(), element: PhantomData }
    }
}

impl<T> fmt::Debug for RemoteArchive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteArchive").field(&self.members).finish()
    }
}

impl<T> RemoteArchive<T> {
    /// Its members, in the order of the directory.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// One of its arrays. Nothing else is read.
    pub fn get(&self, name: impl Into<String>) -> Get<T> {
        Get {
            call: Call::new(&self.file.pool),
            file: self.file.clone(),
            name: name.into(),
            rows: None,
            element: PhantomData,
        }
    }
}

/// What [`RemoteArchive::get`] returns: the future of an array.
///
/// Set options before it is first polled; nothing is requested before that. Dropping it stops the download.
#[must_use = "futures do nothing unless polled"]
pub struct Get<T = Any> {
    call: Call,
    file: Rc<Opened>,
    name: String,
    rows: Option<Vec<Option<i64>>>,
    element: PhantomData<fn() -> T>,
}

impl<T> Get<T> {
    /// These rows only, as in [`RemoteArray::rows`].
    pub fn rows(mut self, rows: impl RangeBounds<i64>) -> Self {
        self.rows = Some(slice_of(rows));
        self
    }

    timeout_option!();
}

impl<T: Outcome> Future for Get<T> {
    type Output = Result<NdArray<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, file, name, rows, .. } = self.get_mut();
        let draft = || {
            let draft = draft_of("member", &file.message);
            scope::set(&draft.message, "member", &(&*name).into());
            scope::set(&draft.message, "rows", &scope::to_js(rows)?);
            Ok(draft)
        };
        call.poll(context, draft).map(|reply| array_of(reply?))
    }
}
