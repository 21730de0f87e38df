//! The client in a page, with the workers that a site has.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used, clippy::panic))]

use core::time::Duration;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use byteferry::{Code, Ferry, NdArray, Progress, To};
use futures_util::StreamExt as _;
use futures_util::future::{join, join_all};
use js_sys::{
    ArrayBuffer, DataView, Float32Array, Int16Array, Object, Reflect, SharedArrayBuffer, Uint8Array,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/page.js")]
extern "C" {
    fn ops() -> Vec<String>;
    fn posted_to_itself() -> u32;
    fn is_firefox() -> bool;
    fn is_chromium() -> bool;
    async fn rest();
    #[wasm_bindgen(catch)]
    async fn bytes(url: &str) -> Result<JsValue, JsValue>;
    fn blob(bytes: &JsValue) -> web_sys::Blob;
}

/// Big-endian numbers, written by the browser's own DataView.
fn big_endian(numbers: &[f32]) -> ArrayBuffer {
    let buffer = ArrayBuffer::new(4 * numbers.len() as u32);
    let view = DataView::new(&buffer, 0, 4 * numbers.len());
    for (i, number) in numbers.iter().enumerate() {
        view.set_float32(4 * i, *number);
    }
    buffer
}

fn memory(data: &JsValue) -> Vec<u8> {
    let number = |name: &str| Reflect::get(data, &name.into()).unwrap().as_f64().unwrap() as u32;
    let buffer = Reflect::get(data, &"buffer".into()).unwrap();
    Uint8Array::new_with_byte_offset_and_length(&buffer, number("byteOffset"), number("byteLength")).to_vec()
}

const NUMBERS: [f32; 5] = [1.5, -0.0, f32::MIN_POSITIVE, 3.0e38, -7.25];

#[wasm_bindgen_test]
async fn the_page_stays_awake_between_small_jobs_in_firefox_and_sleeps_when_there_are_none() {
    let ferry = Ferry::new();
    // How soon jobs follow each other depends on the machine.
    for _ in 0..2000 {
        ferry.decode(big_endian(&NUMBERS)).dtype(">f4").await.unwrap();
        if posted_to_itself() > 0 {
            break;
        }
    }
    assert_eq!(posted_to_itself() > 0, is_firefox());
    rest().await;
    let posted = posted_to_itself();
    rest().await;
    assert_eq!(posted_to_itself(), posted);
}

#[wasm_bindgen_test]
async fn a_whole_buffer_moves_there_and_back() {
    let ferry = Ferry::new();
    let buffer = big_endian(&NUMBERS);
    let job = ferry.decode(&buffer).dtype(">f4").to::<f32>();
    assert_eq!(buffer.byte_length(), 20, "moved before it was awaited");
    let array = job.await.unwrap();
    assert_eq!(buffer.byte_length(), 0, "not moved");
    let data: Float32Array = array.data();
    assert_eq!((data.to_vec(), array.to_vec()), (NUMBERS.to_vec(), NUMBERS.to_vec()));
    assert_eq!((&array.shape[..], &array.strides[..], &*array.dtype), (&[5][..], &[4][..], "float32"));
    assert_eq!((array.byte_order.as_deref(), array.itemsize, array.trailing), (Some("big"), 4, 0));
    let stats = array.stats.as_ref().unwrap();
    assert_eq!((&*stats.plan, stats.allocated), ("in-place", 0));
    let milliseconds = &stats.milliseconds;
    assert!(milliseconds.total.unwrap() >= milliseconds.wait.unwrap());
    assert_eq!(array.source.as_ref().unwrap().dtype, ">f4");
    let js = array.into_js();
    assert_eq!(Reflect::get(&js, &"data".into()).unwrap(), JsValue::from(data));
}

#[wasm_bindgen_test]
async fn what_is_not_moved_is_left_as_it_was() {
    let ferry = Ferry::new();
    let whole = big_endian(&NUMBERS);
    let before = Uint8Array::new(&whole).to_vec();
    let view = Uint8Array::new_with_byte_offset_and_length(&whole, 4, 8);
    let shared = SharedArrayBuffer::new(20);
    Uint8Array::new(&shared).copy_from(&before);

    let [ref one, ref two, ref three, ref four, ref five] = join_all([
        ferry.decode(&view).dtype(">f4"),
        ferry.decode(blob(&whole)).dtype(">f4"),
        ferry.decode(&shared).dtype(">f4"),
        ferry.decode(&whole).dtype(">f4").transfer(false),
        ferry.decode(&before[4..]).dtype(">f4"),
    ])
    .await[..] else {
        panic!("five jobs")
    };
    let numbers = |array: &byteferry::Result<NdArray>| array.as_ref().unwrap().to_vec::<f32>().unwrap();
    assert_eq!(numbers(one), NUMBERS[1..3]);
    assert_eq!(numbers(two), NUMBERS);
    assert_eq!(numbers(three), NUMBERS);
    assert_eq!(numbers(four), NUMBERS);
    assert_eq!(numbers(five), NUMBERS[1..]);
    assert_eq!(Uint8Array::new(&whole).to_vec(), before);
    assert_eq!(Uint8Array::new(&shared).to_vec(), before);

    let moved = ferry.decode(&view).dtype(">f4").transfer(true).await.unwrap();
    assert_eq!((moved.to_vec::<f32>().unwrap(), whole.byte_length()), (NUMBERS[1..3].to_vec(), 0));
}

#[wasm_bindgen_test]
async fn shared_memory_is_divided_among_workers() {
    let ferry = Ferry::builder().workers(2).build();
    let length = 300_007;
    let shared = SharedArrayBuffer::new(4 * length);
    let numbers: Vec<f32> = (0..length).map(|i| i as f32 - 0.5).collect();
    Uint8Array::new(&shared).copy_from(&Uint8Array::new(&big_endian(&numbers)).to_vec());
    let wide = SharedArrayBuffer::new(8 * length + 16);
    ops();
    let array = ferry.decode(&shared).dtype(">f4").to::<f64>().into_shared(&wide).await.unwrap();
    assert_eq!(ops().iter().filter(|op| *op == "share").count(), 2);
    assert_eq!(array.data().buffer(), ArrayBuffer::from(JsValue::from(&wide)), "it lies elsewhere");
    assert_eq!(array.to_vec(), numbers.iter().map(|&number| number.into()).collect::<Vec<f64>>());
    assert_eq!((array.size, array.stats.as_ref().unwrap().allocated), (u64::from(length), 0));
    let same = ferry.decode(&shared).dtype(">f4").into_shared(&shared).await.unwrap();
    assert_eq!(same.to_vec::<f32>().unwrap(), numbers);
    ferry.recycle(same);
    assert_eq!(Float32Array::new(&shared).get_index(1), 0.5, "taken");

    // The first error of all shares; and what is no shared memory.
    let small = SharedArrayBuffer::new(8);
    let error = ferry.decode(&shared).dtype(">f4").into_shared(&small).await.unwrap_err();
    assert_eq!((error.code(), error.actual), (Code::BadArgument, Some(8)));
    let buffer = big_endian(&NUMBERS);
    let error = ferry.decode(&buffer).dtype(">f4").into_shared(&small).await.unwrap_err();
    assert_eq!((error.code(), buffer.byte_length()), (Code::BadArgument, 20), "{error}");
    let stream = web_sys::ReadableStream::new().unwrap();
    let error = ferry.decode(&stream).into_shared(&small).await.unwrap_err();
    assert_eq!((error.code(), stream.locked()), (Code::BadArgument, false), "{error}");
}

#[wasm_bindgen_test]
async fn numbers_are_what_was_asked_for_or_refused() {
    let ferry = Ferry::new();
    let decode = || ferry.decode(big_endian(&NUMBERS)).dtype(">f4");
    let wide = decode().to::<f64>().await.unwrap();
    assert_eq!(wide.to_vec(), NUMBERS.map(f64::from));
    let array = decode().await.unwrap();
    let error = array.to_vec::<f64>().unwrap_err();
    assert_eq!((error.code(), array.data().is_instance_of::<Float32Array>()), (Code::BadArgument, true));
    let array = array.typed::<i32>().unwrap_err();
    assert_eq!(array.typed::<f32>().unwrap().to_vec(), NUMBERS);
}

#[wasm_bindgen_test]
async fn a_failure_gives_the_buffer_back() {
    let ferry = Ferry::new();
    // Once while the worker starts, once while it runs.
    for _ in 0..2 {
        let buffer = big_endian(&NUMBERS);
        let before = Uint8Array::new(&buffer).to_vec();
        let error = ferry.decode(&buffer).dtype(">f4").to::<i16>().casting("exact").await.unwrap_err();
        assert_eq!(buffer.byte_length(), 0);
        assert_eq!((error.code(), error.index), (Code::PrecisionLoss, Some(0)));
        assert_eq!(error.value().unwrap().as_f64(), Some(1.5));
        assert!(error.message.contains("1.5"), "{error}");
        assert_eq!(Uint8Array::new(error.buffer().unwrap()).to_vec(), before);
    }
    let error = ferry.decode(big_endian(&NUMBERS)).dtype(">f4").shape([6]).await.unwrap_err();
    assert_eq!((error.code(), error.expected, error.actual), (Code::Truncated, Some(24), Some(20)));

    let buffer = big_endian(&NUMBERS);
    ferry.decode(&buffer).dtype(">f4").await.unwrap();
    assert_eq!(ferry.decode(&buffer).dtype(">f4").await.unwrap_err().code(), Code::Detached);
    let text = ferry.decode(JsValue::from("text")).dtype(">f4").await.unwrap_err();
    assert_eq!(text.code(), Code::BadArgument);
}

#[wasm_bindgen_test]
async fn a_worker_that_is_not_there_rejects_what_waits() {
    let ferry = Ferry::builder().worker_url("/nowhere/byteferry-worker.js").build();
    let buffer = big_endian(&NUMBERS);
    let (error, ready) = join(ferry.decode(&buffer).dtype(">f4"), ferry.ready()).await;
    let error = error.unwrap_err();
    assert_eq!((error.code(), buffer.byte_length()), (Code::WorkerLoad, 0));
    assert!(error.url.as_ref().unwrap().ends_with("/nowhere/byteferry-worker.js"));
    assert!(error.message.contains("404"), "{error}");
    assert_eq!(Uint8Array::new(error.buffer().unwrap()).length(), 20);
    assert_eq!(ready.unwrap_err().code(), Code::WorkerLoad);
}

#[wasm_bindgen_test]
async fn a_worker_that_never_starts_is_not_waited_for() {
    let url = "/browser/hangs.js";
    let ferry = Ferry::builder().worker_url(url).ready_timeout(Duration::from_millis(200)).build();
    let error = ferry.ready().await.unwrap_err();
    assert_eq!(error.code(), Code::WorkerLoad, "{error}");
}

#[wasm_bindgen_test]
async fn a_job_that_takes_too_long_is_stopped() {
    let ferry = Ferry::builder().worker_url("/browser/hangs.js").build();
    let error =
        ferry.decode(big_endian(&NUMBERS)).dtype(">f4").timeout(Duration::from_millis(50)).await.unwrap_err();
    // hangs.js is a module, so it may also fail to load.
    assert!([Code::Timeout, Code::WorkerLoad].contains(&error.code()), "{error}");
    assert_eq!(error.buffer().unwrap().byte_length(), 20);
}

/// A Ferry with another script as its worker.
fn stranger(script: &str) -> Ferry {
    let parts = js_sys::Array::of1(&script.into());
    let blob = web_sys::Blob::new_with_str_sequence(&parts).unwrap();
    Ferry::builder().worker_url(web_sys::Url::create_object_url_with_blob(&blob).unwrap()).workers(1).build()
}

#[wasm_bindgen_test]
async fn a_worker_that_dies_loses_its_jobs_and_is_replaced() {
    let ferry = stranger(
        "postMessage({ ready: { protocol: 1, version: '', simd: true } });
         onmessage = ({ data }) => {
             if (data.dtype === 'die') throw new Error('bang');
             postMessage({ id: data.id, error: { code: 'bad-header', message: 'alive', expected: 2 ** 60, value: 7n }, buffer: data.buffer });
         };",
    );
    let (one, other) = join(
        ferry.decode(big_endian(&NUMBERS)).dtype("die"),
        ferry.decode(big_endian(&NUMBERS)).dtype("die"),
    )
    .await;
    for error in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!((error.code(), error.buffer()), (Code::WorkerCrash, None), "{error}");
        assert!(error.message.contains("bang"), "{error}");
    }
    let error = ferry.decode(big_endian(&NUMBERS)).await.unwrap_err();
    assert_eq!((error.code(), &*error.message, error.expected), (Code::BadHeader, "alive", Some(1 << 60)));
    assert_eq!(error.buffer().unwrap().byte_length(), 20);
    let js = JsValue::from(error);
    let text = |name: &str| Reflect::get(&js, &name.into()).unwrap();
    assert_eq!((text("name"), text("code")), ("FerryError".into(), "bad-header".into()));
    assert_eq!(
        (text("expected").as_f64(), text("value")),
        (Some(2f64.powi(60)), js_sys::BigInt::from(7).into())
    );
}

#[wasm_bindgen_test]
async fn a_worker_that_cannot_work_says_why() {
    let other = stranger("postMessage({ ready: { protocol: 2, version: '9', simd: true } })");
    let error = other.decode(big_endian(&NUMBERS)).await.unwrap_err();
    assert_eq!((error.code(), error.buffer().unwrap().byte_length()), (Code::WorkerLoad, 20));
    assert!(error.message.contains("version 2 of the protocol, this crate 1"), "{error}");
    let failed = stranger("postMessage({ failed: { code: 'worker-load', message: 'wasm was refused' } })");
    let error = failed.ready().await.unwrap_err();
    assert!(error.message.ends_with("could not be started: wasm was refused"), "{error}");
    let broken = stranger("this is no script");
    let error = broken.ready().await.unwrap_err();
    assert_eq!(error.code(), Code::WorkerLoad, "{error}");
}

#[wasm_bindgen_test]
async fn ready_says_what_runs() {
    let ready = Ferry::new().ready().await.unwrap();
    assert_eq!((ready.protocol, ready.simd), (1, true));
}

#[wasm_bindgen_test]
async fn dropped_jobs_are_stopped_and_no_others() {
    let ferry = Ferry::builder().workers(1).build();
    ferry.ready().await.unwrap();
    ops();
    let (buffer, other) = (big_endian(&NUMBERS), big_endian(&NUMBERS));
    drop(ferry.decode(&buffer).dtype(">f4"));
    assert_eq!((buffer.byte_length(), ops().len()), (20, 0), "something was done before it was polled");

    let mut dropped = ferry.fetch("fixtures/f8-big-3d.npy");
    assert!(futures_util::poll!(&mut dropped).is_pending());
    let mut kept = ferry.decode(&other).dtype(">f4").to::<f32>();
    assert!(futures_util::poll!(&mut kept).is_pending());
    drop(dropped);
    assert_eq!(ops(), ["fetch", "decode", "abort"]);
    assert_eq!(kept.await.unwrap().to_vec(), NUMBERS);
    assert_eq!(ops(), [""; 0], "what is settled was stopped");
}

#[wasm_bindgen_test]
async fn files_that_numpy_wrote_are_what_numpy_reads() {
    let ferry = Ferry::new();
    let text = String::from_utf8(Uint8Array::new(&bytes("/fixtures/expected.json").await.unwrap()).to_vec())
        .unwrap();
    let expected: Object = js_sys::JSON::parse(&text).unwrap().into();
    let mut many = 0;
    for entry in Object::entries(&expected).iter() {
        let entry: js_sys::Array = entry.into();
        let (name, truth) = (entry.get(0).as_string().unwrap(), entry.get(1));
        let text = |key: &str| Reflect::get(&truth, &key.into()).unwrap().as_string();
        let result = ferry.fetch(format!("fixtures/{name}")).await;
        if text("refused").is_some() {
            assert_eq!(result.unwrap_err().code(), Code::UnsupportedDtype, "{name}");
            continue;
        }
        let array = result.unwrap();
        assert_eq!(
            (Some(&array.dtype), Some(&array.order)),
            (text("dtype").as_ref(), text("order").as_ref()),
            "{name}"
        );
        let hex: String = memory(&array.data()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(Some(hex), text("data"), "{name}");
        many += 1;
    }
    assert!(many >= 19, "{many} files");
}

#[wasm_bindgen_test]
async fn rows_are_slices_and_progress_is_told() {
    let ferry = Ferry::new();
    let url = "fixtures/f8-big-3d.npy";
    let told: Rc<RefCell<Vec<Progress>>> = Rc::default();
    let hears = told.clone();
    let whole =
        ferry.fetch(url).to::<f64>().on_progress(move |it| hears.borrow_mut().push(it)).await.unwrap();
    let last = told.borrow().last().unwrap().clone();
    assert_eq!((last.loaded, last.total, &*last.phase), (128 + 192, Some(128 + 192), "data"));

    let all = whole.to_vec();
    let (row, end) = (ferry.fetch(url).rows(1..2).to::<f64>(), ferry.fetch(url).rows(-1..=-1).to::<f64>());
    let (row, end) = join(row, end).await;
    assert_eq!(
        (row.as_ref().unwrap().to_vec(), &row.unwrap().shape[..]),
        (all[12..].to_vec(), &[1, 3, 4][..])
    );
    assert_eq!(end.unwrap().to_vec(), all[12..]);
    let body = bytes(&format!("/{url}")).await.unwrap();
    assert_eq!(ferry.decode(body).rows(..1).to::<f64>().await.unwrap().to_vec(), all[..12]);
    // Behind the last row, and behind the one before it.
    for (before, left) in [(-1, 0), (-2, 1)] {
        let rows = (core::ops::Bound::Excluded(before), core::ops::Bound::Unbounded);
        let body = bytes(&format!("/{url}")).await.unwrap();
        let behind = ferry.decode(body).rows(rows).to::<f64>().await.unwrap();
        assert_eq!(&behind.shape[..], &[left, 3, 4]);
    }
}

#[wasm_bindgen_test]
async fn a_callback_may_own_other_jobs() {
    let ferry = Ferry::builder().workers(1).build();
    ferry.ready().await.unwrap();
    let mut owned = ferry.decode(big_endian(&NUMBERS)).dtype(">f4");
    assert!(futures_util::poll!(&mut owned).is_pending());
    let mut owner = ferry.fetch("fixtures/f8-big-3d.npy").on_progress(move |_| {
        let _ = &owned;
    });
    assert!(futures_util::poll!(&mut owner).is_pending());
    drop(owner);
    assert_eq!(ferry.decode(big_endian(&NUMBERS)).dtype(">f4").to::<f32>().await.unwrap().to_vec(), NUMBERS);
}

#[wasm_bindgen_test]
async fn a_server_that_has_none_is_told_of() {
    let error = Ferry::new().fetch("/no/such.npy").header("X-Test", "1").await.unwrap_err();
    assert_eq!((error.code(), error.status), (Code::Http, Some(404)));
    assert!(error.url.as_ref().unwrap().ends_with("/no/such.npy"));
    let error = Ferry::new().fetch("http://").await.unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
    let error = Ferry::new().fetch("fixtures/f4-big.npy").header("no name", "1").await.unwrap_err();
    assert_eq!(error.code(), Code::BadArgument, "{error}");
}

#[wasm_bindgen_test]
async fn frames_are_a_stream() {
    let ferry = Ferry::new();
    let mut frames = ferry.frames("frames.bfy");
    let mut names = Vec::new();
    while let Some(frame) = frames.next().await {
        let frame = frame.unwrap();
        assert_eq!(frame.sequence, Some(names.len() as u64));
        names.push(frame.name.clone().unwrap());
        match names.len() - 1 {
            3 => assert_eq!((&*frame.dtype, frame.size), ("float32", 3)),
            10 => assert_eq!(frame.to_strings().unwrap().len(), 2),
            13 => {
                let (t, v) = (frame.field("t").unwrap(), frame.field("v").unwrap());
                assert_eq!((&t.shape[..], &v.shape[..]), (&[2][..], &[2, 3][..]));
                assert_eq!(t.to_vec::<i64>().unwrap().len(), 2);
                assert!(frame.field("w").is_none() && frame.data().is_undefined());
            }
            _ => frames.recycle(frame),
        }
    }
    // As written by the backend's NumPy.
    assert_eq!((names.len(), &*names[0], &*names[21]), (22, "big-endian floats", "64 dimensions"));
    assert!(frames.next().await.is_none());
}

#[wasm_bindgen_test]
async fn a_stream_that_is_dropped_is_stopped() {
    let ferry = Ferry::new();
    let mut frames = ferry.frames("frames.bfy").queue(1);
    assert_eq!(frames.next().await.unwrap().unwrap().sequence, Some(0));
    ops();
    drop(frames);
    assert_eq!(ops(), ["abort"]);
    let mut none = ferry.frames("fixtures/f4-big.npy");
    assert_eq!(none.next().await.unwrap().unwrap_err().code(), Code::BadMagic);
    assert!(none.next().await.is_none());
}

#[wasm_bindgen_test]
async fn what_is_encoded_is_decoded_to_itself() {
    let ferry = Ferry::new();
    let numbers = vec![1i16, -2, 300, 4, 5, -32768];
    let body = ferry.encode(&numbers).shape([2, 3]).byte_order("big").await.unwrap();
    let array = ferry.decode(body).to::<i16>().await.unwrap();
    assert_eq!(
        (array.to_vec(), &array.shape[..], array.byte_order.as_deref()),
        (numbers, &[2, 3][..], Some("big"))
    );
    let frame = ferry.encode(&array).format("frame").name("again").dtype(">i4").await.unwrap();
    let again = ferry.decode(frame).await.unwrap();
    assert_eq!((&*again.dtype, again.name.as_deref()), ("int32", Some("again")));
    assert_eq!(again.to_vec::<i32>().unwrap(), [1, -2, 300, 4, 5, -32768]);

    let part = Int16Array::from(&[7i16, 8, 9][..]).subarray(1, 3);
    let raw = ferry.encode(JsValue::from(part)).format("raw").byte_order("big").await.unwrap();
    assert_eq!(Uint8Array::new(&raw).to_vec(), [0, 8, 0, 9]);
    let error = ferry.encode(JsValue::from(5)).await.unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
}

#[wasm_bindgen_test]
async fn numbers_beyond_2_to_the_53_are_rounded_as_javascript_does() {
    let ferry = Ferry::new();
    let mut frame = Uint8Array::new(&ferry.encode(&[1u8]).format("frame").await.unwrap()).to_vec();
    frame[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(ferry.decode(frame).await.unwrap().sequence, Some(u64::MAX));
    let error = ferry.decode(vec![0; 9]).dtype("u1").strides([1 << 53]).shape([2]).await.unwrap_err();
    assert_eq!(error.code(), Code::BadArgument, "what cannot cross is refused: {error}");
    let error = ferry.decode(vec![0; 9]).dtype("u1").shape([1 << 53, 1 << 20]).await.unwrap_err();
    assert!([Code::BadArgument, Code::TooLarge].contains(&error.code()), "{error}");
}

#[wasm_bindgen_test]
async fn more_than_this_browser_moves_is_refused_before_it_is_moved() {
    // Only Chromium has a limit below what can be allocated.
    if !is_chromium() {
        return;
    }
    let (ferry, most) = (Ferry::new(), 2_145_386_496);
    let large = Float32Array::new_with_length(most / 4 + 1);
    let numbers = |error: &byteferry::Error| (error.code(), error.expected, error.actual);
    let expected = (Code::TooLarge, Some(u64::from(most)), Some(u64::from(most) + 4));
    let error = ferry.decode(large.buffer()).dtype(">f4").await.unwrap_err();
    assert_eq!((numbers(&error), error.buffer()), (expected, Some(&large.buffer())));
    assert_eq!(numbers(&ferry.encode(JsValue::from(&large)).await.unwrap_err()), expected);
    assert_eq!(numbers(&ferry.send("/nowhere", JsValue::from(&large)).await.unwrap_err()), expected);
    assert_eq!(large.length(), most / 4 + 1, "moved");
    // Nor is there a result that could not be moved back.
    let wide = ferry.decode(ArrayBuffer::new(280 << 20)).dtype("u1").to::<f64>().await.unwrap_err();
    assert_eq!(numbers(&wide), (Code::TooLarge, Some(u64::from(most)), Some(8 * (280 << 20))));
}

#[wasm_bindgen_test]
async fn memory_that_is_given_back_is_used_again() {
    let ferry = Ferry::builder().workers(1).build();
    let decode = || ferry.decode(big_endian(&NUMBERS)).dtype(">f4").to::<f64>();
    let first = decode().await.unwrap();
    assert_eq!(first.stats.as_ref().unwrap().allocated, 40);
    let data = first.data();
    ferry.recycle(first);
    assert_eq!(data.length(), 0);
    assert_eq!(decode().await.unwrap().stats.as_ref().unwrap().allocated, 0);
}

#[wasm_bindgen_test]
async fn a_closed_ferry_rejects_what_waits() {
    let ferry = Ferry::new();
    let mut pending = ferry.decode(big_endian(&NUMBERS)).dtype(">f4");
    assert!(futures_util::poll!(&mut pending).is_pending());
    ferry.close();
    let error = pending.await.unwrap_err();
    assert_eq!((error.code(), error.buffer().unwrap().byte_length()), (Code::Closed, 20));
    assert_eq!(ferry.fetch("fixtures/f4-big.npy").await.unwrap_err().code(), Code::Closed);
    assert_eq!(ferry.ready().await.unwrap_err().code(), Code::Closed);
}

#[wasm_bindgen_test]
async fn a_future_outlives_its_ferry() {
    let job = Ferry::new().decode(big_endian(&NUMBERS)).dtype(">f4").to::<f32>();
    assert_eq!(job.await.unwrap().to_vec(), NUMBERS);
}

#[wasm_bindgen_test]
async fn progress_may_ask_for_more() {
    let ferry = Ferry::new();
    let (again, asked) = (ferry.clone(), Rc::new(Cell::new(false)));
    let asks = asked.clone();
    let job = ferry.fetch("fixtures/f8-big-3d.npy").on_progress(move |_| {
        drop(again.ready());
        asks.set(true);
    });
    job.await.unwrap();
    assert!(asked.get());
}

#[wasm_bindgen_test]
async fn fields_may_be_cast_each_by_itself() {
    let buffer = ArrayBuffer::new(12);
    let view = DataView::new(&buffer, 0, 12);
    for (at, n, v) in [(0, -2, 1.5), (6, 300, -0.25)] {
        view.set_int16(at, n);
        view.set_float32(at + 2, v);
    }
    let fields = To::Fields(vec![("v".into(), "float64".into())]);
    let job = Ferry::new().decode(buffer).dtype("[('n', '>i2'), ('v', '>f4')]").to_dtype(fields);
    let records = job.await.unwrap();
    assert_eq!((records.names.as_deref(), records.size), (Some(&["n".to_owned(), "v".to_owned()][..]), 2));
    assert_eq!(records.field("n").unwrap().to_vec::<i16>().unwrap(), [-2, 300]);
    assert_eq!(records.field("v").unwrap().to_vec::<f64>().unwrap(), [1.5, -0.25]);
    // Encoded and decoded again, both fields are there.
    let ferry = Ferry::new();
    let body = ferry.encode(&records).dtype("[('n', '<i4'), ('v', '>f8')]").await.unwrap();
    let again = ferry.decode(body).await.unwrap();
    assert_eq!(again.source.as_ref().unwrap().dtype, "[('n', '<i4'), ('v', '>f8')]");
    assert_eq!(again.field("v").unwrap().to_vec::<f64>().unwrap(), [1.5, -0.25]);
}

#[cfg(feature = "ndarray")]
#[wasm_bindgen_test]
async fn arrays_of_the_crate_ndarray() {
    let ferry = Ferry::new();
    let fortran = ferry.fetch("fixtures/f8-big-fortran.npy").to::<f64>().await.unwrap();
    let array = fortran.to_ndarray().unwrap();
    assert_eq!((array.shape(), array.strides()), (&[3, 4][..], &[1, 3][..]));
    let memory = fortran.to_vec();
    for (index, value) in array.indexed_iter() {
        assert_eq!(*value, memory[index[0] + 3 * index[1]]);
    }
}
