//! byteferry.js and the protocol's types name the same options, and the same properties of a result.
#![allow(clippy::unwrap_used, clippy::panic)]

use byteferry_protocol::{
    DecodeOptions, EncodeOptions, Failure, FrameOptions, Gap, Member, Progress, Ready, Reconnect,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SCRIPT: &str = include_str!("../../crates/worker/js/byteferry.js");

/// The text between two others in byteferry.js.
fn between(begin: &str, end: &str) -> &'static str {
    let (_, rest) = SCRIPT.split_once(begin).unwrap_or_else(|| panic!("no '{begin}' in byteferry.js"));
    rest.split_once(end).unwrap().0
}

/// A list of words, such as `const READ`.
fn words(name: &str) -> BTreeSet<String> {
    between(&format!("const {name} = \""), "\"").split(' ').map(Into::into).collect()
}

/// The names in a type, such as `{ loaded: number, total?: number }`, or of properties in JSDoc.
fn names(text: &str, before: &str) -> BTreeSet<String> {
    let name = |part: &str| {
        let end = part.find(|it: char| !it.is_alphanumeric()).unwrap_or(part.len());
        part[..end].to_owned()
    };
    text.split(before).skip(1).map(name).filter(|name| !name.is_empty()).collect()
}

/// The names of the properties that serde writes.
fn written(value: &impl Serialize) -> BTreeSet<String> {
    serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect()
}

/// Whether a property is read: a value that it cannot hold is refused only if its name is known.
fn refused<T: serde::de::DeserializeOwned>(good: &Value, name: &str) -> bool {
    let mut bad = good.clone();
    bad[name] = json!([[{}]]);
    serde_json::from_value::<T>(good.clone()).is_ok() && serde_json::from_value::<T>(bad).is_err()
}

fn without(mut names: BTreeSet<String>, few: &[&str]) -> BTreeSet<String> {
    for name in few {
        assert!(names.remove(*name), "{name} is not there");
    }
    names
}

#[test]
fn options_of_reading() {
    let ours = written(&DecodeOptions::default());
    // The page's client sets these itself.
    let ours = without(ours, &["byteOffset", "byteLength"]);
    assert_eq!(ours, words("READ"));
    // Of those that are not always written.
    assert!(refused::<DecodeOptions>(&json!({}), "rows"));
    assert!(refused::<DecodeOptions>(&json!({}), "limit"));
}

#[test]
fn options_of_writing() {
    assert_eq!(written(&EncodeOptions::default()), words("WRITE"));
}

#[test]
fn options_of_frames() {
    let documented = names(between("@typedef {object} LiveOptions", "*/"), "[");
    // These stay in the page: the callbacks, of which the worker is told only whether there is one, and `recycle`.
    let kept = without(documented, &["recycle", "onGap", "onReconnect"]);
    assert_eq!(without(written(&FrameOptions::default()), &["gaps"]), kept);
}

#[test]
fn properties_of_an_array() {
    let decoded = json!({
        "shape": [2], "strides": [4], "order": "C", "dtype": "float32", "byteOrder": "big", "itemsize": 4, "size": 2, "nbytes": 8,
        "trailing": 0, "source": { "format": "raw", "dtype": ">f4", "offset": 0 },
    });
    let class = between("export class NdArray {", "\n  }\n");
    let properties = without(names(class, "*/\n  "), &["data", "constructor"]);
    assert!(properties.len() > 15, "{properties:?}");
    for name in &properties {
        // Each gets a value of the wrong type: an unknown property would be ignored.
        assert!(refused::<byteferry_protocol::Decoded>(&decoded, name), "{name}");
    }
}

#[test]
fn properties_of_an_error() {
    let class = between("export class FerryError extends Error {", "\n}\n");
    // Its fields, and the properties that the constructor sets.
    let mut properties = without(names(class, "*/\n  "), &["constructor"]);
    properties.extend(names(class, "    this."));
    let mut failure = Failure::new(byteferry_protocol::Code::Http, "");
    (failure.expected, failure.actual, failure.offset, failure.index) = (Some(1), Some(1), Some(1), Some(1));
    (failure.missed, failure.status, failure.url) = (Some(1), Some(404), Some(String::new()));
    // `buffer` and `value` are JavaScript values, which are sent beside it.
    assert_eq!(without(written(&failure), &["message"]), without(properties, &["buffer", "value"]));
}

#[test]
fn what_comes_before_the_answer() {
    let progress = Progress { loaded: 1, total: Some(2), phase: "data".into() };
    assert_eq!(written(&progress), typed("loaded"));
    let gap = Gap { expected: 1, actual: 3, missed: 2 };
    assert_eq!(written(&gap), typed("expected"));
    let reconnect = Reconnect { attempt: 1, after: 250.0, reason: String::new() };
    assert_eq!(written(&reconnect), typed("attempt"));
    let ready = Ready { protocol: 1, version: String::new(), simd: true };
    assert_eq!(written(&ready), typed("protocol"));
}

#[test]
fn members_of_an_archive() {
    let member = json!({ "name": "a", "nbytes": 1, "compressed": 1 });
    let read: Member = serde_json::from_value(member.clone()).unwrap();
    assert_eq!(written(&read), typed("name"));
    // A directory may say anything: as JavaScript rounds it, then.
    for (size, rounded) in
        [(json!(9007199254740993.0), 9_007_199_254_740_992), (json!(1.8e19), 18_000_000_000_000_000_000)]
    {
        let mut large = member.clone();
        large["nbytes"] = size;
        assert_eq!(serde_json::from_value::<Member>(large).unwrap().nbytes, rounded);
    }
}

/// The property names of the type whose first property is this one.
fn typed(first: &str) -> BTreeSet<String> {
    let text = between(&format!("{{ {first}: "), "}");
    let text = format!(", {first}: {text}");
    text.split(", ").skip(1).map(|part| part.split(['?', ':']).next().unwrap().to_owned()).collect()
}
