//! Decoding many arrays at once: archives, and runs of frames.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use byteferry_protocol::Member;
use js_sys::Object;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::call::{Call, Draft};
use crate::element::Any;
use crate::ferry::Pool;
use crate::hand::Hear;
use crate::input::Input;
use crate::read::{
    Outcome, array_of, options_of, options_without_rows, pairs_of, part_of, progress_option, read_options,
    timeout_option, transfer_option,
};
use crate::{DecodeOptions, NdArray, Result, scope};

/// What [`Ferry::decode_all`](crate::Ferry::decode_all) returns: the future of all arrays with their names, in the order
/// of the file.
///
/// No name comes twice: a frame without a name, or with one that came before, has its number for a name. Collect the
/// pairs into a map to look arrays up.
///
/// Set options before it is first polled; they are for each of the arrays. Only then is the buffer transferred. Dropping
/// it stops the job.
#[must_use = "futures do nothing unless polled"]
pub struct DecodeAll<T = Any> {
    call: Call,
    input: Input,
    options: DecodeOptions,
    names: Option<Vec<String>>,
    max_bytes: Option<u64>,
    transfer: Option<bool>,
    progress: Option<Hear>,
    element: PhantomData<fn() -> T>,
}

impl DecodeAll {
    pub(crate) fn new(pool: &Rc<Pool>, input: Input) -> Self {
        Self {
            call: Call::new(pool),
            input,
            options: DecodeOptions::default(),
            names: None,
            max_bytes: None,
            transfer: None,
            progress: None,
            element: PhantomData,
        }
    }
}

impl<T> DecodeAll<T> {
    read_options!(DecodeAll);
    progress_option!();
    transfer_option!();

    /// Decodes the arrays of these names only; a name that is not there is an error.
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Most bytes that all members of an archive together may have when they are decompressed; by default unlimited,
    /// in Chromium as many as it transfers at once.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    fn of<U>(self) -> DecodeAll<U> {
        let Self { call, input, options, names, max_bytes, transfer, progress, element: _ } = self;
        DecodeAll { call, input, options, names, max_bytes, transfer, progress, element: PhantomData }
    }
}

impl<T: Outcome> Future for DecodeAll<T> {
    type Output = Result<Vec<(String, NdArray<T>)>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, input, options, names, max_bytes, transfer, progress, .. } = self.get_mut();
        let draft = || {
            let options = options_without_rows(options, "open the archive and get them of its arrays")?;
            let mut draft = Draft::new("decodeAll", options);
            draft.full = true;
            draft.tell(progress);
            scope::set(&draft.message, "names", &scope::to_js(names)?);
            scope::set(&draft.message, "maxBytes", &max_bytes.map(|most| most as f64).into());
            input.clone().put(&mut draft, *transfer)?;
            Ok(draft)
        };
        call.poll(context, draft).map(|reply| {
            let named = |[name, array]: [JsValue; 2]| {
                let name = name.as_string().unwrap_or_default();
                let array =
                    array_of(array.unchecked_into()).map_err(|error| error.about(&format!("'{name}'")))?;
                Ok((name, array))
            };
            pairs_of(&reply?, "arrays").map(named).collect()
        })
    }
}

/// What [`Ferry::list`](crate::Ferry::list) returns: the future of an archive's members.
///
/// Set options before it is first polled; only then is the buffer transferred. Dropping it stops the job.
#[must_use = "futures do nothing unless polled"]
pub struct List {
    call: Call,
    input: Input,
    transfer: Option<bool>,
    progress: Option<Hear>,
}

impl List {
    pub(crate) fn new(pool: &Rc<Pool>, input: Input) -> Self {
        Self { call: Call::new(pool), input, transfer: None, progress: None }
    }

    progress_option!();
    transfer_option!();
    timeout_option!();
}

impl Future for List {
    type Output = Result<Vec<Member>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, input, transfer, progress } = self.get_mut();
        let draft = || {
            let mut draft = Draft::new("list", options_of(&DecodeOptions::default())?);
            draft.full = true;
            draft.tell(progress);
            input.clone().put(&mut draft, *transfer)?;
            Ok(draft)
        };
        call.poll(context, draft).map(|reply| members_of(&reply?))
    }
}

/// The members in a worker's answer.
pub(crate) fn members_of(reply: &Object) -> Result<Vec<Member>> {
    part_of(scope::get(reply, "members"), "directory")
}
