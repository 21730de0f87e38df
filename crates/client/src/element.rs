//! Rust's numbers and the typed arrays that hold them.

use wasm_bindgen::{JsCast, JsValue};

use crate::Encodable;

mod sealed {
    pub trait Sealed {}
}

/// A number that a typed array holds.
pub trait Element: sealed::Sealed + Copy + 'static {
    /// Its typed array, such as [`js_sys::Float32Array`] for `f32`.
    type Array: JsCast + Clone + Into<JsValue>;

    /// The typed array's name in JavaScript.
    const ARRAY: &'static str;

    /// NumPy's name of the type.
    const DTYPE: &'static str;

    /// The elements, copied into wasm's memory.
    fn copied_from(array: &Self::Array) -> Vec<Self>;

    /// The elements, copied out of wasm's memory into a buffer of their own.
    fn copied_to(elements: &[Self]) -> Self::Array;
}

/// In place of an [`Element`], for an array whose type is not known in advance.
#[derive(Clone, Copy, Debug)]
pub enum Any {}

macro_rules! elements {
    ($($number:ty, $array:ident, $dtype:literal;)*) => {$(
        impl sealed::Sealed for $number {}

        impl Element for $number {
            type Array = js_sys::$array;
            const ARRAY: &'static str = stringify!($array);
            const DTYPE: &'static str = $dtype;

            fn copied_from(array: &Self::Array) -> Vec<Self> {
                array.to_vec()
            }

            fn copied_to(elements: &[Self]) -> Self::Array {
                Self::Array::new_from_slice(elements)
            }
        }

        impl From<&js_sys::$array> for Encodable {
            fn from(array: &js_sys::$array) -> Self {
                JsValue::from(array).into()
            }
        }
    )*};
}

elements! {
    i8, Int8Array, "int8";
    i16, Int16Array, "int16";
    i32, Int32Array, "int32";
    i64, BigInt64Array, "int64";
    u8, Uint8Array, "uint8";
    u16, Uint16Array, "uint16";
    u32, Uint32Array, "uint32";
    u64, BigUint64Array, "uint64";
    f32, Float32Array, "float32";
    f64, Float64Array, "float64";
}
