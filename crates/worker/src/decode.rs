//! One buffer into one array: header, plan, conversion.

use crate::memory::{Bytes, Home, Host};
use crate::options::{Options, wholes, wrong};
use crate::reply::{self, Outcome};
use alloc::{string::String, vec, vec::Vec};
use byteferry_convert::{Action, Options as Wishes, Placement, Plan, Target, Tiles};
use byteferry_header::literal::Node;
use byteferry_header::{ByteOrder, Code, DType, Error, Format, Header, Number, Order, Shape};
use web_sys::DedicatedWorkerGlobalScope;

/// As many first bytes as tell every container from every other, and how long its header is.
const FIRST: u64 = 64;

/// Decodes the array in the host's column 0, in place where that can be. Returns the reply, but for its `id`: what
/// [`byteferry_protocol::Decoded`] describes, as JSON.
///
/// # Errors
/// Whatever header and plan refuse. The bytes are then as they were.
pub fn decode(options: &Options, host: &Host, scope: &DedicatedWorkerGlobalScope) -> Result<String, Error> {
    let now = || scope.performance().map_or(0.0, |clock| clock.now());
    let started = now();
    let memory = host.input(0);
    let strides = options.strides();
    let source = source(&memory, options, strides.is_some())?;
    let float16 = options.truth("float16") == Some(true);
    let target = options.get("to").map(|to| target(to, float16)).transpose()?;
    let layout = options.order("layout");
    let order = layout.unwrap_or(if strides.is_some() { Order::C } else { source.order });
    let plan = Plan::new(
        &source.dtype,
        &source.shape,
        Placement {
            offset: source.payload,
            available: source.available,
            writable: options.truth("writable") != Some(false),
            order: source.order,
            strides,
            before: source.payload - source.begin,
        },
        &Wishes {
            to: target.clone(),
            casting: options.casting(),
            strict: options.truth("strict") == Some(true),
            layout,
            planes: options.text("complex") == Some("planes"),
            ..Wishes::default()
        },
    )?;
    let limit = options.whole("limit").unwrap_or(u64::MAX);
    for column in plan.columns() {
        let nbytes = column.shape.nbytes();
        if nbytes > limit {
            return Err(Error::new(
                Code::TooLarge,
                format_args!(
                    "the result has {nbytes} bytes; this browser moves at most {limit} in one piece"
                ),
            )
            .sizes(limit, nbytes));
        }
    }
    let planned = now();

    let mut allocated = 0;
    let mut homes = Vec::new();
    match plan.action() {
        Action::View => homes.push(Home::kept(host, false)),
        Action::InPlace => {
            let mut home = Home::kept(host, true);
            plan.convert_in_place(&mut home, &mut Tiles::new())?;
            homes.push(home);
        }
        Action::Into => {
            for (index, column) in plan.columns().iter().enumerate() {
                homes.push(match column.number() {
                    Some(_) => {
                        allocated += column.nbytes();
                        Home::allocate(host, index, column.nbytes())?
                    }
                    None => Home::text(host, index),
                });
            }
            plan.convert_into(&Home::input(host, 0), &mut homes, &mut Tiles::new())?;
        }
    }
    Ok(reply::result(&Outcome {
        source: &source,
        target: target.as_ref(),
        plan: &plan,
        order,
        homes: &homes,
        allocated,
        planning: planned - started,
        converting: now() - planned,
    }))
}

/// An array as it was sent, and where its payload lies in the buffer.
pub(crate) struct Source {
    /// What it was wrapped in.
    pub(crate) format: Format,
    /// Type of its elements.
    pub(crate) dtype: DType,
    /// Elements along each axis.
    pub(crate) shape: Shape,
    /// Which axis lies closest.
    pub(crate) order: Order,
    /// First byte of the view that was handed over, from the beginning of the buffer.
    pub(crate) begin: u64,
    /// First byte of the payload, from the beginning of the buffer.
    pub(crate) payload: u64,
    /// Bytes there are from there on.
    available: u64,
    /// The name that a frame gave it.
    pub(crate) name: Option<String>,
    /// Its number in its stream of frames.
    pub(crate) sequence: Option<u64>,
}

fn source(memory: &Bytes, options: &Options, strided: bool) -> Result<Source, Error> {
    let whole = memory.nbytes();
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

    let head = memory.copy(first, available.min(FIRST));
    let format = match options.text("format") {
        Some("raw") => Format::Raw,
        Some("npy") => Format::Npy,
        Some("frame") => Format::Frame,
        _ => match Format::detect(&head) {
            // Without a magic of ours these are bare numbers, whatever they look like.
            Err(_) if dtype.is_some() => Format::Raw,
            detected => detected?,
        },
    };
    // Of an archive's member, which is all of the buffer.
    if let Some(expected) = options.whole("crc32") {
        let actual = u64::from(crate::crc32(memory, 0, whole));
        if actual != expected {
            return Err(wrong_checksum(expected, actual));
        }
    }
    let mut source = if format == Format::Raw {
        let dtype =
            dtype.ok_or_else(|| wrong("dtype", "given for raw data, which says nothing of itself"))?;
        let shape = raw_shape(options, &dtype, available)?;
        let order = options.order("order").unwrap_or(Order::C);
        Source { format, dtype, shape, order, begin, payload: first, available, name: None, sequence: None }
    } else {
        if strided {
            return Err(wrong("strides", "left out: a container has its own"));
        }
        let nbytes = Header::len(format, &head, available)?;
        let header = Header::read(format, &memory.copy(first, nbytes), dtype.as_ref())?;
        let payload = first + header.payload;
        let available = available - header.payload;
        let (mut name, mut sequence) = (None, None);
        if let Some(frame) = header.frame {
            // A payload that is cut short is told as such by the plan.
            if let Some(crc32) = frame.crc32
                && header.shape.nbytes() <= available
                && options.truth("checksum") != Some(false)
            {
                let actual = crate::crc32(memory, payload, header.shape.nbytes());
                if actual != crc32 {
                    return Err(wrong_checksum(crc32.into(), actual.into()));
                }
            }
            (name, sequence) = (Some(frame.name).filter(|name| !name.is_empty()), Some(frame.sequence));
        }
        let Header { dtype, shape, order, .. } = header;
        Source { format, dtype, shape, order, begin, payload, available, name, sequence }
    };
    tell_longdouble(memory, &mut source, options, strided)?;
    Ok(source)
}

#[cold]
fn wrong_checksum(expected: u64, actual: u64) -> Error {
    let message = format_args!("the CRC-32 is {actual:08x}, and should be {expected:08x}");
    Error::new(Code::Checksum, message).sizes(expected, actual)
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
        // Nor is there one that is big-endian.
        _ => Err(Error::new(Code::BadArgument, format_args!("to: there is no typed array for '{text}'"))),
    }
}

/// Whether JavaScript has a typed array for these numbers, or for their bits.
fn has_typed_array(number: Number) -> bool {
    number.itemsize().is_power_of_two() && number.itemsize() <= 8 && number != Number::Ibm4
}

/// Where in an element long doubles are, and in which byte order.
fn find_longdoubles(dtype: &DType, at: u64, found: &mut Vec<(u64, ByteOrder)>) {
    match dtype {
        DType::Number(Number::Longdouble16, order) | DType::Complex(Number::Longdouble16, order) => {
            for number in 0..dtype.itemsize() / 16 {
                found.push((at + 16 * number, *order));
            }
        }
        DType::Struct(record) => {
            for field in &record.fields {
                // One of a sub-array is enough.
                find_longdoubles(&field.dtype, at + u64::from(field.offset), found);
            }
        }
        _ => {}
    }
}

/// Whether long doubles are x87's beyond doubt. NumPy may leave anything in the six bytes behind a number: where they are not empty, it
/// must be a well-formed one, with its leading bit or without exponent, and not of a float64's size as IEEE's.
fn are_x87(memory: &Bytes, source: &Source, longdoubles: &[(u64, ByteOrder)]) -> bool {
    let itemsize = source.dtype.itemsize();
    // As many elements as are there: what is missing, the plan will tell.
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

/// Says what the long doubles of an array are: x87's and IEEE's have the same type string.
fn tell_longdouble(
    memory: &Bytes,
    source: &mut Source,
    options: &Options,
    strided: bool,
) -> Result<(), Error> {
    let layout = match options.text("longdouble") {
        Some("x87") => Number::X87In16,
        Some(_) => Number::Quad,
        None => {
            let mut longdoubles = Vec::new();
            find_longdoubles(&source.dtype, 0, &mut longdoubles);
            if longdoubles.is_empty() || strided || !are_x87(memory, source, &longdoubles) {
                return Ok(());
            }
            Number::X87In16
        }
    };
    source.dtype = source.dtype.clone().with_longdouble(layout);
    Ok(())
}
