//! `GET /arrays`: bytes as they lie in memory, behind headers that say what they are.

use crate::refusal::Refusal;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use byteferry_header::{Code, DType, Error, Order, Shape, frame};
use std::sync::Arc;

/// As `byteferry.py` has it.
const MEDIA_TYPE: &str = "application/x-byteferry-frame";

/// An array, whatever its dtype and byte order.
pub(crate) struct Array {
    name: &'static str,
    dtype: DType,
    shape: Shape,
    order: Order,
    bytes: Vec<u8>,
}

impl Array {
    fn new(
        name: &'static str,
        dtype: &str,
        shape: &[u64],
        order: Order,
        bytes: Vec<u8>,
    ) -> Result<Self, Error> {
        let dtype = DType::parse(dtype)?;
        let shape = Shape::new(shape.to_vec(), dtype.itemsize())?;
        let (needed, there) = (shape.nbytes(), bytes.len() as u64);
        if needed != there {
            let message = format_args!("'{name}' needs {needed} bytes, there are {there}");
            return Err(Error::new(Code::SizeMismatch, message).sizes(needed, there));
        }
        Ok(Self { name, dtype, shape, order, bytes })
    }
}

/// Stands for what an instrument sends or a file holds: the most significant byte first.
pub(crate) fn measured() -> Result<Vec<Array>, Error> {
    let channels = (-6..6_i16).flat_map(i16::to_be_bytes).collect();
    let pressure = (0..24_u8).flat_map(|step| (1000.0 + f32::from(step) / 3.0).to_be_bytes()).collect();
    let times =
        (0..5_i64).flat_map(|tick| (1_795_485_600_000_000_001 + tick * 40_000_000).to_be_bytes()).collect();
    Ok(vec![
        Array::new("telemetry", ">i2", &[3, 4], Order::C, channels)?,
        Array::new("pressure", ">f4", &[2, 3, 4], Order::Fortran, pressure)?,
        Array::new("time", ">M8[ns]", &[5], Order::C, times)?,
    ])
}

/// `GET /arrays`
pub(crate) async fn all(State(arrays): State<Arc<[Array]>>) -> Result<Response, Refusal> {
    frames(arrays.iter())
}

/// `GET /arrays/NAME`
pub(crate) async fn one(
    State(arrays): State<Arc<[Array]>>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let found = arrays.iter().find(|array| array.name == name);
    let missing =
        || Error::new(Code::BadArgument, format_args!("there is no array '{name}'; /arrays has them all"));
    frames([found.ok_or_else(|| Refusal(StatusCode::NOT_FOUND, missing()))?].into_iter())
}

/// The arrays as an answer: to each a header, its bytes unchanged, and zeros to a multiple of 64 before the next.
fn frames<'a>(arrays: impl Iterator<Item = &'a Array>) -> Result<Response, Refusal> {
    let mut body = Vec::new();
    for (Array { name, dtype, shape, order, bytes }, sequence) in arrays.zip(0..) {
        body.resize(body.len().next_multiple_of(64), 0);
        let head = frame::write(dtype, shape, *order, name, sequence, Some(crc32fast::hash(bytes)));
        body.extend(head.map_err(|error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, error))?);
        body.extend(bytes);
    }
    // A body of known length: axum sends Content-Length, by which the page shows how much is to come.
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], body).into_response())
}
