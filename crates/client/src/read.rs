//! The options that all ways of reading an array share.

use core::ops::{Bound, RangeBounds};

use js_sys::{Array, Object};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::element::Any;
use crate::{Code, DecodeOptions, Error, NdArray, Result, scope};

/// The element type of a result: an [`Element`](crate::Element), or [`Any`].
pub trait Outcome: Sized {
    /// The result, if it has this element type.
    #[doc(hidden)]
    fn of(array: NdArray) -> Result<NdArray<Self>>;
}

impl Outcome for Any {
    fn of(array: NdArray) -> Result<NdArray> {
        Ok(array)
    }
}

impl<T: crate::Element> Outcome for T {
    fn of(array: NdArray) -> Result<NdArray<T>> {
        array.typed().map_err(|array| {
            let text = format!("the array is {}, of which there is no single {}", array.dtype, T::ARRAY);
            Error::new(Code::UnsafeCast, text)
        })
    }
}

pub(crate) fn array_of<T: Outcome>(reply: Object) -> Result<NdArray<T>> {
    T::of(NdArray::from_reply(reply)?)
}

/// The options as a message for the worker.
pub(crate) fn options_of(options: &DecodeOptions) -> Result<JsValue> {
    scope::to_js(options)
}

/// The options of a job that takes no rows; `way` says who does.
pub(crate) fn options_without_rows(options: &DecodeOptions, way: &str) -> Result<JsValue> {
    if options.rows.is_some() {
        return Err(Error::new(Code::BadArgument, format!("there is no option 'rows' here: {way}")));
    }
    options_of(options)
}

/// What serde makes of a part of the worker's answer.
pub(crate) fn part_of<T: DeserializeOwned>(answer: JsValue, what: &str) -> Result<T> {
    serde_wasm_bindgen::from_value(answer)
        .map_err(|error| Error::new(Code::WorkerCrash, format!("the worker's answer is no {what}: {error}")))
}

/// The pairs in a list of the worker's.
pub(crate) fn pairs_of(answer: &Object, name: &str) -> impl Iterator<Item = [JsValue; 2]> {
    let pairs: Array = scope::get(answer, name).unchecked_into();
    pairs.into_iter().map(|pair| [0, 1].map(|at| pair.unchecked_ref::<Array>().get(at)))
}

/// Methods that set options, each of a job's field.
macro_rules! setters {
    ($field:ident: $($(#[$doc:meta])* $name:ident: $value:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: $value) -> Self {
            self.$field.$name = Some($name.into());
            self
        }
    )*};
}

/// The options of reading, as methods of a job that has `options`.
macro_rules! read_options {
    ($job:ident) => {
        /// All options at once, in place of those that were set.
        pub fn options(mut self, options: $crate::DecodeOptions) -> Self {
            self.options = options;
            self
        }

        $crate::read::setters! { options:
            /// `"raw"`, `"npy"`, `"frame"`, or `"auto"` (default): detected from the first bytes.
            format: impl Into<String>;
            /// dtype of raw data, by NumPy's name or type string, such as `">f4"`.
            dtype: impl Into<String>;
            /// Shape of raw data; by default one axis with all elements.
            shape: impl Into<Vec<u64>>;
            /// Memory order of raw data: `"C"` (default) or `"F"`.
            order: impl Into<String>;
            /// Where the data begin, in bytes.
            offset: u64;
            /// Strides of raw data in bytes, one per axis, of any sign; in place of `order`.
            strides: impl Into<Vec<i64>>;
        }

        /// Converts the elements to numbers of the type `U`.
        pub fn to<U: $crate::Element>(mut self) -> $job<U> {
            self.options.to = Some(U::DTYPE.into());
            self.of()
        }

        /// Converts the elements to another type.
        /// A number type by NumPy's name or type string; `"bytes"`, as they are stored; or types for some fields of
        /// records.
        pub fn to_dtype(mut self, to: impl Into<$crate::To>) -> $job<$crate::Any> {
            self.options.to = Some(to.into());
            self.of()
        }

        $crate::read::setters! { options:
            /// How much `to` may change: NumPy's casting word, or `"exact"`; default `"safe"`.
            casting: impl Into<String>;
            /// Memory order of the result, `"C"` or `"F"`; by default the source's.
            layout: impl Into<String>;
            /// `"planes"`: all real parts of complex numbers, then all imaginary parts.
            complex: impl Into<String>;
            /// Format of a `float128`: `"x87"` or `"quad"`.
            longdouble: impl Into<String>;
            /// `false` leaves a frame's CRC-32 unchecked.
            checksum: bool;
        }

        /// Refuses bytes after the array, bools other than 0 and 1, and invalid text.
        pub fn strict(mut self, strict: bool) -> Self {
            self.options.strict = strict;
            self
        }

        $crate::read::timeout_option!();
    };
}

/// Rows, as a method of a job that has `options`.
macro_rules! rows_option {
    () => {
        /// Reads these rows only.
        /// Rows are indices of the first axis, as in Python slices: `..10`, `5..`, `-1000..`; negative ones count from
        /// the end.
        pub fn rows(mut self, rows: impl core::ops::RangeBounds<i64>) -> Self {
            self.options.rows = Some($crate::read::slice_of(rows));
            self
        }
    };
}

/// What is told of a job that has `progress`.
macro_rules! progress_option {
    () => {
        /// Called every 50 ms at most, and at the end, with the bytes that came over the network, from a stream or out of
        /// a Blob; by `decode_all`, also with those that it has read of an archive in memory.
        pub fn on_progress(mut self, told: impl FnMut($crate::Progress) + 'static) -> Self {
            self.progress = Some($crate::read::told("progress", told));
            self
        }
    };
}

/// Ownership, as a method of a job that has `transfer`.
macro_rules! transfer_option {
    () => {
        /// Whether the buffer is transferred, which detaches it here.
        /// By default whole ArrayBuffers are; views, Blobs and SharedArrayBuffers are left as they were.
        pub fn transfer(mut self, transfer: bool) -> Self {
            self.transfer = Some(transfer);
            self
        }
    };
}

/// The longest time, as a method of a job that has a `call`.
macro_rules! timeout_option {
    () => {
        $crate::read::setters! { call:
            /// Longest time the job may take, else it fails with `timeout`; by default unlimited.
            timeout: core::time::Duration;
        }
    };
}

/// Start and stop of a slice in Python, as numbers that JavaScript has: there are no rows beyond those.
pub(crate) fn slice_of(rows: impl RangeBounds<i64>) -> Vec<Option<i64>> {
    const MOST: i64 = (1 << 53) - 1;
    let start = match rows.start_bound() {
        Bound::Included(&start) => Some(start),
        // Behind the last row there are none.
        Bound::Excluded(&-1) => Some(MOST),
        Bound::Excluded(&before) => Some(before.saturating_add(1)),
        Bound::Unbounded => None,
    };
    let stop = match rows.end_bound() {
        // An inclusive -1 means the last row: up to the end.
        Bound::Included(&-1) | Bound::Unbounded => None,
        Bound::Included(&last) => Some(last.saturating_add(1)),
        Bound::Excluded(&stop) => Some(stop),
    };
    [start, stop].map(|bound| bound.map(|row| row.clamp(-MOST, MOST))).into()
}

/// Calls `told` with this property of each message that has it.
pub(crate) fn told<T: DeserializeOwned>(
    name: &'static str,
    told: impl FnMut(T) + 'static,
) -> crate::hand::Hear {
    let told = core::cell::RefCell::new(told);
    std::rc::Rc::new(move |message, _| {
        let content = serde_wasm_bindgen::from_value(scope::get(message, name));
        // Calls made from inside the callback are dropped. They cannot come from the worker.
        if let (Ok(content), Ok(mut told)) = (content, told.try_borrow_mut()) {
            told(content);
        }
    })
}

pub(crate) use {progress_option, read_options, rows_option, setters, timeout_option, transfer_option};
