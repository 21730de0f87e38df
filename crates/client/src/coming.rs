//! Bytes that are still coming: a stream, or a Response's body.

use std::rc::Rc;

use byteferry_protocol::{Code, Failure};
use js_sys::Object;
use js_sys::futures::{JsFuture, spawn_local};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Blob, ReadableStream, ReadableStreamDefaultReader, Response, ResponseType};

use crate::call::Draft;
use crate::encode::shown;
use crate::hand::Hand;
use crate::{Error, Result, scope};

/// A stream that is cancelled when its job is over.
pub(crate) enum Coming {
    /// Read by the worker. Once it is transferred, it cannot be cancelled here: it is locked.
    There(ReadableStream),
    /// Read here, for the worker.
    Here(ReadableStreamDefaultReader),
}

impl Drop for Coming {
    fn drop(&mut self) {
        let cancelled = match self {
            Self::There(stream) => stream.cancel(),
            Self::Here(reader) => reader.cancel(),
        };
        spawn_local(async move { drop(JsFuture::from(cancelled).await) });
    }
}

/// Puts the body of an answer into a message.
pub(crate) fn put_body(response: &Response, draft: &mut Draft) -> Result<()> {
    let (body, length) = body_of(response)?;
    put(body, length, draft)
}

/// Puts a stream into a message, and its length in bytes, if that is known.
pub(crate) fn put(stream: ReadableStream, available: Option<f64>, draft: &mut Draft) -> Result<()> {
    if stream.locked() {
        return Err(Error::new(Code::Detached, "the stream is being read already"));
    }
    scope::set(&draft.message, "available", &available.into());
    draft.coming = Some(if MOVES.with(|moves| *moves) {
        scope::set(&draft.message, "stream", &stream);
        draft.transfer = Some("stream");
        Coming::There(stream)
    } else {
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        scope::set(&draft.message, "pull", &true.into());
        draft.full = true;
        pull(draft, reader.clone());
        Coming::Here(reader)
    });
    Ok(())
}

thread_local! {
    /// Whether this engine transfers streams to workers.
    static MOVES: bool = ReadableStream::new().is_ok_and(|empty| scope::taken(&empty).is_ok());
}

/// Reads a piece whenever the worker asks for one.
fn pull(draft: &mut Draft, reader: ReadableStreamDefaultReader) {
    let other = draft.hear.take();
    draft.hear = Some(Rc::new(move |message: &JsValue, hand: &Rc<Hand>| {
        if let Some(other) = &other {
            other(message, hand);
        }
        if scope::get(message, "pull").is_undefined() {
            return;
        }
        let (reader, hand, id) = (reader.clone(), hand.clone(), scope::get(message, "id"));
        spawn_local(async move {
            let piece = Object::new();
            match JsFuture::from(reader.read()).await {
                Ok(read) => {
                    scope::set(&piece, "done", &scope::get(&read, "done"));
                    scope::set(&piece, "value", &shown(&scope::get(&read, "value")));
                }
                Err(error) => scope::set(&piece, "error", &scope::text(&error).into()),
            }
            hand.piece(&id, &piece);
        });
    }));
}

/// The body of an answer, and its length in bytes, if that is known.
fn body_of(response: &Response) -> Result<(ReadableStream, Option<f64>)> {
    let url = response.url();
    let failure = |code, text: String| Failure { url: Some(url.clone()), ..Failure::new(code, text) };
    if !response.ok() {
        let text = format!("{url} answered {} {}", response.status(), response.status_text());
        let failure = failure(Code::Http, text.trim().to_owned());
        return Err(Failure { status: Some(response.status()), ..failure }.into());
    }
    if response.body_used() {
        return Err(Error::new(Code::Detached, "the Response's body has been read already"));
    }
    let header = |name| response.headers().get(name).ok().flatten();
    if header("Content-Type").is_some_and(|kind| kind.starts_with("text/html")) {
        return Err(failure(Code::BadMagic, format!("{url} is an HTML page, not an array")).into());
    }
    // Content-Length counts what is sent, which is less if that is compressed; and from another origin, it can be read
    // where Content-Encoding can't.
    let is_whole = response.type_() != ResponseType::Cors && header("Content-Encoding").is_none();
    let length = header("Content-Length").filter(|_| is_whole).and_then(|length| length.parse().ok());
    let none = || Blob::new().map(|none| none.stream());
    let body = response.body().map_or_else(none, Ok);
    Ok((body.map_err(|error| Error::new(Code::OutOfMemory, scope::text(&error)))?, length))
}
