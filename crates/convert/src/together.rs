//! Puts columns together into records.

use crate::tile::{STAGE, Sink, Source};
use alloc::{vec, vec::Vec};
use byteferry_kernels::{Step, copy};

/// A field of records, on its own: its bytes, record after record.
#[derive(Debug)]
pub struct Packed<S> {
    /// Memory with its bytes, from byte 0 on.
    pub source: S,
    /// Its byte offset in a record.
    pub offset: u64,
    /// Bytes of it that are contiguous in the record, too.
    pub width: u64,
    /// The nested records that it is a field of: how many per record, and bytes from one to the next, the outermost
    /// first.
    pub repeats: Vec<(u64, u64)>,
}

/// Writes `len` records of `itemsize` bytes from byte `at` on. What no field covers is 0.
pub fn put_together<S: Source>(
    fields: &[Packed<S>],
    itemsize: u64,
    len: u64,
    result: &mut dyn Sink,
    at: u64,
) {
    let most = (STAGE as u64 / itemsize.max(1)).max(1);
    let mut records = vec![0; (most.min(len) * itemsize) as usize];
    let mut done = 0;
    while done < len {
        let count = most.min(len - done);
        for field in fields {
            // From the innermost step out, as the bytes lie in the column.
            let mut steps = Vec::new();
            let mut nbytes = field.width;
            for (len, stride) in field.repeats.iter().rev() {
                steps.push(Step { len: *len as usize, from: nbytes as isize, to: *stride as isize });
                nbytes *= len;
            }
            steps.push(Step { len: count as usize, from: nbytes as isize, to: itemsize as isize });
            steps.reverse();
            let mut part = vec![0; (nbytes * count) as usize];
            field.source.read(done * nbytes, &mut part);
            copy(&part, 0, &mut records, field.offset as isize, &steps, field.width as usize);
        }
        let bytes = records.get(..(count * itemsize) as usize).unwrap_or_default();
        result.write(at + done * itemsize, bytes);
        done += count;
    }
}
