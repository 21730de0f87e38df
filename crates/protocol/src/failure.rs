//! An error on its way to the page.

use alloc::string::String;
use byteferry_header::{Code, Error};
use serde::{Deserialize, Serialize};

/// The properties of a `FerryError`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// One of the words of [`Code`].
    pub code: String,
    /// A message for people.
    pub message: String,
    /// What was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// What there was instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Offset in the input, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Index of the element in the array, in memory order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// How many frames are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<u64>,
    /// The HTTP status of the server's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The URL that was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Failure {
    /// A failure with a code and a message only.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.as_str().into(),
            message: message.into(),
            expected: None,
            actual: None,
            offset: None,
            index: None,
            missed: None,
            status: None,
            url: None,
        }
    }

    /// The code as an enum, unless this version does not know it.
    pub fn code(&self) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.as_str() == self.code)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            expected: error.expected,
            actual: error.actual,
            offset: error.offset,
            index: error.index,
            ..Self::new(error.code, error.message.clone())
        }
    }
}
