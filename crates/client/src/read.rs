//! What every way of reading an array can be told.

use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::{DecodeOptions, NdArray, Result, element::Any};

/// What the elements of a result are to be: an [`Element`](crate::Element), or [`Any`].
pub trait Outcome: Sized {
    /// The result, if it is what it was to be.
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
            crate::Error::new(crate::Code::UnsafeCast, text)
        })
    }
}

pub(crate) fn array_of<T: Outcome>(reply: Object) -> Result<NdArray<T>> {
    T::of(NdArray::from_reply(reply)?)
}

/// The options as the worker takes them.
pub(crate) fn options_of(options: &DecodeOptions) -> Result<JsValue> {
    crate::scope::to_js(options)
}

/// The options of reading, as methods of a job that has `options`.
macro_rules! read_options {
    ($job:ident) => {
        /// All of them at once, in place of those that were set.
        pub fn options(mut self, options: $crate::DecodeOptions) -> Self {
            self.options = options;
            self
        }

        /// `"raw"`, `"npy"`, `"frame"`, or `"auto"` (default): told by the first bytes.
        pub fn format(mut self, format: impl Into<String>) -> Self {
            self.options.format = Some(format.into());
            self
        }

        /// dtype of raw data, by NumPy's name or type string, such as `">f4"`.
        pub fn dtype(mut self, dtype: impl Into<String>) -> Self {
            self.options.dtype = Some(dtype.into());
            self
        }

        /// Shape of raw data; by default one axis with all there is.
        pub fn shape(mut self, shape: impl Into<Vec<u64>>) -> Self {
            self.options.shape = Some(shape.into());
            self
        }

        /// Memory order of raw data: `"C"` (default) or `"F"`.
        pub fn order(mut self, order: impl Into<String>) -> Self {
            self.options.order = Some(order.into());
            self
        }

        /// Where the data begin, in bytes.
        pub fn offset(mut self, offset: u64) -> Self {
            self.options.offset = Some(offset);
            self
        }

        /// Bytes of raw data from one element to the next along each axis, of any sign, in place of `order`.
        pub fn strides(mut self, strides: impl Into<Vec<i64>>) -> Self {
            self.options.strides = Some(strides.into());
            self
        }

        /// What the elements are to be: numbers of the type `U`.
        pub fn to<U: $crate::Element>(mut self) -> $job<U> {
            self.options.to = Some(U::DTYPE.into());
            self.of()
        }

        /// What the elements are to be: a number type by NumPy's name or type string; `"bytes"`, as they are stored; or such for some fields
        /// of records.
        pub fn to_dtype(mut self, to: impl Into<$crate::To>) -> $job<$crate::Any> {
            self.options.to = Some(to.into());
            self.of()
        }

        /// How much `to` may change: NumPy's casting word, or `"exact"`; default `"safe"`.
        pub fn casting(mut self, casting: impl Into<String>) -> Self {
            self.options.casting = Some(casting.into());
            self
        }

        /// Memory order of the result, `"C"` or `"F"`; by default the source's.
        pub fn layout(mut self, layout: impl Into<String>) -> Self {
            self.options.layout = Some(layout.into());
            self
        }

        /// `"planes"`: all real parts of complex numbers, then all imaginary parts.
        pub fn complex(mut self, complex: impl Into<String>) -> Self {
            self.options.complex = Some(complex.into());
            self
        }

        /// What a `float128` is: `"x87"` or `"quad"`.
        pub fn longdouble(mut self, longdouble: impl Into<String>) -> Self {
            self.options.longdouble = Some(longdouble.into());
            self
        }

        /// Refuses bytes left over behind the array, bools other than 0 and 1, and text that is none.
        pub fn strict(mut self, strict: bool) -> Self {
            self.options.strict = strict;
            self
        }

        /// `false` leaves a frame's CRC-32 unchecked.
        pub fn checksum(mut self, checksum: bool) -> Self {
            self.options.checksum = Some(checksum);
            self
        }

        /// How long it may take; by default any time. Rejects with `timeout`.
        pub fn timeout(mut self, timeout: core::time::Duration) -> Self {
            self.call.timeout = Some(timeout);
            self
        }
    };
}

/// Rows and progress, as methods of a job that has `options` and `progress`.
macro_rules! part_options {
    () => {
        /// Of these rows alone, which are indices of the first axis: `..10`, `5..`, `-1000..`, negative ones from the end, as Python has them.
        pub fn rows(mut self, rows: impl core::ops::RangeBounds<i64>) -> Self {
            use core::ops::Bound;
            let start = match rows.start_bound() {
                Bound::Included(&start) => Some(start),
                Bound::Excluded(&before) => before.checked_add(1),
                Bound::Unbounded => None,
            };
            let stop = match rows.end_bound() {
                // Up to -1, the last, is up to the end.
                Bound::Included(&-1) | Bound::Unbounded => None,
                Bound::Included(&last) => last.checked_add(1),
                Bound::Excluded(&stop) => Some(stop),
            };
            self.options.rows = Some(vec![start, stop]);
            self
        }

        /// Told how far it is, every 50 ms at most and at the end, of what comes over the network or out of a Blob.
        pub fn on_progress(mut self, told: impl FnMut($crate::Progress) + 'static) -> Self {
            self.progress = Some($crate::read::told("progress", told));
            self
        }
    };
}

/// Has what comes before the answer, and has this property, told.
pub(crate) fn told<T: serde::de::DeserializeOwned>(
    name: &'static str,
    told: impl FnMut(T) + 'static,
) -> crate::hand::Hear {
    let told = core::cell::RefCell::new(told);
    std::rc::Rc::new(move |message| {
        let content = serde_wasm_bindgen::from_value(crate::scope::get(message, name));
        // What is told from within the telling goes untold: it was no message of the worker's.
        if let (Ok(content), Ok(mut told)) = (content, told.try_borrow_mut()) {
            told(content);
        }
    })
}

pub(crate) use {part_options, read_options};
