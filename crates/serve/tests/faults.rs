//! Arrays that arrive late, damaged or not at all, on request.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_serve::Options;
use common::{header, start};
use reqwest::{Method, Response};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// 9136 bytes
const CO2: &str = "/arrays/co2.raw";

/// How a body ended.
#[derive(PartialEq, Debug)]
enum End {
    Proper,
    BrokenOff,
    /// Not within 200 ms
    Never,
}

async fn body(mut response: Response) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    loop {
        match timeout(Duration::from_millis(200), response.chunk()).await {
            Ok(Ok(Some(chunk))) => bytes.extend(chunk),
            Ok(Ok(None)) => return (bytes, End::Proper),
            Ok(Err(_)) => return (bytes, End::BrokenOff),
            Err(_) => return (bytes, End::Never),
        }
    }
}

#[tokio::test]
async fn bodies_go_wrong_where_they_should() {
    let server = start(Options::default()).await;
    let whole = server.bytes(CO2).await;
    let mut flipped = whole.clone();
    flipped[4711] ^= 0xff;
    let longer = [&whole[..], &[0; 64]].concat();
    #[rustfmt::skip]
    let cases = [
        ("", "9136", &whole[..], End::Proper),
        ("fault=cut&at=1000", "9136", &whole[..1000], End::BrokenOff),
        ("fault=cut", "9136", &[], End::BrokenOff),
        ("fault=cut&at=1000&chunk=300", "", &whole[..1000], End::BrokenOff),
        ("fault=cut&at=9999", "9136", &whole, End::Proper),
        ("fault=short&at=1000", "1000", &whole[..1000], End::Proper),
        ("fault=short&at=99999", "9136", &whole, End::Proper),
        ("fault=long", "9200", &longer, End::Proper),
        ("fault=long&chunk=5000", "", &longer, End::Proper),
        ("fault=flip&at=4711", "9136", &flipped, End::Proper),
        ("fault=flip&at=4711&chunk=1000", "", &flipped, End::Proper),
        ("fault=stall&at=1000", "9136", &whole[..1000], End::Never),
        ("fault=stall", "9136", &[], End::Never),
        ("chunk=1", "", &whole, End::Proper),
        ("chunk=4294967295", "", &whole, End::Proper),
    ];
    for (query, length, expected, end) in cases {
        let response = server.get(&format!("{CO2}?{query}")).await;
        assert_eq!(response.status(), 200, "{query}");
        assert_eq!(header(response.headers(), "content-length"), length, "{query}");
        let (bytes, ended) = body(response).await;
        assert!(bytes == expected, "{query}: {} bytes", bytes.len());
        assert_eq!(ended, end, "{query}");
    }
}

#[tokio::test]
async fn large_bodies_too() {
    let server = start(Options::default()).await;
    let path = "/zeros/4000000.npy";
    for (query, length, end) in [
        ("fault=cut&at=3000000", 3_000_000, End::BrokenOff),
        ("fault=short&at=3000000", 3_000_000, End::Proper),
        ("fault=long", 4_000_192, End::Proper),
        ("chunk=100001", 4_000_128, End::Proper),
    ] {
        let (bytes, ended) = body(server.get(&format!("{path}?{query}")).await).await;
        assert_eq!((bytes.len(), ended), (length, end), "{query}");
    }
    let (flipped, _) = body(server.get(&format!("{path}?fault=flip&at=3000000")).await).await;
    assert_eq!((flipped.len(), flipped[3_000_000]), (4_000_128, 0xff));
    assert!(flipped[128..3_000_000].iter().chain(&flipped[3_000_001..]).all(|byte| *byte == 0));
}

#[tokio::test]
async fn parts_go_wrong_like_the_whole() {
    let server = start(Options::default()).await;
    let whole = server.bytes(CO2).await;
    for (query, length, expected, end) in [
        ("fault=cut&at=50", "100", &whole[1000..1050], End::BrokenOff),
        ("fault=short&at=50", "50", &whole[1000..1050], End::Proper),
    ] {
        let response = server.get_with(&format!("{CO2}?{query}"), &[("range", "bytes=1000-1099")]).await;
        assert_eq!(response.status(), 206, "{query}");
        assert_eq!(header(response.headers(), "content-range"), "bytes 1000-1099/9136");
        assert_eq!(header(response.headers(), "content-length"), length);
        assert_eq!(body(response).await, (expected.to_vec(), end), "{query}");
    }
}

#[tokio::test]
async fn slow_is_as_slow_as_it_should_be() {
    let server = start(Options::default()).await;
    let begin = Instant::now();
    let (bytes, end) = body(server.get(&format!("{CO2}?fault=slow&rate=20000")).await).await;
    let taken = begin.elapsed();
    assert_eq!((bytes.len(), end), (9136, End::Proper));
    assert!(taken >= Duration::from_millis(450), "{taken:?}");
}

#[tokio::test]
async fn pieces_are_as_large_as_asked_for() {
    let server = start(Options::default()).await;
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    stream
        .write_all(b"GET /arrays/co2.raw?chunk=4000 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let (mut sizes, mut at) = (Vec::new(), head);
    loop {
        let line = answer[at..].windows(2).position(|bytes| bytes == b"\r\n").unwrap();
        let size = usize::from_str_radix(str::from_utf8(&answer[at..at + line]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        sizes.push(size);
        at += line + 2 + size + 2;
    }
    assert_eq!(sizes, [4000, 4000, 1136]);
}

#[tokio::test]
async fn a_fault_that_happens_once_can_be_resumed_from() {
    let server = start(Options::default()).await;
    let whole = server.bytes(CO2).await;
    let path = format!("{CO2}?fault=cut&at=1000&once=a");
    let response = server.get(&path).await;
    let etag = header(response.headers(), "etag").to_owned();
    let (mut bytes, end) = body(response).await;
    assert_eq!((bytes.len(), end), (1000, End::BrokenOff));
    let rest = server.get_with(&path, &[("range", "bytes=1000-"), ("if-range", &etag)]).await;
    assert_eq!(rest.status(), 206);
    bytes.extend(body(rest).await.0);
    assert!(bytes == whole);
    assert_eq!(server.get(&format!("{CO2}?fault=500&once=a")).await.status(), 200);
    assert_eq!(server.get(&format!("{CO2}?fault=500&once=b")).await.status(), 500);
    assert_eq!(server.get(&format!("{CO2}?fault=500&once=b")).await.status(), 200);
    // Only the last 1000 keys are kept.
    for key in 0..1000 {
        assert_eq!(server.get(&format!("{CO2}?fault=500&once={key}")).await.status(), 500);
    }
    assert_eq!(server.get(&format!("{CO2}?fault=500&once=999")).await.status(), 200);
    assert_eq!(server.get(&format!("{CO2}?fault=500&once=a")).await.status(), 500);
}

#[tokio::test]
async fn what_has_changed_cannot_be_resumed() {
    let server = start(Options::default()).await;
    let path = format!("{CO2}?fault=changed");
    let response = server.get(&path).await;
    let etag = header(response.headers(), "etag").to_owned();
    let again = server.get_with(&path, &[("range", "bytes=1000-"), ("if-range", &etag)]).await;
    assert_eq!((again.status().as_u16(), again.content_length()), (200, Some(9136)));
    let other = header(again.headers(), "etag");
    assert!(other != etag && other.starts_with('"') && other.ends_with('"'), "{etag} {other}");
    assert_eq!(server.get_with(&path, &[("if-none-match", &etag)]).await.status(), 200);
    // With `once`, the second request no longer gets the changed version.
    let path = format!("{path}&once=a");
    let etag = header(server.get(&path).await.headers(), "etag").to_owned();
    let again = server.get_with(&path, &[("range", "bytes=1000-"), ("if-range", &etag)]).await;
    assert_eq!(again.status(), 200);
    assert_eq!(header(again.headers(), "etag"), header(server.get(CO2).await.headers(), "etag"));
}

#[tokio::test]
async fn the_rest_is_as_ever() {
    let server = start(Options::default()).await;
    let failed = server.get(&format!("{CO2}?fault=500")).await;
    assert_eq!(failed.status(), 500);
    assert_eq!(header(failed.headers(), "access-control-allow-origin"), "*");
    assert_eq!(failed.text().await.unwrap(), "failed on purpose\n");
    let head = server.request(Method::HEAD, &format!("{CO2}?fault=short&at=10")).send().await.unwrap();
    assert_eq!(header(head.headers(), "content-length"), "10");
    assert_eq!(server.get("/arrays?fault=500").await.status(), 500);
    for (query, hint) in [
        ("fault=fire", "unknown variant `fire`, expected one of `slow`, `cut`, `short`"),
        ("fault=cut&at=-1", "at"),
        ("chunk=0", "nonzero"),
        ("fault=slow&rate=0", "nonzero"),
    ] {
        let response = server.get(&format!("{CO2}?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        let text = response.text().await.unwrap();
        assert!(text.contains(hint), "{query}: {text}");
    }
}
