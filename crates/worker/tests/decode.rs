//! The worker's Rust side in a real worker: JavaScript's buffers in, typed arrays out.
#![cfg(target_arch = "wasm32")]
// clippy recognises tests by #[test] only.
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used))]

use byteferry_header::{Code, Error};
use byteferry_protocol::{DecodeOptions, Decoded, To};
use byteferry_worker::{Host, Options, decode};
use js_sys::{ArrayBuffer, DataView, Float32Array, Int16Array, Reflect, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    /// The host that the bootstrap uses.
    #[wasm_bindgen(js_name = Host)]
    type Real;

    #[wasm_bindgen(constructor, js_class = "Host")]
    fn new() -> Real;

    #[wasm_bindgen(method, getter)]
    fn inputs(this: &Real) -> js_sys::Array;

    #[wasm_bindgen(method, setter)]
    fn set_core(this: &Real, exports: &JsValue);

    #[wasm_bindgen(method, getter)]
    fn written(this: &Real) -> bool;

    #[wasm_bindgen(method)]
    fn answer(this: &Real, json: &str);

    #[wasm_bindgen(method)]
    fn reply(this: &Real) -> JsValue;
}

/// A reply as the page gets it: the properties that serde reads, `data`, and its buffer.
struct Reply {
    decoded: Decoded,
    data: JsValue,
    buffer: JsValue,
}

/// Options go as JSON, written by the protocol's own type; `writable` is what the bootstrap adds.
fn run(buffer: &JsValue, options: &DecodeOptions) -> Result<Reply, Error> {
    let mut json = serde_json::to_value(options).unwrap();
    json["writable"] = (!buffer.is_instance_of::<SharedArrayBuffer>()).into();
    let host = Real::new();
    host.set_core(&wasm_bindgen::exports());
    host.inputs().push(&Uint8Array::new(buffer));
    let options = Options::read(json.to_string().as_bytes())?;
    host.answer(&decode(&options, host.unchecked_ref::<Host>(), js_sys::global().unchecked_ref())?);
    let reply = host.reply();
    let data = Reflect::get(&reply, &"data".into()).unwrap();
    let decoded: Decoded = serde_wasm_bindgen::from_value(reply).unwrap();
    let plan = &decoded.stats.as_ref().unwrap().plan;
    assert_eq!(host.written(), plan == "in-place", "what is told to be written to");
    let buffer = Reflect::get(&data, &"buffer".into()).unwrap();
    Ok(Reply { decoded, data, buffer })
}

fn raw(dtype: &str) -> DecodeOptions {
    DecodeOptions { dtype: Some(dtype.into()), ..DecodeOptions::default() }
}

/// A buffer of big-endian float32, written by the browser's own DataView.
fn big_endian(numbers: &[f32]) -> ArrayBuffer {
    let buffer = ArrayBuffer::new(4 * numbers.len() as u32);
    let view = DataView::new(&buffer, 0, 4 * numbers.len());
    for (i, number) in numbers.iter().enumerate() {
        view.set_float32(4 * i, *number);
    }
    buffer
}

const NUMBERS: [f32; 5] = [1.5, -0.0, f32::MIN_POSITIVE, 3.0e38, -7.25];

#[wasm_bindgen_test]
fn a_swap_stays_in_its_buffer() {
    let buffer = big_endian(&NUMBERS);
    let result = run(&buffer, &raw(">f4")).unwrap();
    assert!(result.buffer == JsValue::from(buffer), "another buffer");
    assert_eq!(result.data.unchecked_into::<Float32Array>().to_vec(), NUMBERS);
    assert_eq!(
        (
            result.decoded.stats.as_ref().unwrap().plan.as_str(),
            result.decoded.stats.as_ref().unwrap().allocated
        ),
        ("in-place", 0)
    );
    assert_eq!(
        (result.decoded.dtype.as_str(), result.decoded.byte_order.as_deref()),
        ("float32", Some("big"))
    );
    assert_eq!((result.decoded.shape, result.decoded.strides), (vec![5], vec![4]));
}

#[wasm_bindgen_test]
fn native_order_is_a_view_on_the_same_bytes() {
    let numbers = Int16Array::from(&[1i16, 2, -3][..]);
    let result = run(&JsValue::from(numbers.buffer()), &raw("<i2")).unwrap();
    assert!(result.buffer == JsValue::from(numbers.buffer()));
    assert_eq!(result.decoded.stats.as_ref().unwrap().plan, "view");
}

#[wasm_bindgen_test]
fn a_misaligned_payload_moves_to_where_a_typed_array_may_begin() {
    let bytes = Uint8Array::from(&[9, 9, 9, 1, 0, 2, 0, 3, 0][..]);
    let options = DecodeOptions { offset: Some(3), ..raw("<i2") };
    let result = run(&bytes.buffer(), &options).unwrap();
    assert_eq!(result.data.unchecked_into::<Int16Array>().to_vec(), [1, 2, 3]);
    assert_eq!(
        (
            result.decoded.stats.as_ref().unwrap().plan.as_str(),
            result.decoded.stats.as_ref().unwrap().allocated
        ),
        ("in-place", 0)
    );
}

/// Casts numbers of one type to others by Rust's `as`: the others' names, and the bytes.
macro_rules! casts {
    ($bytes:expr, $from:ty) => { casts!($bytes, $from, from_le_bytes, i8 "int8", u8 "uint8", i16 "int16", u16 "uint16", i32 "int32", u32 "uint32", f32 "float32", f64 "float64") };
    ($bytes:expr, $from:ty, $read:ident, $($to:ident $name:literal),*) => {
        vec![$(($name, $bytes.chunks_exact(size_of::<$from>()).flat_map(|number| {
            (<$from>::$read(number.try_into().unwrap()) as $to).to_le_bytes()
        }).collect::<Vec<u8>>())),*]
    };
}

/// Whichever code converts: the engine's own loop, in place or out of tiles, where that is fast; or tiles, where it is
/// slow or memory is shared.
#[wasm_bindgen_test]
fn casts_are_the_same_in_either_order_wherever_they_begin() {
    let bytes: Vec<u8> = (0..8 * 1001u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    // Finite as floats, all of them.
    let finite: Vec<u8> =
        bytes.iter().zip(0..).map(|(byte, i)| if i % 4 == 3 { byte & 0xbf } else { *byte }).collect();
    let sources = [
        ("i1", 1, &bytes, casts!(bytes, i8)),
        ("u1", 1, &bytes, casts!(bytes, u8)),
        ("i2", 2, &bytes, casts!(bytes, i16)),
        ("u2", 2, &bytes, casts!(bytes, u16)),
        ("i4", 4, &bytes, casts!(bytes, i32)),
        ("u4", 4, &bytes, casts!(bytes, u32)),
        ("f4", 4, &finite, casts!(finite, f32)),
        ("f8", 8, &finite, casts!(finite, f64)),
    ];
    for (from, width, bytes, targets) in sources {
        let turned: Vec<u8> =
            bytes.chunks_exact(width).flat_map(|number| number.iter().rev().copied()).collect();
        let places = [(0, false), (8, false), (2, false), (3, false), (4090, false), (8, true), (3, true)];
        for (to, expected) in targets {
            for (at, is_shared) in places {
                for (order, bytes) in [('<', bytes), ('>', &turned)] {
                    let nbytes = (at + bytes.len()) as u32;
                    let buffer = if is_shared {
                        SharedArrayBuffer::new(nbytes).into()
                    } else {
                        JsValue::from(ArrayBuffer::new(nbytes))
                    };
                    Uint8Array::new(&buffer).set(&Uint8Array::from(&bytes[..]), at as u32);
                    let options = DecodeOptions {
                        to: Some(To::One(to.into())),
                        casting: Some("unsafe".into()),
                        offset: Some(at as u64),
                        ..raw(&format!("{order}{from}"))
                    };
                    let result = run(&buffer, &options).unwrap();
                    let begin =
                        Reflect::get(&result.data, &"byteOffset".into()).unwrap().as_f64().unwrap() as u32;
                    let array = Uint8Array::new_with_byte_offset_and_length(
                        &result.buffer,
                        begin,
                        expected.len() as u32,
                    );
                    let what = format!("{order}{from} to {to} from byte {at} on, shared: {is_shared}");
                    assert!(array.to_vec() == expected, "{what}");
                }
            }
        }
    }
}

/// Wherever in a memory page the array begins, and wherever in a tile it ends.
#[wasm_bindgen_test]
fn what_stays_as_wide_as_it_is_is_turned_where_it_lies() {
    let bytes: Vec<u8> = (0..9000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let sources = [
        (">i2", 2, casts!(bytes, i16, from_be_bytes, i16 "int16", u16 "uint16")),
        (">u2", 2, casts!(bytes, u16, from_be_bytes, u16 "uint16", i16 "int16")),
        (">i4", 4, casts!(bytes, i32, from_be_bytes, i32 "int32", u32 "uint32", f32 "float32")),
        (">u4", 4, casts!(bytes, u32, from_be_bytes, u32 "uint32", i32 "int32", f32 "float32")),
        (">f4", 4, casts!(bytes, f32, from_be_bytes, i32 "int32", u32 "uint32")),
        (">i8", 8, casts!(bytes, i64, from_be_bytes, i64 "int64", u64 "uint64", f64 "float64")),
        (">u8", 8, casts!(bytes, u64, from_be_bytes, u64 "uint64", i64 "int64", f64 "float64")),
        (">f8", 8, casts!(bytes, f64, from_be_bytes, i64 "int64", u64 "uint64")),
        // As unsigned integers, since a float might not keep a NaN's bits.
        (">f4", 4, vec![("float32", casts!(bytes, u32, from_be_bytes, u32 "").remove(0).1)]),
        (">f8", 8, vec![("float64", casts!(bytes, u64, from_be_bytes, u64 "").remove(0).1)]),
        (">c16", 16, vec![("complex128", casts!(bytes, u64, from_be_bytes, u64 "").remove(0).1)]),
    ];
    for (from, width, targets) in sources {
        for (to, expected) in targets {
            for at in [0, 3, 8, 24, 56, 64, 4088] {
                for len in [0, 1, 3, 64 / width, 4096 / width, 4096 / width + 1, 9000 / width] {
                    for is_shared in [false, true] {
                        turn(from, to, &bytes[..len * width], &expected[..len * width], at, len, is_shared);
                    }
                }
            }
        }
    }
}

/// Decodes numbers that begin at byte `at`, and checks that shared memory is not written to.
fn turn(from: &str, to: &str, bytes: &[u8], expected: &[u8], at: usize, len: usize, is_shared: bool) {
    let what = format!("{len} {from} to {to} from byte {at} on, shared: {is_shared}");
    let nbytes = (at + bytes.len() + 8) as u32;
    let buffer = if is_shared {
        SharedArrayBuffer::new(nbytes).into()
    } else {
        JsValue::from(ArrayBuffer::new(nbytes))
    };
    let all = Uint8Array::new(&buffer);
    all.fill(7, 0, u32::MAX);
    all.set(&Uint8Array::from(bytes), at as u32);
    let before = all.to_vec();
    let options = DecodeOptions {
        to: Some(To::One(to.into())),
        casting: Some("unsafe".into()),
        offset: Some(at as u64),
        shape: Some(vec![len as u64]),
        ..raw(from)
    };
    let result = run(&buffer, &options).unwrap();
    let begin = Reflect::get(&result.data, &"byteOffset".into()).unwrap().as_f64().unwrap() as usize;
    let after = Uint8Array::new(&result.buffer).to_vec();
    assert!(after[begin..begin + expected.len()] == *expected, "{what}");
    assert!((result.buffer == buffer) != is_shared, "{what}: which buffer");
    if is_shared {
        assert!(all.to_vec() == before, "{what}: shared memory was written");
    } else if at.is_multiple_of(8) {
        let around = after[..at].iter().chain(&after[at + bytes.len()..]);
        assert!(around.copied().all(|byte| byte == 7), "{what}: more was written");
    }
}

#[wasm_bindgen_test]
fn widening_and_shared_memory_get_a_second_buffer() {
    let widened =
        run(&big_endian(&NUMBERS), &DecodeOptions { to: Some(To::One("float64".into())), ..raw(">f4") })
            .unwrap();
    assert_eq!(
        (
            widened.decoded.stats.as_ref().unwrap().plan.as_str(),
            widened.decoded.stats.as_ref().unwrap().allocated
        ),
        ("into", 40)
    );

    let shared = SharedArrayBuffer::new(4);
    Uint8Array::new(&shared).set(&Uint8Array::from(&[0, 1, 0, 2][..]), 0);
    let result = run(&shared, &raw(">u2")).unwrap();
    assert_eq!(result.data.unchecked_into::<js_sys::Uint16Array>().to_vec(), [1, 2]);
    assert_eq!(Uint8Array::new(&shared).to_vec(), [0, 1, 0, 2], "shared memory was written");
}

#[wasm_bindgen_test]
fn a_large_array_leaves_wasm_memory_as_it_was() {
    let before = run(&ArrayBuffer::new(4), &raw(">f4")).unwrap().decoded.stats.unwrap().wasm_memory;
    let after = run(&ArrayBuffer::new(64 << 20), &raw(">f4")).unwrap().decoded.stats.unwrap().wasm_memory;
    assert_eq!(after, before);
}

#[wasm_bindgen_test]
fn what_is_refused_is_left_as_it_was() {
    let cases: [(DecodeOptions, Code); 7] = [
        (raw("what"), Code::UnsupportedDtype),
        (DecodeOptions::default(), Code::BadMagic),
        (DecodeOptions { shape: Some(vec![6]), ..raw(">f4") }, Code::Truncated),
        (DecodeOptions { shape: Some(vec![1 << 30, 1 << 30]), ..raw(">f4") }, Code::TooLarge),
        (DecodeOptions { to: Some(To::One("int16".into())), ..raw(">f4") }, Code::UnsafeCast),
        (
            DecodeOptions { to: Some(To::One("int16".into())), casting: Some("exact".into()), ..raw(">f4") },
            Code::PrecisionLoss,
        ),
        (DecodeOptions { offset: Some(21), ..raw(">f4") }, Code::Truncated),
    ];
    for (options, code) in cases {
        let buffer = big_endian(&NUMBERS);
        let before = Uint8Array::new(&buffer).to_vec();
        let error = run(&buffer, &options).err().map(|error| error.code);
        assert_eq!(error, Some(code), "{options:?}");
        assert_eq!(Uint8Array::new(&buffer).to_vec(), before, "{options:?}");
    }
}

#[wasm_bindgen_test]
fn an_option_of_the_wrong_kind_is_named() {
    let cases = [
        ("{\"offset\":-1}", "offset"),
        ("{\"offset\":\"1.5\"}", "offset"),
        ("{\"shape\":4}", "shape"),
        ("{\"shape\":[2,-1]}", "shape"),
        ("{\"strides\":[\"2\"]}", "strides"),
        ("{\"casting\":\"brave\"}", "casting"),
        ("{\"layout\":\"K\"}", "layout"),
        ("{\"strict\":1}", "strict"),
        ("{\"dtype\":4}", "dtype"),
        ("[", "option"),
    ];
    for (json, name) in cases {
        let error = Options::read(json.as_bytes()).err().unwrap();
        assert_eq!(error.code, Code::BadArgument, "{json}");
        assert!(error.message.contains(name), "{json}: {}", error.message);
    }
    assert!(Options::read(b"{\"offset\":null,\"shape\":[],\"strides\":[-4,0],\"what\":{}}").is_ok());
}
