//! An array from a worker: its properties in Rust, its elements in JavaScript's memory.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use std::rc::Rc;

use byteferry_protocol::{Code, Decoded};
use js_sys::{Array, ArrayBuffer, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::element::{Any, Element};
use crate::read::part_of;
use crate::{Error, Result, scope};

/// An array whose elements stay in JavaScript's memory.
///
/// Its properties are those of [`Decoded`]: `array.shape`, `array.dtype`, ... Its elements are in a typed array of `T`s
/// until [`to_vec`](Self::to_vec) copies them; for [`Any`], in whatever the worker answered.
///
/// A clone is another handle on the same elements.
pub struct NdArray<T = Any> {
    js: Object,
    decoded: Rc<Decoded>,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for NdArray<T> {
    fn clone(&self) -> Self {
        Self { js: self.js.clone(), decoded: self.decoded.clone(), element: PhantomData }
    }
}

impl<T> fmt::Debug for NdArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NdArray").field(&self.decoded).finish()
    }
}

impl<T> Deref for NdArray<T> {
    type Target = Decoded;

    fn deref(&self) -> &Decoded {
        &self.decoded
    }
}

impl NdArray {
    /// Makes an array of a worker's answer.
    pub(crate) fn from_reply(js: Object) -> Result<Self> {
        let decoded: Decoded = part_of(js.clone().into(), "array")?;
        Ok(Self { js, decoded: decoded.into(), element: PhantomData })
    }

    /// The elements: a typed array, an array of strings, or undefined for records.
    pub fn data(&self) -> JsValue {
        scope::get(&self.js, "data")
    }

    /// The same array, typed if its elements are `T`s; otherwise the unchanged array as an error.
    pub fn typed<T: Element>(self) -> core::result::Result<NdArray<T>, Self> {
        if self.holds::<T>() {
            Ok(NdArray { js: self.js, decoded: self.decoded, element: PhantomData })
        } else {
            Err(self)
        }
    }

    /// Copies the elements into wasm's memory, in memory order; a complex number is two elements.
    ///
    /// # Errors
    ///
    /// `bad-argument` if the elements are not `T`s. `.to::<T>()` of the job converts them.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if !self.holds::<T>() {
            let text = format!("the array is {}, no {}: decode it with .to::<{0}>()", self.dtype, T::DTYPE);
            return Err(Error::new(Code::BadArgument, text));
        }
        Ok(T::copied_from(self.data().unchecked_ref()))
    }

    /// The elements as strings, if the array holds text.
    pub fn to_strings(&self) -> Option<Vec<String>> {
        let list: Array = self.data().dyn_into().ok()?;
        list.iter().map(|text| text.as_string()).collect()
    }

    fn holds<T: Element>(&self) -> bool {
        scope::class(&self.data()).strip_prefix("[object ").and_then(|it| it.strip_suffix(']'))
            == Some(T::ARRAY)
    }
}

impl<T: Element> NdArray<T> {
    /// The typed array of the elements: a handle, not a copy.
    pub fn data(&self) -> T::Array {
        scope::get(&self.js, "data").unchecked_into()
    }

    /// Copies the elements into wasm's memory, in memory order; a complex number is two elements.
    pub fn to_vec(&self) -> Vec<T> {
        T::copied_from(&self.data())
    }

    /// The same array without its element type.
    pub fn untyped(self) -> NdArray {
        NdArray { js: self.js, decoded: self.decoded, element: PhantomData }
    }
}

impl<T> NdArray<T> {
    /// A field of records, as an array of its own.
    pub fn field(&self, name: &str) -> Option<NdArray> {
        let decoded = Rc::new(self.decoded.fields.as_ref()?.get(name)?.clone());
        let js = scope::get(&scope::get(&self.js, "fields"), name).dyn_into().ok()?;
        Some(NdArray { js, decoded, element: PhantomData })
    }

    /// A plain object with all properties, and the elements as `data`: what `new NdArray` of byteferry.js takes.
    pub fn into_js(self) -> Object {
        self.js
    }

    pub(crate) fn js(&self) -> &Object {
        &self.js
    }

    /// The ArrayBuffers of its elements, for recycling. Shared ones are left out.
    pub(crate) fn buffers(&self) -> Vec<ArrayBuffer> {
        fn collect(array: &JsValue, found: &mut Vec<ArrayBuffer>) {
            let fields = scope::get(array, "fields");
            if let Some(fields) = fields.dyn_ref::<Object>() {
                return Object::values(fields).iter().for_each(|field| collect(&field, found));
            }
            let data = scope::get(array, "data");
            // An array of strings has no `buffer`: undefined.
            if let Ok(buffer) = scope::get(&data, "buffer").dyn_into::<ArrayBuffer>()
                && buffer.byte_length() > 0
            {
                found.push(buffer);
            }
        }
        let mut found = Vec::new();
        collect(&self.js, &mut found);
        found
    }
}

#[cfg(feature = "ndarray")]
mod to_ndarray {
    use super::NdArray;
    use crate::{Element, Error, Result};
    use byteferry_protocol::{Code, Complex, Decoded};
    use ndarray::{ArrayD, IxDyn, ShapeBuilder as _};

    impl<T: Element> NdArray<T> {
        /// Copies the elements into an array of the crate `ndarray`, in the same memory order.
        ///
        /// If an element is more than one `T`, a last axis holds its parts: real and imaginary part of a complex
        /// number, the bytes of a void.
        ///
        /// # Errors
        ///
        /// `size-mismatch` if the number of elements does not match the shape: JavaScript has changed the array.
        pub fn to_ndarray(&self) -> Result<ArrayD<T>> {
            arranged(self, self.to_vec())
        }
    }

    fn arranged<T>(decoded: &Decoded, elements: Vec<T>) -> Result<ArrayD<T>> {
        let mut shape: Vec<usize> = decoded.shape.iter().map(|&length| length as usize).collect();
        let axes = shape.len();
        let parts = match decoded.complex {
            Some(_) => 2,
            None => elements.len().checked_div(decoded.size as usize).unwrap_or(1),
        };
        let fortran = decoded.order == "F";
        let planes = matches!(decoded.complex, Some(Complex::Apart(_)));
        // Whether the parts are the first axis when memory is read in its own order, C or Fortran.
        let first = planes != fortran;
        if parts > 1 {
            shape.insert(if first { 0 } else { axes }, parts);
        }
        let mut array = ArrayD::from_shape_vec(IxDyn(&shape).set_f(fortran), elements)
            .map_err(|error| Error::new(Code::SizeMismatch, format!("shape {shape:?}: {error}")))?;
        if parts > 1 && first {
            for axis in 0..axes {
                array.swap_axes(axis, axis + 1);
            }
        }
        Ok(array)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn of(order: &str, complex: Option<Complex>) -> Decoded {
            Decoded {
                shape: vec![2, 3],
                strides: vec![],
                order: order.into(),
                dtype: "complex64".into(),
                byte_order: None,
                itemsize: 8,
                size: 6,
                nbytes: 48,
                unit: None,
                complex,
                replaced: None,
                names: None,
                fields: None,
                trailing: 0,
                name: None,
                sequence: None,
                source: None,
                stats: None,
            }
        }

        /// The element of index (i, j) is i * 10 + j, its imaginary part 100 more.
        #[test]
        fn parts_are_the_last_axis() {
            let c = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)];
            let f = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)];
            for (order, places) in [("C", c), ("F", f)] {
                let real: Vec<i32> = places.iter().map(|(i, j)| i * 10 + j).collect();
                let imaginary: Vec<i32> = real.iter().map(|value| value + 100).collect();
                let pairs = real.iter().zip(&imaginary).flat_map(|(re, im)| [*re, *im]).collect();
                let apart = real.iter().chain(&imaginary).copied().collect();
                for (complex, elements) in
                    [(Complex::Interleaved(true), pairs), (Complex::Apart("planes".into()), apart)]
                {
                    let array = arranged(&of(order, Some(complex)), elements).unwrap();
                    assert_eq!(array.shape(), [2, 3, 2]);
                    for (index, value) in array.indexed_iter() {
                        assert_eq!(*value as usize, index[0] * 10 + index[1] + index[2] * 100, "{order}");
                    }
                }
                let array = arranged(&of(order, None), real).unwrap();
                assert_eq!((array.shape(), array[[1, 2]]), (&[2, 3][..], 12));
            }
        }

        #[test]
        fn too_few_are_refused() {
            assert_eq!(arranged(&of("C", None), vec![1; 5]).unwrap_err().code(), Code::SizeMismatch);
        }
    }
}
