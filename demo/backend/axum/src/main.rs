//! A backend as people have it, in Rust: axum, and arrays in memory. The twin of `app.py`.
//!
//! ```sh
//! cargo run --package byteferry-axum-example              # or, behind `--`, another port than 8082; 0 is any free one
//! ```
//!
//! | | |
//! | --- | --- |
//! | `GET /arrays` | all arrays, a frame each, one after the other: `await ferry.decodeAll(await response.arrayBuffer())` |
//! | `GET /arrays/NAME` | one of them: `await ferry.fetch("http://127.0.0.1:8082/arrays/pressure")` |
//! | `POST /statistics` | an `.npy` or a frame, of any byte order; the answer is JSON: `await ferry.send(url, array)` |
//!
//! The bytes go out as they lie in memory, big-endian here: the page's worker has them put right. What comes in is
//! decoded by the same kernels that run there. See `arrays.rs` for the one, `statistics.rs` for the other:
//!
//! ```sh
//! python3 -c "import numpy as np; np.save('array.npy', np.arange(100).astype('>f4').reshape(4, 25))"
//! curl --data-binary @array.npy http://127.0.0.1:8082/statistics
//! {"dtype":">f4","finite":100,"max":99.0,"mean":49.5,"min":0.0,"order":"C","shape":[4,25],"size":100}
//! ```
#![forbid(unsafe_code)]

mod arrays;
mod refusal;
mod statistics;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{get, post};
use axum::{Router, serve};
use std::sync::Arc;
use tower_http::{cors::CorsLayer, set_header::SetResponseHeaderLayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8082".into());
    let port: u16 = port.parse().map_err(|_| format!("'{port}' is no port: 8082, or 0 for any free one"))?;
    let routes = Router::new()
        .route("/arrays", get(arrays::all))
        .route("/arrays/{name}", get(arrays::one))
        .with_state(Arc::from(arrays::measured()?))
        .route("/statistics", post(statistics::answer).layer(DefaultBodyLimit::max(statistics::LIMIT)))
        // Pages of any origin may read and send, cross-origin isolated ones (COEP: require-corp) included.
        .layer(CorsLayer::permissive())
        .layer(SetResponseHeaderLayer::overriding(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await;
    let listener =
        listener.map_err(|error| format!("cannot listen on port {port}: {error}; 0 is any free one"))?;
    println!("byteferry backend: http://{}/arrays", listener.local_addr()?);
    Ok(serve(listener, routes).await?)
}
