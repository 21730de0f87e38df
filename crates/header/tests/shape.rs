//! Shapes: checked sizes, and NumPy's strides.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use byteferry_header::{Code, Order, Shape};
use fixtures::{json, rows};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MAX: u64 = (1 << 53) - 1;

#[test]
fn strides_are_numpys() {
    for row in rows(include_str!("fixtures/strides.tsv")) {
        let shape = Shape::new(json(row[0]), row[1].parse().unwrap()).unwrap();
        for (order, said) in [(Order::C, row[2]), (Order::Fortran, row[3])] {
            let strides: Vec<u64> = shape.strides(order).iter().map(|stride| *stride as u64).collect();
            assert_eq!(strides, json::<Vec<u64>>(said), "{shape:?} {order:?}");
        }
    }
}

#[test]
fn sizes_are_products() {
    let cases = [
        (vec![], 8, 1, 8),
        (vec![0], 8, 0, 0),
        (vec![3, 100], 4, 300, 1200),
        (vec![MAX], 1, MAX, MAX),
        (vec![MAX], 0, MAX, 0),
        (vec![3, 0, 1 << 50], 1, 0, 0),
        (vec![1; 64], 2, 1, 2),
    ];
    for (dims, itemsize, size, nbytes) in cases {
        let shape = Shape::new(dims.clone(), itemsize).unwrap();
        assert_eq!((shape.size(), shape.nbytes(), shape.itemsize()), (size, nbytes, itemsize), "{dims:?}");
        assert_eq!(shape.dims(), dims);
    }
}

#[test]
fn what_cannot_be_counted_is_too_large() {
    let cases = [
        (vec![MAX + 1], 1),
        (vec![MAX], 2),
        (vec![MAX + 1], 0),
        (vec![1 << 27, 1 << 26], 1),
        (vec![0, MAX], 2),
        (vec![MAX, 2, 0], 1),
        (vec![u64::MAX, u64::MAX], 0),
        (vec![1 << 32, 1 << 32, 1 << 32], 8),
        (vec![], MAX + 1),
        (vec![0], u64::MAX),
    ];
    for (dims, itemsize) in cases {
        let error = Shape::new(dims.clone(), itemsize).unwrap_err();
        assert_eq!((error.code, error.expected), (Code::TooLarge, Some(MAX)), "{dims:?}");
    }
    let error = Shape::new(vec![1; 65], 1).unwrap_err();
    assert_eq!((error.code, error.expected, error.actual), (Code::TooLarge, Some(64), Some(65)));
    let error = Shape::new(vec![3, 1 << 60], 4).unwrap_err();
    assert!(error.message.contains("4 x 3 x 1152921504606846976"), "{error}");
}
