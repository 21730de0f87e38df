//! gloo-worker with byteferry's codec and byteferry's worker: real workers, from the script made for it and from this
//! test's own wasm.
#![cfg(all(target_arch = "wasm32", feature = "gloo"))]
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used, clippy::panic))]

use byteferry::gloo::{self, FerryWorker, Input, Js, JsCodec, Output};
use byteferry::{Code, DecodeOptions};
use futures_channel::mpsc;
use futures_util::StreamExt as _;
use gloo_worker::{
    Codec as _, HandlerId, Registrable as _, Spawnable as _, Worker, WorkerBridge, WorkerScope,
};
use js_sys::{ArrayBuffer, BigInt64Array, DataView, Float32Array, SharedArrayBuffer, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// A message type of an app's own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    name: String,
    large: u64,
    pairs: Vec<(i32, Option<f64>)>,
    one: Js<Float32Array>,
    many: Vec<Js<ArrayBuffer>>,
    none: Option<Js<BigInt64Array>>,
    some: Option<Js<BigInt64Array>>,
    shared: Js<SharedArrayBuffer>,
}

fn message() -> Message {
    Message {
        name: "größer".into(),
        large: u64::MAX - 1,
        pairs: vec![(-1, None), (2, Some(0.5))],
        one: Js(Float32Array::from(&[1.5, -0.0][..])),
        many: vec![Js(ArrayBuffer::new(3)), Js(ArrayBuffer::new(0))],
        none: None,
        some: Some(Js(BigInt64Array::from(&[i64::MIN][..]))),
        shared: Js(SharedArrayBuffer::new(8)),
    }
}

#[wasm_bindgen_test]
fn buffers_are_handles_in_any_message() {
    let message = message();
    // The same JavaScript objects: nothing was copied.
    assert_eq!(JsCodec::decode::<Message>(JsCodec::encode(&message)), message);
}

/// Writes into shared memory what it sees, and answers with what it got.
struct Echo;

impl Worker for Echo {
    type Message = ();
    type Input = Message;
    type Output = Message;

    fn create(_: &WorkerScope<Self>) -> Self {
        Self
    }

    fn update(&mut self, _: &WorkerScope<Self>, (): ()) {}

    fn received(&mut self, scope: &WorkerScope<Self>, message: Message, id: HandlerId) {
        Uint8Array::new(&message.shared.0).set_index(0, message.one.0.length() as u8);
        scope.respond(id, message);
    }
}

/// What a worker binary's main function would do.
#[wasm_bindgen]
pub fn register(which: &str) {
    match which {
        "echo" => Echo::registrar().encoding::<JsCodec>().register(),
        _ => FerryWorker::registrar().encoding::<JsCodec>().register(),
    }
}

#[wasm_bindgen(inline_js = r#"
    // A worker that runs this test's own wasm, as the runner serves it.
    export const loader = (which) => {
        const module = new URL("/wasm-bindgen-test.js", location.href).href;
        const wasm = new URL("/wasm-bindgen-test_bg.wasm", location.href).href;
        const text = `import init, { register } from "${module}"; await init({ module_or_path: "${wasm}" }); register("${which}");`;
        return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    };
"#)]
extern "C" {
    fn loader(which: &str) -> String;
}

#[wasm_bindgen_test]
async fn messages_cross_and_shared_memory_is_shared() {
    let (sender, mut receiver) = mpsc::unbounded();
    let bridge = Echo::spawner()
        .callback(move |message: Message| sender.unbounded_send(message).unwrap())
        .encoding::<JsCodec>()
        .with_loader(true)
        .spawn(&loader("echo"));
    let (sent, shared) = (message(), SharedArrayBuffer::new(8));
    bridge.send(Message { shared: Js(shared.clone()), ..message() });
    let back = receiver.next().await.unwrap();
    assert_eq!((&back.name, back.large, &back.pairs), (&sent.name, sent.large, &sent.pairs));
    assert_eq!(back.one.0.to_vec(), [1.5, -0.0]);
    assert_eq!(
        (back.many[0].0.byte_length(), back.none, back.some.unwrap().0.to_vec()),
        (3, None, vec![i64::MIN])
    );
    assert_eq!(Uint8Array::new(&shared).get_index(0), 2, "the worker wrote into a copy");
    assert_eq!(Uint8Array::new(&back.shared.0).get_index(0), 2);
}

fn big_endian(numbers: &[f32]) -> ArrayBuffer {
    let buffer = ArrayBuffer::new(4 * numbers.len() as u32);
    let view = DataView::new(&buffer, 0, 4 * numbers.len());
    for (i, number) in numbers.iter().enumerate() {
        view.set_float32(4 * i, *number);
    }
    buffer
}

/// What every worker of this type must do, wherever it runs.
async fn converts(spawn: impl FnOnce(mpsc::UnboundedSender<Output>) -> WorkerBridge<FerryWorker>) {
    let (sender, mut receiver) = mpsc::unbounded();
    let bridge = spawn(sender);
    let raw = DecodeOptions { dtype: Some(">f4".into()), ..DecodeOptions::default() };
    let numbers = [1.5, -0.0, 3e38, -7.25];

    let buffer = big_endian(&numbers);
    bridge.send(Input::decode(1, &buffer, &raw).unwrap());
    let output = receiver.next().await.unwrap();
    assert_eq!((output.id, output.array().unwrap().to_vec::<f32>().unwrap()), (1, numbers.to_vec()));
    assert_eq!(Uint8Array::new(&buffer).to_vec()[..4], [0x3f, 0xc0, 0, 0], "what the page has was changed");

    let shared = SharedArrayBuffer::new(16);
    Uint8Array::new(&shared).set(&Uint8Array::new(&buffer), 0);
    bridge.send(Input::decode(2, &shared, &raw).unwrap());
    let view = Uint8Array::new_with_byte_offset_and_length(&buffer, 4, 8);
    bridge.send(Input::decode(3, &view, &raw).unwrap());
    bridge.send(Input::fetch(4, "/fixtures/f8-big-3d.npy", &DecodeOptions::default()).unwrap());
    bridge.send(Input::decode(5, &buffer, &DecodeOptions { shape: Some(vec![5]), ..raw.clone() }).unwrap());
    bridge.send(Input::fetch(6, "/no/such.npy", &DecodeOptions::default()).unwrap());
    let mut outputs: Vec<Output> = receiver.by_ref().take(5).collect().await;
    outputs.sort_by_key(|output| output.id);
    let [shared, view, fetched, short, none] = &outputs[..] else { panic!("five outputs") };
    assert_eq!(shared.array().unwrap().to_vec::<f32>().unwrap(), numbers);
    assert_eq!(view.array().unwrap().to_vec::<f32>().unwrap(), numbers[1..3]);
    let fetched = fetched.array().unwrap();
    // np.load("f8-big-3d.npy")[0, 0, 1]
    assert_eq!(
        (&fetched.shape[..], fetched.to_vec::<f64>().unwrap()[1]),
        (&[2, 3, 4][..], 0.14285714285714285)
    );
    let error = short.array().unwrap_err();
    assert_eq!((error.code(), error.expected, error.actual), (Code::Truncated, Some(20), Some(16)));
    assert_eq!(error.buffer().unwrap().byte_length(), 16);
    assert_eq!((none.array().unwrap_err().code(), none.array().unwrap_err().status), (Code::Http, Some(404)));
}

#[wasm_bindgen_test]
fn a_stream_is_refused_and_left_as_it_was() {
    let answer = web_sys::Response::new_with_opt_str(Some("bytes")).unwrap();
    let body = web_sys::Response::new_with_opt_str(Some("bytes")).unwrap().body().unwrap();
    let options = DecodeOptions::default();
    assert_eq!(Input::decode(1, &answer, &options).unwrap_err().code(), Code::BadArgument);
    assert_eq!(Input::decode(1, &body, &options).unwrap_err().code(), Code::BadArgument);
    assert!(!answer.body_used() && !body.locked());
}

#[wasm_bindgen_test]
async fn the_script_converts() {
    for script in ["/byteferry-worker.full.js", "/byteferry-worker.js"] {
        converts(|sender| {
            FerryWorker::spawner()
                .callback(move |output| sender.unbounded_send(output).unwrap())
                .encoding::<JsCodec>()
                .with_loader(true)
                .as_module(false)
                .spawn(&gloo::script(script).unwrap())
        })
        .await;
    }
}

#[wasm_bindgen_test]
async fn an_apps_own_worker_converts() {
    converts(|sender| {
        FerryWorker::spawner()
            .callback(move |output| sender.unbounded_send(output).unwrap())
            .encoding::<JsCodec>()
            .with_loader(true)
            .spawn(&loader("ferry"))
    })
    .await;
}
