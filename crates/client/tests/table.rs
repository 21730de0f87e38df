//! The cases that NumPy wrote for byteferry.js, run with the Rust client and compared by the same code.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used))]

use core::ops::Bound;

use byteferry::{DecodeOptions, EncodeOptions, Ferry, NdArray, Openable};
use js_sys::futures::future_to_promise;
use js_sys::{Array, Object, Promise, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};
use web_sys::Blob;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/table.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn run(group: &str, client: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn archives(client: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn rows(client: &JsValue) -> Result<JsValue, JsValue>;
}

/// A method of a client in JavaScript.
type Method = Closure<dyn Fn(JsValue, JsValue) -> Promise>;

/// A method that runs this with a Ferry.
fn method<F>(ferry: &Ferry, job: fn(Ferry, JsValue, JsValue) -> F) -> Method
where
    F: Future<Output = Result<JsValue, JsValue>> + 'static,
{
    let ferry = ferry.clone();
    Closure::new(move |input, options| future_to_promise(job(ferry.clone(), input, options)))
}

/// A client in JavaScript with these methods.
fn client(methods: &[(&str, &JsValue)]) -> Object {
    let client = Object::new();
    for (name, method) in methods {
        Reflect::set(&client, &(*name).into(), method).unwrap();
    }
    client
}

fn tell(outcome: Result<JsValue, JsValue>) {
    match outcome {
        Ok(told) => console_log!("{}", told.as_string().unwrap()),
        Err(error) => wasm_bindgen::throw_val(error),
    }
}

/// Whether Rust's types have all these options, and can hold them.
fn holds<T: Default + Serialize + DeserializeOwned>(options: &JsValue) -> bool {
    let known = Object::keys(&serde_wasm_bindgen::to_value(&T::default()).unwrap().into());
    let all = Object::keys(options.unchecked_ref::<Object>()).iter().all(|name| known.includes(&name, 0));
    all && serde_wasm_bindgen::from_value::<T>(options.clone()).is_ok()
}

async fn decode(ferry: Ferry, input: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let transfer = Reflect::get(&options, &"transfer".into())?.as_bool();
    let options: DecodeOptions = serde_wasm_bindgen::from_value(options)?;
    let mut job = ferry.decode(input).options(options);
    if let Some(transfer) = transfer {
        job = job.transfer(transfer);
    }
    Ok(job.await?.into_js().into())
}

async fn encode(ferry: Ferry, array: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let options: EncodeOptions = serde_wasm_bindgen::from_value(options)?;
    Ok(ferry.encode(array).options(options).await?.into())
}

async fn decode_all(ferry: Ferry, input: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let most = Reflect::get(&options, &"maxBytes".into())?.as_f64();
    let mut job = ferry.decode_all(input);
    if let Some(most) = most {
        job = job.max_bytes(most as u64);
    }
    let pair = |(name, array): (String, NdArray)| Array::of2(&name.into(), &array.into_js());
    Ok(job.await?.into_iter().map(pair).collect::<Array>().into())
}

async fn list(ferry: Ferry, input: JsValue, _: JsValue) -> Result<JsValue, JsValue> {
    let members = ferry.list(input).await?;
    Ok(members.into_iter().map(|member| JsValue::from(member.name)).collect::<Array>().into())
}

async fn open(ferry: Ferry, from: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let options: DecodeOptions = serde_wasm_bindgen::from_value(options)?;
    let from = match from.dyn_into::<Blob>() {
        Ok(blob) => Openable::from(blob),
        Err(url) => url.as_string().unwrap().into(),
    };
    let array = ferry.open(from).options(options).await?.array()?;
    let rows = move |start: JsValue, stop: JsValue| {
        let [start, stop] = [start, stop].map(|bound| bound.as_f64().map(|row| row as i64));
        let rows =
            (start.map_or(Bound::Unbounded, Bound::Included), stop.map_or(Bound::Unbounded, Bound::Excluded));
        let job = array.rows(rows);
        future_to_promise(async move { Ok(job.await?.into_js().into()) })
    };
    let rows = Closure::<dyn Fn(JsValue, JsValue) -> Promise>::new(rows).into_js_value();
    Ok(client(&[("rows", &rows)]).into())
}

async fn group(name: &str) {
    let ferry = Ferry::new();
    let (decode, encode) = (method(&ferry, decode), method(&ferry, encode));
    let held = Closure::<dyn Fn(JsValue, JsValue) -> bool>::new(|read, write| {
        holds::<DecodeOptions>(&read) && holds::<EncodeOptions>(&write)
    });
    let client =
        client(&[("holds", held.as_ref()), ("decode", decode.as_ref()), ("encode", encode.as_ref())]);
    tell(run(name, &client).await);
    ferry.close();
}

#[wasm_bindgen_test]
async fn dtypes() {
    group("dtypes").await;
}

#[wasm_bindgen_test]
async fn layouts() {
    group("layout").await;
}

#[wasm_bindgen_test]
async fn casts() {
    group("casts").await;
}

#[wasm_bindgen_test]
async fn bad_input() {
    group("bad").await;
}

#[wasm_bindgen_test]
async fn the_way_back() {
    group("encode").await;
}

#[wasm_bindgen_test]
async fn archives_of_numpy_and_its_like() {
    let ferry = Ferry::new();
    let (all, list) = (method(&ferry, decode_all), method(&ferry, list));
    tell(archives(&client(&[("decodeAll", all.as_ref()), ("list", list.as_ref())])).await);
}

#[wasm_bindgen_test]
async fn rows_as_numpy_slices_them() {
    let ferry = Ferry::new();
    let (decode, open) = (method(&ferry, decode), method(&ferry, open));
    tell(rows(&client(&[("decode", decode.as_ref()), ("open", open.as_ref())])).await);
}
