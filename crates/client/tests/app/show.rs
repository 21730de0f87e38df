use byteferry::Ferry;
use wasm_bindgen::prelude::*;

/// Writes into the page what is in an array: for `fetch("temperature.npy")`, say, big-endian float32 of shape (24, 1000).
#[wasm_bindgen]
pub async fn show(url: String) -> Result<(), JsValue> {
    let ferry = Ferry::new();
    let array = ferry.fetch(url).to::<f64>().await?;

    let numbers = array.to_vec();
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let text = format!("{} numbers, shape {:?}, mean {mean}", array.size, array.shape);

    let document = web_sys::window().and_then(|window| window.document());
    if let Some(body) = document.and_then(|document| document.body()) {
        body.insert_adjacent_html("beforeend", &format!("<p id='mean'>{text}</p>"))?;
    }
    Ok(())
}
