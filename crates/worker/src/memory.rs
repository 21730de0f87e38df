//! JavaScript's buffers as memory that the tile loop reads and writes.

use crate::reply::typed_array;
use alloc::{vec, vec::Vec};
use byteferry_convert::{Memory, Sink, Source, Turn};
use byteferry_header::{Code, Error, Number};
use byteferry_kernels::Word;
use wasm_bindgen::prelude::*;

/// A tile that is a page of memory, as are those parts of an array that come into it: what copies them takes up to a third longer where a
/// page ends in between.
#[repr(align(4096))]
struct Page([Word; 256]);

/// A [`Turn`], and the tiles it is done in.
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

/// What is to be done to the bytes that come next; returns the tile that they come to.
fn turning(turn: Turn) -> *mut Word {
    let turning = &mut *TURNING.lock();
    turning.turn = turn;
    turning.tile.0.as_mut_ptr()
}

/// Does it to so many bytes; returns where they are then.
#[wasm_bindgen]
pub fn turn(nbytes: usize) -> *const Word {
    let Turning { tile, other, turn } = &mut *TURNING.lock();
    turn.run(&mut tile.0, &mut other.0, nbytes).as_ptr()
}

#[wasm_bindgen]
extern "C" {
    /// What JavaScript holds for a job, and hands out by number: `js/host.js`.
    pub type Host;

    /// What the job is told, as JSON.
    #[wasm_bindgen(method, getter)]
    fn options(this: &Host) -> Array;

    /// What was handed over.
    #[wasm_bindgen(method)]
    fn input(this: &Host, index: usize) -> Array;

    /// A column that was allocated by an earlier part of the job.
    #[wasm_bindgen(method)]
    fn column(this: &Host, index: usize) -> Array;

    /// Makes the input column 0 of the result. `written`: its bytes may no longer be what they were; should this instance
    /// trap, they are not given back as such.
    #[wasm_bindgen(method)]
    fn keep(this: &Host, written: bool) -> Array;

    /// Bytes of the columns that were not made of recycled memory.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn allocated(this: &Host) -> f64;

    /// Makes a column of so many bytes; none if there is no memory for it.
    #[wasm_bindgen(method)]
    fn allocate(this: &Host, index: usize, nbytes: f64) -> Option<Array>;

    /// Copies `length` of an array's bytes, from byte `from` on, to the module's memory.
    #[wasm_bindgen(method)]
    fn read(this: &Host, array: &Array, from: f64, into: *mut u8, length: usize);

    /// Copies `length` bytes of the module's memory to an array, to byte `at` and after.
    #[wasm_bindgen(method)]
    fn write(this: &Host, array: &Array, at: f64, bytes: *const u8, length: usize);

    /// Casts `length` numbers of a `source` from byte `from` on, of the type of the typed array `numbers`, to an array of type `to` from byte `at` on, if
    /// this engine's `set` is quick at that, as they lie or out of the [`TURNING`]'s `tile`, if they are to `swap`. Says whether it has.
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

    /// Does the [`TURNING`] to `nbytes` bytes of `source`, from byte `from` on, a part of them in `tile` and then the next; they go to an array's
    /// byte `at` and after.
    #[wasm_bindgen(method)]
    fn turn(this: &Host, source: &Array, from: f64, array: &Array, at: f64, nbytes: u32, tile: *mut Word);

    /// Takes the reply.
    #[wasm_bindgen(method)]
    pub(crate) fn answer(this: &Host, json: &str);

    /// Adds strings to a column of text: so many bytes of UTF-16, one behind the other, and where each of `count` ends.
    #[wasm_bindgen(method)]
    fn text(this: &Host, index: usize, units: *const u16, nbytes: usize, ends: *const u32, count: usize);

    /// js-sys counts in u32; Firefox's buffers go beyond.
    #[wasm_bindgen(js_name = Uint8Array)]
    type Array;

    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn byte_length(this: &Array) -> f64;
}

/// An `ArrayBuffer` or `SharedArrayBuffer`, by its bytes.
pub struct Bytes<'a> {
    host: &'a Host,
    array: Array,
}

impl<'a> Bytes<'a> {
    /// What the job is told. Not as an argument, for which wasm-bindgen would have a second way into the module's memory.
    pub(crate) fn options(host: &'a Host) -> Vec<u8> {
        let options = Self { host, array: host.options() };
        options.copy(0, options.nbytes())
    }

    /// What was handed over.
    pub(crate) fn input(host: &'a Host, index: usize) -> Self {
        Self { host, array: host.input(index) }
    }

    /// Bytes of the whole buffer.
    pub(crate) fn nbytes(&self) -> u64 {
        self.array.byte_length() as u64
    }

    /// Copies a part of it, which has been checked to be there and to be small.
    pub(crate) fn copy(&self, at: u64, len: u64) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        self.read(at, &mut bytes);
        bytes
    }

    /// Shows the bytes from `at` on in parts of a tile's size.
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

/// What a column is written to: a buffer, or a list of strings.
pub(crate) struct Home<'a> {
    host: &'a Host,
    index: usize,
    bytes: Option<Bytes<'a>>,
    /// Codes of text that were no characters.
    pub(crate) replaced: u64,
}

impl<'a> Home<'a> {
    /// What was handed over, which may be written to.
    pub(crate) fn kept(host: &'a Host, written: bool) -> Self {
        Self::of(host, 0, host.keep(written))
    }

    /// A buffer that is to be written.
    ///
    /// # Errors
    /// `out-of-memory` if the browser has none to give.
    pub(crate) fn allocate(host: &'a Host, index: usize, nbytes: u64) -> Result<Self, Error> {
        match host.allocate(index, nbytes as f64) {
            Some(array) => Ok(Self::of(host, index, array)),
            None => Err(Error::new(
                Code::OutOfMemory,
                format_args!("the browser has no {nbytes} bytes for the result"),
            )),
        }
    }

    /// A buffer that is there already.
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

/// Numbers that JavaScript casts as NumPy does, a bit for each: all but floats to integers, which it does not saturate.
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
        // Beyond, its indices would be no small integers.
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
