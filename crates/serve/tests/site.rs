//! The page's files, and the headers that every answer has.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_serve::Options;
use common::{header, start};
use reqwest::Method;
use std::{fs, path::PathBuf};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A folder with a page in it, and a file beside it that must stay private.
fn site(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let site = folder.join("site");
    fs::create_dir_all(site.join("dist")).unwrap();
    fs::write(folder.join("private.txt"), "private").unwrap();
    for name in [
        "index.html",
        "style.css",
        "dist/byteferry.js",
        "dist/module.mjs",
        "dist/byteferry.js.map",
        "dist/worker.wasm",
        "a.npy",
        "a.bfy",
    ] {
        fs::write(site.join(name), name).unwrap();
    }
    site
}

#[tokio::test]
async fn files_have_their_types() {
    let folder = site("types");
    let server =
        start(Options { site: Some(folder.clone()), oracle: Some(folder), ..Options::default() }).await;
    for (path, content_type) in [
        ("index.html", "text/html"),
        ("style.css", "text/css"),
        ("dist/byteferry.js", "text/javascript"),
        ("dist/module.mjs", "text/javascript"),
        ("dist/byteferry.js.map", "application/json"),
        ("dist/worker.wasm", "application/wasm"),
        ("a.npy", "application/x-npy"),
        ("a.bfy", "application/x-byteferry-frame"),
    ] {
        for prefix in ["/", "/oracle/"] {
            let response = server.get(&format!("{prefix}{path}")).await;
            assert_eq!(response.status(), 200, "{prefix}{path}");
            let found = header(response.headers(), "content-type");
            assert_eq!(found.split(';').next().unwrap(), content_type, "{prefix}{path}");
            assert_eq!(response.text().await.unwrap(), path);
        }
    }
    assert_eq!(server.bytes("/").await, b"index.html");
    // Arrays come first: a file of the page can't hide them.
    assert_eq!(server.bytes("/arrays/co2.raw").await.len(), 9136);
}

#[tokio::test]
async fn a_file_is_asked_for_again_and_not_sent_again() {
    let server = start(Options { site: Some(site("validators")), ..Options::default() }).await;
    let first = server.get("/style.css").await;
    assert_eq!(header(first.headers(), "cache-control"), "no-cache");
    let again = [("etag", "if-none-match"), ("last-modified", "if-modified-since")];
    for (validator, condition) in again {
        let value = header(first.headers(), validator);
        assert_eq!(
            server.get_with("/style.css", &[(condition, value)]).await.status(),
            304,
            "{validator}: {value}"
        );
    }
    let part = server.get_with("/style.css", &[("range", "bytes=2-4")]).await;
    assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "yle"));
}

#[tokio::test]
async fn missing_files_are_answered_with_what_there_is() {
    let folder = site("missing");
    let server =
        start(Options { site: Some(folder.clone()), oracle: Some(folder), ..Options::default() }).await;
    for path in ["/nothing.js", "/dist/nothing.wasm", "/oracle/nothing", "/missing.npy"] {
        let response = server.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(response.headers(), "content-type"), "text/plain; charset=utf-8", "{path}");
        let text = response.text().await.unwrap();
        assert!(text.starts_with(&format!("nothing at {path}. There is ")), "{text}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let server = start(Options { site: Some(site("outside")), ..Options::default() }).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    for path in ["/../private.txt", "/%2e%2e/private.txt", "/dist/..%2f..%2fprivate.txt", "/..\\private.txt"]
    {
        // By hand: a well-behaved client would normalise the path before sending it.
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(!answer.ends_with("private"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_is_isolated_and_open_to_other_origins() {
    let server = start(Options { site: Some(site("headers")), ..Options::default() }).await;
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::GET, "/dist/worker.wasm", 200),
        (Method::GET, "/nothing", 404),
        (Method::GET, "/arrays", 200),
        (Method::GET, "/arrays/dem.npy", 200),
        (Method::HEAD, "/arrays/dem.npy", 200),
        (Method::GET, "/arrays/moon.npy", 404),
        (Method::GET, "/arrays/dem.npy?order=middle", 400),
        (Method::POST, "/arrays", 405),
        (Method::GET, "/zeros/8.npy", 200),
    ] {
        let response = server.request(method.clone(), path).send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("access-control-allow-origin", "*"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(header(response.headers(), name), value, "{method} {path} {name}");
        }
    }
}

#[tokio::test]
async fn browsers_may_ask_for_ranges_from_other_origins() {
    let server = start(Options::default()).await;
    let request = server
        .request(Method::OPTIONS, "/arrays/dem.npy")
        .header("origin", "http://elsewhere.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "range,if-range");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(response.headers(), "access-control-allow-origin"), "*");
    assert_eq!(header(response.headers(), "access-control-allow-headers"), "*");
    assert_eq!(header(response.headers(), "access-control-allow-methods"), "GET,HEAD,POST,PUT");
}
