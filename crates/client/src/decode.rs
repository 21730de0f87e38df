//! Decoding bytes in memory into an array.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use js_sys::SharedArrayBuffer;

use crate::call::{Call, Draft};
use crate::element::Any;
use crate::ferry::Pool;
use crate::hand::Hear;
use crate::input::Input;
use crate::read::{
    Outcome, array_of, options_of, progress_option, read_options, rows_option, transfer_option,
};
use crate::share::Shares;
use crate::{DecodeOptions, NdArray, Result};

/// What [`Ferry::decode`](crate::Ferry::decode) returns: the future of an array.
///
/// Set options before it is first polled; only then is the buffer transferred. Dropping it stops the job.
#[must_use = "futures do nothing unless polled"]
pub struct Decode<T = Any> {
    call: Call,
    input: Input,
    options: DecodeOptions,
    transfer: Option<bool>,
    progress: Option<Hear>,
    into: Option<SharedArrayBuffer>,
    shares: Option<Shares>,
    element: PhantomData<fn() -> T>,
}

impl Decode {
    pub(crate) fn new(pool: &Rc<Pool>, input: Input) -> Self {
        Self {
            call: Call::new(pool),
            input,
            options: DecodeOptions::default(),
            transfer: None,
            progress: None,
            into: None,
            shares: None,
            element: PhantomData,
        }
    }
}

impl<T> Decode<T> {
    read_options!(Decode);
    rows_option!();
    progress_option!();
    transfer_option!();

    /// Writes the result into this memory. The input must lie in a SharedArrayBuffer, too. Large arrays are divided
    /// among all workers.
    ///
    /// Give the same memory to convert it in place. Not for records, text, `strides`, `"planes"` and another `layout`.
    /// If the job is dropped or takes longer than its `timeout`, workers may still write for a while.
    pub fn into_shared(mut self, into: &SharedArrayBuffer) -> Self {
        self.into = Some(into.clone());
        self
    }

    fn of<U>(self) -> Decode<U> {
        let Self { call, input, options, transfer, progress, into, shares, element: _ } = self;
        Decode { call, input, options, transfer, progress, into, shares, element: PhantomData }
    }
}

impl<T: Outcome> Future for Decode<T> {
    type Output = Result<NdArray<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, input, options, transfer, progress, into, shares, .. } = self.get_mut();
        let mut draft = || {
            let mut draft = Draft::new("decode", options_of(options)?);
            draft.full = options.rows.is_some();
            draft.tell(progress);
            input.clone().put(&mut draft, *transfer)?;
            Ok(draft)
        };
        let reply = match (into, shares) {
            (None, _) => call.poll(context, draft),
            (Some(_), Some(shares)) => shares.poll(context),
            (Some(into), none) => none.insert(Shares::send(call, into, input, &mut draft)?).poll(context),
        };
        reply.map(|reply| array_of(reply?))
    }
}
