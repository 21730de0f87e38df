//! Properties of every dtype, every shape, and every damaged header.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use byteferry_header::{
    ByteOrder, DType, Field, Format, Frame, Header, Number, Order, Shape, Struct, TimeBase, TimeUnit, frame,
    npy,
};
use proptest::{collection::vec, option, prelude::*, sample};

/// Numbers that have a type string of their own.
const NUMBERS: [Number; 17] = [
    Number::Bool,
    Number::Int8,
    Number::Int16,
    Number::Int32,
    Number::Int64,
    Number::Uint8,
    Number::Uint16,
    Number::Uint32,
    Number::Uint64,
    Number::Float16,
    Number::Float32,
    Number::Float64,
    Number::X87In12,
    Number::Longdouble16,
    Number::Bfloat16,
    Number::Float8E4m3fn,
    Number::Float8E5m2,
];

const FLOATS: [Number; 4] = [Number::Float32, Number::Float64, Number::X87In12, Number::Longdouble16];

const TIME_BASES: [TimeBase; 4] =
    [TimeBase::Year, TimeBase::Month, TimeBase::Nanosecond, TimeBase::Attosecond];

fn byte_order() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

fn time_unit() -> impl Strategy<Value = TimeUnit> {
    let unit = (sample::select(&TIME_BASES[..]), 1..=0x7fff_ffffu32)
        .prop_map(|(base, count)| TimeUnit { base, count });
    prop_oneof![unit, Just(TimeUnit { base: TimeBase::Generic, count: 1 })]
}

/// A dtype in the form that parsing gives: a single byte has no order, names are unique, fields lie in their record.
fn dtype() -> impl Strategy<Value = DType> {
    let leaf = prop_oneof![
        (sample::select(&NUMBERS[..]), byte_order()).prop_map(|(number, order)| {
            DType::Number(number, if number.itemsize() == 1 { ByteOrder::Little } else { order })
        }),
        (sample::select(&FLOATS[..]), byte_order()).prop_map(|(number, order)| DType::Complex(number, order)),
        (time_unit(), byte_order()).prop_map(|(unit, order)| DType::Datetime(unit, order)),
        (time_unit(), byte_order()).prop_map(|(unit, order)| DType::Timedelta(unit, order)),
        (0..1000u32).prop_map(DType::Bytes),
        (0..1000u32, byte_order()).prop_map(|(count, order)| DType::Str(count, order)),
        (0..1000u32).prop_map(DType::Void),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        let field = (any::<String>(), option::of(any::<String>()), 0..9u32, inner, vec(0..4u64, 0..3));
        (vec(field, 0..5), 0..9u32).prop_map(|(fields, padding)| DType::Struct(record(fields, padding)))
    })
}

type Described = (String, Option<String>, u32, DType, Vec<u64>);

/// Lays out fields one after the other, each after its padding.
fn record(described: Vec<Described>, padding: u32) -> Struct {
    let mut fields: Vec<Field> = Vec::new();
    let mut itemsize = 0;
    for (index, (name, title, padding, dtype, shape)) in described.into_iter().enumerate() {
        let (name, title) = (format!("{index}{name}"), title.map(|title| format!("t{index}{title}")));
        let offset = itemsize + padding;
        // Sub-arrays of strings without bytes don't exist.
        let shape =
            if dtype.itemsize() == 0 && !matches!(dtype, DType::Struct(_)) { Vec::new() } else { shape };
        itemsize = offset + dtype.itemsize() as u32 * shape.iter().product::<u64>() as u32;
        fields.push(Field { name, title, offset, dtype, shape });
    }
    Struct { fields, itemsize: itemsize + padding }
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::C), Just(Order::Fortran)]
}

fn header() -> impl Strategy<Value = Header> {
    let frame = (any::<String>(), any::<u64>(), any::<Option<u32>>(), any::<bool>());
    (dtype(), vec(0..1000u64, 0..5), order(), option::of(frame)).prop_map(|(dtype, dims, order, frame)| {
        let shape = Shape::new(dims, dtype.itemsize())
            .unwrap_or_else(|_| Shape::new(vec![], dtype.itemsize()).unwrap());
        let frame = frame.map(|(name, sequence, crc32, length_known)| Frame {
            name,
            sequence,
            crc32,
            nbytes: length_known.then_some(shape.nbytes()),
        });
        let format = if frame.is_some() { Format::Frame } else { Format::Npy };
        Header { format, dtype, shape, order, payload: 0, frame }
    })
}

/// Reads arbitrary bytes in every way. A header that can be read can be written, and is then read as the same.
fn read_all_ways(bytes: &[u8], given: &DType) {
    let _ = Format::detect(bytes);
    for format in [Format::Npy, Format::Frame] {
        let len = Header::len(format, bytes, bytes.len() as u64);
        let read = Header::read(format, bytes, None);
        let _ = Header::read(format, bytes, Some(given));
        let header = match (&len, read) {
            (_, Ok(header)) => header,
            (Err(len), Err(read)) => {
                assert_eq!(*len, read);
                continue;
            }
            (Ok(len), Err(error)) => {
                assert!(error.offset.is_some_and(|offset| offset <= *len), "{error:?}");
                continue;
            }
        };
        assert_eq!(Ok(header.payload), len);
        assert_eq!(header.shape.itemsize(), header.dtype.itemsize());
        assert_eq!(Header::read(format, &bytes[..header.payload as usize], None).as_ref(), Ok(&header));
        let written = header.write().unwrap();
        let payload = written.len() as u64;
        assert_eq!(payload % 64, 0);
        assert_eq!(Header::read(format, &written, None), Ok(Header { payload, ..header }));
    }
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = DType::parse(text);
    }
}

proptest! {
    #[test]
    fn a_dtype_is_what_its_text_says(dtype in dtype()) {
        prop_assert_eq!(DType::parse(&dtype.to_string()), Ok(dtype.clone()));
        let ascii = format!("{dtype:#}");
        prop_assert!(ascii.is_ascii());
        prop_assert_eq!(DType::parse(&ascii), Ok(dtype));
    }

    #[test]
    fn a_header_is_read_as_it_was_written(header in header()) {
        if let Ok(head) = header.write() {
            let payload = head.len() as u64;
            let len = Header::len(header.format, &head[..payload.min(32) as usize], payload);
            prop_assert_eq!(len, Ok(payload));
            prop_assert_eq!(Header::read(header.format, &head, Some(&header.dtype)), Ok(Header { payload, ..header }));
        } else {
            // An .npy cannot express some dtypes; a frame can.
            prop_assert_eq!(header.format, Format::Npy);
            let text = header.dtype.to_string();
            prop_assert!(text.contains("bfloat16") || text.contains("float8"), "{text}");
        }
    }

    #[test]
    fn a_broken_header_is_refused_or_read_as_something_whole(
        header in header(),
        given in dtype(),
        changes in vec((any::<sample::Index>(), change()), 1..6),
    ) {
        if let Ok(mut bytes) = header.write() {
            for (index, change) in changes {
                change.apply(&mut bytes, index);
            }
            read_all_ways(&bytes, &given);
        }
    }

    #[test]
    fn bytes_are_refused_or_read_as_something_whole(magic in 0..4usize, bytes in vec(any::<u8>(), 0..300), given in dtype()) {
        let magic: &[u8] = [&b""[..], b"\x93NUMPY\x01\0", b"\x93NUMPY\x03\0", b"\x93BFY\x01"][magic];
        read_all_ways(&[magic, &bytes].concat(), &given);
    }

    #[test]
    fn a_text_is_refused_or_read_as_something_whole(text in "[-+0-9a-zA-Z<>=|\\[\\](){}:,'\"\\\\ \n\u{e9}\u{3b1}]{0,80}", version in 1..4u8) {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        bytes.extend((text.len() as u32).to_le_bytes().iter().take(if version == 1 { 2 } else { 4 }));
        bytes.extend(text.bytes());
        read_all_ways(&bytes, &DType::Void(2));
        let _ = DType::parse(&text);
    }

    #[test]
    fn a_length_is_told_without_the_rest(header in header(), cut in any::<sample::Index>(), available in any::<u64>()) {
        if let Ok(head) = header.write() {
            let first = &head[..cut.index(head.len())];
            if let Ok(len) = npy::header_len(first, available).or_else(|_| frame::header_len(first, available)) {
                prop_assert_eq!(len, head.len() as u64);
                prop_assert!(len <= available);
            }
        }
    }
}

/// Ways to break a header.
#[derive(Clone, Copy, Debug)]
enum Change {
    Set(u8),
    Insert(u8),
    Flip(u32),
    Remove,
    Cut,
}

impl Change {
    fn apply(self, bytes: &mut Vec<u8>, index: sample::Index) {
        if bytes.is_empty() {
            return;
        }
        let index = index.index(bytes.len());
        match self {
            Self::Set(byte) => bytes[index] = byte,
            Self::Insert(byte) => bytes.insert(index, byte),
            Self::Flip(bit) => bytes[index] ^= 1 << bit,
            Self::Remove => drop(bytes.remove(index)),
            Self::Cut => bytes.truncate(index),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    // Half of them are characters that mean something in a header.
    let byte = || prop_oneof![any::<u8>(), sample::select(&b"()[]{}',:\\<>=|0123456789ifcMOSUVL -"[..])];
    prop_oneof![
        4 => byte().prop_map(Change::Set),
        4 => byte().prop_map(Change::Insert),
        2 => (0..8u32).prop_map(Change::Flip),
        2 => Just(Change::Remove),
        1 => Just(Change::Cut),
    ]
}
