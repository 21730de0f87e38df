//! HTTP's conditional and range requests (RFC 9110, sections 13 and 14): which part of an answer to send, if any.

use crate::content::Content;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use axum_extra::{
    TypedHeader,
    headers::{AcceptRanges, ContentLength, ContentRange, HeaderMapExt, IfMatch, IfNoneMatch, IfRange},
};
use http_range_header::{EndPosition, RangeUnsatisfiableError, StartPosition, parse_range_header};
use std::ops::Range;

/// dtype, shape and order of the array in the body; pages on other origins may read them too.
pub(crate) const X_ARRAY: [HeaderName; 3] = [
    HeaderName::from_static("x-array-dtype"),
    HeaderName::from_static("x-array-shape"),
    HeaderName::from_static("x-array-order"),
];

/// Answers a GET or HEAD with `content`, or the part that the request's headers ask for.
pub(crate) fn answer(content: &Content, method: &Method, request: &HeaderMap) -> Response {
    let etag = &content.etag;
    if request.typed_get::<IfMatch>().is_some_and(|condition| !condition.precondition_passes(etag)) {
        return (StatusCode::PRECONDITION_FAILED, TypedHeader(etag.clone())).into_response();
    }
    if request.typed_get::<IfNoneMatch>().is_some_and(|condition| !condition.precondition_passes(etag)) {
        return (StatusCode::NOT_MODIFIED, TypedHeader(etag.clone())).into_response();
    }
    let len = content.len();
    // A client that resumes must never get parts of two versions: in doubt, it gets the whole.
    let same_version = match request.typed_try_get::<IfRange>() {
        Ok(Some(condition)) => !condition.is_modified(Some(etag), None),
        Ok(None) => true,
        Err(_) => false,
    };
    // Ranges are defined for GET only.
    let range = request.get(header::RANGE).filter(|_| same_version && method == Method::GET);
    let common = (
        TypedHeader(etag.clone()),
        TypedHeader(AcceptRanges::bytes()),
        [(header::CONTENT_TYPE, HeaderValue::from_static(content.content_type))],
        described(content),
    );
    match wanted(range, len) {
        Wanted::All => (common, TypedHeader(ContentLength(len)), content.body(0..len)).into_response(),
        Wanted::Part(part) => match ContentRange::bytes(part.clone(), len) {
            Ok(range) => {
                let length = TypedHeader(ContentLength(part.end.saturating_sub(part.start)));
                let body = content.body(part);
                (StatusCode::PARTIAL_CONTENT, common, TypedHeader(range), length, body).into_response()
            }
            Err(_) => unsatisfiable(content),
        },
        Wanted::Nothing => unsatisfiable(content),
    }
}

fn unsatisfiable(content: &Content) -> Response {
    let len = content.len();
    let range = TypedHeader(ContentRange::unsatisfied_bytes(len));
    let message = format!("none of the bytes asked for are there: there are {len}\n");
    (StatusCode::RANGE_NOT_SATISFIABLE, TypedHeader(content.etag.clone()), range, message).into_response()
}

fn described(content: &Content) -> HeaderMap {
    let description = &content.description;
    X_ARRAY
        .into_iter()
        .zip([description.dtype.as_str(), &description.shape, description.order])
        .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value).ok()?)))
        .collect()
}

#[derive(PartialEq, Debug)]
enum Wanted {
    All,
    Part(Range<u64>),
    /// A range that begins after the end.
    Nothing,
}

/// The standard lets a server ignore a malformed range, and several ranges at once.
fn wanted(range: Option<&HeaderValue>, len: u64) -> Wanted {
    let Some(Ok(range)) = range.map(HeaderValue::to_str) else { return Wanted::All };
    let ranges = match parse_range_header(range) {
        Ok(parsed) => parsed.ranges,
        Err(RangeUnsatisfiableError::ZeroSuffix) => return Wanted::Nothing,
        Err(_) => return Wanted::All,
    };
    let [range] = ranges.as_slice() else { return Wanted::All };
    let (start, end) = match (range.start, range.end) {
        (StartPosition::Index(start), EndPosition::Index(end)) if end < start => return Wanted::All,
        (StartPosition::Index(start), EndPosition::Index(end)) => (start, end.saturating_add(1).min(len)),
        (StartPosition::Index(start), EndPosition::LastByte) => (start, len),
        (StartPosition::FromLast(count), _) => (len.saturating_sub(count), len),
    };
    if start < end { Wanted::Part(start..end) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        const HUGE: u64 = (1 << 53) - 1;
        #[rustfmt::skip]
        let cases = [
            ("bytes=0-0", 10, Wanted::Part(0..1)),
            ("bytes=3-", 10, Wanted::Part(3..10)),
            ("bytes=3-99", 10, Wanted::Part(3..10)),
            ("bytes=-4", 10, Wanted::Part(6..10)),
            ("bytes=-40", 10, Wanted::Part(0..10)),
            ("bytes=9-18446744073709551615", 10, Wanted::Part(9..10)),
            ("bytes=4294967296-4294967299", HUGE, Wanted::Part(1 << 32..(1 << 32) + 4)),
            ("bytes=-1", HUGE, Wanted::Part(HUGE - 1..HUGE)),
            ("bytes=10-", 10, Wanted::Nothing),
            ("bytes=18446744073709551615-", HUGE, Wanted::Nothing),
            ("bytes=-0", 10, Wanted::Nothing),
            ("bytes=0-", 0, Wanted::Nothing),
            ("bytes=-5", 0, Wanted::Nothing),
            ("bytes=5-2", 10, Wanted::All),
            ("bytes=0-1,4-5", 10, Wanted::All),
            ("bytes=", 10, Wanted::All),
            ("bytes=-", 10, Wanted::All),
            ("bytes=a-b", 10, Wanted::All),
            ("rows=0-1", 10, Wanted::All),
            ("0-1", 10, Wanted::All),
        ];
        for (range, len, expected) in cases {
            assert_eq!(wanted(Some(&HeaderValue::from_static(range)), len), expected, "{range} of {len}");
        }
        assert_eq!(wanted(None, 10), Wanted::All);
        assert_eq!(wanted(Some(&HeaderValue::from_bytes(b"bytes=\xff-").unwrap()), 10), Wanted::All);
    }
}
