//! Faults on request, `?fault=cut&at=1000` and the like, to test how clients handle them.

use crate::refusal::Refusal;
use async_stream::try_stream;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::Response,
};
use bytes::BytesMut;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use std::{
    collections::VecDeque,
    io,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::Mutex,
    task::yield_now,
    time::sleep,
};
use tokio_util::io::{ReaderStream, StreamReader};

/// Adds faults to the answers of `router`, for requests that ask for one.
pub(crate) fn on_demand(router: Router) -> Router {
    router.route_layer(middleware::from_fn_with_state(Arc::new(Memory::default()), answer))
}

#[derive(Deserialize)]
struct Choice {
    fault: Option<Fault>,
    /// Position in the body, in bytes from its beginning
    #[serde(default)]
    at: u64,
    /// Bytes a second
    #[serde(default = "mebibyte")]
    rate: NonZeroU32,
    /// Bytes in each piece of a body without Content-Length
    chunk: Option<NonZeroU32>,
    /// A key: only the first request with it goes wrong
    once: Option<String>,
}

fn mebibyte() -> NonZeroU32 {
    const { NonZeroU32::new(1 << 20).unwrap() }
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Fault {
    /// The body comes in small pieces, `rate` bytes a second.
    Slow,
    /// The connection breaks off after `at` bytes.
    Cut,
    /// The body ends after `at` bytes, and Content-Length agrees.
    Short,
    /// 64 zero bytes follow the array.
    Long,
    /// All bits of the byte at `at` are inverted.
    Flip,
    /// The server answers 500.
    #[serde(rename = "500")]
    Error,
    /// Nothing more comes after `at` bytes.
    Stall,
    /// Each request gets another `ETag`, as if the array had changed.
    Changed,
}

/// State that is kept between requests.
#[derive(Default)]
struct Memory {
    /// The most recent keys of `once`
    seen: Mutex<VecDeque<String>>,
    versions: AtomicU64,
}

impl Memory {
    async fn is_new(&self, key: String) -> bool {
        const KEPT: usize = 1000;
        let mut seen = self.seen.lock().await;
        let new = !seen.contains(&key);
        if new {
            seen.push_back(key);
            if seen.len() > KEPT {
                seen.pop_front();
            }
        }
        new
    }
}

async fn answer(
    State(memory): State<Arc<Memory>>,
    Query(choice): Query<Choice>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if let Some(key) = choice.once
        && !memory.is_new(key).await
    {
        return Ok(next.run(request).await);
    }
    if choice.fault == Some(Fault::Error) {
        return Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, "failed on purpose".into()));
    }
    let mut response = next.run(request).await;
    if let Some(size) = choice.chunk {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response = response.map(|body| Body::from_stream(pieces(reader(body), size)));
    }
    let at = choice.at;
    Ok(match choice.fault {
        None | Some(Fault::Error) => response,
        Some(Fault::Slow) => response.map(|body| Body::from_stream(slow(body, choice.rate))),
        Some(Fault::Cut) => {
            response.map(|body| Body::from_stream(first(body, at).chain(stream::once(break_off()))))
        }
        Some(Fault::Short) => {
            change_length(response.headers_mut(), |len| len.min(at));
            response.map(|body| Body::from_stream(first(body, at)))
        }
        Some(Fault::Long) => {
            const MORE: [u8; 64] = [0; 64];
            change_length(response.headers_mut(), |len| len.saturating_add(MORE.len() as u64));
            let more = stream::iter([Ok(Bytes::from_static(&MORE))]);
            response.map(|body| Body::from_stream(body.into_data_stream().chain(more)))
        }
        Some(Fault::Flip) => response.map(|body| Body::from_stream(flip(body, at))),
        Some(Fault::Stall) => {
            response.map(|body| Body::from_stream(first(body, at).chain(stream::pending())))
        }
        Some(Fault::Changed) => {
            change_etag(response.headers_mut(), memory.versions.fetch_add(1, Ordering::Relaxed));
            response
        }
    })
}

/// Breaks the connection off, for a body that yields this error. A client that reads still gets what the body yielded
/// before.
pub(crate) async fn break_off<T>() -> io::Result<T> {
    // On an error hyper drops the connection along with what it has not sent yet.
    sleep(Duration::from_millis(50)).await;
    Err(io::Error::other("broken off on purpose"))
}

fn reader(body: Body) -> impl AsyncRead + Unpin {
    StreamReader::new(body.into_data_stream().map_err(io::Error::other))
}

/// The body in pieces of `size` bytes, each sent by itself; the last may be shorter.
fn pieces(mut body: impl AsyncRead + Unpin, size: NonZeroU32) -> impl Stream<Item = io::Result<Bytes>> {
    try_stream! {
        loop {
            let mut piece = Vec::new();
            (&mut body).take(size.get().into()).read_to_end(&mut piece).await?;
            if piece.is_empty() {
                break;
            }
            yield piece.into();
            // Lets hyper send what it has: it does so while nothing more is ready.
            yield_now().await;
        }
    }
}

/// The body's first `at` bytes.
fn first(body: Body, at: u64) -> impl Stream<Item = io::Result<Bytes>> {
    ReaderStream::with_capacity(reader(body).take(at), 1 << 16)
}

fn slow(body: Body, rate: NonZeroU32) -> impl Stream<Item = io::Result<Bytes>> {
    // A twentieth of a second's worth at a time
    let piece = (rate.get() / 20).max(1);
    ReaderStream::with_capacity(reader(body), piece as usize).then(move |piece| async move {
        let len = piece.as_ref().map_or(0, Bytes::len);
        sleep(Duration::from_secs(len as u64) / rate.get()).await;
        piece
    })
}

fn flip(body: Body, at: u64) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    let mut begin = 0;
    body.into_data_stream().map_ok(move |piece| {
        let mut piece = BytesMut::from(piece);
        let within = at.checked_sub(begin).and_then(|at| usize::try_from(at).ok());
        if let Some(byte) = within.and_then(|at| piece.get_mut(at)) {
            *byte = !*byte;
        }
        begin = begin.saturating_add(piece.len() as u64);
        piece.freeze()
    })
}

/// Replaces the Content-Length, if there is one.
fn change_length(headers: &mut HeaderMap, change: impl FnOnce(u64) -> u64) {
    let len = headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse().ok());
    if let Some(len) = len {
        headers.insert(header::CONTENT_LENGTH, change(len).into());
    }
}

fn change_etag(headers: &mut HeaderMap, version: u64) {
    let etag = headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()?.strip_suffix('"'));
    let changed = etag.and_then(|etag| HeaderValue::try_from(format!("{etag}-{version}\"")).ok());
    if let Some(changed) = changed {
        headers.insert(header::ETAG, changed);
    }
}
