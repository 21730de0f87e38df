//! Type strings and lists of fields, compared with NumPy's reading of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use byteferry_header::{ByteOrder, Code, DType, Field, Number, Struct, TimeBase, TimeUnit};
use fixtures::{json, rows};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// NumPy reads these and we don't: their sizes depend on the platform, or nobody writes them.
const NUMPY_ALONE: [&str; 24] = [
    "l",
    "L",
    "<l",
    "p",
    "P",
    "n",
    "N",
    "int",
    "int_",
    "uint",
    "long",
    "ulong",
    "intp",
    "uintp",
    "3i4",
    "4f",
    "i4,f8",
    "(2,)f4",
    "f 4",
    "S 5",
    "\0",
    "[('a', {})]",
    "[('a', 'S', 5)]",
    "[('a', '<U0', 5)]",
];

/// We read these and NumPy doesn't: raw data only.
const OURS_ALONE: [&str; 11] =
    ["i3", "<i3", ">i3", "=i3", "|i3", "u3", "<u3", ">u3", "=u3", "|u3", "[('a', '<i3')]"];

/// We read these differently: nested sub-arrays become one, of the same shape.
const FLATTENED: [&str; 2] = ["[('a', ('<i4', 2), (3,))]", "[('a', (('<i4', (4,)), (2,)), (3,))]"];

/// Compares our reading of a text with NumPy's: text, itemsize, byte order, name, offsets of fields.
/// True if both can read it.
#[track_caller]
fn agree(text: &str, said: &[&str]) -> bool {
    let read = DType::parse(text);
    let (dtype, [descr, itemsize, order, name, offsets]) = match (&read, said) {
        (Err(error), ["object"]) => {
            assert_eq!(error.code, Code::UnsupportedDtype, "{text:?}");
            assert!(error.message.contains("pickle"), "{text:?}: {error}");
            return false;
        }
        (Err(error), ["refused"]) => {
            let expected = [Code::UnsupportedDtype, Code::BadArgument, Code::TooLarge];
            assert!(expected.contains(&error.code), "{text:?}: {error}");
            return false;
        }
        (Ok(dtype), ["refused"]) => {
            assert!(OURS_ALONE.contains(&text), "{text:?} is {dtype:?}, NumPy refuses it");
            assert!(dtype.is_raw_only(), "{text:?}");
            return false;
        }
        (Err(error), _) => {
            assert!(NUMPY_ALONE.contains(&text), "{text:?} should be {said:?}: {error}");
            return false;
        }
        (Ok(dtype), columns) => (dtype, columns.try_into().expect("five columns")),
    };
    assert!(!NUMPY_ALONE.contains(&text), "{text:?} is no exception any more");
    assert_eq!(
        dtype.to_string() == json::<String>(descr),
        !FLATTENED.contains(&text),
        "{text:?} is {dtype}, not {descr}"
    );
    assert_eq!(dtype.itemsize().to_string(), itemsize, "{text:?}");
    assert_eq!(dtype.name(), name, "{text:?}");
    let byte_order = match dtype.byte_order() {
        None => "none",
        Some(ByteOrder::Little) => "little",
        Some(ByteOrder::Big) => "big",
    };
    assert_eq!(byte_order, order, "{text:?}");
    let ours: Vec<u64> = match dtype {
        DType::Struct(record) => record.fields.iter().map(|field| field.offset.into()).collect(),
        _ => Vec::new(),
    };
    assert_eq!(ours, json::<Vec<u64>>(offsets), "{text:?}");
    assert_eq!(DType::parse(&dtype.to_string()).as_ref(), Ok(dtype), "{text:?}");
    assert_eq!(DType::parse(&format!("{dtype:#}")).as_ref(), Ok(dtype), "{text:?}");
    true
}

#[test]
fn type_strings_mean_what_they_mean_to_numpy() {
    let table = rows(include_str!("fixtures/type_strings.tsv"));
    let agreed = table.filter(|row| agree(&json::<String>(row[0]), &row[1..])).count();
    assert!(agreed > 350, "{agreed}");
}

#[test]
fn lists_of_fields_mean_what_they_mean_to_numpy() {
    let table = rows(include_str!("fixtures/descrs.tsv"));
    let agreed = table.filter(|row| agree(&json::<String>(row[0]), &row[1..])).count();
    assert!(agreed > 40, "{agreed}");
}

#[test]
fn sub_arrays_of_sub_arrays_have_all_their_axes() {
    let dtype = DType::parse("[('a', (('<i4', (4,)), (2,)), (3,))]").unwrap();
    assert_eq!(dtype.to_string(), "[('a', '<i4', (3, 2, 4))]");
}

#[test]
fn an_empty_axis_does_not_excuse_the_others() {
    let error = DType::parse("[('a', '<i4', (0, 4294967296))]").unwrap_err();
    assert_eq!((error.code, error.offset), (Code::TooLarge, Some(14)));
}

#[test]
fn names_can_be_kept_to_ascii() {
    let dtype = DType::parse("[('ÿĀ😀', '<i4')]").unwrap();
    assert_eq!(format!("{dtype:#}"), r"[('\xff\u0100\U0001f600', '<i4')]");
}

#[test]
fn types_beyond_numpy_go_by_name() {
    let cases = [
        ("bfloat16", Number::Bfloat16, ByteOrder::Little, "bfloat16", 2),
        (">bfloat16", Number::Bfloat16, ByteOrder::Big, ">bfloat16", 2),
        ("<bfloat16", Number::Bfloat16, ByteOrder::Little, "bfloat16", 2),
        ("float8_e4m3fn", Number::Float8E4m3fn, ByteOrder::Little, "float8_e4m3fn", 1),
        (">float8_e5m2", Number::Float8E5m2, ByteOrder::Little, "float8_e5m2", 1),
        (">ibm4", Number::Ibm4, ByteOrder::Big, ">ibm4", 4),
        ("ibm4", Number::Ibm4, ByteOrder::Little, "ibm4", 4),
        ("int24", Number::Int24, ByteOrder::Little, "<i3", 3),
        (">u3", Number::Uint24, ByteOrder::Big, ">u3", 3),
        ("f12", Number::X87In12, ByteOrder::Little, "<f12", 12),
        ("float96", Number::X87In12, ByteOrder::Little, "<f12", 12),
    ];
    for (text, number, order, written, itemsize) in cases {
        let dtype = DType::parse(text).unwrap();
        assert_eq!(dtype, DType::Number(number, order), "{text}");
        assert_eq!((dtype.to_string().as_str(), dtype.itemsize()), (written, itemsize));
    }
    assert_eq!(DType::parse(">c24"), Ok(DType::Complex(Number::X87In12, ByteOrder::Big)));
}

#[test]
fn what_numpy_leaves_nameless_is_asked_for() {
    for text in ["<V2", ">V2", "<V1", "<f1", "|f1", "f1", "[('a', '<V2')]"] {
        let error = DType::parse(text).unwrap_err();
        assert_eq!(error.code, Code::UnsupportedDtype, "{text}");
        assert!(error.message.contains("dtype: \"bfloat16\""), "{text}: {error}");
    }
    assert_eq!(DType::parse("|V2"), Ok(DType::Void(2)));
}

#[test]
fn refusals_name_the_dtype_and_the_place() {
    let error = DType::parse("<x4").unwrap_err();
    assert_eq!(error.message, "dtype '<x4' is not one that byteferry knows");
    let error = DType::parse("l").unwrap_err();
    assert!(error.message.contains("platform"), "{error}");
    let error = DType::parse("[('a', '<i4'), ('b', '<q9')]").unwrap_err();
    assert_eq!((error.code, error.offset), (Code::UnsupportedDtype, Some(21)));
    let error = DType::parse("[('a', '<i4'), 'b']").unwrap_err();
    assert_eq!((error.code, error.offset), (Code::BadArgument, Some(15)));
    let error = DType::parse(&"\u{3b1}".repeat(5000)).unwrap_err();
    assert!(error.message.len() < 200);
    let error = DType::parse(&"[(".repeat(3000)).unwrap_err();
    assert_eq!((error.code, error.offset), (Code::BadArgument, Some(64)));
}

#[test]
fn time_units_are_taken_apart() {
    let unit = TimeUnit { base: TimeBase::Second, count: 25 };
    assert_eq!(DType::parse(">M8[25s]"), Ok(DType::Datetime(unit, ByteOrder::Big)));
    assert_eq!(DType::parse("M8[0s]").unwrap_err().code, Code::UnsupportedDtype);
    let unit = TimeUnit { base: TimeBase::Month, count: 1 };
    assert_eq!(DType::parse("m8[M]"), Ok(DType::Timedelta(unit, ByteOrder::Little)));
}

#[test]
fn records_out_of_order_are_shown_as_numpys_dict() {
    let number = |number| DType::Number(number, ByteOrder::Big);
    let field =
        |name: &str, offset, dtype| Field { name: name.into(), title: None, offset, dtype, shape: vec![] };
    let mut second = field("b", 0, number(Number::Int16));
    second.shape = vec![2];
    let record = Struct { fields: vec![field("a", 4, number(Number::Int32)), second], itemsize: 8 };
    let expected =
        "{'names': ['a', 'b'], 'formats': ['>i4', ('>i2', (2,))], 'offsets': [4, 0], 'itemsize': 8}";
    assert_eq!(DType::Struct(record.clone()).to_string(), expected);
    assert_eq!(DType::parse(expected).unwrap(), DType::Struct(record.clone()));

    let outer = DType::Struct(Struct { fields: vec![field("r", 0, DType::Struct(record))], itemsize: 8 });
    let text = outer.to_string();
    assert_eq!(text, format!("{{'names': ['r'], 'formats': [{expected}], 'offsets': [0], 'itemsize': 8}}"));
    assert_eq!(DType::parse(&text).unwrap(), outer);
}

#[test]
fn a_dict_is_a_dtype_that_the_caller_gives() {
    // What numpy.dtype makes of each, as a list of fields if possible.
    let same = [
        ("{'names': ['a', 'b'], 'formats': ['u1', '>i4']}", "[('a', '|u1'), ('b', '>i4')]"),
        (
            "{'names': ['a', 'b'], 'formats': ['u1', '>i4'], 'offsets': [0, 4]}",
            "[('a', '|u1'), ('', '|V3'), ('b', '>i4')]",
        ),
        (
            "{'names': ['a'], 'formats': [('<f4', (2, 3))], 'offsets': [8], 'itemsize': 64}",
            "[('', '|V8'), ('a', '<f4', (2, 3)), ('', '|V32')]",
        ),
        ("{'names': ['a'], 'formats': ['u1'], 'titles': ['the a']}", "[(('the a', 'a'), '|u1')]"),
        ("{'names': [], 'formats': [], 'offsets': [], 'itemsize': 3}", "[('', '|V3')]"),
        (
            "[('r', {'names': ['a'], 'formats': ['u1'], 'offsets': [1], 'itemsize': 2})]",
            "[('r', [('', '|V1'), ('a', '|u1')])]",
        ),
    ];
    for (text, expected) in same {
        assert_eq!(DType::parse(text).unwrap().to_string(), expected, "{text}");
    }
    let refused = [
        "{}",
        "{'names': ['a']}",
        "{'formats': ['u1']}",
        "{'names': ['a', 'b'], 'formats': ['u1']}",
        "{'names': [1], 'formats': ['u1']}",
        "{'names': 'a', 'formats': 'u1'}",
        "{'names': ['a'], 'formats': ['u1'], 'offsets': []}",
        "{'names': ['a'], 'formats': ['u1'], 'offsets': [-1]}",
        "{'names': ['a'], 'formats': ['u1'], 'offsets': [4294967296]}",
        "{'names': ['a'], 'formats': ['u1'], 'offsets': [2147483647]}",
        "{'names': ['a'], 'formats': ['u4'], 'itemsize': 3}",
        "{'names': ['a'], 'formats': ['u4'], 'itemsize': -4}",
        "{'names': ['a'], 'formats': ['u4'], 'itemsize': 2147483648}",
        "{'names': ['a', 'a'], 'formats': ['u1', 'u1']}",
        "{'names': ['a'], 'formats': ['O']}",
    ];
    for text in refused {
        let code = DType::parse(text).unwrap_err().code;
        assert!(
            matches!(code, Code::BadArgument | Code::TooLarge | Code::UnsupportedDtype),
            "{text}: {code}"
        );
    }
    // NumPy neither writes nor reads a dict in a file.
    for text in ["{'names': ['a'], 'formats': ['u1']}", "[('r', {'names': ['a'], 'formats': ['u1']})]"] {
        let header = format!("{{'descr': {text}, 'fortran_order': False, 'shape': (1,), }}");
        let head = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
        assert_eq!(byteferry_header::npy::read(&head).unwrap_err().code, Code::BadHeader, "{text}");
    }
}

#[test]
fn numbers_know_their_kind_and_size() {
    let cases = [
        (Number::Bool, 'b', 1, "bool"),
        (Number::Int24, 'i', 3, "int24"),
        (Number::Uint64, 'u', 8, "uint64"),
        (Number::Bfloat16, 'f', 2, "bfloat16"),
        (Number::X87In12, 'f', 12, "float96"),
        (Number::Quad, 'f', 16, "float128"),
        (Number::Ibm4, 'f', 4, "ibm4"),
    ];
    for (number, kind, itemsize, name) in cases {
        assert_eq!((number.kind(), number.itemsize(), number.name()), (kind, itemsize, name));
    }
}

#[test]
fn byte_order_changes_in_every_number_and_nowhere_else() {
    let pairs = [
        (">f4", "<f4"),
        (">c16", "<c16"),
        (">M8[ns]", "<M8[ns]"),
        (">m8[25s]", "<m8[25s]"),
        (">U3", "<U3"),
        ("|S3", "|S3"),
        ("|V3", "|V3"),
        ("|u1", "|u1"),
        (
            "[('a', '>i2'), ('b', [('c', '>f8', (2,)), ('d', '|b1')])]",
            "[('a', '<i2'), ('b', [('c', '<f8', (2,)), ('d', '|b1')])]",
        ),
    ];
    for (big, little) in pairs {
        let [big, little]: [DType; 2] = [big, little].map(|text| text.parse().unwrap());
        assert_eq!(big.clone().with_byte_order(ByteOrder::Little), little);
        assert_eq!(little.clone().with_byte_order(ByteOrder::Big), big);
        assert_eq!(big.clone().with_byte_order(ByteOrder::Big), big);
    }
}

#[test]
fn long_doubles_become_what_they_are_known_to_be() {
    for text in ["<f16", ">c32", "[('a', '<f16', (3,)), ('b', '<f8')]"] {
        let dtype: DType = text.parse().unwrap();
        let quad = dtype.clone().with_longdouble(Number::Quad);
        assert_eq!((quad.itemsize(), quad.name()), (dtype.itemsize(), dtype.name()));
        assert_ne!(quad, dtype);
        assert_eq!(quad.clone().with_longdouble(Number::X87In16), quad, "known already");
    }
}
