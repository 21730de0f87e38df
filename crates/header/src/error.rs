//! The error type of all reading and planning: a code, the numbers involved, and what to do about it.

use alloc::{boxed::Box, fmt::format, string::String};
use core::fmt;
use core::ops::{Deref, DerefMut};

use crate::Number;

/// What went wrong, in one word that a program can act on. The words are part of the public API.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Code {
    /// An option makes no sense, or not with the others.
    BadArgument,
    /// The first bytes are not those of any container byteferry reads.
    BadMagic,
    /// The container is known, its header is not well formed.
    BadHeader,
    /// The dtype is well formed, but not one that can be read.
    UnsupportedDtype,
    /// An archive member is compressed in a way that is not read.
    UnsupportedCompression,
    /// The cast is not allowed under the `casting` asked for.
    UnsafeCast,
    /// A value does not survive the cast.
    PrecisionLoss,
    /// dtype, shape and bytes disagree.
    SizeMismatch,
    /// The data ends before the header says it does.
    Truncated,
    /// More than can be addressed, allocated or transferred.
    TooLarge,
    /// The payload's CRC-32 is not the one in the header.
    Checksum,
    /// Frames are missing from a stream.
    Gap,
    /// The buffer handed over was detached already.
    Detached,
    /// The server answered, but not with the array.
    Http,
    /// The server did not answer.
    Network,
    /// An allocation failed.
    OutOfMemory,
    /// The worker script could not be loaded or started.
    WorkerLoad,
    /// The worker stopped in the middle of the job.
    WorkerCrash,
    /// The job took longer than its `timeout`.
    Timeout,
    /// The `Ferry` was closed.
    Closed,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::BadArgument,
        Self::BadMagic,
        Self::BadHeader,
        Self::UnsupportedDtype,
        Self::UnsupportedCompression,
        Self::UnsafeCast,
        Self::PrecisionLoss,
        Self::SizeMismatch,
        Self::Truncated,
        Self::TooLarge,
        Self::Checksum,
        Self::Gap,
        Self::Detached,
        Self::Http,
        Self::Network,
        Self::OutOfMemory,
        Self::WorkerLoad,
        Self::WorkerCrash,
        Self::Timeout,
        Self::Closed,
    ];

    /// The word as it stands in `FerryError.code`: `"bad-magic"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadArgument => "bad-argument",
            Self::BadMagic => "bad-magic",
            Self::BadHeader => "bad-header",
            Self::UnsupportedDtype => "unsupported-dtype",
            Self::UnsupportedCompression => "unsupported-compression",
            Self::UnsafeCast => "unsafe-cast",
            Self::PrecisionLoss => "precision-loss",
            Self::SizeMismatch => "size-mismatch",
            Self::Truncated => "truncated",
            Self::TooLarge => "too-large",
            Self::Checksum => "checksum",
            Self::Gap => "gap",
            Self::Detached => "detached",
            Self::Http => "http",
            Self::Network => "network",
            Self::OutOfMemory => "out-of-memory",
            Self::WorkerLoad => "worker-load",
            Self::WorkerCrash => "worker-crash",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an input was refused: [`Details`] behind one pointer, so that a `Result` stays small on its way up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(Box<Details>);

/// The contents of an [`Error`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Details {
    /// What a program acts on.
    pub code: Code,
    /// What a person reads: the numbers involved and the way out.
    pub message: String,
    /// What was needed, in the unit that the message names (mostly bytes).
    pub expected: Option<u64>,
    /// What there was instead, in the same unit.
    pub actual: Option<u64>,
    /// Where in the input the trouble lies, in bytes from its beginning.
    pub offset: Option<u64>,
    /// Index of the element at fault, in memory order.
    pub index: Option<u64>,
    /// The value of that element: its type, and its bits in the lowest bytes.
    pub value: Option<(Number, u64)>,
}

impl Error {
    /// An error with a message, from `format_args!`, and no numbers of its own.
    // Neither generic nor inlined, which keeps the download small: there are a hundred callers, none of them hot.
    #[cold]
    #[inline(never)]
    pub fn new(code: Code, message: fmt::Arguments<'_>) -> Self {
        Self(Box::new(Details {
            code,
            message: format(message),
            expected: None,
            actual: None,
            offset: None,
            index: None,
            value: None,
        }))
    }

    /// Adds what was needed and what there was.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn sizes(mut self, expected: u64, actual: u64) -> Self {
        (self.expected, self.actual) = (Some(expected), Some(actual));
        self
    }

    /// Adds where in the input the trouble lies.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn all_are_all() {
        for (place, code) in Code::ALL.iter().enumerate() {
            assert_eq!(*code as usize, place, "{code}");
        }
        assert_eq!(Code::ALL.len(), Code::Closed as usize + 1);
    }
}
