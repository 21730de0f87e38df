//! Every array in every format and byte order, against the committed files.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_serve::Options;
use common::{KNOWN, header, start};
use std::fs;

#[tokio::test]
async fn raw_is_the_elements_and_nothing_else() {
    let server = start(Options::default()).await;
    for known in KNOWN {
        for order in ["big", "little"] {
            let response = server.get(&format!("/arrays/{}.raw?order={order}", known.name)).await;
            assert_eq!(response.status(), 200);
            assert_eq!(header(response.headers(), "content-type"), "application/octet-stream");
            assert!(response.bytes().await.unwrap() == known.payload(order), "{} {order}", known.name);
        }
    }
}

#[tokio::test]
async fn npy_is_what_numpy_writes() {
    let server = start(Options::default()).await;
    for known in KNOWN {
        for order in ["big", "little"] {
            let response = server.get(&format!("/arrays/{}.npy?order={order}", known.name)).await;
            assert_eq!(header(response.headers(), "content-type"), "application/x-npy");
            let body = response.bytes().await.unwrap();
            let shape: Vec<_> = known.shape.iter().map(u64::to_string).collect();
            let shape = if let [only] = &shape[..] {
                format!("({only},)")
            } else {
                format!("({})", shape.join(", "))
            };
            let text =
                format!("{{'descr': '{}', 'fortran_order': False, 'shape': {shape}, }}", known.dtype(order));
            let expected = [b"\x93NUMPY\x01\x00\x76\x00", format!("{text:117}\n").as_bytes()].concat();
            assert_eq!(body[..128], expected);
            assert!(body[128..] == known.payload(order), "{} {order}", known.name);
        }
    }
    // NumPy wrote this one.
    assert!(server.bytes("/arrays/dem.npy").await == fs::read(common::data().join("dem.npy")).unwrap());
}

#[tokio::test]
async fn frame_is_as_designed() {
    let server = start(Options::default()).await;
    for known in KNOWN {
        for order in ["big", "little"] {
            let response = server.get(&format!("/arrays/{}.bfy?order={order}", known.name)).await;
            assert_eq!(header(response.headers(), "content-type"), "application/x-byteferry-frame");
            let body = response.bytes().await.unwrap();
            let payload = known.payload(order);
            let mut head = b"\x93BFY\x01\x02".to_vec();
            head.extend((known.shape.len() as u16).to_le_bytes());
            head.extend([3, 0, 3, 0]);
            head.extend(crc32(&payload).to_le_bytes());
            head.extend((payload.len() as u64).to_le_bytes());
            head.extend([0; 8]);
            head.extend(known.shape.iter().flat_map(|length| length.to_le_bytes()));
            head.extend(known.dtype(order).bytes());
            head.extend(known.name.bytes());
            head.resize(64, 0);
            assert_eq!(body[..64], head);
            assert!(body[64..] == payload, "{} {order}", known.name);
        }
    }
}

/// CRC-32 as zlib computes it, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[tokio::test]
async fn big_endian_is_the_default() {
    let server = start(Options::default()).await;
    for known in KNOWN {
        for ending in ["npy", "raw", "bfy"] {
            let path = format!("/arrays/{}.{ending}", known.name);
            assert!(server.bytes(&path).await == server.bytes(&format!("{path}?order=big")).await, "{path}");
        }
    }
}

#[tokio::test]
async fn headers_tell_what_the_bytes_are() {
    let server = start(Options::default()).await;
    for known in KNOWN {
        for order in ["big", "little"] {
            for ending in ["npy", "raw", "bfy"] {
                let response = server.get(&format!("/arrays/{}.{ending}?order={order}", known.name)).await;
                let headers = response.headers();
                let shape: Vec<_> = known.shape.iter().map(u64::to_string).collect();
                assert_eq!(header(headers, "x-array-dtype"), known.dtype(order));
                assert_eq!(header(headers, "x-array-shape"), shape.join(","));
                assert_eq!(header(headers, "x-array-order"), "C");
                assert!(header(headers, "access-control-expose-headers").contains("x-array-dtype"));
                assert_eq!(header(headers, "accept-ranges"), "bytes");
            }
        }
    }
}

#[tokio::test]
async fn the_list_says_what_there_is_and_every_file_in_it_is_there() {
    let server = start(Options::default()).await;
    let response = server.get("/arrays").await;
    assert_eq!(header(response.headers(), "content-type"), "application/json");
    let list: Vec<serde_json::Value> = response.json().await.unwrap();
    let names: Vec<_> = list.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, KNOWN.map(|known| known.name));
    for (entry, known) in list.iter().zip(KNOWN) {
        assert_eq!(entry["dtype"], known.dtype("big"));
        assert_eq!(entry["byteOrder"], "big");
        assert_eq!(entry["shape"], serde_json::json!(known.shape));
        assert_eq!(entry["nbytes"], known.payload("big").len());
        for key in ["title", "about", "units", "source", "licence"] {
            assert!(entry[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
        }
        for format in ["npy", "raw", "frame"] {
            let length = server.bytes(entry["files"][format].as_str().unwrap()).await.len();
            assert!(length >= known.payload("big").len(), "{format}");
        }
    }
}

#[tokio::test]
async fn what_there_is_not_is_answered_with_what_there_is() {
    let server = start(Options::default()).await;
    #[rustfmt::skip]
    let cases = [
        ("/arrays/moon.npy", 404, "There is co2, dem, each as .npy, .raw, .bfy"),
        ("/arrays/co2.csv", 404, "There is co2, dem"),
        ("/arrays/co2", 404, "There is co2, dem"),
        ("/arrays/.npy", 404, "There is co2, dem"),
        ("/arrays/../data/arrays.json", 404, "/arrays/NAME.npy"),
        ("/arrays/%2e%2e%2fCargo.toml", 404, "There is co2, dem"),
        ("/arrays/co2.raw?order=middle", 400, "expected `big` or `little`"),
        ("/zeros/1.5.npy", 404, "/zeros/NBYTES.npy"),
        ("/zeros/-4.npy", 404, "/zeros/NBYTES.npy"),
        ("/zeros/18446744073709551616.npy", 404, "/zeros/NBYTES.npy"),
        ("/zeros/4.raw", 404, "/zeros/NBYTES.npy"),
        ("/zeros/6.npy", 400, "6 bytes are no whole number of >f4"),
        ("/zeros/4.npy?dtype=O", 400, "pickle"),
        ("/zeros/4.npy?dtype=nonsense", 400, "nonsense"),
        ("/zeros/4.npy?dtype=V0", 400, "no whole number"),
        ("/zeros/9007199254740992.npy", 400, "2^53"),
        ("/nothing", 404, "nothing at /nothing. There is"),
        ("/", 404, "--site"),
    ];
    for (path, status, hint) in cases {
        let response = server.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(header(response.headers(), "content-type"), "text/plain; charset=utf-8", "{path}");
        let text = response.text().await.unwrap();
        assert!(text.contains(hint), "{path}: {text}");
    }
}

#[tokio::test]
async fn zeros_of_any_size() {
    let server = start(Options::default()).await;
    for (path, dtype, count) in [
        ("/zeros/4000000.npy", ">f4", 1_000_000),
        ("/zeros/16.npy?dtype=%3Ci8", "<i8", 2),
        ("/zeros/0.npy", ">f4", 0),
    ] {
        let body = server.bytes(path).await;
        let text = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({count},), }}");
        assert_eq!(String::from_utf8_lossy(&body[10..10 + text.len()]), text);
        assert!(body[128..].iter().all(|byte| *byte == 0));
        let width: usize = dtype[2..].parse().unwrap();
        assert_eq!(body.len(), 128 + count * width);
    }
    // Eight terabytes exist nowhere, but their last bytes can be requested.
    let response = server.get_with("/zeros/8796093022208.npy", &[("range", "bytes=-5")]).await;
    assert_eq!(response.status(), 206);
    assert_eq!(
        header(response.headers(), "content-range"),
        "bytes 8796093022331-8796093022335/8796093022336"
    );
    assert_eq!(response.bytes().await.unwrap(), [0; 5][..]);
}
