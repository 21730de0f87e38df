//! The bytes of an answer, any range of which can be sent.

use axum::body::Body;
use axum_extra::headers::ETag;
use byteferry_header::{DType, Order, Shape};
use bytes::Bytes;
use futures_util::stream;
use std::{convert::Infallible, ops::Range};

/// An array in one format and one byte order.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) content_type: &'static str,
    pub(crate) etag: ETag,
    /// dtype, shape and order, for receivers of raw bytes
    pub(crate) description: Description,
    /// The header; empty where the format has none.
    pub(crate) head: Bytes,
    pub(crate) payload: Payload,
}

/// What the response's `X-Array-` headers say.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    /// NumPy's type string: `>f4`
    pub(crate) dtype: String,
    /// `344,403`; empty where there is no dimension
    pub(crate) shape: String,
    /// `C` or `F`
    pub(crate) order: &'static str,
}

/// The array's own bytes.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Held in memory, shared by all answers.
    Held(Bytes),
    /// That many zero bytes, not held in memory.
    Zeros(u64),
}

/// The chunk that is sent again and again for an array of zeros.
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

/// `C` or `F`, as NumPy calls them.
pub(crate) fn letter(order: Order) -> &'static str {
    match order {
        Order::C => "C",
        Order::Fortran => "F",
    }
}

impl Description {
    pub(crate) fn new(dtype: &DType, shape: &Shape, order: Order) -> Self {
        let shape: Vec<_> = shape.dims().iter().map(u64::to_string).collect();
        Self { dtype: dtype.to_string(), shape: shape.join(","), order: letter(order) }
    }
}

impl Content {
    pub(crate) fn new(
        content_type: &'static str,
        description: Description,
        head: Vec<u8>,
        payload: Payload,
    ) -> Result<Self, String> {
        let checksum = match &payload {
            Payload::Held(bytes) => crc32fast::hash(bytes),
            Payload::Zeros(_) => 0,
        };
        // Files that differ must have different ETags. Length and checksums of header and payload are good enough
        // against accident, though not against intent.
        let etag = format!("\"{:08x}-{checksum:08x}-{:x}\"", crc32fast::hash(&head), payload.len());
        let etag = etag.parse().map_err(|error| format!("ETag {etag}: {error}"))?;
        Ok(Self { content_type, etag, description, head: head.into(), payload })
    }

    pub(crate) fn len(&self) -> u64 {
        // The header is at most a few hundred bytes, and a payload's length was checked to stay below 2^53.
        (self.head.len() as u64).saturating_add(self.payload.len())
    }

    /// The bytes of `range`, which must lie within `0..len()`.
    pub(crate) fn body(&self, range: Range<u64>) -> Body {
        let chunks = Chunks { head: self.head.clone(), payload: self.payload.clone(), rest: range };
        Body::from_stream(stream::iter(chunks.map(Ok::<_, Infallible>)))
    }
}

impl Payload {
    fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Zeros(count) => *count,
        }
    }

    /// Some bytes of `range`, from its first one on; empty if `range` is.
    fn some_of(&self, range: Range<u64>) -> Bytes {
        match self {
            Self::Held(bytes) => part(bytes, range),
            Self::Zeros(_) => {
                let wanted = range.end.saturating_sub(range.start).min(ZEROS.len() as u64);
                part(&Bytes::from_static(&ZEROS), 0..wanted)
            }
        }
    }
}

/// The part of `bytes` that lies within `range`.
fn part(bytes: &Bytes, range: Range<u64>) -> Bytes {
    let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(within(range.start)..within(range.end))
}

struct Chunks {
    head: Bytes,
    payload: Payload,
    rest: Range<u64>,
}

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let head = self.head.len() as u64;
        let Range { start, end } = self.rest;
        let chunk = match start.checked_sub(head) {
            Some(start) => self.payload.some_of(start..end.saturating_sub(head)),
            None => part(&self.head, start..end),
        };
        self.rest.start = start.saturating_add(chunk.len() as u64);
        (!chunk.is_empty()).then_some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(payload: Payload) -> Content {
        let description = Description { dtype: "|u1".into(), shape: String::new(), order: "C" };
        Content::new("text/plain", description, b"head".to_vec(), payload).unwrap()
    }

    async fn bytes(content: &Content, range: Range<u64>) -> Bytes {
        axum::body::to_bytes(content.body(range), 1 << 20).await.unwrap()
    }

    #[tokio::test]
    async fn every_part_of_head_and_payload() {
        let content = content(Payload::Held(Bytes::from_static(b"payload")));
        let whole = b"headpayload";
        assert_eq!(content.len(), 11);
        for start in 0..=11_u64 {
            for end in start..=11 {
                assert_eq!(
                    bytes(&content, start..end).await,
                    whole[start as usize..end as usize],
                    "{start}..{end}"
                );
            }
        }
    }

    #[tokio::test]
    async fn zeros_beyond_four_gibibytes() {
        let content = content(Payload::Zeros(1 << 40));
        assert_eq!(content.len(), (1 << 40) + 4);
        assert_eq!(bytes(&content, (1 << 40) + 1..(1 << 40) + 4).await, [0; 3][..]);
        assert_eq!(bytes(&content, 2..300_000).await.len(), 299_998);
        assert_eq!(bytes(&content, 2..6).await, b"ad\0\0"[..]);
    }
}
