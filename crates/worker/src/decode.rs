//! One buffer into one array: header, plan, conversion.

use crate::SCOPE;
use crate::memory::Memory;
use byteferry_convert::{Action, Casting, Options, Placement, Plan, Tiles};
use byteferry_header::{ByteOrder, Code, DType, Error, Format, Header, Number, Order, Shape};
use byteferry_protocol::DecodeOptions;
use wasm_bindgen::prelude::*;

/// As many first bytes as tell every container from every other, and how long its header is.
const FIRST: u64 = 64;

/// A result: what it is, what it cost, and where its bytes lie.
pub struct Decode {
    /// What it was made from.
    pub source: Source,
    /// What was done.
    pub plan: Plan,
    /// The array's shape, and its itemsize.
    pub shape: Shape,
    /// A typed array.
    pub data: JsValue,
    /// The buffer under it.
    pub buffer: JsValue,
    /// Bytes of ArrayBuffers that were allocated for it.
    pub allocated: u64,
    /// Milliseconds that header and plan took.
    pub planning: f64,
    /// Milliseconds that carrying it out took, allocation included.
    pub converting: f64,
}

/// Decodes the array in `memory`, in place where that can be.
///
/// # Errors
/// Whatever header and plan refuse. The bytes are then as they were.
pub fn decode(memory: &Memory, options: &DecodeOptions, tiles: &mut Tiles) -> Result<Decode, Error> {
    let started = now();
    let source = read_source(memory, options)?;
    let plan = Plan::new(
        &source.dtype,
        &source.shape,
        Placement { offset: source.payload, available: source.available, writable: !memory.is_shared() },
        &Options {
            to: options.to.as_deref().map(target).transpose()?,
            casting: casting(options)?,
            strict: options.strict,
        },
    )?;
    // The same axes with another itemsize: a shape that was right for the source may be too large here.
    let itemsize = plan.result_number().itemsize() * plan.components();
    let shape = Shape::new(source.shape.dims().to_vec(), itemsize)?;
    let nbytes = shape.nbytes();
    if let Some(limit) = options.limit.filter(|limit| nbytes > *limit) {
        return Err(too_large(nbytes, limit));
    }
    let planned = now();

    let mut allocated = 0;
    let mut home = memory.share()?;
    match plan.action() {
        Action::View => {}
        Action::InPlace => {
            home.mark();
            plan.convert_in_place(&mut home, tiles)?;
        }
        Action::Into => {
            home = Memory::allocate(nbytes)?;
            allocated = nbytes;
            plan.convert_into(memory, &mut home, tiles)?;
        }
    }
    Ok(Decode {
        data: home.typed_array(plan.result_number(), plan.result_offset(), plan.result_len())?,
        buffer: home.buffer().clone(),
        source,
        shape,
        plan,
        allocated,
        planning: planned - started,
        converting: now() - planned,
    })
}

/// An array as it was sent, and where its payload lies in the buffer.
pub struct Source {
    /// What it was wrapped in.
    pub format: Format,
    /// Type of its elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Shape,
    /// Which axis lies closest.
    pub order: Order,
    /// First byte of the payload, from the beginning of the buffer.
    pub payload: u64,
    /// Bytes there are from there on.
    pub available: u64,
    /// The name that a frame gave it.
    pub name: Option<String>,
}

fn read_source(memory: &Memory, options: &DecodeOptions) -> Result<Source, Error> {
    let whole = memory.nbytes();
    let offset = options.offset.unwrap_or(0);
    let end = match options.byte_length {
        None => Some(whole),
        Some(length) => options.byte_offset.checked_add(length).filter(|end| *end <= whole),
    };
    let begin = options.byte_offset.checked_add(offset);
    let (Some(begin), Some(end)) = (begin, end) else {
        return Err(Error::new(
            Code::BadArgument,
            format_args!("the view lies outside its buffer of {whole} bytes"),
        ));
    };
    let available = end.checked_sub(begin).ok_or_else(|| {
        let length = end - options.byte_offset;
        Error::new(Code::Truncated, format_args!("offset {offset} lies beyond the input's {length} bytes"))
            .sizes(offset, length)
    })?;
    let dtype = options.dtype.as_deref().map(str::parse::<DType>).transpose()?;

    let first = memory.copy(begin, available.min(FIRST) as usize);
    let format = match (options.format.as_deref().unwrap_or("auto"), &dtype) {
        ("raw", _) => Format::Raw,
        ("npy", _) => Format::Npy,
        ("frame", _) => Format::Frame,
        ("auto", None) => Format::detect(&first)?,
        // Without a magic of ours these are bare numbers, whatever they look like.
        ("auto", Some(_)) => Format::detect(&first).unwrap_or(Format::Raw),
        (other, _) => {
            return Err(Error::new(
                Code::BadArgument,
                format_args!("format '{other}' is none of 'auto', 'raw', 'npy', 'frame'"),
            ));
        }
    };
    if format == Format::Raw {
        return raw(options, dtype, begin, available);
    }

    let head = Header::len(format, &first, available)?;
    let header = Header::read(format, &memory.copy(begin, head as usize), dtype.as_ref())?;
    let mut source = Source {
        format,
        dtype: header.dtype,
        shape: header.shape,
        order: header.order,
        payload: begin + header.payload,
        available: available - header.payload,
        name: None,
    };
    if let Some(frame) = header.frame {
        // A payload that is cut short is told as such by the plan.
        let nbytes = source.shape.nbytes();
        if let Some(crc32) =
            frame.crc32.filter(|_| options.checksum != Some(false) && nbytes <= source.available)
        {
            check_crc32(memory, &source, crc32, nbytes)?;
        }
        source.name = Some(frame.name).filter(|name| !name.is_empty());
    }
    Ok(source)
}

fn raw(options: &DecodeOptions, dtype: Option<DType>, payload: u64, available: u64) -> Result<Source, Error> {
    let dtype = dtype.ok_or_else(|| {
        Error::new(
            Code::BadArgument,
            format_args!("raw data says nothing of itself: give its dtype, such as '>f4'"),
        )
    })?;
    let itemsize = dtype.itemsize();
    let shape = match &options.shape {
        Some(shape) => shape.clone(),
        None if itemsize == 0 => vec![0],
        None if !available.is_multiple_of(itemsize) => {
            return Err(Error::new(
                Code::SizeMismatch,
                format_args!(
                    "{available} bytes are no whole number of elements of dtype '{dtype}' ({itemsize} bytes each); a shape says how many to read"
                ),
            )
            .sizes(available.next_multiple_of(itemsize), available));
        }
        None => vec![available / itemsize],
    };
    let order = match options.order.as_deref() {
        None | Some("C") => Order::C,
        Some("F") => Order::Fortran,
        Some(other) => {
            return Err(Error::new(
                Code::BadArgument,
                format_args!("order '{other}' is neither 'C' nor 'F'"),
            ));
        }
    };
    let shape = Shape::new(shape, itemsize)?;
    Ok(Source { format: Format::Raw, dtype, shape, order, payload, available, name: None })
}

fn target(to: &str) -> Result<Number, Error> {
    match to.parse()? {
        DType::Number(number, ByteOrder::Little) => Ok(number),
        DType::Number(..) => Err(Error::new(
            Code::BadArgument,
            format_args!("to: '{to}' is big-endian; a typed array never is"),
        )),
        _ => Err(Error::new(Code::BadArgument, format_args!("to: '{to}' is no number type"))),
    }
}

fn casting(options: &DecodeOptions) -> Result<Casting, Error> {
    let Some(word) = options.casting.as_deref() else { return Ok(Casting::Safe) };
    Casting::parse(word).ok_or_else(|| {
        Error::new(
            Code::BadArgument,
            format_args!("casting '{word}' is none of 'no', 'equiv', 'safe', 'same_kind', 'unsafe', 'exact'"),
        )
    })
}

/// Passes the payload through zlib's CRC-32.
fn check_crc32(memory: &Memory, source: &Source, expected: u32, nbytes: u64) -> Result<(), Error> {
    // 16 KiB of tables, made when the first checksum is asked for instead of being shipped.
    thread_local! {
        #[expect(clippy::missing_const_for_thread_local, reason = "a constant would be shipped")]
        static CRC32: crc::Crc<u32, crc::Table<16>> = crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);
    }
    let actual = CRC32.with(|crc32| {
        let mut digest = crc32.digest();
        memory.for_each_part(source.payload, nbytes, |part| digest.update(part));
        digest.finalize()
    });
    if actual == expected {
        return Ok(());
    }
    Err(Error::new(
        Code::Checksum,
        format_args!("the payload's CRC-32 is {actual:08x}, the frame says {expected:08x}"),
    )
    .sizes(expected.into(), actual.into()))
}

fn too_large(nbytes: u64, limit: u64) -> Error {
    Error::new(
        Code::TooLarge,
        format_args!("the result has {nbytes} bytes; this browser moves at most {limit} in one piece"),
    )
    .sizes(limit, nbytes)
}

fn now() -> f64 {
    SCOPE.with(|scope| scope.performance().map_or(0.0, |clock| clock.now()))
}
