//! Sending an array to a server.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use byteferry_protocol::{Code, EncodeOptions};
use wasm_bindgen::JsCast as _;
use web_sys::Response;

use crate::call::Call;
use crate::encode::{Encodable, draft_of, result_of, write_options};
use crate::ferry::Pool;
use crate::fetch::{Request, request_options};
use crate::{Error, Result, scope};

/// What [`Ferry::send`](crate::Ferry::send) returns: the future of the server's answer, which was no error.
///
/// Set options before it is first polled; nothing is sent before that. Dropping it stops the upload.
#[must_use = "futures do nothing unless polled"]
pub struct Sending {
    call: Call,
    url: String,
    request: Request,
    array: Encodable,
    shape: Option<Vec<u64>>,
    options: EncodeOptions,
}

impl Sending {
    pub(crate) fn new(pool: &Rc<Pool>, url: String, array: Encodable) -> Self {
        Self {
            call: Call::new(pool),
            url,
            request: Request::default(),
            array,
            shape: None,
            options: EncodeOptions::default(),
        }
    }

    write_options!();
    request_options!();
}

impl Future for Sending {
    type Output = Result<Response>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, url, request, array: Encodable(array), shape, options } = self.get_mut();
        let draft = || {
            let draft = draft_of("send", array, shape.as_ref(), options)?;
            request.put(&draft.message, url)?;
            Ok(draft)
        };
        call.poll(context, draft).map(|reply| {
            let reply = reply?;
            // Some answers must not have a body.
            let body = Some(result_of(&reply)?).filter(|body| body.byte_length() > 0);
            // It has `status`, `statusText` and `headers`.
            Response::new_with_opt_buffer_source_and_init(body.as_deref(), reply.unchecked_ref()).map_err(
                |error| {
                    let text = format!("the worker's answer is no Response: {}", scope::text(&error));
                    Error::new(Code::WorkerCrash, text)
                },
            )
        })
    }
}
