//! `POST /statistics`: takes an array of any byte order and dtype of numbers, and decodes it as float64.
//!
//! Dates and time spans count as milliseconds. Complex numbers, text and records are no float64 (`unsafe-cast`), nor is
//! a 64-bit integer that would have to be rounded (`precision-loss`): to take those, ask for another `Target`.

use crate::refusal::Refusal;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use byteferry_convert::{Options, Placement, Plan, Sink, Target, Tiles};
use byteferry_header::{Code, Error, Format, Header, Number, Order};
use serde_json::{Value, json};
use std::slice;

/// Bytes that an upload may have.
pub(crate) const LIMIT: usize = 64 << 20;

/// `POST /statistics`
pub(crate) async fn answer(body: Result<Bytes, BytesRejection>) -> Result<Json<Value>, Refusal> {
    let body = body.map_err(|rejection| {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let code = if too_large { Code::TooLarge } else { Code::Truncated };
        let message = format_args!("{}; at most {LIMIT} bytes are taken", rejection.body_text());
        Refusal(rejection.status(), Error::new(code, message))
    })?;
    // The whole array takes milliseconds, which other requests shall not wait for.
    Ok(Json(tokio::task::block_in_place(|| statistics(&body))?))
}

/// What an upload is, and its figures. Whatever the bytes are, the answer is one or the other.
fn statistics(bytes: &[u8]) -> Result<Value, Error> {
    let Header { dtype, shape, order, payload, frame, .. } =
        Header::read(Format::detect(bytes)?, bytes, None)?;
    let payload = bytes.get(payload as usize..).unwrap_or_default();
    // All that can be refused before a number is read, such as a payload that is too short, is refused here.
    let place = Placement { order, ..Placement::of_slice(payload) };
    let to = Some(Target::Number(Number::Float64));
    let plan = Plan::new(&dtype, &shape, place, &Options { to, strict: true, ..Options::default() })?;
    if let Some(told) = frame.and_then(|frame| frame.crc32)
        && told != crc32fast::hash(payload)
    {
        let message = format_args!("the payload's CRC-32 is not {told:08x}, as its frame says");
        return Err(Error::new(Code::Checksum, message));
    }
    let mut figures = Figures { finite: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0 };
    plan.convert_into(payload, slice::from_mut(&mut figures), &mut Tiles::new())?;
    let Figures { finite, min, max, sum } = figures;
    let letter = if order == Order::C { "C" } else { "F" };
    let any = |figure| (finite > 0).then_some(figure);
    Ok(json!({
        "dtype": dtype.to_string(), "shape": shape.dims(), "order": letter, "size": shape.size(),
        "finite": finite, "min": any(min), "max": any(max), "mean": any(sum / finite as f64),
    }))
}

/// Of all numbers that are neither infinite nor NaN.
struct Figures {
    finite: u64,
    min: f64,
    max: f64,
    sum: f64,
}

/// Takes the float64s a tile at a time, so the array as float64 is never there as a whole.
impl Sink for Figures {
    fn write(&mut self, _at: u64, bytes: &[u8]) {
        for number in bytes.as_chunks().0.iter().copied().map(f64::from_le_bytes).filter(|n| n.is_finite()) {
            self.finite += 1;
            self.min = self.min.min(number);
            self.max = self.max.max(number);
            self.sum += number;
        }
    }
}
