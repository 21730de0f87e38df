//! byteferry-header and demo/backend's byteferry.py agree on frames to the byte: the Python tests write and read
//! demo/backend/frames.bfy, and so do these.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use byteferry_header::{DType, Frame, Order, frame};
use std::fs;

fn stream() -> Vec<u8> {
    fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/backend/frames.bfy")).unwrap()
}

/// dtype, shape and order of each frame, as NumPy has them.
#[rustfmt::skip]
const EXPECTED: [(&str, &str, &[u64], Order); 22] = [
    ("big-endian floats", ">f4", &[2, 3], Order::C),
    ("little-endian floats", "<f8", &[3, 2], Order::C),
    ("NaN payloads, -0.0, a subnormal", ">f4", &[4], Order::C),
    ("half precision", ">f2", &[3], Order::C),
    ("booleans", "|b1", &[3], Order::C),
    ("bytes", "|u1", &[256], Order::C),
    ("64-bit integers", ">i8", &[2], Order::C),
    ("complex", ">c8", &[2], Order::C),
    ("dates", ">M8[D]", &[2], Order::C),
    ("spans", "<m8[25s]", &[3], Order::C),
    ("text, à la carte", ">U3", &[2], Order::C),
    ("byte strings", "|S3", &[2], Order::C),
    ("void", "|V5", &[2], Order::C),
    ("records", "[('t', '<i8'), ('v', '>f4', (3,)), ('ok', '|b1')]", &[2], Order::C),
    ("padded records", "[('a', '|u1'), ('', '|V7'), ('b', '>f8')]", &[3], Order::C),
    ("a field not in ASCII", "", &[1], Order::C),
    ("no dimension", ">f4", &[], Order::C),
    ("no element", ">i2", &[0, 4], Order::C),
    ("Fortran order", ">i2", &[2, 3, 4], Order::Fortran),
    ("every other element", ">i4", &[10], Order::C),
    ("backwards", ">i4", &[20], Order::C),
    ("64 dimensions", "<i2", &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2], Order::C),
];

/// Each frame's bytes in the stream: its header, its payload.
fn heads_and_payloads(stream: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let len = frame::header_len(rest, rest.len() as u64).unwrap() as usize;
        let (head, behind) = rest.split_at(len);
        let nbytes = frame::read(head).unwrap().shape.nbytes() as usize;
        let (payload, behind) = behind.split_at(nbytes);
        found.push((head, payload));
        let padding = nbytes.next_multiple_of(64) - nbytes;
        rest = behind.get(padding..).unwrap_or_default();
    }
    found
}

#[test]
fn rust_reads_what_python_wrote() {
    let stream = stream();
    let frames = heads_and_payloads(&stream);
    assert_eq!(frames.len(), EXPECTED.len());
    for (sequence, ((head, payload), (name, dtype, shape, order))) in
        frames.into_iter().zip(EXPECTED).enumerate()
    {
        let header = frame::read(head).unwrap();
        // Two frames of three have a checksum, computed in Python.
        let crc32 = (sequence % 3 != 0).then(|| crc32fast::hash(payload));
        let nbytes = Some(payload.len() as u64);
        assert_eq!(
            header.frame,
            Some(Frame { name: name.into(), sequence: sequence as u64, crc32, nbytes }),
            "{name}"
        );
        assert_eq!(header.shape.dims(), shape, "{name}");
        assert_eq!(header.order, order, "{name}");
        assert_eq!(header.payload, head.len() as u64, "{name}");
        match header.dtype {
            DType::Struct(fields) if dtype.is_empty() => assert_eq!(fields.fields[0].name, "été 'x'\n"),
            other => assert_eq!(other.to_string(), dtype, "{name}"),
        }
    }
}

#[test]
fn rust_writes_what_python_would() {
    let stream = stream();
    for (head, _) in heads_and_payloads(&stream) {
        let header = frame::read(head).unwrap();
        let written = header.write().unwrap();
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(head));
        assert!(written == head);
    }
}
