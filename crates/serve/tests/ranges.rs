//! Range and conditional requests (RFC 9110, sections 13 and 14).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_serve::Options;
use common::{KNOWN, header, start};
use reqwest::Method;
use std::collections::HashSet;

const CO2: &str = "/arrays/co2.raw";

#[tokio::test]
async fn ranges_of_one_array() {
    let server = start(Options::default()).await;
    let whole = server.bytes(CO2).await;
    #[rustfmt::skip]
    let cases = [
        ("bytes=0-", 206, 0..9136),
        ("bytes=0-0", 206, 0..1),
        ("bytes=100-199", 206, 100..200),
        ("bytes=9000-99999", 206, 9000..9136),
        ("bytes=-136", 206, 9000..9136),
        ("bytes=-99999", 206, 0..9136),
        ("bytes=9135-18446744073709551615", 206, 9135..9136),
        ("bytes=0-1,4-5", 200, 0..9136),
        ("bytes=5-2", 200, 0..9136),
        ("rows=0-1", 200, 0..9136),
        ("bytes=9136-", 416, 0..0),
        ("bytes=18446744073709551615-", 416, 0..0),
        ("bytes=-0", 416, 0..0),
    ];
    for (range, status, part) in cases {
        let response = server.get_with(CO2, &[("range", range)]).await;
        assert_eq!(response.status(), status, "{range}");
        let content_range = match status {
            206 => format!("bytes {}-{}/9136", part.start, part.end - 1),
            416 => "bytes */9136".into(),
            _ => String::new(),
        };
        assert_eq!(header(response.headers(), "content-range"), content_range, "{range}");
        if status != 416 {
            assert_eq!(header(response.headers(), "content-length"), part.len().to_string(), "{range}");
            assert_eq!(header(response.headers(), "x-array-dtype"), ">f4", "{range}");
            assert!(response.bytes().await.unwrap() == whole[part], "{range}");
        }
    }
}

#[tokio::test]
async fn parts_put_together_are_the_whole() {
    let server = start(Options::default()).await;
    for known in KNOWN {
        for ending in ["npy", "raw", "bfy"] {
            for order in ["big", "little"] {
                let path = format!("/arrays/{}.{ending}?order={order}", known.name);
                let whole = server.bytes(&path).await;
                // Not a multiple of any itemsize or header, so that the parts meet at different places.
                let step = whole.len() / 7 + 3;
                let mut joined = Vec::new();
                for start in (0..whole.len()).step_by(step) {
                    let range = format!("bytes={start}-{}", start + step - 1);
                    let response = server.get_with(&path, &[("range", &range)]).await;
                    assert_eq!(response.status(), 206);
                    joined.extend(response.bytes().await.unwrap());
                }
                assert!(joined == whole, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn every_version_has_an_etag_of_its_own_and_keeps_it() {
    let (first, second) = (start(Options::default()).await, start(Options::default()).await);
    let mut seen = HashSet::new();
    for known in KNOWN {
        for ending in ["npy", "raw", "bfy"] {
            for order in ["big", "little"] {
                let path = format!("/arrays/{}.{ending}?order={order}", known.name);
                let response = first.get(&path).await;
                let etag = header(response.headers(), "etag").to_owned();
                assert!(
                    etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2,
                    "{etag} is not a strong ETag"
                );
                assert_eq!(header(second.get(&path).await.headers(), "etag"), etag);
                assert!(seen.insert(etag), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn conditions() {
    let server = start(Options::default()).await;
    let etag = header(server.get(CO2).await.headers(), "etag").to_owned();
    let weak = format!("W/{etag}");
    let list = format!("\"other\", {etag}");
    let (range, date) = (("range", "bytes=0-9"), "Sat, 29 Oct 1994 19:43:31 GMT");
    type Case<'a> = (&'a [(&'a str, &'a str)], u16, usize);
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (&[("if-none-match", &etag)], 304, 0),
        (&[("if-none-match", &weak)], 304, 0),
        (&[("if-none-match", &list)], 304, 0),
        (&[("if-none-match", "*")], 304, 0),
        (&[("if-none-match", "\"other\"")], 200, 9136),
        (&[("if-none-match", &etag), range], 304, 0),
        (&[("if-match", &etag)], 200, 9136),
        (&[("if-match", "*")], 200, 9136),
        (&[("if-match", "\"other\"")], 412, 0),
        (&[("if-match", &weak)], 412, 0),
        (&[("if-match", "\"other\""), ("if-none-match", &etag)], 412, 0),
        (&[("if-range", &etag), range], 206, 10),
        (&[("if-range", &weak), range], 200, 9136),
        (&[("if-range", "\"other\""), range], 200, 9136),
        (&[("if-range", date), range], 200, 9136),
        (&[("if-range", "neither"), range], 200, 9136),
        (&[("if-range", "\"other\""), ("range", "bytes=9136-")], 200, 9136),
        (&[("if-range", &etag)], 200, 9136),
    ];
    for (headers, status, length) in cases {
        let response = server.get_with(CO2, headers).await;
        assert_eq!(response.status(), *status, "{headers:?}");
        assert_eq!(header(response.headers(), "etag"), etag, "{headers:?}");
        assert_eq!(header(response.headers(), "cache-control"), "no-cache", "{headers:?}");
        assert_eq!(response.bytes().await.unwrap().len(), *length, "{headers:?}");
    }
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let server = start(Options::default()).await;
    for path in [CO2, "/arrays/dem.npy?order=little", "/arrays/dem.bfy", "/zeros/1099511627776.npy"] {
        let head = server.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(head.status(), 200, "{path}");
        let get = server.get(path).await;
        for name in
            ["content-length", "content-type", "etag", "accept-ranges", "x-array-dtype", "x-array-shape"]
        {
            assert_eq!(header(head.headers(), name), header(get.headers(), name), "{path} {name}");
        }
        assert_eq!(head.bytes().await.unwrap().len(), 0);
    }
    let partial = server.request(Method::HEAD, CO2).header("range", "bytes=0-9").send().await.unwrap();
    assert_eq!((partial.status().as_u16(), header(partial.headers(), "content-length")), (200, "9136"));
}
