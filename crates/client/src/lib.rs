#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod array;
mod awake;
mod call;
mod coming;
mod decode;
mod element;
mod encode;
mod error;
mod ferry;
mod fetch;
mod frames;
#[cfg(feature = "gloo")]
pub mod gloo;
mod hand;
mod input;
mod many;
mod open;
mod read;
mod scope;
mod send;
mod share;

pub use array::NdArray;
pub use byteferry_protocol::{
    Code, Complex, DecodeOptions, Decoded, EncodeOptions, Failure, Gap, Member, Milliseconds, Progress,
    Ready, Reconnect, SourceInfo, Stats, To,
};
pub use decode::Decode;
pub use element::{Any, Element};
pub use encode::{Encodable, Encode};
pub use error::Error;
pub use ferry::{Builder, Ferry, Starting};
pub use fetch::Fetch;
pub use frames::Frames;
pub use input::Input;
pub use many::{DecodeAll, List};
pub use open::{Get, Open, Openable, Remote, RemoteArchive, RemoteArray, Rows};
pub use read::Outcome;
pub use send::Sending;

/// The outcome of a job.
pub type Result<T> = core::result::Result<T, Error>;
