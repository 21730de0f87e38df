//! Decoding in shared memory: by all workers, each its share.

use core::pin::Pin;
use core::task::{Context, Poll};

use byteferry_protocol::Code;
use js_sys::{Array, Function, Object, Reflect, SharedArrayBuffer};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::call::{Call, Draft, Sent, gone};
use crate::input::Input;
use crate::{Error, Result, scope};

/// Smaller arrays are not divided, in bytes.
const SMALL: f64 = 1_048_576.0;

/// The jobs that convert one array, a share each.
pub(crate) struct Shares {
    into: SharedArrayBuffer,
    jobs: Vec<Share>,
}

enum Share {
    Pending(Sent),
    Settled(Result<Object>),
}

impl Shares {
    /// Sends the job that `draft` makes once for each share.
    pub(crate) fn send(
        call: &Call,
        into: &SharedArrayBuffer,
        input: &Input,
        draft: &mut impl FnMut() -> Result<Draft>,
    ) -> Result<Self> {
        let Some(nbytes) = input.shared() else {
            let text = "into_shared is for what is in a SharedArrayBuffer";
            return Err(Error::new(Code::BadArgument, text));
        };
        let count = if nbytes > SMALL { call.pool.most } else { 1 };
        let mut jobs = Vec::new();
        for index in 0..count {
            let mut draft = draft()?;
            let [index, of] = [index, count].map(JsValue::from);
            scope::set(&draft.message, "op", &"share".into());
            scope::set(&draft.message, "share", &Array::of2(&index, &of));
            scope::set(&draft.message, "into", into);
            draft.full = true;
            jobs.push(Share::Pending(Sent::new(&call.pool, draft, call.timeout)?));
        }
        Ok(Self { into: into.clone(), jobs })
    }

    /// The first share's answer, once all of them are settled.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Object>> {
        let mut pending = false;
        for job in &mut self.jobs {
            if let Share::Pending(sent) = job {
                match Pin::new(sent).poll(context) {
                    Poll::Ready(outcome) => *job = Share::Settled(outcome),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending {
            return Poll::Pending;
        }
        let settled = self.jobs.drain(..).filter_map(|job| match job {
            Share::Settled(outcome) => Some(outcome),
            Share::Pending(_) => None,
        });
        let replies: Vec<Object> = settled.collect::<Result<_>>()?;
        let reply = replies.into_iter().next().ok_or_else(gone)?;
        self.put_data(&reply);
        Poll::Ready(Ok(reply))
    }

    /// Puts the caller's own handle on the memory into an answer, which has another.
    fn put_data(&self, reply: &Object) {
        let data = scope::get(reply, "data");
        let of = |name| scope::get(&data, name);
        let arguments = Array::of3(&self.into, &of("byteOffset"), &of("length"));
        let constructor: Function = of("constructor").unchecked_into();
        if let Ok(data) = Reflect::construct(&constructor, &arguments) {
            scope::set(reply, "data", &data);
        }
    }
}
