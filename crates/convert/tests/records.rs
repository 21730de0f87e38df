//! Records split into columns, and put together again.
// clippy recognises tests by #[test] only.
#![allow(clippy::unwrap_used)]

use byteferry_convert::{Options, Packed, Placement, Plan, Tiles, put_together};
use byteferry_header::{DType, Shape};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Where a field lies: its offset, bytes in one piece, and how often it repeats within the record.
type Lies = (u64, u64, &'static [(u64, u64)]);

/// Records in the page's byte order, so that columns have the records' own bytes.
const RECORDS: [(&str, &[Lies]); 4] = [
    ("[('a', 'u1'), ('b', '<i4'), ('c', '<f8')]", &[(0, 1, &[]), (1, 4, &[]), (5, 8, &[])]),
    (
        "[('a', '<u2'), ('v', '<f4', (2, 3)), ('', 'V5'), ('z', 'i1')]",
        &[(0, 2, &[]), (2, 24, &[]), (31, 1, &[])],
    ),
    (
        "[('k', 'u1'), ('p', [('x', '<i2'), ('y', '<f8', (2,))], (3,))]",
        &[(0, 1, &[]), (1, 2, &[(3, 18)]), (3, 16, &[(3, 18)])],
    ),
    (
        "[('p', [('q', [('x', 'i1'), ('y', '<i2')], (2,)), ('r', '<u4')], (4,))]",
        &[(0, 1, &[(4, 10), (2, 3)]), (1, 2, &[(4, 10), (2, 3)]), (6, 4, &[(4, 10)])],
    ),
];

#[test]
fn records_equal_their_columns_and_come_back() {
    let mut tiles = Tiles::new();
    for (text, fields) in RECORDS {
        let dtype: DType = text.parse().unwrap();
        let itemsize = dtype.itemsize() as usize;
        for len in [0, 1, 2, 7, 1000, 5000] {
            let records: Vec<u8> =
                (0..len * itemsize as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
            let shape = Shape::new(vec![len.into()], dtype.itemsize()).unwrap();
            let plan = Plan::new(&dtype, &shape, Placement::of_slice(&records), &Options::default()).unwrap();
            let mut columns: Vec<Vec<u8>> =
                plan.columns().iter().map(|column| vec![0; column.nbytes() as usize]).collect();
            let mut sinks: Vec<&mut [u8]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
            plan.convert_into(&records[..], &mut sinks, &mut tiles).unwrap();

            let mut expected = vec![0; records.len()];
            let mut packed = Vec::new();
            for ((offset, width, repeats), column) in fields.iter().zip(&columns) {
                let places = repeats.iter().fold(vec![*offset], |places, (count, stride)| {
                    places.iter().flat_map(|place| (0..*count).map(move |i| place + i * stride)).collect()
                });
                let mut rest = &column[..];
                for record in 0..len as usize {
                    for place in &places {
                        let place = record * itemsize + *place as usize;
                        let (bytes, after) = rest.split_at(*width as usize);
                        assert_eq!(records[place..][..bytes.len()], *bytes, "{text}, record {record}");
                        expected[place..][..bytes.len()].copy_from_slice(bytes);
                        rest = after;
                    }
                }
                assert!(rest.is_empty(), "{text}");
                packed.push(Packed {
                    source: &column[..],
                    offset: *offset,
                    width: *width,
                    repeats: repeats.to_vec(),
                });
            }

            let mut together = vec![0xa5; records.len() + 3];
            put_together(&packed, dtype.itemsize(), len.into(), &mut &mut together[..], 3);
            assert_eq!(together[..3], [0xa5; 3]);
            assert!(together[3..] == expected, "{text}, {len} records");
        }
    }
}
