//! The cases that NumPy wrote for byteferry.js, run with the Rust client and compared by the same code.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used))]

use byteferry::{DecodeOptions, EncodeOptions, Ferry};
use js_sys::futures::future_to_promise;
use js_sys::{Object, Promise, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/table.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn run(group: &str, client: &JsValue) -> Result<JsValue, JsValue>;
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

async fn group(name: &str) {
    let ferry = Ferry::new();
    let client = Object::new();
    let (one, other) = (ferry.clone(), ferry.clone());
    let decode = Closure::<dyn Fn(JsValue, JsValue) -> Promise>::new(move |input, options| {
        future_to_promise(decode(one.clone(), input, options))
    });
    let encode = Closure::<dyn Fn(JsValue, JsValue) -> Promise>::new(move |array, options| {
        future_to_promise(encode(other.clone(), array, options))
    });
    let held = Closure::<dyn Fn(JsValue, JsValue) -> bool>::new(|read, write| {
        holds::<DecodeOptions>(&read) && holds::<EncodeOptions>(&write)
    });
    Reflect::set(&client, &"holds".into(), held.as_ref()).unwrap();
    Reflect::set(&client, &"decode".into(), decode.as_ref()).unwrap();
    Reflect::set(&client, &"encode".into(), encode.as_ref()).unwrap();
    match run(name, &client).await {
        Ok(told) => console_log!("{}", told.as_string().unwrap()),
        Err(error) => wasm_bindgen::throw_val(error),
    }
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
