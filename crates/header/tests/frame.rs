//! Headers of frames: every byte is where the format says, and every inconsistent field is detected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use byteferry_header::{Code, DType, Format, Frame, Header, Order, Shape, frame};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A frame of two by three big-endian int16, as in the format's table, with its fields changed by `change`.
fn frame(change: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let mut fields = Fields {
        magic: *b"\x93BFY",
        version: 1,
        flags: 2 | 1,
        ndim: 2,
        text_len: 3,
        name_len: 2,
        crc32: 0x1234_5678,
        nbytes: 12,
        sequence: 0x0102_0304_0506_0708,
        shape: vec![2, 3],
        text: b">i2".to_vec(),
        name: "é".into(),
    };
    change(&mut fields);
    fields.bytes()
}

struct Fields {
    magic: [u8; 4],
    version: u8,
    flags: u8,
    ndim: u16,
    text_len: u16,
    name_len: u16,
    crc32: u32,
    nbytes: u64,
    sequence: u64,
    shape: Vec<u64>,
    text: Vec<u8>,
    name: Vec<u8>,
}

impl Fields {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.magic.to_vec();
        bytes.extend([self.version, self.flags]);
        bytes.extend([self.ndim, self.text_len, self.name_len].map(u16::to_le_bytes).concat());
        bytes.extend(self.crc32.to_le_bytes());
        bytes.extend(self.nbytes.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        self.shape.iter().for_each(|dim| bytes.extend(dim.to_le_bytes()));
        bytes.extend(&self.text);
        bytes.extend(&self.name);
        bytes.resize(bytes.len().next_multiple_of(64), 0);
        bytes
    }
}

#[test]
fn every_field_has_its_place() {
    let dtype = DType::parse(">i2").unwrap();
    let shape = Shape::new(vec![2, 3], 2).unwrap();
    let head = frame(|_| {});
    let sequence = 0x0102_0304_0506_0708;
    assert_eq!(
        frame::write(&dtype, &shape, Order::Fortran, "é", sequence, Some(0x1234_5678)),
        Ok(head.clone())
    );

    let told = Frame { name: "é".into(), sequence, crc32: Some(0x1234_5678), nbytes: Some(12) };
    let header =
        Header { format: Format::Frame, dtype, shape, order: Order::Fortran, payload: 64, frame: Some(told) };
    assert_eq!(frame::read(&head), Ok(header.clone()));
    assert_eq!(header.write(), Ok(head.clone()));
    assert_eq!(frame::header_len(&head[..32], 64), Ok(64));
    assert_eq!(Header::len(Format::Frame, &head, 1 << 40), Ok(64));
    assert_eq!(Header::read(Format::Frame, &head, None), Ok(header));
}

#[test]
fn a_payload_may_run_to_the_end_of_the_stream() {
    let head = frame(|fields| (fields.flags, fields.crc32, fields.nbytes) = (4, 0, 0));
    let header = frame::read(&head).unwrap();
    assert_eq!(header.order, Order::C);
    assert_eq!(header.frame.as_ref().map(|frame| (frame.nbytes, frame.crc32)), Some((None, None)));
    assert_eq!(header.write(), Ok(head));
}

#[test]
fn a_crc32_of_zero_is_one_too() {
    let head = frame(|fields| fields.crc32 = 0);
    let header = frame::read(&head).unwrap();
    assert_eq!(header.frame.as_ref().and_then(|frame| frame.crc32), Some(0));
    assert_eq!(header.write(), Ok(head));
}

#[test]
fn records_and_types_beyond_numpy_are_carried_in_ascii() {
    for text in
        ["[('t', '<i8'), ('v', '>f4', (3,))]", "bfloat16", "[('\\u03b1', 'float8_e5m2')]", "|V7", "[]"]
    {
        let dtype = DType::parse(text).unwrap();
        let shape = Shape::new(vec![5], dtype.itemsize()).unwrap();
        let head = frame::write(&dtype, &shape, Order::C, "", 0, None).unwrap();
        let end = 40 + text.len();
        assert_eq!(&head[40..end], text.as_bytes());
        assert_eq!((head.len(), head[8]), (end.next_multiple_of(64), text.len() as u8));
        assert_eq!(frame::read(&head).unwrap().dtype, dtype);
    }
}

#[test]
fn the_callers_dtype_may_not_contradict_the_frame() {
    let head = frame(|_| {});
    let given = DType::parse(">i2").unwrap();
    assert_eq!(frame::read_with(&head, Some(&given)), frame::read(&head));
    let given = DType::parse("<i2").unwrap();
    let error = frame::read_with(&head, Some(&given)).unwrap_err();
    assert_eq!((error.code, error.offset), (Code::BadArgument, Some(48)));
    assert!(error.message.contains("'<i2' was given, the header says '>i2'"), "{error}");
}

#[test]
fn fields_that_disagree_are_found_out() {
    type Change = fn(&mut Fields);
    let cases: [(Change, Code, u64); 17] = [
        (|f| f.version = 2, Code::BadHeader, 4),
        (|f| f.version = 0, Code::BadHeader, 4),
        (|f| f.flags |= 8, Code::BadHeader, 5),
        (|f| f.flags = 0x80, Code::BadHeader, 5),
        (|f| (f.ndim, f.shape) = (65, vec![1; 65]), Code::BadHeader, 6),
        (|f| f.flags &= !2, Code::BadHeader, 12), // a CRC-32 that isn't there
        (|f| f.flags |= 4, Code::BadHeader, 16),  // a length that isn't known
        (|f| f.nbytes = 11, Code::BadHeader, 16),
        (|f| f.nbytes = u64::MAX, Code::BadHeader, 16),
        (|f| f.shape = vec![u64::MAX, 2], Code::TooLarge, 32),
        (|f| f.shape = vec![0, 1 << 60], Code::TooLarge, 32),
        (|f| f.text = b">x2".to_vec(), Code::UnsupportedDtype, 48),
        (|f| f.text = b"|O8".to_vec(), Code::UnsupportedDtype, 48),
        (|f| f.text = b">i\xb2".to_vec(), Code::BadHeader, 50),
        (|f| f.text = b"[()".to_vec(), Code::BadHeader, 51),
        (|f| f.name = b"a\xff".to_vec(), Code::BadHeader, 52),
        (|f| f.name = b"ab\0\0\0\x01".to_vec(), Code::BadHeader, 56),
    ];
    for (index, (change, code, offset)) in cases.into_iter().enumerate() {
        let error = frame::read(&frame(change)).unwrap_err();
        assert_eq!((error.code, error.offset), (code, Some(offset)), "case {index}: {error}");
    }
    let error = frame::read(&frame(|fields| fields.nbytes = 11)).unwrap_err();
    assert_eq!((error.expected, error.actual), (Some(12), Some(11)));
    assert_eq!(error.message, "the frame's dtype '>i2' and shape (2, 3) need 12 bytes, the frame says 11");
}

#[test]
fn raw_only_types_are_not_for_frames() {
    let dtype = DType::parse(">i3").unwrap();
    let shape = Shape::new(vec![2, 3], 3).unwrap();
    assert_eq!(frame::write(&dtype, &shape, Order::C, "", 0, None).unwrap_err().code, Code::UnsupportedDtype);
    let head = frame(|fields| (fields.text, fields.nbytes) = (b">i3".to_vec(), 18));
    let error = frame::read(&head).unwrap_err();
    assert_eq!((error.code, error.offset), (Code::UnsupportedDtype, Some(48)));
}

#[test]
fn a_frame_that_is_cut_short_says_what_is_missing() {
    let head = frame(|_| {});
    for len in 0..head.len() as u64 {
        let part = &head[..len as usize];
        let error = frame::header_len(part, len).unwrap_err();
        let expected = if len < 32 { 32 } else { 64 };
        assert_eq!((error.code, error.expected, error.actual), (Code::Truncated, Some(expected), Some(len)));
        assert_eq!(frame::read(part), Err(error));
    }
    // While the rest is still on its way, the first 32 bytes are enough.
    let error = frame::header_len(&head[..32], 50).unwrap_err();
    assert_eq!((error.code, error.expected, error.actual), (Code::Truncated, Some(64), Some(50)));
}

#[test]
fn names_and_dtypes_have_room_for_65535_bytes() {
    let dtype = DType::parse("<f4").unwrap();
    let shape = Shape::new(vec![], 4).unwrap();
    let name = "n".repeat(65535);
    let head = frame::write(&dtype, &shape, Order::C, &name, 0, None).unwrap();
    assert_eq!(frame::read(&head).unwrap().frame.map(|frame| frame.name.len()), Some(65535));
    let error = frame::write(&dtype, &shape, Order::C, &(name + "n"), 0, None).unwrap_err();
    assert_eq!((error.code, error.expected, error.actual), (Code::TooLarge, Some(65535), Some(65536)));
}
