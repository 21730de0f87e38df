//! Decoding bytes in memory into an array.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use crate::call::{Call, Draft};
use crate::element::Any;
use crate::ferry::Pool;
use crate::hand::Hear;
use crate::input::Input;
use crate::read::{
    Outcome, array_of, options_of, progress_option, read_options, rows_option, transfer_option,
};
use crate::{DecodeOptions, NdArray, Result};

/// What [`Ferry::decode`](crate::Ferry::decode) returns: the future of an array.
///
/// Set options before it is first polled; only then is the buffer transferred. Dropping it stops the job.
#[must_use = "futures do nothing unless polled"]
pub struct Decode<T = Any> {
    call: Call,
    input: Option<Input>,
    options: DecodeOptions,
    transfer: Option<bool>,
    progress: Option<Hear>,
    element: PhantomData<fn() -> T>,
}

impl Decode {
    pub(crate) fn new(pool: &Rc<Pool>, input: Input) -> Self {
        Self {
            call: Call::new(pool),
            input: Some(input),
            options: DecodeOptions::default(),
            transfer: None,
            progress: None,
            element: PhantomData,
        }
    }
}

impl<T> Decode<T> {
    read_options!(Decode);
    rows_option!();
    progress_option!();
    transfer_option!();

    fn of<U>(self) -> Decode<U> {
        let Self { call, input, options, transfer, progress, element: _ } = self;
        Decode { call, input, options, transfer, progress, element: PhantomData }
    }
}

impl<T: Outcome> Future for Decode<T> {
    type Output = Result<NdArray<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, input, options, transfer, progress, .. } = self.get_mut();
        let draft = || {
            let mut draft = Draft::new("decode", options_of(options)?);
            draft.full = options.rows.is_some();
            draft.tell(progress);
            if let Some(input) = input.take() {
                input.put(&mut draft, *transfer)?;
            }
            Ok(draft)
        };
        call.poll(context, draft).map(|reply| array_of(reply?))
    }
}
