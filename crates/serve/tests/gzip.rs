//! Arrays compressed in transit.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_serve::Options;
use common::{header, start};
use flate2::read::GzDecoder;
use std::io::Read;

const ACCEPTED: (&str, &str) = ("accept-encoding", "deflate, gzip, br");

#[tokio::test]
async fn compressed_they_are_the_same() {
    let server = start(Options::default()).await;
    for path in ["/arrays", "/arrays/co2.npy", "/arrays/dem.bfy?order=little", "/zeros/1000000.npy"] {
        let plain = server.bytes(path).await;
        let response = server.get_with(&format!("/gzip{path}"), &[ACCEPTED]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(response.headers(), "content-encoding"), "gzip", "{path}");
        assert_eq!(header(response.headers(), "content-length"), "", "{path}");
        assert!(header(response.headers(), "vary").contains("accept-encoding"), "{path}");
        let compressed = response.bytes().await.unwrap();
        assert!(compressed.len() < plain.len(), "{path}");
        let mut bytes = Vec::new();
        GzDecoder::new(&compressed[..]).read_to_end(&mut bytes).unwrap();
        assert!(bytes == plain, "{path}");
        assert!(server.bytes(&format!("/gzip{path}")).await == plain, "{path}");
        let elsewhere = server.get_with(path, &[ACCEPTED]).await;
        assert_eq!(header(elsewhere.headers(), "content-encoding"), "");
    }
}

#[tokio::test]
async fn parts_are_parts_of_what_is_not_compressed() {
    let server = start(Options::default()).await;
    let path = "/gzip/arrays/co2.raw";
    let strong = header(server.get(path).await.headers(), "etag").to_owned();
    let weak = header(server.get_with(path, &[ACCEPTED]).await.headers(), "etag").to_owned();
    assert_eq!(weak, format!("W/{strong}"));
    let range = ("range", "bytes=1000-1099");
    let part = server.get_with(path, &[ACCEPTED, range, ("if-range", &strong)]).await;
    assert_eq!((part.status().as_u16(), header(part.headers(), "content-encoding")), (206, ""));
    assert!(part.bytes().await.unwrap() == server.bytes(path).await[1000..1100]);
    // A compressed answer can't be resumed: its bytes are not the array's.
    let whole = server.get_with(path, &[ACCEPTED, range, ("if-range", &weak)]).await;
    assert_eq!(whole.status(), 200);
    assert_eq!(server.get_with(path, &[ACCEPTED, ("if-none-match", &weak)]).await.status(), 304);
}

#[tokio::test]
async fn what_is_compressed_goes_wrong_too() {
    let server = start(Options::default()).await;
    let whole = server.get_with("/gzip/arrays/co2.raw", &[ACCEPTED]).await.bytes().await.unwrap();
    let short = server.get_with("/gzip/arrays/co2.raw?fault=short&at=1000", &[ACCEPTED]).await;
    assert!(short.bytes().await.unwrap() == whole[..1000]);
}
