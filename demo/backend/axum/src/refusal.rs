//! Answers to what can't be answered: JSON with one of byteferry's codes, as a page's `FerryError` has it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use byteferry_header::Error;
use serde_json::json;

/// A status, and what is wrong.
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) Error);

/// What was sent is what is wrong, unless said otherwise.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(StatusCode::BAD_REQUEST, error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        let told = json!({
            "code": error.code.as_str(), "message": error.message, "expected": error.expected,
            "actual": error.actual, "offset": error.offset, "index": error.index,
        });
        (status, Json(told)).into_response()
    }
}
