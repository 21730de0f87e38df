//! Reads the text of a dtype: a type string, or the list of fields that NumPy calls a *descr*.
//!
//! It follows `numpy.lib.format.descr_to_dtype`, not `numpy.dtype`: fields lie one after the other, and those without
//! a name that are void or a sub-array are padding.

use alloc::{string::String, vec::Vec};
use core::str::FromStr;

use crate::{
    Code, DType, Error, Field, Number, Struct,
    literal::{self, Encoding, Node, Value},
    shape::MAX_DIMS,
    typestr::{self, MAX_ITEMSIZE},
};

impl DType {
    /// Reads a dtype as NumPy writes it: `>f4`, `float32`, `[('t', '<i8'), ('v', '>f4', (3,))]`.
    ///
    /// ```
    /// use byteferry_header::{ByteOrder, DType, Number};
    ///
    /// assert_eq!(DType::parse(">f4")?, DType::Number(Number::Float32, ByteOrder::Big));
    /// assert_eq!(DType::parse("float32")?.to_string(), "<f4");
    /// assert_eq!(DType::parse("[('t', 'M8[ns]'), ('v', '>f4', 3)]")?.itemsize(), 20);
    /// let apart = "{'names': ['a', 'b'], 'formats': ['u1', '>f8'], 'offsets': [0, 8], 'itemsize': 16}";
    /// assert_eq!(DType::parse(apart)?.to_string(), "[('a', '|u1'), ('', '|V7'), ('b', '>f8')]");
    /// # Ok::<(), byteferry_header::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unsupported-dtype` if it is, or contains, an unknown type, an object, or a type whose size depends on the
    /// platform; `bad-argument` if a list of fields is not well formed. Offsets count from the beginning of `text`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        read_text(text.as_bytes(), "the dtype", 0, Mode::Given).map_err(|mut error| {
            if error.code == Code::BadHeader {
                error.code = Code::BadArgument;
            }
            error
        })
    }

    /// Whether this is, or contains, a type that NumPy's files cannot name: `i3`, `u3` and `ibm4`.
    pub fn is_raw_only(&self) -> bool {
        self.has(|number| matches!(number, Number::Int24 | Number::Uint24 | Number::Ibm4))
    }

    /// Whether this is a number for which `test` holds, or a record with one in it.
    pub(crate) fn has(&self, test: fn(Number) -> bool) -> bool {
        match self {
            Self::Number(number, _) => test(*number),
            Self::Struct(record) => record.fields.iter().any(|field| field.dtype.has(test)),
            _ => false,
        }
    }
}

impl FromStr for DType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// Where the text of a dtype comes from, which decides what it may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A container: what NumPy writes into its headers.
    Written,
    /// A container whose reader gives the dtype: lenient as in [`typestr::parse`].
    Lenient,
    /// The caller: what `numpy.dtype` takes, a dict of names, formats and offsets included.
    Given,
}

/// The mode for a container's dtype: lenient if the caller gives a dtype.
pub(crate) fn mode(given: Option<&DType>) -> Mode {
    if given.is_some() { Mode::Lenient } else { Mode::Written }
}

/// Reads a dtype from text without quotes; `what` and `base` as in [`literal::read`].
pub(crate) fn read_text(text: &[u8], what: &'static str, base: u64, mode: Mode) -> Result<DType, Error> {
    if let [b'[' | b'(' | b'{', ..] = text {
        return read(&literal::read(text, what, base, Encoding::Utf8)?, mode);
    }
    let text = core::str::from_utf8(text)
        .map_err(|_| Error::new(Code::BadHeader, format_args!("{what} is not valid UTF-8")).at(base))?;
    typestr::parse(text, mode == Mode::Lenient).map_err(|error| error.at(base))
}

/// Reads a dtype from a literal.
pub(crate) fn read(descr: &Node, mode: Mode) -> Result<DType, Error> {
    match element(descr, mode)? {
        (dtype, shape) if shape.is_empty() => Ok(dtype),
        _ => Err(descr
            .error(Code::BadHeader, format_args!("a sub-array stands where an array's own dtype should"))),
    }
}

/// Reads a dtype, and the shape if it is a sub-array.
fn element(descr: &Node, mode: Mode) -> Result<(DType, Vec<u64>), Error> {
    match &descr.value {
        Value::Text(text) => match typestr::parse(text, mode == Mode::Lenient) {
            Ok(dtype) => Ok((dtype, Vec::new())),
            Err(error) => Err(error.at(descr.at)),
        },
        Value::List(fields) => Ok((DType::Struct(record(fields, mode)?), Vec::new())),
        Value::Dict(_) if mode == Mode::Given => Ok((DType::Struct(by_offsets(descr)?), Vec::new())),
        Value::Tuple(pair) => match pair.as_slice() {
            [base, shape] => sub_array(base, shape, mode),
            _ => Err(malformed(descr)),
        },
        _ => Err(malformed(descr)),
    }
}

#[cold]
fn malformed(descr: &Node) -> Error {
    descr.error(
        Code::BadHeader,
        format_args!("a dtype is a type string, or a list of fields (name, dtype) and (name, dtype, shape)"),
    )
}

fn sub_array(base: &Node, shape: &Node, mode: Mode) -> Result<(DType, Vec<u64>), Error> {
    let (dtype, inner) = element(base, mode)?;
    let dims = match &shape.value {
        Value::Tuple(dims) | Value::List(dims) => dims.as_slice(),
        _ => core::slice::from_ref(shape),
    };
    let mut dims = dims.iter().map(dim).collect::<Result<Vec<_>, _>>()?;
    // NumPy refuses these, or takes the shape for the length that a plain 'S' or 'U' lacks: ('S', 5) is 'S5'.
    if nbytes(&dtype, &inner) == Some(0) && !(matches!(dtype, DType::Struct(_)) && inner.is_empty()) {
        return Err(
            base.error(Code::BadHeader, format_args!("a sub-array is made of elements without bytes"))
        );
    }
    // A sub-array of sub-arrays is one with all their axes: the bytes are the same.
    dims.extend(inner);
    if dims.len() > MAX_DIMS || nbytes(&dtype, &dims).is_none() {
        let message =
            format_args!("a sub-array has more than {MAX_DIMS} axes or {MAX_ITEMSIZE} bytes, NumPy's limits");
        return Err(shape.error(Code::TooLarge, message));
    }
    Ok((dtype, dims))
}

/// The length of an axis.
pub(crate) fn dim(node: &Node) -> Result<u64, Error> {
    let code = match node.value {
        Value::Int(dim) => return Ok(dim),
        Value::Huge => Code::TooLarge,
        _ => Code::BadHeader,
    };
    Err(node.error(code, format_args!("a shape is made of integers from 0 to 2^64 - 1")))
}

/// Bytes of a sub-array; `None` beyond NumPy's limit, for which an axis of length 0 counts as 1.
pub(crate) fn nbytes(dtype: &DType, shape: &[u64]) -> Option<u64> {
    let itemsize = dtype.itemsize();
    let fits = |bytes: &u64| *bytes <= MAX_ITEMSIZE;
    let count =
        shape.iter().try_fold(itemsize.max(1), |bytes, dim| bytes.checked_mul((*dim).max(1)).filter(fits))?;
    Some(if itemsize == 0 || shape.contains(&0) { 0 } else { count })
}

fn record(items: &[Node], mode: Mode) -> Result<Struct, Error> {
    let mut fields: Vec<Field> = Vec::new();
    let mut offset: u32 = 0;
    for item in items {
        let (name, dtype, shape) = match &item.value {
            Value::Tuple(parts) | Value::List(parts) => match parts.as_slice() {
                [name, dtype] => (name, dtype, None),
                [name, dtype, shape] => (name, dtype, Some(shape)),
                _ => return Err(malformed(item)),
            },
            _ => return Err(malformed(item)),
        };
        let (dtype, shape) = match shape {
            Some(shape) => sub_array(dtype, shape, mode)?,
            None => element(dtype, mode)?,
        };
        let end = end_of(item, offset, &dtype, &shape)?;
        let is_padding = matches!(&name.value, Value::Text(name) if name.is_empty())
            && (matches!(dtype, DType::Void(_)) || !shape.is_empty());
        if !is_padding {
            let (title, name) = names(name)?;
            add(item, &mut fields, Field { name, title, offset, dtype, shape })?;
        }
        offset = end;
    }
    Ok(Struct { fields, itemsize: offset })
}

/// Where a field ends in its record.
fn end_of(item: &Node, offset: u32, dtype: &DType, shape: &[u64]) -> Result<u32, Error> {
    nbytes(dtype, shape)
        .and_then(|bytes| u64::from(offset).checked_add(bytes))
        .filter(|end| *end <= MAX_ITEMSIZE)
        .and_then(|end| u32::try_from(end).ok())
        .ok_or_else(|| {
            item.error(
                Code::TooLarge,
                format_args!("a record has more than {MAX_ITEMSIZE} bytes, NumPy's limit"),
            )
        })
}

/// Adds a field, whose name and title must be unique.
fn add(item: &Node, fields: &mut Vec<Field>, new: Field) -> Result<(), Error> {
    let Field { name, title, .. } = &new;
    for new in title.iter().chain([name]) {
        if fields.iter().any(|field| field.name == *new || field.title.as_ref() == Some(new)) {
            return Err(item.error(Code::BadHeader, format_args!("a record has two fields named '{new}'")));
        }
    }
    if title.as_ref() == Some(name) {
        return Err(item.error(Code::BadHeader, format_args!("a field's title is its name: '{name}'")));
    }
    fields.push(new);
    Ok(())
}

/// Reads fields by names, formats and offsets, as NumPy shows records whose fields have gaps, overlap or are out of
/// order.
fn by_offsets(dict: &Node) -> Result<Struct, Error> {
    let list = |key| dict.get(key).and_then(Node::items);
    let (Some(names), Some(formats)) = (list("names"), list("formats")) else { return Err(malformed(dict)) };
    let mut fields = Vec::new();
    let (mut next, mut last) = (0, 0);
    for (index, name) in names.iter().enumerate() {
        let (Some(name), Some(format)) = (name.text(), formats.get(index)) else {
            return Err(malformed(dict));
        };
        let offset = match list("offsets") {
            Some(offsets) => {
                let offset = offsets.get(index).and_then(Node::whole);
                offset.and_then(|offset| u32::try_from(offset).ok()).ok_or_else(|| malformed(dict))?
            }
            None => next,
        };
        let title = list("titles").and_then(|titles| titles.get(index)?.text()).map(Into::into);
        let (dtype, shape) = element(format, Mode::Given)?;
        next = end_of(format, offset, &dtype, &shape)?;
        last = next.max(last);
        add(dict, &mut fields, Field { name: name.into(), title, offset, dtype, shape })?;
    }
    let itemsize = match dict.get("itemsize").map(Node::whole) {
        None => Some(last),
        Some(itemsize) => itemsize.and_then(|itemsize| u32::try_from(itemsize).ok()),
    };
    let itemsize = itemsize.filter(|itemsize| *itemsize >= last && u64::from(*itemsize) <= MAX_ITEMSIZE);
    Ok(Struct { fields, itemsize: itemsize.ok_or_else(|| malformed(dict))? })
}

/// A field's title, if it has one, and its name.
fn names(node: &Node) -> Result<(Option<String>, String), Error> {
    match &node.value {
        Value::Text(name) => return Ok((None, name.clone())),
        Value::Tuple(parts) => {
            if let [Node { value: Value::Text(title), .. }, Node { value: Value::Text(name), .. }] =
                parts.as_slice()
            {
                return Ok((Some(title.clone()), name.clone()));
            }
        }
        _ => {}
    }
    Err(node.error(
        Code::BadHeader,
        format_args!("a field's name is a string, or a pair of strings (title, name)"),
    ))
}
