//! The number of elements along each axis, and their order in memory.

use alloc::{string::String, vec, vec::Vec};
use core::fmt::Write;

use crate::{Code, Error};

/// As many axes as NumPy allows (`NPY_MAXDIMS` of NumPy 2).
pub(crate) const MAX_DIMS: usize = 64;

/// As many bytes as a JavaScript number counts exactly: 2^53 - 1.
pub(crate) const MAX_BYTES: u64 = (1 << 53) - 1;

/// Which index varies fastest in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// The last one, row by row.
    C,
    /// The first one, column by column.
    Fortran,
}

/// The shape of an array whose size in bytes has been checked.
///
/// At most 64 axes, at most 2^53 - 1 elements and as many bytes. As in NumPy, the product of the other lengths must
/// fit even if an axis has length 0.
///
/// ```
/// use byteferry_header::{Order, Shape};
///
/// let shape = Shape::new(vec![3, 100], 4)?;
/// assert_eq!((shape.size(), shape.nbytes()), (300, 1200));
/// assert_eq!(shape.strides(Order::C), [400, 4]);
/// assert_eq!(shape.strides(Order::Fortran), [4, 12]);
/// assert!(Shape::new(vec![0, 1 << 60], 8).is_err());
/// # Ok::<(), byteferry_header::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    dims: Vec<u64>,
    itemsize: u64,
    size: u64,
}

impl Shape {
    /// A shape of elements of `itemsize` bytes. No axes at all is a scalar: one element.
    ///
    /// # Errors
    /// `too-large` with more than 64 axes, or more elements or bytes than 2^53 - 1.
    pub fn new(dims: Vec<u64>, itemsize: u64) -> Result<Self, Error> {
        if dims.len() > MAX_DIMS {
            return Err(Error::new(
                Code::TooLarge,
                format_args!("a shape of {} axes; NumPy and byteferry stop at {MAX_DIMS}", dims.len()),
            )
            .sizes(MAX_DIMS as u64, dims.len() as u64));
        }
        // Axes of length 0 and elements of 0 bytes count as 1 here, so that they do not hide the rest: (0, 2^60).
        let mut bytes = itemsize.max(1);
        for dim in dims.iter().filter(|dim| **dim != 0) {
            bytes = bytes
                .checked_mul(*dim)
                .filter(|bytes| *bytes <= MAX_BYTES)
                .ok_or_else(|| too_large(&dims, itemsize))?;
        }
        if bytes > MAX_BYTES {
            return Err(too_large(&dims, itemsize));
        }
        let size = if dims.contains(&0) { 0 } else { bytes / itemsize.max(1) };
        Ok(Self { dims, itemsize, size })
    }

    /// Length of each axis.
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// Number of elements.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of one element.
    pub fn itemsize(&self) -> u64 {
        self.itemsize
    }

    /// Bytes of all elements.
    pub fn nbytes(&self) -> u64 {
        self.size * self.itemsize
    }

    /// Bytes from one element to the next along each axis, as NumPy has them for a contiguous array. All are
    /// 0 where there is no element.
    pub fn strides(&self, order: Order) -> Vec<i64> {
        if self.size == 0 {
            return vec![0; self.dims.len()];
        }
        let mut step = self.itemsize as i64;
        let stride = |dim: &u64| {
            let stride = step;
            step *= *dim as i64;
            stride
        };
        let mut strides: Vec<_> = match order {
            Order::C => self.dims.iter().rev().map(stride).collect(),
            Order::Fortran => self.dims.iter().map(stride).collect(),
        };
        if order == Order::C {
            strides.reverse();
        }
        strides
    }
}

#[cold]
fn too_large(dims: &[u64], itemsize: u64) -> Error {
    let mut product = String::new();
    for dim in dims {
        let _ = write!(product, " x {dim}");
    }
    let mut error = Error::new(
        Code::TooLarge,
        format_args!("{itemsize}{product} bytes, leaving out what is 0, are more than 2^53 - 1"),
    );
    error.expected = Some(MAX_BYTES);
    error
}
