//! JavaScript's buffers as memory that the tile loop reads and writes.

use crate::reply::typed_array;
use alloc::{vec, vec::Vec};
use byteferry_convert::{Memory, Sink, Source, Turn};
use byteferry_header::{Code, Error, Number};
use byteferry_kernels::Word;
use wasm_bindgen::prelude::*;

/// A tile of one page of memory, aligned to it, as are the parts of an array that are copied to it: a copy that
/// crosses a page boundary takes up to a third longer.
#[repr(align(4096))]
struct Page([Word; 256]);

/// A [`Turn`], and the two tiles that it uses.
struct Turning {
    tile: Page,
    other: Page,
    turn: Turn,
}

static TURNING: spin::Mutex<Turning> = spin::Mutex::new(Turning {
    tile: Page([0; 256]),
    other: Page([0; 256]),
    turn: Turn { swap: 0, cast: None },
});

/// Sets the operation for the next tiles and returns the address of the input tile.
fn turning(turn: Turn) -> *mut Word {
    let turning = &mut *TURNING.lock();
    turning.turn = turn;
    turning.tile.0.as_mut_ptr()
}

/// Runs the operation set by `turning` on the first `nbytes` of its tile and returns the address of the result.
#[wasm_bindgen]
pub fn turn(nbytes: usize) -> *const Word {
    let Turning { tile, other, turn } = &mut *TURNING.lock();
    turn.run(&mut tile.0, &mut other.0, nbytes).as_ptr()
}

#[wasm_bindgen]
extern "C" {
    /// The JavaScript side of a job: its options and its buffers, by index. See `js/host.js`.
    pub type Host;

    /// The job's options, as JSON in UTF-8.
    #[wasm_bindgen(method, getter)]
    fn options(this: &Host) -> Array;

    /// An input buffer of the job.
    #[wasm_bindgen(method)]
    fn input(this: &Host, index: usize) -> Array;

    /// A column that was allocated by an earlier part of the job.
    #[wasm_bindgen(method)]
    fn column(this: &Host, index: usize) -> Array;

    /// Makes input 0 the result's column 0. `written`: its bytes are going to change, so that it is not given back as
    /// the input if this instance traps.
    #[wasm_bindgen(method)]
    fn keep(this: &Host, written: bool) -> Array;

    /// Bytes of newly allocated columns, those in recycled memory left out.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn allocated(this: &Host) -> f64;

    /// Allocates a column of `nbytes` bytes; `None` if there is no memory for it.
    #[wasm_bindgen(method)]
    fn allocate(this: &Host, index: usize, nbytes: f64) -> Option<Array>;

    /// Copies `length` of an array's bytes, from byte `from` on, to the module's memory.
    #[wasm_bindgen(method)]
    fn read(this: &Host, array: &Array, from: f64, into: *mut u8, length: usize);

    /// Copies `length` bytes of the module's memory to an array, to byte `at` and after.
    #[wasm_bindgen(method)]
    fn write(this: &Host, array: &Array, at: f64, bytes: *const u8, length: usize);

    /// Casts numbers by `TypedArray.prototype.set`, if this engine is fast at that; returns whether it did.
    ///
    /// `length` numbers from byte `from` of `source` on, as typed array `numbers` has them, become type `to`, from
    /// byte `at` of `array` on. If they are to `swap` or misaligned, they pass through the [`TURNING`]'s `tile`.
    #[wasm_bindgen(method)]
    fn cast(
        this: &Host,
        array: &Array,
        at: f64,
        to: &str,
        source: &Array,
        from: f64,
        numbers: &str,
        length: f64,
        swap: bool,
        tile: *mut Word,
    ) -> bool;

    /// Runs the [`TURNING`] on `nbytes` bytes of `source`, from byte `from` on, and writes the result to `array`,
    /// from byte `at` on. The bytes pass through `tile`, one tile after the other.
    #[wasm_bindgen(method)]
    fn turn(this: &Host, source: &Array, from: f64, array: &Array, at: f64, nbytes: u32, tile: *mut Word);

    /// Takes the reply.
    #[wasm_bindgen(method)]
    pub(crate) fn answer(this: &Host, json: &str);

    /// Appends `count` strings to a text column: `nbytes` bytes of UTF-16, and the end of each string in code units.
    #[wasm_bindgen(method)]
    fn text(this: &Host, index: usize, units: *const u16, nbytes: usize, ends: *const u32, count: usize);

    /// A `Uint8Array`. js-sys counts its bytes in u32; Firefox's buffers can be larger.
    #[wasm_bindgen(js_name = Uint8Array)]
    type Array;

    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn byte_length(this: &Array) -> f64;
}

/// The bytes of an `ArrayBuffer` or `SharedArrayBuffer`.
pub struct Bytes<'a> {
    host: &'a Host,
    array: Array,
}

impl<'a> Bytes<'a> {
    /// The job's options. As an argument, wasm-bindgen would need a second way to copy them into the module's memory.
    pub(crate) fn options(host: &'a Host) -> Vec<u8> {
        let options = Self { host, array: host.options() };
        options.copy(0, options.nbytes())
    }

    /// The input buffer of this index.
    pub(crate) fn input(host: &'a Host, index: usize) -> Self {
        Self { host, array: host.input(index) }
    }

    /// Bytes of the whole buffer.
    pub(crate) fn nbytes(&self) -> u64 {
        self.array.byte_length() as u64
    }

    /// Copies `len` bytes from `at` on. The caller has checked that they exist and are few.
    pub(crate) fn copy(&self, at: u64, len: u64) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        self.read(at, &mut bytes);
        bytes
    }

    /// Calls `show` with the bytes from `at` on, in parts of at most a tile's 4096 bytes.
    pub(crate) fn for_each_part(&self, mut at: u64, nbytes: u64, show: &mut dyn FnMut(&[u8])) {
        let end = at + nbytes;
        let mut part = vec![0; nbytes.min(4096) as usize];
        while at < end {
            part.truncate((end - at) as usize);
            self.read(at, &mut part);
            show(&part);
            at += part.len() as u64;
        }
    }
}

impl Source for Bytes<'_> {
    fn read(&self, at: u64, into: &mut [u8]) {
        let Self { host, array } = self;
        host.read(array, at as f64, into.as_mut_ptr(), into.len());
    }
}

/// The destination of a column: a buffer, or a list of strings.
pub(crate) struct Home<'a> {
    host: &'a Host,
    index: usize,
    bytes: Option<Bytes<'a>>,
    /// Number of invalid code points in the text, replaced by U+FFFD.
    pub(crate) replaced: u64,
}

impl<'a> Home<'a> {
    /// The input buffer, as column 0. `written`: its bytes will change.
    pub(crate) fn kept(host: &'a Host, written: bool) -> Self {
        Self::of(host, 0, host.keep(written))
    }

    /// A new buffer of `nbytes` bytes.
    ///
    /// # Errors
    /// `out-of-memory` if the browser cannot allocate it.
    pub(crate) fn allocate(host: &'a Host, index: usize, nbytes: u64) -> Result<Self, Error> {
        match host.allocate(index, nbytes as f64) {
            Some(array) => Ok(Self::of(host, index, array)),
            None => Err(Error::new(
                Code::OutOfMemory,
                format_args!("the browser has no {nbytes} bytes for the result"),
            )),
        }
    }

    /// The buffer that an earlier part of the job allocated for this column.
    pub(crate) fn column(host: &'a Host, index: usize) -> Self {
        Self::of(host, index, host.column(index))
    }

    fn of(host: &'a Host, index: usize, array: Array) -> Self {
        Self { bytes: Some(Bytes { host, array }), ..Self::text(host, index) }
    }

    /// An empty list of strings.
    pub(crate) fn text(host: &'a Host, index: usize) -> Self {
        Self { host, index, bytes: None, replaced: 0 }
    }
}

/// All that a job reads and writes.
pub(crate) struct Buffers<'a> {
    pub(crate) source: Bytes<'a>,
    /// The columns of the result; the first is the source, if it is converted in place.
    pub(crate) homes: Vec<Home<'a>>,
}

impl Source for Buffers<'_> {
    fn read(&self, at: u64, into: &mut [u8]) {
        self.source.read(at, into);
    }
}

/// JavaScript casts among [`FLOATS`] and [`INTEGERS`], one bit for each type, as this crate does, except from floats
/// to integers, which it does not saturate.
const FLOATS: u32 = 1 << Number::Float32 as u32 | 1 << Number::Float64 as u32;
const INTEGERS: u32 = 1 << Number::Int8 as u32
    | 1 << Number::Int16 as u32
    | 1 << Number::Int32 as u32
    | 1 << Number::Uint8 as u32
    | 1 << Number::Uint16 as u32
    | 1 << Number::Uint32 as u32;

impl Memory for Buffers<'_> {
    fn write(&mut self, column: usize, at: u64, bytes: &[u8]) {
        if let Some(home) = self.homes.get_mut(column) {
            home.write(at, bytes);
        }
    }

    fn cast(
        &mut self,
        column: usize,
        (from, first): (Number, u64),
        (to, at): (Number, u64),
        len: u64,
        swap: bool,
    ) -> bool {
        let to_these = if FLOATS >> from as u32 & 1 == 1 { FLOATS } else { FLOATS | INTEGERS };
        if to_these >> to as u32 & (FLOATS | INTEGERS) >> from as u32 & 1 == 0 {
            return false;
        }
        let Bytes { host, array: source } = &self.source;
        let Some(Home { bytes: Some(Bytes { array, .. }), .. }) = self.homes.get(column) else {
            return false;
        };
        let tile = turning(Turn { swap: if swap { from.itemsize() as usize } else { 1 }, cast: None });
        let (to, numbers) = (typed_array(to), typed_array(from));
        host.cast(array, at as f64, to, source, first as f64, numbers, len as f64, swap, tile)
    }

    fn turn(&mut self, column: usize, from: u64, at: u64, nbytes: u64, turn: Turn) -> bool {
        let Bytes { host, array: source } = &self.source;
        // JavaScript's loop is only quick as long as its indices are small integers.
        let Some(Home { bytes: Some(Bytes { array, .. }), .. }) =
            self.homes.get(column).filter(|_| nbytes < 1 << 31)
        else {
            return false;
        };
        host.turn(source, from as f64, array, at as f64, nbytes as u32, turning(turn));
        true
    }

    fn text(&mut self, column: usize, units: &[u16], ends: &[u32], replaced: u64) {
        if let Some(home) = self.homes.get_mut(column) {
            home.host.text(home.index, units.as_ptr(), size_of_val(units), ends.as_ptr(), ends.len());
            home.replaced += replaced;
        }
    }
}

#[cfg(feature = "full")]
impl Home<'_> {
    /// Its bytes, if it has any.
    pub(crate) fn bytes(&self) -> Option<&Bytes<'_>> {
        self.bytes.as_ref()
    }
}

impl Source for Home<'_> {
    fn read(&self, at: u64, into: &mut [u8]) {
        if let Some(bytes) = &self.bytes {
            bytes.read(at, into);
        }
    }
}

impl Sink for Home<'_> {
    fn write(&mut self, at: u64, part: &[u8]) {
        if let Some(Bytes { host, array }) = &self.bytes {
            host.write(array, at as f64, part.as_ptr(), part.len());
        }
    }
}
