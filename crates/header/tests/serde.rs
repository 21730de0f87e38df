//! serde reads what it writes, and writes what NumPy does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use byteferry_header::{ByteOrder, Code, DType, Format, Order};
use serde_json::{from_str, from_value, json, to_value};

#[test]
fn dtypes_are_their_type_strings() {
    for text in [">f4", "<c16", "|b1", ">M8[25s]", "<U3", "|S3", "|V5", "bfloat16"] {
        let dtype: DType = text.parse().unwrap();
        let written = to_value(&dtype).unwrap();
        assert_eq!(from_value::<DType>(written.clone()).unwrap(), dtype);
        assert!(written == text || text == "bfloat16", "{written}");
    }
    let record: DType = "[('a', '>i2'), ('b', '<f8', (2, 3)), ('c', [('d', '|u1')])]".parse().unwrap();
    assert_eq!(from_value::<DType>(to_value(&record).unwrap()).unwrap(), record);
    let error = from_str::<DType>("\"float33\"").unwrap_err().to_string();
    assert!(error.starts_with("unsupported-dtype: "), "{error}");
}

#[test]
fn words_are_those_of_the_options() {
    let orders = (ByteOrder::Big, Order::Fortran, Format::Npy, Code::BadMagic);
    let written = to_value(orders).unwrap();
    assert_eq!(written, json!(["big", "F", "npy", "bad-magic"]));
    assert_eq!(from_value::<(ByteOrder, Order, Format, Code)>(written).unwrap(), orders);
    for code in Code::ALL {
        assert_eq!(from_value::<Code>(to_value(code).unwrap()).unwrap(), code);
    }
    assert!(from_str::<Order>("\"K\"").is_err() && from_str::<Code>("\"oops\"").is_err());
}
