//! An error on its way to the page.

use alloc::string::String;
use byteferry_header::Error;
use serde::{Deserialize, Serialize};

/// The properties of a `FerryError`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// One of the words of [`Code`](crate::Code).
    pub code: String,
    /// What a person reads.
    pub message: String,
    /// What was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// What there was instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Where in the input, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Which element of the array, in memory order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code.as_str().into(),
            message: error.message.clone(),
            expected: error.expected,
            actual: error.actual,
            offset: error.offset,
            index: error.index,
        }
    }
}
