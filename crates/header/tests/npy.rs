//! Headers of .npy files, against those that NumPy writes and what it reads from others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use byteferry_header::{Code, DType, Format, Header, Order, Shape, npy};
use fixtures::{hex, json, rows};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn array(dtype: &str, dims: Vec<u64>) -> (DType, Shape) {
    let dtype = DType::parse(dtype).unwrap();
    let shape = Shape::new(dims, dtype.itemsize()).unwrap();
    (dtype, shape)
}

fn order(fortran: &str) -> Order {
    if fortran == "True" { Order::Fortran } else { Order::C }
}

#[test]
fn written_headers_are_numpys_byte_for_byte() {
    for row in rows(include_str!("fixtures/headers_written.tsv")) {
        let (dtype, shape) = array(&json::<String>(row[0]), json(row[2]));
        let order = order(row[1]);
        let numpys = hex(row[3]);
        let ours = npy::write(&dtype, &shape, order).unwrap();
        assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&numpys));
        assert_eq!(ours, numpys);

        let payload = ours.len() as u64;
        let header = Header { format: Format::Npy, dtype, shape, order, payload, frame: None };
        assert_eq!(npy::read(&ours).as_ref(), Ok(&header));
        assert_eq!(header.write(), Ok(ours));
    }
}

#[test]
fn long_headers_are_numpys_too() {
    for row in rows(include_str!("fixtures/headers_long.tsv")) {
        let letter: String = json(&format!("\"{}\"", row[1].replace("\\xe9", "\\u00e9")));
        let count = row[0].parse().unwrap();
        let (dtype, shape) = array(&format!("[('{}', '<f4')]", letter.repeat(count)), vec![3]);
        let head = npy::write(&dtype, &shape, Order::C).unwrap();
        let crc32 = format!("{:08x}", crc32(&head));
        assert_eq!(
            (head.len().to_string().as_str(), head[6].to_string().as_str(), crc32.as_str()),
            (row[2], row[3], row[4])
        );
    }
}

/// zlib's CRC-32, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

/// NumPy reads these and we refuse them, by a part of the text: nobody writes it, or NumPy fails on it later.
const NUMPY_ALONE: [&str; 6] = [
    "# five",                                                           // comments
    "'shape': (- 3,)",                                                  // negative lengths
    "(9007199254740993, 0)", // axes that cannot be counted, though another is empty
    "'descr': {}",           // a dict for a list of no fields
    "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((", // 64 brackets
    "'shape': (3,), 'shape'", // keys given twice
];

#[test]
fn headers_are_read_as_numpy_reads_them() {
    let (mut read, mut refused) = (0, 0);
    for row in rows(include_str!("fixtures/headers_read.tsv")) {
        let head = hex(row[0]);
        let text = String::from_utf8_lossy(&head[10..]).into_owned();
        assert_eq!(npy::header_len(&head, head.len() as u64), Ok(head.len() as u64), "{text}");
        match (npy::read(&head), &row[1..]) {
            (Ok(header), [dtype, fortran, dims]) => {
                let (dtype, shape) = array(&json::<String>(dtype), json(dims));
                assert_eq!(
                    (&header.dtype, &header.shape, header.order),
                    (&dtype, &shape, order(fortran)),
                    "{text}"
                );
                assert_eq!(header.payload, head.len() as u64);
                read += 1;
            }
            // An x87 long double of a 32-bit machine, which a 64-bit NumPy doesn't have.
            (Ok(header), _) => assert_eq!(header.dtype.to_string(), "<f12", "{text}: NumPy refuses it"),
            (Err(error), said) => {
                let codes: &[Code] = match said {
                    ["object", ..] => &[Code::UnsupportedDtype],
                    ["refused"] => &[Code::BadHeader, Code::UnsupportedDtype],
                    _ if NUMPY_ALONE.iter().any(|part| text.contains(part)) => {
                        &[Code::BadHeader, Code::TooLarge]
                    }
                    _ => panic!("{text}: {error}, NumPy reads it"),
                };
                assert!(codes.contains(&error.code), "{text}: {error}");
                let offset = error.offset.unwrap_or_else(|| panic!("{text}: no offset: {error}"));
                assert!((10..=head.len() as u64).contains(&offset), "{text}: {error} at {offset}");
                refused += 1;
            }
        }
    }
    assert!(read > 80 && refused > 150, "{read}, {refused}");
}

/// `text` after the fixed part of version `major`.0.
fn wrapped(major: u8, text: &[u8]) -> Vec<u8> {
    let mut head = b"\x93NUMPY".to_vec();
    head.extend([major, 0]);
    head.extend((text.len() as u32).to_le_bytes().iter().take(if major == 1 { 2 } else { 4 }));
    head.extend(text);
    head
}

fn with_descr(descr: &str) -> Vec<u8> {
    wrapped(1, format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3,), }}").as_bytes())
}

#[test]
fn the_payload_begins_where_a_prefix_says() {
    let (dtype, shape) = array(">i2", vec![3]);
    let head = npy::write(&dtype, &shape, Order::C).unwrap();
    assert_eq!(npy::header_len(&head[..12], 1 << 40), Ok(128));
    assert_eq!(Header::len(Format::Npy, &head[..64], 128), Ok(128));
    let mut file = head.clone();
    file.extend([0; 6]);
    assert_eq!(npy::read(&file), npy::read(&head));
}

#[test]
fn the_callers_dtype_names_what_numpy_leaves_nameless() {
    let cases = [
        ("'<V2'", "bfloat16"),
        ("'|V2'", "bfloat16"),
        ("'|V2'", ">bfloat16"),
        ("'<V1'", "float8_e4m3fn"),
        ("'<f1'", "float8_e5m2"),
        ("'<x4'", ">ibm4"),
        ("'|V8'", "[('a', '>i4'), ('b', '<f4')]"),
        ("[('a', '<V2'), ('b', '<f4')]", "[('a', 'bfloat16'), ('b', '<f4')]"),
        // A given dtype may repeat what the header says.
        ("'<f4'", "float32"),
        ("'>u1'", "uint8"),
    ];
    for (descr, given) in cases {
        let given = DType::parse(given).unwrap();
        let header = npy::read_with(&with_descr(descr), Some(&given)).unwrap();
        assert_eq!((header.dtype, header.shape.itemsize()), (given.clone(), given.itemsize()), "{descr}");
    }
}

#[test]
fn long_doubles_are_told_apart_by_the_caller() {
    use byteferry_header::{ByteOrder, Number};
    for number in [Number::X87In16, Number::Quad] {
        let given = DType::Number(number, ByteOrder::Big);
        assert_eq!(npy::read_with(&with_descr("'>f16'"), Some(&given)).unwrap().dtype, given);
        assert!(npy::read_with(&with_descr("'<f16'"), Some(&given)).is_err());
        let given = DType::Complex(number, ByteOrder::Little);
        assert_eq!(npy::read_with(&with_descr("'<c32'"), Some(&given)).unwrap().dtype, given);
    }
}

#[test]
fn the_callers_dtype_does_not_contradict_the_header() {
    let cases = [
        ("'<f4'", ">f4", Code::BadArgument, (4, 4)),
        ("'<f4'", "<i4", Code::BadArgument, (4, 4)),
        ("'<f4'", "<f8", Code::SizeMismatch, (4, 8)),
        ("'<V2'", "float8_e5m2", Code::SizeMismatch, (2, 1)),
        ("[('a', '<V2')]", "[('a', 'bfloat16'), ('', '|V2')]", Code::SizeMismatch, (2, 4)),
        ("[('a', '<V2')]", "[('b', 'bfloat16')]", Code::BadArgument, (2, 2)),
        ("[('a', '<V2')]", "bfloat16", Code::BadArgument, (2, 2)),
    ];
    for (descr, given, code, (expected, actual)) in cases {
        let given = DType::parse(given).unwrap();
        let error = npy::read_with(&with_descr(descr), Some(&given)).unwrap_err();
        assert_eq!(
            (error.code, error.expected, error.actual),
            (code, Some(expected), Some(actual)),
            "{error}"
        );
        assert_eq!(error.offset, Some(20), "{error}");
    }
    // An object stays a pickle, whatever dtype is given.
    let error = npy::read_with(&with_descr("'|O8'"), Some(&DType::Void(8))).unwrap_err();
    assert_eq!(error.code, Code::UnsupportedDtype);
}

#[test]
fn what_an_npy_cannot_say_is_not_written() {
    for dtype in ["bfloat16", ">i3", "ibm4", "[('a', '<i4'), ('b', 'float8_e5m2')]"] {
        let (dtype, shape) = array(dtype, vec![3]);
        assert_eq!(npy::write(&dtype, &shape, Order::C).unwrap_err().code, Code::UnsupportedDtype, "{dtype}");
    }
    let (dtype, _) = array("<f4", vec![3]);
    let (_, shape) = array("<f8", vec![3]);
    let error = npy::write(&dtype, &shape, Order::C).unwrap_err();
    assert_eq!((error.code, error.expected, error.actual), (Code::BadArgument, Some(4), Some(8)));
}
