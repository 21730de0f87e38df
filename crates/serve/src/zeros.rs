//! `/zeros/NBYTES.npy`: arrays of any size, made as they are sent. With them a page's half a gigabyte, and
//! a client's offsets beyond 2^32, can be tested without a file of that size.

use crate::{
    catalogue::NPY,
    conditional,
    content::{Content, Description, Payload},
    refusal::Refusal,
};
use axum::{
    Router,
    extract::{Path, Query},
    http::{HeaderMap, Method},
    response::Response,
    routing::get,
};
use byteferry_header::{DType, Order, Shape, npy};
use serde::Deserialize;

pub(crate) fn routes() -> Router {
    Router::new().route("/zeros/{file}", get(zeros))
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default = "big_endian_float32")]
    dtype: String,
}

fn big_endian_float32() -> String {
    ">f4".into()
}

async fn zeros(
    Path(file): Path<String>,
    Query(choice): Query<Choice>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Some(nbytes) = file.strip_suffix(".npy").and_then(|nbytes| nbytes.parse().ok()) else {
        return Err(Refusal::not_found(format!(
            "no {file}. There is /zeros/NBYTES.npy?dtype=%3Ef4, as many bytes as you like."
        )));
    };
    let content = content(nbytes, &choice.dtype).map_err(Refusal::bad_request)?;
    Ok(conditional::answer(&content, &method, &headers))
}

/// A one-dimensional array of `nbytes` bytes, all zero.
fn content(nbytes: u64, dtype: &str) -> Result<Content, String> {
    let dtype = dtype.parse::<DType>().map_err(|error| error.to_string())?;
    let itemsize = dtype.itemsize();
    if itemsize == 0 || !nbytes.is_multiple_of(itemsize) {
        return Err(format!("{nbytes} bytes are no whole number of {dtype}, which has {itemsize} bytes"));
    }
    let shape = Shape::new(vec![nbytes / itemsize], itemsize).map_err(|error| error.to_string())?;
    let head = npy::write(&dtype, &shape, Order::C).map_err(|error| error.to_string())?;
    Content::new(NPY, Description::new(&dtype, &shape, Order::C), head, Payload::Zeros(nbytes))
}
