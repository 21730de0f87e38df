//! One buffer into one array: header, plan, conversion.

use crate::SCOPE;
use crate::home::Home;
use crate::memory::{Memory, has_typed_array};
use byteferry_convert::{Action, Casting, Column, Options, Placement, Plan, Target, Tiles};
use byteferry_header::{ByteOrder, Code, DType, Error, Format, Header, Number, Order, Shape};
use byteferry_protocol::{DecodeOptions, To};
use wasm_bindgen::prelude::*;

/// As many first bytes as tell every container from every other, and how long its header is.
const FIRST: u64 = 64;

/// A result: what it is, what it cost, and where its bytes lie.
pub struct Decode {
    /// What it was made from.
    pub source: Source,
    /// What it was asked to be.
    pub target: Option<Target>,
    /// What was done.
    pub action: Action,
    /// Which index varies fastest.
    pub order: Order,
    /// The array, or the fields of its records, nested ones in the order of their declaration.
    pub columns: Vec<ColumnData>,
    /// Bytes left over behind the array.
    pub trailing: u64,
    /// Bytes of ArrayBuffers that were allocated for it.
    pub allocated: u64,
    /// Milliseconds that header and plan took.
    pub planning: f64,
    /// Milliseconds that carrying it out took, allocation included.
    pub converting: f64,
}

/// One column, as JavaScript gets it.
pub struct ColumnData {
    /// What it is.
    pub plan: Column,
    /// A typed array, or a list of strings.
    pub data: JsValue,
    /// The buffer under it, if it has one.
    pub buffer: JsValue,
    /// Codes of text that were no characters.
    pub replaced: u64,
}

/// Decodes the array in `memory`, in place where that can be.
///
/// # Errors
/// Whatever header and plan refuse. The bytes are then as they were.
pub fn decode(memory: &Memory, options: &DecodeOptions, tiles: &mut Tiles) -> Result<Decode, Error> {
    let started = now();
    let source = read_source(memory, options)?;
    let target = options.to.as_ref().map(target).transpose()?;
    let layout = options.layout.as_deref().map(|text| order("layout", text)).transpose()?;
    let plan = Plan::new(
        &source.dtype,
        &source.shape,
        Placement {
            offset: source.payload,
            available: source.available,
            writable: !memory.is_shared(),
            order: source.order,
            strides: options.strides.clone(),
            before: source.payload - options.byte_offset,
        },
        &Options {
            to: target.clone(),
            casting: casting(options.casting.as_deref(), Casting::Safe)?,
            strict: options.strict,
            layout,
            planes: is_planes(options.complex.as_deref())?,
            ..Options::default()
        },
    )?;
    for column in plan.columns() {
        let nbytes = column.shape.nbytes();
        if let Some(limit) = options.limit.filter(|limit| nbytes > *limit) {
            return Err(too_large(nbytes, limit));
        }
    }
    let planned = now();

    let mut allocated = 0;
    let mut homes = Vec::new();
    match plan.action() {
        Action::View => homes.push(Home::Buffer(memory.share()?)),
        Action::InPlace => {
            let mut home = memory.share()?;
            home.mark();
            plan.convert_in_place(&mut home, tiles)?;
            homes.push(Home::Buffer(home));
        }
        Action::Into => {
            for column in plan.columns() {
                homes.push(if column.number().is_some() {
                    allocated += column.nbytes();
                    Home::Buffer(Memory::allocate(column.nbytes())?)
                } else {
                    Home::text()
                });
            }
            plan.convert_into(memory, &mut homes, tiles)?;
        }
    }
    let mut columns = Vec::new();
    for (home, column) in homes.into_iter().zip(plan.columns()) {
        let plan = column.clone();
        columns.push(match home {
            Home::Text { strings, replaced, .. } => {
                ColumnData { plan, data: strings.into(), buffer: JsValue::UNDEFINED, replaced }
            }
            Home::Buffer(memory) => ColumnData {
                data: memory.typed_array(
                    column.number().unwrap_or(Number::Uint8),
                    column.offset,
                    column.len,
                )?,
                buffer: memory.buffer().clone(),
                plan,
                replaced: 0,
            },
        });
    }
    Ok(Decode {
        order: layout.unwrap_or(if options.strides.is_some() { Order::C } else { source.order }),
        source,
        target,
        action: plan.action(),
        columns,
        trailing: plan.trailing(),
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
    let mut source = find_source(memory, options)?;
    if options.strides.is_some() && source.format != Format::Raw {
        let message = "strides describe raw data; a container has its own";
        return Err(Error::new(Code::BadArgument, format_args!("{message}")));
    }
    tell_longdouble(memory, &mut source, options.longdouble.as_deref(), options.strides.is_some())?;
    Ok(source)
}

fn find_source(memory: &Memory, options: &DecodeOptions) -> Result<Source, Error> {
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
    let order = options.order.as_deref().map_or(Ok(Order::C), |text| order("order", text))?;
    let shape = Shape::new(shape, itemsize)?;
    Ok(Source { format: Format::Raw, dtype, shape, order, payload, available, name: None })
}

fn target(to: &To) -> Result<Target, Error> {
    match to {
        To::One(text) if text == "bytes" => Ok(Target::Bytes),
        To::One(text) => match text.parse()? {
            DType::Number(number, ByteOrder::Little) if has_typed_array(number) => Ok(Target::Number(number)),
            DType::Complex(number @ (Number::Float32 | Number::Float64), ByteOrder::Little) => {
                Ok(Target::Complex(number))
            }
            dtype if dtype.byte_order() == Some(ByteOrder::Big) => Err(Error::new(
                Code::BadArgument,
                format_args!("to: '{text}' is big-endian; a typed array never is"),
            )),
            _ => Err(Error::new(Code::BadArgument, format_args!("to: there is no typed array for '{text}'"))),
        },
        To::Fields(fields) => fields
            .iter()
            .map(|(name, to)| Ok((name.clone(), target(to)?)))
            .collect::<Result<_, _>>()
            .map(Target::Fields),
    }
}

fn order(option: &str, text: &str) -> Result<Order, Error> {
    match text {
        "C" => Ok(Order::C),
        "F" => Ok(Order::Fortran),
        other => {
            Err(Error::new(Code::BadArgument, format_args!("{option} '{other}' is neither 'C' nor 'F'")))
        }
    }
}

fn is_planes(complex: Option<&str>) -> Result<bool, Error> {
    match complex {
        None | Some("interleaved") => Ok(false),
        Some("planes") => Ok(true),
        Some(other) => Err(Error::new(
            Code::BadArgument,
            format_args!("complex '{other}' is neither 'interleaved' nor 'planes'"),
        )),
    }
}

fn casting(word: Option<&str>, default: Casting) -> Result<Casting, Error> {
    let Some(word) = word else { return Ok(default) };
    Casting::parse(word).ok_or_else(|| {
        Error::new(
            Code::BadArgument,
            format_args!("casting '{word}' is none of 'no', 'equiv', 'safe', 'same_kind', 'unsafe', 'exact'"),
        )
    })
}

/// Says what the long doubles of an array are. x87's and IEEE's have the same type string; an x87 number ends in six bytes of
/// padding, where the other has its sign, its exponent and its first digits.
fn tell_longdouble(
    memory: &Memory,
    source: &mut Source,
    word: Option<&str>,
    strided: bool,
) -> Result<(), Error> {
    let layout = match word {
        Some("x87") => Number::X87In16,
        Some("quad") => Number::Quad,
        Some(other) => {
            return Err(Error::new(
                Code::BadArgument,
                format_args!("longdouble '{other}' is neither 'x87' nor 'quad'"),
            ));
        }
        None if strided => return Ok(()),
        None => match source.dtype {
            DType::Number(Number::Longdouble16, order) | DType::Complex(Number::Longdouble16, order) => {
                let padding = if order == ByteOrder::Little { 10..16 } else { 0..6 };
                let mut empty = true;
                // What is missing, the plan will tell.
                let nbytes = source.shape.nbytes().min(source.available / 16 * 16);
                memory.for_each_part(source.payload, nbytes, |part| {
                    let numbers = part.chunks(16).filter_map(|number| number.get(padding.clone()));
                    empty &= numbers.flatten().all(|byte| *byte == 0);
                });
                if !empty {
                    return Ok(());
                }
                Number::X87In16
            }
            _ => return Ok(()),
        },
    };
    source.dtype = source.dtype.clone().with_longdouble(layout);
    Ok(())
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
