//! Decodes one buffer into one array: header, plan, conversion.

use crate::memory::{Buffers, Bytes, Home, Host};
use crate::options::{Options, wholes, wrong};
use crate::reply::{self, Outcome};
use alloc::{string::String, vec, vec::Vec};
use byteferry_convert::{Action, Column, Options as Wishes, Placement, Plan, Target, Tiles};
use byteferry_header::literal::Node;
use byteferry_header::{ByteOrder, Code, DType, Error, Format, Header, Number, Order, Shape};
use web_sys::DedicatedWorkerGlobalScope;

/// Number of first bytes that suffice to tell the container, and how long its header is.
const FIRST: u64 = 64;

/// Bytes of the largest element that is converted while the array is still arriving.
const LARGEST_STREAMED: u64 = 1 << 20;

/// Bytes of the largest array for which memory is allocated by its header alone, while the length of the stream is
/// unknown. WebKit may take seconds to clear that memory, even if only a few bytes follow.
const LARGEST_PROMISED: u64 = 1 << 30;

/// Decodes the array in the host's input 0, in place if possible. Returns the reply as JSON, without its `id`:
/// [`byteferry_protocol::Decoded`].
///
/// If the array is `streamed`, input 0 holds only its first bytes. The first job then plans the conversion and
/// allocates the results; its reply says in `stream` where the payload lies. Each later job has the same options and
/// a `part`: the number of elements converted so far, the number of elements in input 1, and the CRC-32 of the
/// payload before them. Its reply has the CRC-32 up to the end of this part, as `sum`.
///
/// # Errors
/// Those of header, plan and conversion. The input is then unchanged.
pub fn decode(options: &Options, host: &Host, scope: &DedicatedWorkerGlobalScope) -> Result<String, Error> {
    let now = || scope.performance().map_or(0.0, |clock| clock.now());
    let started = now();
    let source = source(&Bytes::input(host, 0), options)?;
    let streamed = options.truth("streamed") == Some(true);
    if source.is_endless || source.is_vague {
        return Ok(reply::collect(&source));
    }
    let peeked = cfg!(feature = "full") && options.truth("peek") == Some(true);
    let part = options.get("part").map(wholes).unwrap_or_default();
    let (strides, mut layout) = (options.strides(), options.order("layout"));
    let order = layout.unwrap_or(if strides.is_some() { Order::C } else { source.order });
    let mut shape = source.shape.clone();
    let mut place = Placement {
        offset: source.payload,
        available: source.available,
        writable: options.truth("writable") != Some(false),
        order: source.order,
        strides,
        before: source.payload - source.begin,
    };
    let (mut input, mut first) = (0, 0);
    if streamed {
        // As if the payload had a buffer of its own.
        (place.offset, place.writable) = (0, true);
    }
    if let &[done, len, _] = part.as_slice() {
        (input, first, layout) = (1, done, None);
        shape = Shape::new(vec![len], shape.itemsize())?;
        (place.available, place.writable, place.order) = (shape.nbytes(), false, Order::C);
    }
    let sum = if streamed && input == 0 {
        0
    } else {
        source.check(&Bytes::input(host, input), place.offset, &shape, &part)?
    };
    let float16 = options.truth("float16") == Some(true);
    let wishes = Wishes {
        to: options.get("to").map(|to| target(to, float16)).transpose()?,
        casting: options.casting(),
        strict: options.truth("strict") == Some(true),
        layout,
        planes: options.text("complex") == Some("planes"),
        first,
        ..Wishes::default()
    };
    let plan = Plan::new(&source.dtype, &shape, place, &wishes)?;
    let limit = options.whole("limit").unwrap_or(u64::MAX);
    for column in plan.columns() {
        let nbytes = column.shape.nbytes();
        if nbytes > limit && !peeked {
            return Err(Error::new(
                Code::TooLarge,
                format_args!(
                    "the result has {nbytes} bytes; this browser moves at most {limit} in one piece: take it by rows"
                ),
            )
            .sizes(limit, nbytes));
        }
    }
    let planned = now();

    // Whether a column needs the whole array first: text, or another order than the source's.
    let is_kept =
        |column: &Column| column.number().is_none() || column.order != source.order && shape.dims().len() > 1;
    let is_promised = shape.nbytes() > LARGEST_PROMISED && options.whole("available").is_none();
    let is_large = is_promised || shape.itemsize() > LARGEST_STREAMED;
    if streamed && !peeked && (plan.columns().iter().any(is_kept) || wishes.planes || is_large) {
        return Ok(reply::collect(&source));
    }
    let in_place = !streamed && plan.action() != Action::Into;
    let mut homes = Vec::new();
    if in_place {
        homes.push(Home::kept(host, plan.action() == Action::InPlace));
    } else {
        for (index, column) in plan.columns().iter().enumerate() {
            homes.push(match column.number() {
                None => Home::text(host, index),
                _ if peeked => Home::text(host, index),
                _ if input > 0 => Home::column(host, index),
                _ => Home::allocate(host, index, column.nbytes())?,
            });
        }
    }
    let mut buffers = Buffers { source: Bytes::input(host, input), homes };
    if !streamed || input > 0 {
        plan.convert(&mut buffers, &mut Tiles::new())?;
    }
    if input > 0 {
        return Ok(reply::part(sum));
    }
    Ok(reply::result(&Outcome {
        source: &source,
        target: wishes.to.as_ref(),
        plan: &plan,
        order,
        homes: &buffers.homes,
        allocated: host.allocated() as u64,
        planning: planned - started,
        converting: now() - planned,
        streamed,
    }))
}

/// An array as it was sent, and where its payload lies in the buffer.
pub(crate) struct Source {
    /// Its container.
    pub(crate) format: Format,
    /// Type of its elements.
    pub(crate) dtype: DType,
    /// Elements along each axis.
    pub(crate) shape: Shape,
    /// Which index varies fastest.
    pub(crate) order: Order,
    /// First byte of the view that was handed over, from the beginning of the buffer.
    pub(crate) begin: u64,
    /// First byte of the payload, from the beginning of the buffer.
    pub(crate) payload: u64,
    /// Number of bytes from `payload` on.
    available: u64,
    /// Whether the first bytes do not tell where the payload ends.
    pub(crate) is_endless: bool,
    /// Whether the first bytes do not tell if its long doubles are x87's or IEEE's.
    is_vague: bool,
    /// zlib's CRC-32 of the payload, if it is to be checked.
    pub(crate) crc32: Option<u32>,
    /// The name that a frame gave it.
    pub(crate) name: Option<String>,
    /// Its number in its stream of frames.
    pub(crate) sequence: Option<u64>,
}

impl Source {
    /// Returns the CRC-32 of the payload up to here; checks it once the payload is complete. A payload that is cut
    /// short is left to the plan, which refuses it.
    fn check(&self, memory: &Bytes<'_>, at: u64, here: &Shape, part: &[u64]) -> Result<u32, Error> {
        let (done, before) = (part.first().copied().unwrap_or(0), part.last().copied().unwrap_or(0));
        let Some(expected) = self.crc32.filter(|_| here.nbytes() <= self.available) else { return Ok(0) };
        let sum = crate::crc32(memory, at, here.nbytes(), before as u32);
        if done + here.size() == self.shape.size() {
            agree(expected, sum)?;
        }
        Ok(sum)
    }

    #[cfg(not(feature = "full"))]
    fn take_rows(&mut self, _: &Node) -> Result<(), Error> {
        Err(wrong("rows", "left to byteferry-worker.full.js"))
    }

    /// Cuts the array to some of its rows: indices of the first axis, as in a Python slice.
    #[cfg(feature = "full")]
    fn take_rows(&mut self, rows: &Node) -> Result<(), Error> {
        let is_row = |row: &Node| row.is_none() || row.integer().is_some();
        if !rows.items().is_some_and(|rows| rows.len() < 3 && rows.iter().all(is_row)) {
            return Err(wrong("rows", "[start, stop], whole numbers or null"));
        }
        let dims = self.shape.dims();
        let Some((len, inner)) = dims.split_first().filter(|_| !self.is_endless) else {
            return Err(wrong("rows", "left out: the array has no axes, or no known length"));
        };
        if self.order == Order::Fortran && !inner.is_empty() {
            return Err(wrong("rows", "left out: in Fortran order every column has a part of them"));
        }
        let at = |index: usize, default: u64| {
            let row = rows.items().and_then(|rows| rows.get(index)?.integer());
            row.map_or(
                default,
                |row| if row < 0 { len.saturating_add_signed(row) } else { (*len).min(row as u64) },
            )
        };
        let (start, stop) = (at(0, 0), at(1, *len));
        // No rows: placed at the payload's beginning, since the payload may be cut short.
        let (start, stop) = if start < stop { (start, stop) } else { (0, 0) };
        let row = self.shape.nbytes() / (*len).max(1);
        let mut dims = vec![stop.saturating_sub(start)];
        dims.extend_from_slice(inner);
        self.shape = Shape::new(dims, self.shape.itemsize())?;
        self.payload += row * start;
        self.available = self.available.saturating_sub(row * start).min(self.shape.nbytes());
        // The CRC-32 is that of all rows.
        self.crc32 = None;
        Ok(())
    }
}

fn source(memory: &Bytes<'_>, options: &Options) -> Result<Source, Error> {
    let strided = options.get("strides").is_some();
    let streamed = options.truth("streamed") == Some(true);
    let here = memory.nbytes();
    let whole = match options.whole("available") {
        Some(available) if streamed => available,
        _ if streamed => u64::MAX,
        _ => here,
    };
    let begin = options.whole("byteOffset").unwrap_or(0);
    let end = match options.whole("byteLength") {
        None => Some(whole),
        Some(length) => begin.checked_add(length).filter(|end| *end <= whole),
    };
    let offset = options.whole("offset").unwrap_or(0);
    let (Some(first), Some(end)) = (begin.checked_add(offset), end) else {
        return Err(Error::new(
            Code::BadArgument,
            format_args!("the view lies outside its buffer of {whole} bytes"),
        ));
    };
    let Some(available) = end.checked_sub(first) else {
        let length = end.saturating_sub(begin);
        return Err(Error::new(
            Code::Truncated,
            format_args!("offset {offset} lies beyond the input's {length} bytes"),
        )
        .sizes(offset, length));
    };
    let dtype = options.text("dtype").map(DType::parse).transpose()?;

    let here = here.saturating_sub(first).min(available);
    let head = if here == 0 { Vec::new() } else { memory.copy(first, here.min(FIRST)) };
    let format = match options.text("format") {
        Some("raw") => Format::Raw,
        Some("npy") => Format::Npy,
        Some("frame") => Format::Frame,
        _ => match Format::detect(&head) {
            // With a dtype and no known magic, the bytes are raw numbers, whatever they look like.
            Err(_) if dtype.is_some() => Format::Raw,
            detected => detected?,
        },
    };
    // The CRC-32 of an archive's member, which is the whole buffer.
    if let Some(expected) = options.whole("crc32") {
        agree(expected as u32, crate::crc32(memory, 0, whole, 0))?;
    }
    let mut source = if format == Format::Raw {
        let dtype =
            dtype.ok_or_else(|| wrong("dtype", "given for raw data, which says nothing of itself"))?;
        let is_endless = streamed && strided || whole == u64::MAX && options.get("shape").is_none();
        let shape = raw_shape(options, &dtype, if is_endless { 0 } else { available })?;
        let order = options.order("order").unwrap_or(Order::C);
        Source {
            format,
            dtype,
            shape,
            order,
            begin,
            payload: first,
            available,
            is_endless,
            is_vague: false,
            crc32: None,
            name: None,
            sequence: None,
        }
    } else {
        if strided {
            return Err(wrong("strides", "left out: a container has its own"));
        }
        let nbytes = Header::len(format, &head, available)?;
        if nbytes > here {
            // For streams: JavaScript calls again with more bytes.
            return Err(Error::new(Code::Truncated, format_args!("")).sizes(nbytes, here));
        }
        let Header { dtype, shape, order, frame, payload, .. } =
            Header::read(format, &memory.copy(first, nbytes), dtype.as_ref())?;
        let (mut crc32, mut name, mut sequence) = (None, None, None);
        if let Some(frame) = frame {
            crc32 = frame.crc32.filter(|_| options.truth("checksum") != Some(false));
            (name, sequence) = (Some(frame.name).filter(|name| !name.is_empty()), Some(frame.sequence));
        }
        Source {
            format,
            dtype,
            shape,
            order,
            begin,
            payload: first + payload,
            available: available - payload,
            is_endless: false,
            is_vague: false,
            crc32,
            name,
            sequence,
        }
    };
    if let Some(rows) = options.get("rows") {
        source.take_rows(rows)?;
    }
    if whole == u64::MAX {
        // Unknown length: the number of bytes is checked as they arrive.
        source.available = source.shape.nbytes();
    }
    tell_longdouble(memory, &mut source, options, strided, streamed)?;
    Ok(source)
}

fn agree(expected: u32, actual: u32) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    let message = format_args!("the CRC-32 is {actual:08x}, and should be {expected:08x}");
    Err(Error::new(Code::Checksum, message).sizes(expected.into(), actual.into()))
}

fn raw_shape(options: &Options, dtype: &DType, available: u64) -> Result<Shape, Error> {
    let itemsize = dtype.itemsize();
    let dims = match options.get("shape") {
        Some(shape) => wholes(shape),
        None if itemsize == 0 => vec![0],
        None if !available.is_multiple_of(itemsize) => {
            return Err(Error::new(
                Code::SizeMismatch,
                format_args!(
                    "{available} bytes are no whole number of elements of {itemsize} bytes; a shape says how many to read"
                ),
            )
            .sizes(available.next_multiple_of(itemsize), available));
        }
        None => vec![available / itemsize],
    };
    Shape::new(dims, itemsize)
}

fn target(to: &Node, float16: bool) -> Result<Target, Error> {
    if let Some(entries) = to.entries() {
        let mut fields = Vec::new();
        for (name, to) in entries {
            fields.push((name.text().unwrap_or_default().into(), target(to, float16)?));
        }
        return Ok(Target::Fields(fields));
    }
    let text = to.text().ok_or_else(|| wrong("to", "a dtype, or an object of dtypes by field"))?;
    if text == "bytes" {
        return Ok(Target::Bytes);
    }
    match DType::parse(text)? {
        DType::Number(Number::Float16, ByteOrder::Little) if !float16 => {
            Err(Error::new(Code::UnsupportedDtype, format_args!("this browser has no Float16Array")))
        }
        DType::Number(number, ByteOrder::Little) if has_typed_array(number) => Ok(Target::Number(number)),
        DType::Complex(number @ (Number::Float32 | Number::Float64), ByteOrder::Little) => {
            Ok(Target::Complex(number))
        }
        // No typed array is big-endian, either.
        _ => Err(Error::new(Code::BadArgument, format_args!("to: there is no typed array for '{text}'"))),
    }
}

/// Whether JavaScript has a typed array for these numbers, or for their bits.
fn has_typed_array(number: Number) -> bool {
    number.itemsize().is_power_of_two() && number.itemsize() <= 8 && number != Number::Ibm4
}

/// Finds the long doubles of an element: their offsets and byte orders.
fn find_longdoubles(dtype: &DType, at: u64, found: &mut Vec<(u64, ByteOrder)>) {
    match dtype {
        DType::Number(Number::Longdouble16, order) | DType::Complex(Number::Longdouble16, order) => {
            for number in 0..dtype.itemsize() / 16 {
                found.push((at + 16 * number, *order));
            }
        }
        DType::Struct(record) => {
            for field in &record.fields {
                // The first element of a sub-array is enough.
                find_longdoubles(&field.dtype, at + u64::from(field.offset), found);
            }
        }
        _ => {}
    }
}

/// Whether the long doubles are x87's beyond doubt.
///
/// NumPy may leave anything in the six bytes of padding. Where they are not all 0, the number must be well-formed x87
/// (leading digit 1 unless the exponent is 0), and not have a float64's exponent if read as IEEE's.
fn are_x87(memory: &Bytes<'_>, source: &Source, longdoubles: &[(u64, ByteOrder)]) -> bool {
    let itemsize = source.dtype.itemsize();
    // Only the elements that are there; the plan reports missing ones.
    let count = source.shape.size().min(source.available / itemsize);
    let step = (16 * 1024 / itemsize).max(1);
    let mut done = 0;
    while done < count {
        let len = step.min(count - done);
        let part = memory.copy(source.payload + done * itemsize, len * itemsize);
        for element in part.chunks(itemsize as usize) {
            for (at, order) in longdoubles {
                let bytes = element.get(*at as usize..).and_then(|rest| rest.first_chunk::<16>());
                let bits = u128::from_le_bytes(bytes.copied().unwrap_or_default());
                let bits = if *order == ByteOrder::Little { bits } else { bits.swap_bytes() };
                let exponent = |shift: u32| (bits >> shift) as u32 & 0x7fff;
                let leads = (bits >> 63) as u32 & 1;
                let well_formed = (exponent(64) == 0) == (leads == 0);
                if bits >> 80 != 0 && (!well_formed || (0x3bff..0x4400).contains(&exponent(112))) {
                    return false;
                }
            }
        }
        done += len;
    }
    true
}

/// Determines the layout of an array's long doubles: x87's and IEEE's have the same type string.
fn tell_longdouble(
    memory: &Bytes<'_>,
    source: &mut Source,
    options: &Options,
    strided: bool,
    streamed: bool,
) -> Result<(), Error> {
    let layout = match options.text("longdouble") {
        Some("x87") => Number::X87In16,
        Some(_) => Number::Quad,
        None => {
            let mut longdoubles = Vec::new();
            find_longdoubles(&source.dtype, 0, &mut longdoubles);
            source.is_vague = streamed && !longdoubles.is_empty();
            if longdoubles.is_empty() || strided || streamed || !are_x87(memory, source, &longdoubles) {
                return Ok(());
            }
            Number::X87In16
        }
    };
    source.dtype = source.dtype.clone().with_longdouble(layout);
    Ok(())
}
