//! Folders of arrays other than the committed one: what is served from them, and what is refused at the start.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use byteferry_serve::{Options, Server};
use common::Running;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// A folder with one array in it, `a.raw` or `a.npy`.
fn folder(test: &str, file: &[u8], changes: Value) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("catalogue").join(test.replace(' ', "-"));
    fs::create_dir_all(&folder).unwrap();
    let mut entry =
        json!({ "name": "a", "file": "a", "format": "raw", "dtype": ">i2", "shape": [3], "order": "C" });
    entry.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    fs::write(folder.join("arrays.json"), json!([entry]).to_string()).unwrap();
    fs::write(folder.join("a"), file).unwrap();
    folder
}

async fn bind(data: PathBuf) -> Result<Server, byteferry_serve::Error> {
    Server::bind(&Options { port: 0, data, ..Options::default() }).await
}

/// An .npy of three `>i2`, with room for another dtype or shape of the same length.
fn npy() -> Vec<u8> {
    let text = "{'descr': '>i2', 'fortran_order': False, 'shape': (3,), }";
    [b"\x93NUMPY\x01\x00\x76\x00", format!("{text:117}\n").as_bytes(), b"\0\x01\0\x02\0\x03"].concat()
}

#[tokio::test]
async fn any_number_shape_and_order() {
    let half = json!({ "dtype": ">f2" });
    let little = json!({ "dtype": "<i2" });
    let single = json!({ "dtype": "|u1", "shape": [6] });
    let truth = json!({ "dtype": "?", "shape": [6] });
    let scalar = json!({ "dtype": ">f8", "shape": [] });
    let nothing = json!({ "shape": [0, 4] });
    let fortran = json!({ "shape": [3, 1], "order": "F" });
    let long = json!({ "dtype": ">f16", "shape": [1] });
    let from_npy = json!({ "format": "npy" });
    let (pairs, file) = (b"\x01\x02\x03\x04\x05\x06", npy());
    let (eight, sixteen) = (
        b"\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\x7f\xa0\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d",
    );
    /// Title, file, changes of the entry, the elements big-endian and little-endian, and the latter's headers
    type Case<'a> = (&'a str, &'a [u8], Value, &'a [u8], &'a [u8], &'a str);
    #[rustfmt::skip]
    let cases: [Case<'_>; 9] = [
        ("half precision", pairs, half, pairs, b"\x02\x01\x04\x03\x06\x05", "<f2 3 C"),
        ("stored little-endian", pairs, little, b"\x02\x01\x04\x03\x06\x05", pairs, "<i2 3 C"),
        ("single bytes", pairs, single, pairs, pairs, "|u1 6 C"),
        ("bools as they are", pairs, truth, pairs, pairs, "|b1 6 C"),
        ("a scalar", eight, scalar, eight, b"\x08\x07\x06\x05\x04\x03\x02\x01", "<f8  C"),
        ("nothing", b"", nothing, b"", b"", "<i2 0,4 C"),
        ("Fortran order", pairs, fortran, pairs, b"\x02\x01\x04\x03\x06\x05", "<i2 3,1 F"),
        ("long double", sixteen, long, sixteen, b"\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01\0\xa0\x7f", "<f16 1 C"),
        ("an .npy", &file, from_npy, b"\0\x01\0\x02\0\x03", b"\x01\0\x02\0\x03\0", "<i2 3 C"),
    ];
    for (what, file, changes, big, little, described) in cases {
        let server =
            bind(folder(what, file, changes)).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let server = Running::run(server);
        assert_eq!(server.bytes("/arrays/a.raw").await, big, "{what}");
        let response = server.get("/arrays/a.raw?order=little").await;
        let [dtype, shape, order] = ["dtype", "shape", "order"]
            .map(|key| common::header(response.headers(), &format!("x-array-{key}")).to_owned());
        assert_eq!(format!("{dtype} {shape} {order}"), described, "{what}");
        assert_eq!(response.bytes().await.unwrap(), little, "{what}");
        for path in ["/arrays/a.npy", "/arrays/a.bfy"] {
            assert!(server.bytes(path).await.ends_with(big), "{what}");
        }
    }
}

#[tokio::test]
async fn what_is_not_as_the_list_says_is_refused_at_the_start() {
    let raw = b"\0\x01\0\x02\0\x03";
    let as_npy = json!({ "format": "npy" });
    #[rustfmt::skip]
    let cases: [(&str, &[u8], Value, &str); 13] = [
        ("a byte short", &raw[1..], json!({}), "need 6 bytes, there are 5"),
        ("a byte long", &[&raw[..], b"x"].concat(), json!({}), "need 6 bytes, there are 7"),
        ("npy cut in its payload", &npy()[..133], as_npy.clone(), "need 6 bytes, there are 5"),
        ("npy cut in its header", &npy()[..20], as_npy.clone(), "truncated"),
        ("no npy", raw, as_npy.clone(), "bad-magic"),
        ("npy of another dtype", &npy(), json!({ "format": "npy", "dtype": "<i2" }), "otherwise than arrays.json"),
        ("npy of another shape", &npy(), json!({ "format": "npy", "shape": [3, 1] }), "otherwise than arrays.json"),
        ("unknown dtype", raw, json!({ "dtype": ">x2" }), ">x2"),
        ("objects", raw, json!({ "dtype": "O" }), "pickle"),
        ("records", raw, json!({ "dtype": "[('a', '>i2')]" }), "numbers only"),
        ("unknown format", raw, json!({ "format": "csv" }), "arrays.json"),
        ("negative shape", raw, json!({ "shape": [-3] }), "arrays.json"),
        ("overflow", raw, json!({ "shape": [1_u64 << 40, 1_u64 << 40] }), "2^53"),
    ];
    for (what, file, changes, hint) in cases {
        let error = bind(folder(what, file, changes)).await.unwrap_err().to_string();
        assert!(error.contains(hint), "{what}: {error}");
        assert!(error.contains("--data"), "{what}: {error}");
    }
    let missing = folder("missing", raw, json!({ "file": "b" }));
    assert!(bind(missing).await.unwrap_err().to_string().contains("/b: No such file"));
}
