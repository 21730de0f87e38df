//! Encodes an array into one buffer: header, and the payload as NumPy stores it.
//!
//! Each column is a strided walk over numbers, in the result's order: a complex number is a pair, text is its code
//! units.

use crate::crc32;
use crate::memory::{Buffers, Bytes, Home, Host};
use crate::options::{Options, wholes, wrong};
use alloc::{string::String, vec, vec::Vec};
use byteferry_convert::{
    Casting, Column, Options as Wishes, Packed, Placement, Plan, Sink, Target, Tiles, put_together,
};
use byteferry_header::literal::Node;
use byteferry_header::{
    ByteOrder, Code, DType, Error, Field, Format, Frame, Header, Number, Order, Shape, Struct,
};

/// Encodes the array that the options describe, whose columns are the host's inputs, to the host's column 0.
///
/// # Errors
/// `bad-argument` if the description is invalid, `size-mismatch` if a column's size is not what its shape needs,
/// `unsafe-cast`, `precision-loss` and `unsupported-dtype` if the array cannot become what was asked for.
pub fn encode(options: &Options, host: &Host) -> Result<String, Error> {
    let array = options.get("array").ok_or_else(not_an_array)?;
    let dims = dims(array)?;
    let mut dtype = match options.text("dtype") {
        Some(text) => DType::parse(text)?,
        None => described(array)?,
    };
    if let Some(word) = options.text("byteOrder") {
        dtype = dtype.with_byte_order(if word == "big" { ByteOrder::Big } else { ByteOrder::Little });
    }
    // x87's by default, as in NumPy on most machines.
    let quad = options.text("longdouble") == Some("quad");
    dtype = dtype.with_longdouble(if quad { Number::Quad } else { Number::X87In16 });
    let shape = Shape::new(dims, dtype.itemsize())?;
    let mut order = options.order("layout").unwrap_or(order(array)?);
    // As in NumPy: an array that is contiguous in both orders is in C order.
    if shape.size() == 0 || shape.dims().iter().filter(|len| **len != 1).count() < 2 {
        order = Order::C;
    }
    let format = match options.text("format") {
        Some("raw") => Format::Raw,
        Some("frame") => Format::Frame,
        _ => Format::Npy,
    };
    let frame = Frame {
        name: options.text("name").unwrap_or_default().into(),
        sequence: options.whole("sequence").unwrap_or(0),
        crc32: (options.truth("checksum") != Some(false)).then_some(0),
        nbytes: Some(shape.nbytes()),
    };
    let nbytes = shape.nbytes();
    let mut header = Header {
        format,
        dtype,
        shape,
        order,
        payload: 0,
        frame: Some(frame).filter(|_| format == Format::Frame),
    };
    let head = header.write()?;

    let room = head.len() as u64;
    let outer = header.shape.dims().len();
    let mut job = Job { host, order, outer, casting: options.casting(), next: 1, fields: Vec::new() };
    let mut result = if let DType::Struct(record) = &header.dtype {
        let mut result = Home::allocate(host, 0, room + nbytes)?;
        job.add(array, record, header.shape.dims(), 0, &[])?;
        put_together(&job.fields, record.itemsize.into(), header.shape.size(), &mut result, room);
        result
    } else {
        job.column(array, header.shape.dims(), &header.dtype, room, 0)?
    };
    result.write(0, &head);
    if let (Some(bytes), Some(Frame { crc32: Some(told), .. })) = (result.bytes(), &mut header.frame) {
        *told = crc32(bytes, room, nbytes, 0);
        result.write(0, &header.write()?);
    }
    Ok("{}".into())
}

struct Job<'a> {
    host: &'a Host,
    /// Order of the result.
    order: Order,
    /// Number of the array's own axes. Those of sub-arrays come after them and keep their order.
    outer: usize,
    casting: Casting,
    /// Index of the next free column.
    next: usize,
    /// The fields of the records, each in a column of its own.
    fields: Vec<Packed<Home<'a>>>,
}

impl<'a> Job<'a> {
    /// Packs the fields of an array of records with these `axes`. The first record begins at `offset` in the
    /// outermost record; `repeats` as in [`Packed`].
    fn add(
        &mut self,
        array: &Node,
        record: &Struct,
        axes: &[u64],
        offset: u64,
        repeats: &[(u64, u64)],
    ) -> Result<(), Error> {
        let given = array.get("fields").and_then(Node::items).ok_or_else(not_an_array)?;
        for field in &record.fields {
            let mut found = None;
            for entry in given {
                if let Some([name, node]) = entry.items()
                    && name.text() == Some(field.name.as_str())
                {
                    found = Some(node);
                }
            }
            let node = found.ok_or_else(|| {
                Error::new(Code::BadArgument, format_args!("the array has no field '{}'", field.name))
            })?;
            let offset = offset + u64::from(field.offset);
            let itemsize = field.dtype.itemsize();
            let len = field.shape.iter().product::<u64>();
            let mut dims = axes.to_vec();
            dims.extend_from_slice(&field.shape);
            let mut repeats = repeats.to_vec();
            if let DType::Struct(record) = &field.dtype {
                repeats.push((len, itemsize));
                self.add(node, record, &dims, offset, &repeats)?;
            } else {
                let index = self.next;
                self.next += 1;
                let source = self.column(node, &dims, &field.dtype, 0, index)?;
                self.fields.push(Packed { source, offset, width: len * itemsize, repeats });
            }
        }
        Ok(())
    }

    /// Packs one column, behind `room` free bytes.
    fn column(
        &self,
        array: &Node,
        dims: &[u64],
        target: &DType,
        room: u64,
        index: usize,
    ) -> Result<Home<'a>, Error> {
        let data = array.get("data").and_then(Node::whole).ok_or_else(not_an_array)?;
        let source = Bytes::input(self.host, data as usize);
        let nbytes = source.nbytes();
        let dtype = element(array)?;
        let (number, inner) = match dtype {
            DType::Number(number, _) => (number, 1),
            DType::Complex(number, _) => (number, 2),
            DType::Datetime(..) | DType::Timedelta(..) => (Number::Int64, 1),
            DType::Bytes(length) | DType::Void(length) => (Number::Uint8, length.into()),
            DType::Str(length, _) => (Number::Uint32, length.into()),
            DType::Struct(_) => return Err(not_an_array()),
        };
        let to = match (&dtype, target) {
            (DType::Number(..), DType::Number(to, _)) | (DType::Complex(..), DType::Complex(to, _)) => {
                Target::Number(*to)
            }
            (DType::Number(..), DType::Complex(to, _)) => Target::Complex(*to),
            (DType::Number(Number::Int64, _), DType::Datetime(..) | DType::Timedelta(..)) => {
                Target::Number(Number::Int64)
            }
            _ if dtype.clone().with_byte_order(ByteOrder::Little)
                == target.clone().with_byte_order(ByteOrder::Little) =>
            {
                Target::Number(number)
            }
            _ => {
                return Err(Error::new(
                    Code::UnsafeCast,
                    format_args!("'{dtype}' cannot be written as '{target}'"),
                ));
            }
        };

        let width = number.itemsize();
        let whole = Shape::new(dims.to_vec(), inner * width)?;
        if nbytes != whole.nbytes() {
            return Err(Error::new(
                Code::SizeMismatch,
                format_args!("the data of a '{dtype}' array have {nbytes} bytes"),
            )
            .sizes(whole.nbytes(), nbytes));
        }
        let planes = array.get("complex").and_then(Node::text) == Some("planes");
        let apart = planes && inner == 2;
        let place = Shape::new(dims.to_vec(), if apart { width } else { inner * width })?;
        let (mut dims, mut strides) = (dims.to_vec(), place.strides(order(array)?));
        if self.order == Order::Fortran {
            dims.get_mut(..self.outer).unwrap_or_default().reverse();
            strides.get_mut(..self.outer).unwrap_or_default().reverse();
        }
        dims.push(inner);
        strides.push(if apart { place.nbytes() } else { width } as i64);
        let plan = Plan::new(
            &DType::Number(number, ByteOrder::Little),
            &Shape::new(dims, width)?,
            Placement {
                offset: 0,
                available: nbytes,
                writable: false,
                order: Order::C,
                strides: Some(strides),
                before: 0,
            },
            &Wishes {
                to: Some(to),
                casting: self.casting,
                big_endian: target.byte_order() == Some(ByteOrder::Big),
                room,
                ..Wishes::default()
            },
        )?;
        let len = plan.columns().first().map_or(room, Column::nbytes);
        let homes = vec![Home::allocate(self.host, index, len)?];
        let mut buffers = Buffers { source, homes };
        plan.convert(&mut buffers, &mut Tiles::new())?;
        buffers.homes.pop().ok_or_else(not_an_array)
    }
}

#[cold]
fn not_an_array() -> Error {
    wrong("array", "an NdArray or a typed array")
}

fn dims(array: &Node) -> Result<Vec<u64>, Error> {
    let shape = array.get("shape").ok_or_else(not_an_array)?;
    let dims = wholes(shape);
    let all = shape.items().is_some_and(|lens| lens.len() == dims.len());
    if all { Ok(dims) } else { Err(wrong("the array's shape", "a list of whole numbers")) }
}

fn order(array: &Node) -> Result<Order, Error> {
    match array.get("order").map(Node::text) {
        None | Some(Some("C")) => Ok(Order::C),
        Some(Some("F")) => Ok(Order::Fortran),
        Some(_) => Err(wrong("the array's order", "C or F")),
    }
}

/// The dtype of a column's elements.
fn element(array: &Node) -> Result<DType, Error> {
    DType::parse(array.get("dtype").and_then(Node::text).ok_or_else(not_an_array)?)
}

/// The dtype of an array or a field. If it has fields: a record in which they lie one after the other.
fn described(array: &Node) -> Result<DType, Error> {
    let Some(given) = array.get("fields").and_then(Node::items) else { return element(array) };
    let outer = dims(array)?.len();
    let mut fields = Vec::new();
    let mut itemsize = 0;
    for entry in given {
        let Some([name, node]) = entry.items() else { return Err(not_an_array()) };
        let mut shape = dims(node)?;
        shape.drain(..outer.min(shape.len()));
        let dtype = described(node)?;
        let nbytes = shape.iter().fold(dtype.itemsize(), |nbytes, len| nbytes.saturating_mul(*len));
        fields.push(Field {
            name: name.text().unwrap_or_default().into(),
            title: None,
            offset: itemsize,
            dtype,
            shape,
        });
        itemsize =
            u32::try_from(nbytes).ok().and_then(|nbytes| itemsize.checked_add(nbytes)).ok_or_else(|| {
                Error::new(Code::TooLarge, format_args!("the records have more than 4 GiB each"))
            })?;
    }
    Ok(DType::Struct(Struct { fields, itemsize }))
}
