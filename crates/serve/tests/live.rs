//! Endless telemetry: the frames' content and timing, and faults on request.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_header::{Format, Header};
use byteferry_serve::Options;
use common::{Running, header, start};
use futures_util::{SinkExt, StreamExt};
use std::time::{Duration, Instant};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// A frame taken apart.
struct Frame {
    header: Header,
    payload: Vec<u8>,
    /// Bytes from its beginning to the next frame's
    len: usize,
}

/// The frame at the beginning of `bytes`, if it is complete.
fn first(bytes: &[u8]) -> Option<Frame> {
    let len = Header::len(Format::Frame, bytes, bytes.len() as u64).ok()?;
    let header = Header::read(Format::Frame, &bytes[..len as usize], None).unwrap();
    let end = (len + header.shape.nbytes()) as usize;
    let payload = bytes.get(len as usize..end)?.to_vec();
    Some(Frame { header, payload, len: end.next_multiple_of(64).min(bytes.len()) })
}

/// All complete frames, and the number of bytes after them.
fn frames(mut bytes: &[u8]) -> (Vec<Frame>, usize) {
    let mut frames = Vec::new();
    while let Some(frame) = first(bytes) {
        bytes = &bytes[frame.len..];
        frames.push(frame);
    }
    (frames, bytes.len())
}

fn sequence(frame: &Frame) -> u64 {
    frame.header.frame.as_ref().unwrap().sequence
}

fn sequences(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(sequence).collect()
}

fn checksum_is_right(frame: &Frame) -> bool {
    frame.header.frame.as_ref().unwrap().crc32 == Some(crc32fast::hash(&frame.payload))
}

/// The elements, read by the header's dtype.
fn values(frame: &Frame) -> Vec<f64> {
    let dtype = frame.header.dtype.to_string();
    let (order, kind) = dtype.split_at(1);
    let width: usize = kind[1..].parse().unwrap();
    let value = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if order == "<" {
            bytes.reverse();
        }
        match kind {
            "f4" => f32::from_be_bytes(bytes.try_into().unwrap()).into(),
            "f8" => f64::from_be_bytes(bytes.try_into().unwrap()),
            "i2" => i16::from_be_bytes(bytes.try_into().unwrap()).into(),
            "i4" => i32::from_be_bytes(bytes.try_into().unwrap()).into(),
            _ => unreachable!("{dtype}"),
        }
    };
    frame.payload.chunks(width).map(value).collect()
}

/// The documented formula, in floating point as in a page.
fn expected(sequence: u64, samples: u64, channels: u64) -> Vec<f64> {
    let samples = (0..samples).map(|index| (sequence * samples + index) as f64);
    samples.flat_map(|s| (0..channels).map(move |c| (s * (c as f64 + 1.0)) % 2000.0 - 1000.0)).collect()
}

async fn socket(server: &Running, query: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = server.url.replace("http", "ws");
    connect_async(format!("{url}/live?{query}")).await.unwrap().0
}

/// The frames of all messages until the end, and whether there was a close frame.
async fn messages(server: &Running, query: &str) -> (Vec<Frame>, bool) {
    let mut socket = socket(server, query).await;
    let mut frames = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(bytes) => {
                let frame = first(&bytes).unwrap();
                assert_eq!(bytes.len() as u64, frame.header.payload + frame.header.shape.nbytes());
                frames.push(frame);
            }
            Message::Close(_) => return (frames, true),
            other => unreachable!("{other}"),
        }
    }
    (frames, false)
}

#[tokio::test]
async fn values_follow_the_formula_in_every_dtype() {
    let server = start(Options::default()).await;
    for dtype in [">f4", "<f4", ">f8", "<f8", ">i2", "<i2", ">i4", "<i4"] {
        let encoded = dtype.replace('>', "%3E").replace('<', "%3C");
        let query = format!("rate=0&count=9&from=123456&channels=3&samples=7&dtype={encoded}");
        let response = server.get(&format!("/live?{query}")).await;
        assert_eq!(header(response.headers(), "content-type"), "application/x-byteferry-frame");
        assert_eq!(header(response.headers(), "transfer-encoding"), "chunked");
        let (over_http, rest) = frames(&response.bytes().await.unwrap());
        assert_eq!(rest, 0, "{dtype}");
        let (over_websocket, closed) = messages(&server, &query).await;
        assert!(closed);
        for frames in [over_http, over_websocket] {
            assert_eq!(sequences(&frames), Vec::from_iter(123_456..123_465), "{dtype}");
            for frame in &frames {
                assert_eq!(frame.header.frame.as_ref().unwrap().name, "telemetry");
                assert_eq!(frame.header.dtype.to_string(), dtype);
                assert_eq!(frame.header.shape.dims(), [7, 3]);
                assert!(checksum_is_right(frame));
                assert_eq!(values(frame), expected(sequence(frame), 7, 3), "{dtype}");
            }
        }
    }
}

#[tokio::test]
async fn defaults_and_the_end_of_numbers() {
    let server = start(Options::default()).await;
    let (received, _) = frames(&server.bytes("/live?count=2").await);
    assert_eq!(sequences(&received), [0, 1]);
    assert_eq!(received[1].header.shape.dims(), [64, 4]);
    assert_eq!(values(&received[1]), expected(1, 64, 4));
    assert_eq!(server.bytes("/live?count=0").await, b"");
    let (last, _) = frames(&server.bytes("/live?rate=0&from=18446744073709551613&samples=2000").await);
    assert_eq!(sequences(&last), [u64::MAX - 2, u64::MAX - 1]);
    assert_eq!(values(&last[0]), expected(0, 2000, 4));
}

#[tokio::test]
async fn receivedcome_when_they_are_due() {
    let server = start(Options::default()).await;
    let begin = Instant::now();
    server.bytes("/live?rate=50&count=11").await;
    messages(&server, "rate=50&count=11").await;
    let taken = begin.elapsed();
    assert!(taken >= Duration::from_millis(400), "{taken:?}");
    // The first frame is due at once, and comes before the second is due.
    let begin = Instant::now();
    let first = server.get("/live?rate=1").await.chunk().await.unwrap().unwrap();
    assert_eq!(frames(&first).0.len(), 1);
    assert!(begin.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn no_end_until_the_client_goes() {
    let server = start(Options::default()).await;
    let mut response = server.get("/live?rate=0&samples=100000").await;
    let mut length = 0;
    while length < 20_000_000 {
        length += response.chunk().await.unwrap().unwrap().len();
    }
    let mut socket = socket(&server, "rate=0").await;
    for number in 0..1000 {
        assert_eq!(sequence(&first(&socket.next().await.unwrap().unwrap().into_data()).unwrap()), number);
    }
    socket.send(Message::Close(None)).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
}

#[tokio::test]
async fn a_message_from_the_client_loses_no_frame() {
    let server = start(Options::default()).await;
    let mut socket = socket(&server, "rate=200&count=40").await;
    for number in 0..40 {
        let message = loop {
            match socket.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => break bytes,
                _ => continue,
            }
        };
        assert_eq!(sequence(&first(&message).unwrap()), number);
        socket.send(Message::Ping("?".into())).await.unwrap();
    }
}

#[tokio::test]
async fn a_gap_and_a_wrong_checksum() {
    let server = start(Options::default()).await;
    for (query, expected) in [
        ("gap=3&checksum=4", &[0, 1, 2, 4, 5][..]),
        ("gap=0&checksum=4", &[1, 2, 3, 4, 5]),
        ("gap=5&checksum=4", &[0, 1, 2, 3, 4]),
    ] {
        // 60 bytes, so that padding would show where there should be none.
        let query = format!("rate=0&count=6&samples=15&channels=1&{query}");
        let (over_http, rest) = frames(&server.bytes(&format!("/live?{query}")).await);
        assert_eq!(rest, 0);
        assert_eq!(over_http.last().unwrap().len, 64 + 60, "no padding behind the last");
        for frames in [over_http, messages(&server, &query).await.0] {
            assert_eq!(sequences(&frames), expected);
            for frame in frames {
                assert_eq!(checksum_is_right(&frame), sequence(&frame) != 4);
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_off() {
    let server = start(Options::default()).await;
    let query = "rate=0&from=5&cut=8&samples=16";
    let mut response = server.get(&format!("/live?{query}")).await;
    let mut received = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(chunk) => received.extend(chunk.expect("an error, not the end")),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    let (frames, rest) = frames(&received);
    assert_eq!((sequences(&frames), rest), (vec![5, 6, 7], (64 + 16 * 4 * 4) / 2));
    let (frames, closed) = messages(&server, query).await;
    assert_eq!((sequences(&frames), closed), (vec![5, 6, 7], false));
}

#[tokio::test]
async fn a_connection_on_which_nothing_more_comes() {
    let server = start(Options::default()).await;
    let patience = Duration::from_millis(200);
    let mut response = server.get("/live?rate=0&stall=2&count=9").await;
    let mut received = Vec::new();
    while let Ok(chunk) = timeout(patience, response.chunk()).await {
        received.extend(chunk.unwrap().expect("no end"));
    }
    assert_eq!(sequences(&frames(&received).0), [0, 1]);
    let mut socket = socket(&server, "rate=0&stall=2&count=9").await;
    for number in 0..2 {
        assert_eq!(sequence(&first(&socket.next().await.unwrap().unwrap().into_data()).unwrap()), number);
    }
    assert!(timeout(patience, socket.next()).await.is_err());
    // The server still answers.
    socket.send(Message::Ping("?".into())).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Pong(_)))));
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let server = start(Options::default()).await;
    for (query, hint) in [
        ("dtype=>f2", "dtype '>f2' is not among >f4, <f4"),
        ("rate=-1", "rate"),
        ("count=x", "count"),
        ("samples=1048577&channels=16", "a frame has at most 67108864"),
        ("samples=4294967295&channels=4294967295", "2^53"),
    ] {
        let response = server.get(&format!("/live?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        let text = response.text().await.unwrap();
        assert!(text.contains(hint), "{query}: {text}");
    }
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "8")];
    assert_eq!(server.get_with("/live", &upgrade).await.status(), 400);
}
