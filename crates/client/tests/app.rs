//! The README's app: its code is the code below, and it shows what NumPy reads in that file.
#![cfg_attr(target_arch = "wasm32", allow(clippy::unwrap_used))]

/// The code as in a crate of its own.
pub mod app {
    include!("app/show.rs");
}

/// The README's first block of code is show.rs.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_readme_has_this_app_and_it_is_short() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```rust,no_run\n").unwrap();
    let (code, _) = rest.split_once("```").unwrap();
    assert_eq!(code, include_str!("app/show.rs"));
    assert!(code.lines().count() < 30, "{} lines", code.lines().count());
    let _ = app::show;
}

#[cfg(target_arch = "wasm32")]
mod in_the_page {
    use wasm_bindgen_test::wasm_bindgen_test;

    wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    async fn it_shows_what_numpy_reads() {
        super::app::show("fixtures/f8-big-3d.npy".into()).await.unwrap();
        let document = web_sys::window().unwrap().document().unwrap();
        let text = document.get_element_by_id("mean").unwrap().text_content().unwrap();
        // np.load("f8-big-3d.npy").mean()
        assert_eq!(text, "24 numbers, shape [2, 3, 4], mean 1.642857142857143");
    }

    #[wasm_bindgen_test]
    async fn what_goes_wrong_is_a_javascript_error() {
        let error = super::app::show("fixtures/object.npy".into()).await.unwrap_err();
        let error: js_sys::Error = error.into();
        assert!(String::from(error.message()).contains("pickle"));
        assert_eq!(js_sys::Reflect::get(&error, &"code".into()).unwrap(), "unsupported-dtype");
    }
}
