//! Files in a page: archives, parts of files, bytes that are still coming, and what is sent to a server.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used, clippy::panic))]

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use byteferry::{Code, Error, Ferry, NdArray, Remote};
use futures_util::StreamExt as _;
use futures_util::future::{join, join3};
use js_sys::futures::JsFuture;
use js_sys::{ArrayBuffer, JSON, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Blob, File, ReadableStream, Response};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/page.js")]
extern "C" {
    fn ops() -> Vec<String>;
    #[wasm_bindgen(catch)]
    async fn response(url: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = bytes)]
    async fn buffer_of(url: &str) -> Result<JsValue, JsValue>;
    fn blob(bytes: &ArrayBuffer) -> Blob;
    fn file(bytes: ArrayBuffer) -> File;
    fn stream(bytes: &JsValue, error: Option<&str>) -> ReadableStream;
    async fn rest();
}

async fn fetched(url: &str) -> Response {
    response(url).await.unwrap().unchecked_into()
}

async fn bytes(url: &str) -> ArrayBuffer {
    buffer_of(url).await.unwrap().unchecked_into()
}

/// An .npz of NumPy's, with more arrays than one.
const ARCHIVE: &str = "/npz/stored.npz";
/// 100 rows of 300 float32: 1000 for each row, and 1 for each column.
const GRID: &str = "/parts/grid.npy";

fn named(pairs: &[(String, NdArray)]) -> Vec<&str> {
    pairs.iter().map(|(name, _)| &**name).collect()
}

#[wasm_bindgen_test]
async fn an_archive_is_its_arrays_by_name() {
    let ferry = Ferry::new();
    let members = ferry.list(blob(&bytes(ARCHIVE).await)).await.unwrap();
    let names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
    assert!(names.len() > 1 && members.iter().all(|member| member.compressed == member.nbytes));

    let buffer = bytes(ARCHIVE).await;
    let all = ferry.decode_all(&buffer).await.unwrap();
    assert_eq!((named(&all), buffer.byte_length()), (names.clone(), 0));
    let by_name: HashMap<String, NdArray> = all.into_iter().collect();
    assert_eq!(by_name.len(), names.len());

    // It says how far it is, of a File as well, and decodes no more than was asked for.
    let heard = Rc::new(RefCell::new(Vec::new()));
    let hears = heard.clone();
    let picked = ferry
        .decode_all(file(bytes(ARCHIVE).await))
        .names([names[1]])
        .on_progress(move |progress| hears.borrow_mut().push(progress))
        .await
        .unwrap();
    assert_eq!(named(&picked), [names[1]]);
    let last = heard.borrow().last().unwrap().clone();
    assert_eq!((Some(last.loaded), last.loaded > members[1].nbytes), (last.total, true));
}

#[wasm_bindgen_test]
async fn a_run_of_frames_is_in_its_order() {
    let ferry = Ferry::new();
    let all = ferry.decode_all(fetched("/frames.bfy").await).await.unwrap();
    assert_eq!((all.len(), &*all[0].0, &*all[21].0), (22, "big-endian floats", "64 dimensions"));
    // A name that came before gives way to the number.
    let one = ferry.encode(&[1u8]).format("frame").name("a").await.unwrap();
    let two = ferry.encode(&[2u8]).format("frame").name("a").sequence(1).await.unwrap();
    let mut run = Uint8Array::new(&one).to_vec();
    run.resize(run.len().next_multiple_of(64), 0);
    run.extend(Uint8Array::new(&two).to_vec());
    let all = ferry.decode_all(run).to::<f64>().await.unwrap();
    let values: Vec<_> = all.iter().map(|(name, array)| (&**name, array.to_vec())).collect();
    assert_eq!(values, [("a", vec![1.0]), ("1", vec![2.0])]);
}

#[wasm_bindgen_test]
async fn what_is_refused_of_an_archive_gives_the_buffer_back() {
    let ferry = Ferry::new();
    let size = bytes(ARCHIVE).await.byte_length();
    let job = |buffer: &ArrayBuffer| ferry.decode_all(buffer);
    let buffer = bytes(ARCHIVE).await;
    let error = job(&buffer).names(["nowhere"]).await.unwrap_err();
    assert_eq!((error.code(), error.buffer().unwrap().byte_length()), (Code::BadArgument, size));
    let buffer = error.into_buffer().unwrap();
    let error = job(&buffer).max_bytes(100).await.unwrap_err();
    assert_eq!((error.code(), error.buffer().unwrap().byte_length()), (Code::TooLarge, size));
    let buffer = error.into_buffer().unwrap();
    let options = byteferry::DecodeOptions { rows: Some(vec![None, None]), ..Default::default() };
    let error = job(&buffer).options(options.clone()).await.unwrap_err();
    assert_eq!((error.code(), buffer.byte_length()), (Code::BadArgument, size), "taken, and refused");
    let error = ferry.open(GRID).options(options.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
    let error = ferry.frames("/frames.bfy").options(options).next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
    // Which of them it was.
    let error = ferry.decode_all(buffer).to::<i8>().casting("unsafe").await.unwrap_err();
    assert!(error.message.starts_with('\''), "{error}");
    assert_eq!(ferry.list(vec![0; 100]).await.unwrap_err().code(), Code::BadMagic);
}

#[wasm_bindgen_test]
async fn rows_that_are_asked_for_at_once_come_with_one_request() {
    let ferry = Ferry::builder().workers(1).build();
    let array = ferry.open(GRID).to::<f64>().await.unwrap().array().unwrap();
    assert_eq!((&array.shape[..], &*array.dtype, array.nbytes), (&[100, 300][..], "float64", 240_000));
    assert_eq!(array.source.as_ref().unwrap().dtype, ">f4");
    ops();
    let (a, b, c) = join3(array.rows(10..20), array.rows(20..=20), array.rows(-1..)).await;
    let [a, b, c] = [a, b, c].map(|rows| rows.unwrap().to_vec());
    assert_eq!((a.len(), a[0], b.len(), b[0], c[299]), (3000, 10_000.0, 300, 20_000.0, 99_299.0));
    assert_eq!(ops(), ["rows"]);
    assert_eq!(array.rows(3..3).await.unwrap().shape, [0, 300]);
    assert_eq!(ops(), ["rows"]);
    // What is beyond all numbers of JavaScript's is beyond all rows, as in Python.
    let beyond = (core::ops::Bound::Excluded(i64::MAX), core::ops::Bound::Unbounded);
    let (most, none, all) =
        join3(array.rows(98..i64::MAX), array.rows(beyond), array.rows(i64::MIN..=i64::MAX)).await;
    let [most, none, all] = [most, none, all].map(|rows| rows.unwrap().shape[0]);
    assert_eq!([most, none, all], [2, 0, 100]);
    // Each has its own answer.
    let fortran =
        ferry.open(blob(&bytes("/fixtures/f8-big-fortran.npy").await)).await.unwrap().array().unwrap();
    assert_eq!(fortran.rows(..1).await.unwrap_err().code(), Code::BadArgument);
}

#[wasm_bindgen_test]
async fn rows_that_nobody_waits_for_are_stopped() {
    let ferry = Ferry::builder().workers(1).build();
    let array = ferry.open(GRID).await.unwrap().array().unwrap();
    ops();
    drop(array.rows(..1));
    rest().await;
    assert_eq!(ops(), [""; 0], "something was done before it was polled");

    let (mut one, mut other) = (array.rows(1..2), array.rows(2..3));
    assert!(futures_util::poll!(&mut one).is_pending() && futures_util::poll!(&mut other).is_pending());
    drop(one);
    assert_eq!(other.await.unwrap().to_vec::<f32>().unwrap()[0], 2000.0);
    assert_eq!(ops(), ["rows"], "one of two was dropped, and both were");

    let (mut one, mut other) = (array.rows(1..2), array.rows(2..3));
    assert!(futures_util::poll!(&mut one).is_pending() && futures_util::poll!(&mut other).is_pending());
    // Those who ask are heard once this task rests.
    let sent = async {
        while ops().is_empty() {
            JsFuture::from(js_sys::Promise::resolve(&JsValue::NULL)).await.unwrap();
        }
    };
    sent.await;
    drop((one, other));
    rest().await;
    assert_eq!(ops(), ["abort"]);

    let mut early = array.rows(1..2);
    assert!(futures_util::poll!(&mut early).is_pending());
    drop(early);
    rest().await;
    assert_eq!(ops(), [""; 0], "asked for, though nobody waits");
}

#[wasm_bindgen_test]
async fn an_archive_is_opened_by_its_directory() {
    let ferry = Ferry::new();
    let whole = bytes(ARCHIVE).await;
    let all = ferry.decode_all(blob(&whole)).await.unwrap();
    let archive = ferry.open(blob(&whole)).await.unwrap().archive().unwrap();
    let names: Vec<&str> = archive.members().iter().map(|member| &*member.name).collect();
    assert_eq!(names, named(&all));
    for (name, array) in &all {
        let alone = archive.get(name).await.unwrap();
        assert_eq!((&alone.dtype, &alone.shape), (&array.dtype, &array.shape));
        let memory = |array: &NdArray| Reflect::get(&array.data(), &"buffer".into()).unwrap_or_default();
        let elements = |array: &NdArray| (Uint8Array::new(&memory(array)).to_vec(), array.to_strings());
        assert_eq!(elements(&alone), elements(array), "{name}");
        if array.shape.first().is_some_and(|&rows| rows > 1) && array.order == "C" {
            assert_eq!(archive.get(name).rows(1..2).await.unwrap().shape[0], 1);
        }
    }
    assert_eq!(archive.get("nowhere").await.unwrap_err().code(), Code::BadArgument);
    // What it is not.
    let opened = ferry.open(file(bytes(GRID).await)).await.unwrap();
    assert!(matches!(&opened, Remote::Array(array) if array.size == 30_000));
    assert_eq!(opened.archive().unwrap_err().code(), Code::BadMagic);
    assert_eq!(Remote::Archive(archive).array().unwrap_err().code(), Code::BadMagic);
    assert_eq!(ferry.open("/no/such.npy").await.unwrap_err().code(), Code::Http);
}

#[wasm_bindgen_test]
async fn an_answer_that_the_page_has_is_decoded_as_it_comes() {
    let ferry = Ferry::new();
    let answer = fetched(GRID).await;
    let job = ferry.decode(&answer).to::<f32>();
    assert!(!answer.body_used(), "read before it was awaited");
    let heard = Rc::new(RefCell::new(0));
    let hears = heard.clone();
    let array = job.on_progress(move |progress| *hears.borrow_mut() = progress.loaded).await.unwrap();
    assert_eq!((array.data().get_index(29_999), *heard.borrow()), (99_299.0, 120_128));

    let body = fetched(GRID).await.body().unwrap();
    let (whole, rows) = join(ferry.decode(body), ferry.decode(fetched(GRID).await).rows(-1..)).await;
    assert_eq!((whole.unwrap().size, rows.unwrap().size), (30_000, 300));

    // Errors of the answer itself.
    let error = ferry.decode(fetched("/no/such.npy").await).await.unwrap_err();
    assert_eq!((error.code(), error.status), (Code::Http, Some(404)));
    assert!(error.url.as_ref().unwrap().ends_with("/no/such.npy"), "{error}");
    let error = ferry.decode(fetched("/browser/csp.html").await).await.unwrap_err();
    assert_eq!(error.code(), Code::BadMagic, "{error}");
    assert!(error.message.contains("HTML"), "{error}");
    assert_eq!(ferry.decode(&answer).await.unwrap_err().code(), Code::Detached);
    assert_eq!(ferry.decode(Response::new().unwrap()).await.unwrap_err().code(), Code::Truncated);
}

#[wasm_bindgen_test]
async fn a_stream_ends_with_its_job() {
    let ferry = Ferry::new();
    let start = Uint8Array::new(&bytes(GRID).await.into()).subarray(0, 1000);
    let error = ferry.decode(stream(&start, Some("it broke"))).await.unwrap_err();
    assert_eq!(error.code(), Code::Network, "{error}");
    assert!(error.message.contains("it broke") && !error.message.contains("JsValue"), "{error}");

    let locked = stream(&start, None);
    let _reader = locked.get_reader();
    assert_eq!(ferry.decode(&locked).await.unwrap_err().code(), Code::Detached);

    let cancelled = |stream: &ReadableStream| {
        Reflect::get(stream, &"cancelled".into()).unwrap().as_bool().unwrap_or(false)
    };
    // While the worker reads it, and before there is one; by who drops it, and by a worker that never runs.
    let endless = stream(&start, None);
    let mut job = ferry.decode(&endless);
    assert!(futures_util::poll!(&mut job).is_pending());
    rest().await;
    assert!(!cancelled(&endless) && endless.locked());
    drop(job);
    rest().await;
    assert!(cancelled(&endless), "dropped, and not cancelled");
    let endless = stream(&start, None);
    let nowhere = Ferry::builder().worker_url("/nowhere/byteferry-worker.js").build();
    assert_eq!(nowhere.decode(&endless).await.unwrap_err().code(), Code::WorkerLoad);
    rest().await;
    assert!(cancelled(&endless), "never read, and not cancelled");
}

/// A Ferry whose worker answers `send` with what it was told, or with nothing.
fn answering(body: bool) -> Ferry {
    let script = format!(
        "postMessage({{ ready: {{ protocol: 1, version: '', simd: true }} }});
         onmessage = ({{ data: {{ id, ...told }} }}) => {{
             const result = {body} ? new TextEncoder().encode(JSON.stringify(told)).buffer : new ArrayBuffer();
             postMessage({{ id, result, status: {body} ? 201 : 204, statusText: 'Made', headers: [['X-Made', 'here']] }});
         }};"
    );
    let blob = Blob::new_with_str_sequence(&js_sys::Array::of1(&script.into())).unwrap();
    Ferry::builder().worker_url(web_sys::Url::create_object_url_with_blob(&blob).unwrap()).build()
}

#[wasm_bindgen_test]
async fn an_array_is_sent_as_it_is_asked_for() {
    let job = |ferry: &Ferry| {
        let ferry = ferry.send("/uploads/a", &[1i16, 2, 3, 4]).shape([2, 2]).byte_order("big");
        ferry.method("PUT").header("X-Token", "secret").name("image").format("frame")
    };
    let answer = job(&answering(true)).await.unwrap();
    assert_eq!((answer.status(), &*answer.status_text()), (201, "Made"));
    assert_eq!(answer.headers().get("X-Made").unwrap().as_deref(), Some("here"));
    let told = JsFuture::from(answer.json().unwrap()).await.unwrap();
    let text = |path: &[&str]| {
        let of = |object, name: &&str| Reflect::get(&object, &(*name).into()).unwrap();
        JSON::stringify(&path.iter().fold(told.clone(), of)).map(String::from).unwrap_or_default()
    };
    assert_eq!(text(&["op"]), "\"send\"");
    assert!(text(&["url"]).ends_with("/uploads/a\""), "{}", text(&["url"]));
    assert_eq!(text(&["init"]), r#"{"headers":[["X-Token","secret"]],"method":"PUT"}"#);
    assert_eq!(
        [text(&["format"]), text(&["byteOrder"]), text(&["name"])],
        ["\"frame\"", "\"big\"", "\"image\""]
    );
    assert_eq!(text(&["array", "shape"]), "[2,2]");
    assert_eq!(text(&["array", "data"]), r#"{"0":1,"1":2,"2":3,"3":4}"#);
    // An answer that must not have a body.
    let answer = job(&answering(false)).await.unwrap();
    assert_eq!((answer.status(), answer.body().is_none()), (204, true));

    // By the worker itself: this server takes none.
    let error: Error = job(&Ferry::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::Http, "{error}");
    assert_eq!(Ferry::new().send("http://", &[1u8]).await.unwrap_err().code(), Code::BadArgument);
}
