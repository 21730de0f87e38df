//! Arrays that a page sends: accepted if complete and valid, returned byte for byte, and otherwise never visible.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_header::{DType, Order, Shape, frame, npy};
use byteferry_serve::Options;
use common::{Running, header, start};
use futures_util::stream;
use reqwest::{Body, Method, Response};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An empty folder.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("uploads").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

async fn started(folder: &Path, upload_limit: u64) -> Running {
    start(Options { uploads: Some(folder.to_owned()), upload_limit, ..Options::default() }).await
}

/// Names of all files in the folder, uploads under way included.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn put(server: &Running, name: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let request = server.request(Method::PUT, &format!("/uploads/{name}")).body(body);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

const PAYLOAD: &[u8] = b"\0\x01\0\x02\0\x03\0\x04\0\x05\0\x06";

fn an_npy(order: Order) -> Vec<u8> {
    let dtype = DType::parse(">i2").unwrap();
    let head = npy::write(&dtype, &Shape::new(vec![2, 3], 2).unwrap(), order).unwrap();
    [&head, PAYLOAD].concat()
}

fn a_frame(crc32: Option<u32>) -> Vec<u8> {
    let dtype = DType::parse(">i2").unwrap();
    let head = frame::write(&dtype, &Shape::new(vec![2, 3], 2).unwrap(), Order::C, "a", 7, crc32).unwrap();
    [&head, PAYLOAD].concat()
}

const RAW: [(&str, &str); 2] = [("x-array-dtype", ">i2"), ("x-array-shape", "2,3")];

#[tokio::test]
async fn what_is_right_is_taken_and_given_back() {
    let folder = folder("right");
    let server = started(&folder, 1 << 20).await;
    let fortran = [RAW[0], RAW[1], ("x-array-order", "F")];
    let scalar = [("x-array-dtype", "<f8"), ("x-array-shape", "")];
    let spaced = [("x-array-dtype", ">i2"), ("x-array-shape", "3, 2, 1")];
    let huge = [("x-array-dtype", "|u1"), ("x-array-shape", "1000000")];
    let empty = [("x-array-dtype", ">i2"), ("x-array-shape", "0,5")];
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>, Value, &'a str);
    #[rustfmt::skip]
    let cases: [Case<'_>; 11] = [
        ("a.npy", &[], an_npy(Order::C), json!(["npy", ">i2", [2, 3], "C", 12]), "application/x-npy"),
        ("f.npy", &[], an_npy(Order::Fortran), json!(["npy", ">i2", [2, 3], "F", 12]), "application/x-npy"),
        ("a.bfy", &[], a_frame(Some(crc32fast::hash(PAYLOAD))), json!(["frame", ">i2", [2, 3], "C", 12]), "application/x-byteferry-frame"),
        ("unchecked.bfy", &[], a_frame(None), json!(["frame", ">i2", [2, 3], "C", 12]), "application/x-byteferry-frame"),
        ("raw", &RAW, PAYLOAD.into(), json!(["raw", ">i2", [2, 3], "C", 12]), "application/octet-stream"),
        ("page.html", &RAW, PAYLOAD.into(), json!(["raw", ">i2", [2, 3], "C", 12]), "application/octet-stream"),
        ("F-or_der.raw", &fortran, PAYLOAD.into(), json!(["raw", ">i2", [2, 3], "F", 12]), "application/octet-stream"),
        ("scalar", &scalar, vec![7; 8], json!(["raw", "<f8", [], "C", 8]), "application/octet-stream"),
        ("spaced", &spaced, PAYLOAD.into(), json!(["raw", ">i2", [3, 2, 1], "C", 12]), "application/octet-stream"),
        ("empty", &empty, vec![], json!(["raw", ">i2", [0, 5], "C", 0]), "application/octet-stream"),
        ("huge", &huge, vec![7; 1_000_000], json!(["raw", "|u1", [1_000_000], "C", 1_000_000]), "application/octet-stream"),
    ];
    for (name, headers, body, receipt, content_type) in cases {
        let response = put(&server, name, headers, body.clone()).await;
        assert_eq!(response.status(), 201, "{name}");
        assert_eq!(header(response.headers(), "content-type"), "application/json");
        let told: Value = response.json().await.unwrap();
        let [format, dtype, shape, order, nbytes] =
            ["format", "dtype", "shape", "order", "nbytes"].map(|key| told[key].clone());
        assert_eq!(
            (&told["name"], json!([format, dtype, shape, order, nbytes])),
            (&json!(name), receipt),
            "{name}"
        );
        let response = server.get(&format!("/uploads/{name}")).await;
        assert_eq!(header(response.headers(), "content-type"), content_type, "{name}");
        assert_eq!(header(response.headers(), "cache-control"), "no-store", "{name}");
        assert!(response.bytes().await.unwrap() == body, "{name}");
        assert!(fs::read(folder.join(name)).unwrap() == body, "{name}");
    }
    let part = server.get_with("/uploads/raw", &[("range", "bytes=2-3")]).await;
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap()), (206, PAYLOAD[2..4].to_vec().into()));
    assert_eq!(server.request(Method::HEAD, "/uploads/raw").send().await.unwrap().status(), 200);
    // POST works as well, and the last upload replaces the others.
    let again = server.request(Method::POST, "/uploads/raw").body(an_npy(Order::C)).send().await.unwrap();
    assert_eq!(again.status(), 201);
    assert!(server.bytes("/uploads/raw").await == an_npy(Order::C));
    assert_eq!(names(&folder).len(), 11);
}

#[tokio::test]
async fn what_is_wrong_leaves_nothing_behind() {
    let folder = folder("wrong");
    let server = started(&folder, 1 << 20).await;
    let npy = an_npy(Order::C);
    let frame = a_frame(Some(crc32fast::hash(PAYLOAD)));
    let with = |order| [RAW[0], RAW[1], ("x-array-order", order)];
    let dtype = |dtype| [("x-array-dtype", dtype), RAW[1]];
    let shape = |shape| [RAW[0], ("x-array-shape", shape)];
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>, u16, &'a str);
    #[rustfmt::skip]
    let cases: [Case<'_>; 19] = [
        ("npy a byte short", &[], npy[..npy.len() - 1].into(), 422, "need 12 bytes, there are 11"),
        ("npy a byte long", &[], [&npy[..], b"x"].concat(), 422, "need 12 bytes, there are 13"),
        ("npy cut in its header", &[], npy[..100].into(), 422, "needs 128 bytes, there are 100"),
        ("npy cut in its beginning", &[], npy[..9].into(), 422, "truncated"),
        ("frame a byte short", &[], frame[..frame.len() - 1].into(), 422, "need 12 bytes, there are 11"),
        ("frame cut in its header", &[], frame[..33].into(), 422, "needs 64 bytes, there are 33"),
        ("frame with a wrong checksum", &[], a_frame(Some(0x0123_4567)), 422, "CRC-32 is 01234567, that of its payload is"),
        ("padded frame", &[], [&frame[..], &[0; 52]].concat(), 422, "need 12 bytes, there are 64"),
        ("nothing", &[], vec![], 422, "there are 0"),
        ("JSON", &[], b"{\"dtype\": \">i2\"}".into(), 422, "looks like JSON"),
        ("raw a byte short", &RAW, PAYLOAD[1..].into(), 422, "dtype >i2 and shape [2, 3] need 12 bytes, there are 11"),
        ("raw without a shape", &RAW[..1], PAYLOAD.into(), 400, "X-Array-Shape"),
        ("raw without a dtype", &RAW[1..], PAYLOAD.into(), 400, "X-Array-Dtype"),
        ("raw of a wrong dtype", &dtype(">x2"), PAYLOAD.into(), 400, ">x2"),
        ("raw objects", &dtype("O"), PAYLOAD.into(), 400, "pickle"),
        ("raw of a wrong shape", &shape("2,-3"), PAYLOAD.into(), 400, "X-Array-Shape '2,-3'"),
        ("raw of a huge shape", &shape("4294967296,4294967296"), PAYLOAD.into(), 400, "2^53"),
        ("raw of a wrong order", &with("K"), PAYLOAD.into(), 400, "neither C nor F"),
        ("too large", &RAW, vec![0; (1 << 20) + 1], 413, "at most 1048576 bytes"),
    ];
    for (what, headers, body, status, hint) in cases {
        let response = put(&server, "a", headers, body).await;
        assert_eq!(response.status(), status, "{what}");
        let text = response.text().await.unwrap();
        assert!(text.contains(hint), "{what}: {text}");
        assert_eq!(names(&folder), [""; 0], "{what}");
    }
    // A refused upload leaves the old file as it was.
    assert_eq!(put(&server, "a", &[], npy.clone()).await.status(), 201);
    assert_eq!(put(&server, "a", &RAW, &PAYLOAD[1..]).await.status(), 422);
    assert!(server.bytes("/uploads/a").await == npy);
    assert_eq!(names(&folder), ["a"]);
}

#[tokio::test]
async fn the_limit_holds_whether_the_length_is_announced_or_not() {
    let folder = folder("limit");
    let server = started(&folder, 140).await;
    let npy = an_npy(Order::C);
    assert_eq!(npy.len(), 140);
    assert_eq!(put(&server, "a", &[], npy.clone()).await.status(), 201);
    for body in [[&npy[..], b"x"].concat(), vec![0; 10_000_000]] {
        assert_eq!(put(&server, "b", &[], body.clone()).await.status(), 413);
        let pieces: Vec<_> =
            body.chunks(100_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let unannounced = Body::wrap_stream(stream::iter(pieces));
        let status = put(&server, "b", &RAW, unannounced).await.status();
        assert_eq!(status, 413);
    }
    assert_eq!(names(&folder), ["a"]);
}

#[tokio::test]
async fn names_are_plain() {
    let folder = folder("names");
    let server = started(&folder, 1 << 20).await;
    let (longest, too_long) = ("a".repeat(100), "a".repeat(101));
    for name in [longest.as_str(), "-", "a..b", "_"] {
        assert_eq!(put(&server, name, &RAW, PAYLOAD).await.status(), 201, "{name}");
    }
    for name in [too_long.as_str(), ".a", "..a", "a%2Fb", "..%2Fa", "a%20b", "a%00", "%C3%A4", "a%5Cb"] {
        let response = put(&server, name, &RAW, PAYLOAD).await;
        assert_eq!(response.status(), 400, "{name}");
        assert!(response.text().await.unwrap().contains("1 to 100 letters"), "{name}");
        assert_eq!(server.get(&format!("/uploads/{name}")).await.status(), 400, "{name}");
    }
    assert_eq!(names(&folder).len(), 4);
    let missing = server.get("/uploads/nothing").await;
    assert_eq!(missing.status(), 404);
    assert!(missing.text().await.unwrap().contains("PUT /uploads/nothing"));
    // Without the option there is no such route.
    let without = start(Options::default()).await;
    assert_eq!(put(&without, "a", &RAW, PAYLOAD).await.status(), 404);
}

#[tokio::test]
async fn what_is_under_way_is_not_seen_and_what_breaks_off_is_gone() {
    let folder = folder("broken");
    let server = started(&folder, 1 << 20).await;
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let npy = an_npy(Order::C);
    let head = format!("PUT /uploads/a HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", npy.len());
    stream.write_all(&[head.as_bytes(), &npy[..130]].concat()).await.unwrap();
    until(|| names(&folder).len() == 1).await;
    assert!(names(&folder)[0].starts_with('.'));
    assert_eq!(server.get("/uploads/a").await.status(), 404);
    assert_eq!(server.get(&format!("/uploads/{}", names(&folder)[0])).await.status(), 400);
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("201"));
    until(|| names(&folder).is_empty()).await;
}

/// Waits until a condition holds; the test fails if it never does.
async fn until(so: impl Fn() -> bool) {
    for _ in 0..500 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(so());
}
