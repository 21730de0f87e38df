//! Errors for headers that are invalid, cut or inconsistent: code, offset, numbers, and helpful words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use byteferry_header::{Code, DType, Error, Format, Header, literal, npy};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn npy(version: [u8; 2], length: u32, text: &[u8]) -> Vec<u8> {
    let mut head = b"\x93NUMPY".to_vec();
    head.extend(version);
    head.extend(length.to_le_bytes().iter().take(if version[0] == 1 { 2 } else { 4 }));
    head.extend(text);
    head
}

fn with_text(text: &str) -> Vec<u8> {
    npy([1, 0], text.len() as u32, text.as_bytes())
}

/// Expects an error at the byte that `^` marks in `text`; the mark is removed.
#[track_caller]
fn refused_at(text: &str, code: Code) -> Error {
    let at = text.find('^').unwrap();
    refused(&with_text(&text.replace('^', "")), code, 10 + at as u64)
}

fn shape(shape: &str) -> String {
    format!("{{'descr': '>f4', 'fortran_order': False, 'shape': {shape}, }}")
}

fn descr(descr: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3,), }}")
}

#[track_caller]
fn refused(head: &[u8], code: Code, offset: u64) -> Error {
    let error = npy::read(head).unwrap_err();
    assert_eq!((error.code, error.offset), (code, Some(offset)), "{error}");
    error
}

#[track_caller]
fn says(error: &Error, words: &str) {
    assert!(error.message.contains(words), "{error}");
}

#[test]
fn too_short_to_tell() {
    for bytes in [&b""[..], b"\x93", b"\x93NUM", b"\x93BF", b"abc", b"1234567"] {
        let error = Format::detect(bytes).unwrap_err();
        let (expected, actual) = (Some(8), Some(bytes.len() as u64));
        assert_eq!(
            (error.code, error.expected, error.actual),
            (Code::Truncated, expected, actual),
            "{error}"
        );
    }
    assert_eq!(Format::detect(b"\x93NUMPY"), Ok(Format::Npy));
    assert_eq!(Format::detect(b"\x93BFY"), Ok(Format::Frame));
}

#[test]
fn a_header_that_is_cut_says_how_long_it_is() {
    let whole = with_text(&shape("(3,)"));
    for len in 0..whole.len() {
        let expected = match len {
            0..8 => 10, // not before its version is known
            8..10 => 10,
            _ => whole.len() as u64,
        };
        let error = npy::read(&whole[..len]).unwrap_err();
        assert_eq!(error.code, Code::Truncated, "{len}: {error}");
        assert_eq!((error.expected, error.actual), (Some(expected), Some(len as u64)), "{len}");
        assert_eq!(npy::header_len(&whole[..len], len as u64), Err(error), "{len}");
    }
    let error = npy::header_len(b"\x93NUMPY\x02\0\0\0", 10).unwrap_err();
    assert_eq!((error.code, error.expected, error.actual), (Code::Truncated, Some(12), Some(10)));
}

#[test]
fn a_length_beyond_the_data_is_truncated_whatever_it_is() {
    for (length, expected) in [(u32::MAX, 4_294_967_307), (100, 112), (70_000, 70_012)] {
        let error = npy::header_len(&npy([2, 0], length, b""), 111).unwrap_err();
        assert_eq!((error.code, error.expected, error.actual), (Code::Truncated, Some(expected), Some(111)));
    }
    assert_eq!(
        npy::header_len(&npy([2, 0], 100, b""), 111).unwrap_err().message,
        "the .npy header needs 112 bytes, there are 111"
    );
}

#[test]
fn text_over_64_kib_is_not_read() {
    let error = npy::header_len(&npy([3, 0], 65_537, b""), 1 << 40).unwrap_err();
    assert_eq!((error.code, error.offset), (Code::BadHeader, Some(8)));
    assert_eq!((error.expected, error.actual), (Some(65_536), Some(65_537)));
    assert_eq!(npy::header_len(&npy([3, 0], 65_536, b""), 1 << 40), Ok(65_548));
}

#[test]
fn versions_are_1_2_and_3() {
    for version in [[0, 0], [0, 1], [1, 1], [2, 1], [3, 1], [4, 0], [255, 255]] {
        let error = refused(&npy(version, 0, b"{}"), Code::BadHeader, 6);
        says(&error, &format!("version {}.{}", version[0], version[1]));
    }
}

#[test]
fn what_came_instead_is_named() {
    let cases: [(&[u8], &str); 27] = [
        (b"PK\x03\x04\x14\0\0\0", "zip"),
        (b"PK\x05\x06\0\0\0\0", "zip"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"SIMPLE  =                    T", "FITS"),
        (b"CDF\x01\0\0\0\0", "netCDF"),
        (b"CDF\x05\0\0\0\0", "netCDF"),
        (b"GRIB\0\0\0\x02", "GRIB"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"\r\n  <HTML lang=en>", "HTML"),
        (b"\xef\xbb\xbf<!doctype html>", "HTML"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"{\"error\": 404}", "JSON"),
        (b"[1, 2, 3]", "JSON"),
        (b"Not found", "text"),
        (b"\x80\x02cnumpy.core", "pickle, which byteferry never opens"),
        (b"\x80\x05\x95\0\0\0\0\0", "pickle"),
        (b"\x28\xb5\x2f\xfd\0\0\0\0", "Zstandard"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"PAR1\0\0\0\0", "Parquet"),
        (b"ARROW1\0\0", "Arrow"),
        (b"\xc2\x93NUMPY\x01\0", "decoded as text"),
        (b"\xef\xbf\xbdNUMPY\x01\0", "decoded as text"),
        (b"\0\0\0\x01\0\0\0\x02", "raw data needs a dtype"),
    ];
    for (bytes, name) in cases {
        let error = Format::detect(bytes).unwrap_err();
        assert_eq!((error.code, error.offset), (Code::BadMagic, Some(0)), "{name}");
        says(&error, name);
        assert_eq!(npy::header_len(bytes, 1 << 20), Err(error.clone()));
        assert_eq!(Header::len(Format::Frame, bytes, 1 << 20), Err(error));
    }
}

#[test]
fn one_format_is_not_taken_for_the_other() {
    let frame = b"\x93BFY\x01\0\0\0\0\0\0\0";
    let error = npy::header_len(frame, 1 << 20).unwrap_err();
    assert_eq!(error.code, Code::BadMagic);
    says(&error, "looks like a frame");
    let error = Header::read(Format::Frame, &with_text(&shape("(3,)")), None).unwrap_err();
    assert_eq!(error.code, Code::BadMagic);
    says(&error, "looks like an .npy");
    let error = Header::read(Format::Raw, b"", None).unwrap_err();
    assert_eq!(error.code, Code::BadArgument);
}

#[test]
fn text_that_is_no_dict() {
    refused_at("^", Code::BadHeader);
    refused_at("  ^", Code::BadHeader);
    refused_at("^5", Code::BadHeader);
    refused_at("  ^[1, 2]", Code::BadHeader);
    refused_at("^__import__('os').system('true')", Code::BadHeader);
    refused_at("{'descr': ^__import__('os')}", Code::BadHeader);
    refused_at("{'descr'^, 'shape'}", Code::BadHeader);
    refused_at("{'descr': '>f4'^", Code::BadHeader);
    refused_at("{'descr': ^'>f4", Code::BadHeader);
    refused_at(&shape("(1^+1,)"), Code::BadHeader);
    refused_at(&(shape("(3,)") + "^\0"), Code::BadHeader);
    let error = refused_at(&(shape("(3,)") + "  ^{"), Code::BadHeader);
    says(&error, "the .npy header should have nothing more where it has '{'");
}

#[test]
fn text_nested_3000_deep() {
    for text in ["[".repeat(3000), "(".repeat(3000), "{'a':".repeat(3000), "[({'a':(".repeat(3000)] {
        let error = npy::read(&with_text(&text)).unwrap_err();
        assert_eq!(error.code, Code::BadHeader);
        says(&error, "nested more than 64 deep");
    }
    refused(&with_text(&"[".repeat(3000)), Code::BadHeader, 10 + 64);
    let record = format!("{}'<f4'{}", "[('a', ".repeat(200), ")]".repeat(200));
    assert_eq!(npy::read(&with_text(&descr(&record))).unwrap_err().code, Code::BadHeader);
}

#[test]
fn keys_missing_extra_or_twice() {
    let error = refused_at("^{'descr': '>f4', 'shape': (3,)}", Code::BadHeader);
    says(&error, "no key 'fortran_order'");
    says(&refused_at(" ^{}", Code::BadHeader), "no key 'descr'");
    says(&refused_at(&shape("(3,), ^'shape': (4,)"), Code::BadHeader), "'shape' twice");
    refused_at(&shape("(3,), ^'x': 1"), Code::BadHeader);
    refused_at(&shape("(3,), ^5: 1"), Code::BadHeader);
}

#[test]
fn values_of_other_types() {
    let others = [
        "^3",
        "(^3)",
        "^[3]",
        "^'3'",
        "(3^.0,)",
        "(3, ^'4')",
        "(^True,)",
        "(^-1,)",
        "(3, ^-4)",
        "(^(3,),)",
        "^{}",
    ];
    for other in others {
        refused_at(&shape(other), Code::BadHeader);
    }
    for other in ["^0", "^1", "^None", "^'False'", "^false", "^()"] {
        refused_at(&shape("(3,)").replace("False", other), Code::BadHeader);
    }
    for other in
        ["^5", "^True", "^()", "^('<f4', '<f4', '<f4')", "[^'a']", "[^()]", "[(^5, '<f4')]", "^('<f4', (2,))"]
    {
        refused_at(&descr(other), Code::BadHeader);
    }
}

#[test]
fn shapes_that_are_too_large() {
    for dims in [
        "(18446744073709551616,)",
        "(99999999999999999999999999, 0)",
        "(18446744073709551615,)",
        "(4294967296, 4294967296)",
        "(4294967296, 4294967296, 0)",
        "(2251799813685248,)", // 2^51 elements, 2^53 bytes
        "(0, 9007199254740992)",
    ] {
        assert_eq!(npy::read(&with_text(&shape(dims))).unwrap_err().code, Code::TooLarge, "{dims}");
    }
    let error = refused_at(&shape("^(2251799813685248,)"), Code::TooLarge);
    assert_eq!(error.expected, Some((1 << 53) - 1));
    let dims = "1, ".repeat(65);
    let error = refused_at(&shape(&format!("^({dims})")), Code::TooLarge);
    assert_eq!((error.expected, error.actual), (Some(64), Some(65)));
    assert!(npy::read(&with_text(&shape("(2251799813685247,)"))).is_ok());
    assert!(npy::read(&with_text(&shape(&format!("({})", "1, ".repeat(64))))).is_ok());
}

#[test]
fn objects_are_pickles() {
    for object in ["^'|O'", "^'O'", "^'|O8'", "[('a', '<i4'), ('b', ^'|O')]"] {
        let error = refused_at(&descr(object), Code::UnsupportedDtype);
        says(&error, "it is a pickle, which byteferry never opens");
    }
}

#[test]
fn dtypes_that_are_not_known() {
    for unknown in ["'<i3'", "'<x4'", "'<M8[foo]'", "''", "'bfloat16'", "'float8_e5m2'", "'>ibm4'", "'l'"] {
        refused_at(&descr(&format!("^{unknown}")), Code::UnsupportedDtype);
    }
    refused_at(&descr("^[('a', '<i4'), ('b', 'bfloat16')]"), Code::UnsupportedDtype);
    for nameless in ["^'<V2'", "^'<V1'", "^'<f1'"] {
        says(&refused_at(&descr(nameless), Code::UnsupportedDtype), "dtype: \"bfloat16\"");
    }
}

#[test]
fn a_name_given_twice() {
    let error = refused_at(&descr("[('a', '<i4'), ^('a', '<f4')]"), Code::BadHeader);
    says(&error, "two fields named 'a'");
}

#[test]
fn utf8_that_is_none() {
    let mut text = b"{'descr': [('\xce\xb1', '<f4')], 'fortran_order': False, 'shape': (3,), }".to_vec();
    let head = npy([3, 0], text.len() as u32, &text);
    let header = npy::read(&head).unwrap();
    assert_eq!(header.dtype, DType::parse("[('α', '<f4')]").unwrap());
    // The same bytes are two letters in Latin-1.
    let head = npy([1, 0], text.len() as u32, &text);
    assert_eq!(npy::read(&head).unwrap().dtype, DType::parse("[('Î±', '<f4')]").unwrap());

    text[14] = b'x';
    let head = npy([3, 0], text.len() as u32, &text);
    let error = refused(&head, Code::BadHeader, 12 + 13);
    says(&error, "not valid UTF-8");
}

#[test]
fn nothing_with_a_huge_count_is_read_at_once() {
    for descr in ["'|S0'", "'|V0'", "'<U0'", "[]"] {
        let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (9007199254740991,), }}");
        let header = npy::read(&with_text(&text)).unwrap();
        assert_eq!((header.shape.size(), header.shape.nbytes()), ((1 << 53) - 1, 0));
    }
}

#[test]
fn every_code_has_a_word_of_its_own_and_errors_begin_with_it() {
    let words: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), Code::ALL.len());
    for code in Code::ALL {
        let word = code.as_str();
        assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{word}");
        assert_eq!(code.to_string(), word);
        assert_eq!(Error::new(code, format_args!("why")).to_string(), format!("{word}: why"));
    }
}

#[test]
fn a_container_is_told_by_its_first_bytes_and_has_a_word() {
    let cases = [(&b"\x93NUMPY\x01\0"[..], "npy"), (b"\x93BFY\x01\0\0\0", "frame")];
    for (first, word) in cases {
        assert_eq!(Format::detect(first).unwrap().as_str(), word);
    }
    assert_eq!(Format::detect(b"bare numbers").unwrap_err().code, Code::BadMagic);
    assert_eq!(Format::detect(b"short").unwrap_err().code, Code::Truncated);
    assert_eq!(Format::Raw.as_str(), "raw");
}

#[test]
fn options_are_read_as_json_and_looked_up_by_their_kind() {
    let text = br#"{"whole": 7, "negative": -7, "true": true, "none": null, "list": [1, 2], "text": "x"}"#;
    let options = literal::read(text, "an option", 0, literal::Encoding::Json).unwrap();
    let get = |name| options.get(name).unwrap();
    assert_eq!((get("whole").whole(), get("whole").integer()), (Some(7), Some(7)));
    assert_eq!((get("negative").whole(), get("negative").integer()), (None, Some(-7)));
    assert_eq!((get("true").truth(), get("whole").truth()), (Some(true), None));
    assert!(get("none").is_none() && !get("text").is_none());
    assert_eq!(get("list").items().unwrap().len(), 2);
    assert_eq!((get("text").text(), get("list").text()), (Some("x"), None));
    assert_eq!(options.entries().unwrap().len(), 6);
    assert!(
        options.get("missing").is_none() && get("text").entries().is_none() && get("text").items().is_none()
    );
}
