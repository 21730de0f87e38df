//! Writes dtypes, shapes and names as Python's `repr` does: what NumPy puts into .npy headers.

use core::fmt::{self, Display, Formatter, Write};

use crate::{ByteOrder, DType, Field, Number, Struct, descr};

/// The text that NumPy writes, `repr(numpy.lib.format.dtype_to_descr(dtype))`, a type string without its
/// quotes. `{:#}` escapes what isn't ASCII.
///
/// NumPy cannot write two things. Types it has no type string for are written by name, `bfloat16` or `>bfloat16`; and
/// a record whose fields overlap or lie out of order becomes a dict, as `numpy.dtype` and [`DType::parse`] take it.
impl Display for DType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mark = match self.byte_order() {
            Some(ByteOrder::Little) => '<',
            Some(ByteOrder::Big) => '>',
            None => '|',
        };
        let (kind, count) = match self {
            Self::Number(
                number @ (Number::Bfloat16 | Number::Float8E4m3fn | Number::Float8E5m2 | Number::Ibm4),
                _,
            ) => {
                f.write_str(if mark == '>' { ">" } else { "" })?;
                return f.write_str(number.name());
            }
            Self::Struct(record) if record.is_packed() => return write_fields(record, f),
            Self::Struct(record) => return write_dict(record, f),
            Self::Number(number, _) => (number.kind(), number.itemsize()),
            Self::Complex(..) => ('c', self.itemsize()),
            Self::Datetime(..) => ('M', 8),
            Self::Timedelta(..) => ('m', 8),
            Self::Bytes(count) => ('S', u64::from(*count)),
            Self::Str(count, _) => ('U', u64::from(*count)),
            Self::Void(count) => ('V', u64::from(*count)),
        };
        f.write_char(mark)?;
        f.write_char(kind)?;
        count.fmt(f)?;
        match self {
            Self::Datetime(unit, _) | Self::Timedelta(unit, _) => unit.fmt(f),
            _ => Ok(()),
        }
    }
}

impl Struct {
    /// Whether a list of fields can describe it: they lie in their order, without overlap.
    pub(crate) fn is_packed(&self) -> bool {
        let mut end = 0;
        let in_order = self.fields.iter().all(|field| {
            let begins = u64::from(field.offset) >= end;
            end = field.end();
            begins && !matches!(&field.dtype, DType::Struct(record) if !record.is_packed())
        });
        in_order && end <= u64::from(self.itemsize)
    }
}

impl Field {
    fn end(&self) -> u64 {
        let nbytes = descr::nbytes(&self.dtype, &self.shape).unwrap_or(u64::MAX);
        u64::from(self.offset).saturating_add(nbytes)
    }
}

fn write_fields(record: &Struct, f: &mut Formatter<'_>) -> fmt::Result {
    let mut separator = "[";
    let mut end = 0;
    for field in &record.fields {
        write_padding(f, &mut separator, end, field.offset.into())?;
        write!(f, "{separator}(")?;
        write_name(f, field)?;
        f.write_str(", ")?;
        Descr(&field.dtype).fmt(f)?;
        if !field.shape.is_empty() {
            write!(f, ", {}", Tuple(&field.shape))?;
        }
        f.write_str(")")?;
        separator = ", ";
        end = field.end();
    }
    write_padding(f, &mut separator, end, record.itemsize.into())?;
    f.write_str(if separator == "[" { "[]" } else { "]" })
}

fn write_padding(f: &mut Formatter<'_>, separator: &mut &str, from: u64, to: u64) -> fmt::Result {
    if from < to {
        write!(f, "{separator}('', '|V{}')", to - from)?;
        *separator = ", ";
    }
    Ok(())
}

fn write_dict(record: &Struct, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("{'names': [")?;
    write_list(f, record, |f, field| write_repr(f, &field.name))?;
    f.write_str("], 'formats': [")?;
    write_list(f, record, |f, field| {
        if field.shape.is_empty() {
            return Descr(&field.dtype).fmt(f);
        }
        f.write_str("(")?;
        Descr(&field.dtype).fmt(f)?;
        write!(f, ", {})", Tuple(&field.shape))
    })?;
    f.write_str("], 'offsets': [")?;
    write_list(f, record, |f, field| write!(f, "{}", field.offset))?;
    write!(f, "], 'itemsize': {}}}", record.itemsize)
}

fn write_list(
    f: &mut Formatter<'_>,
    record: &Struct,
    write: fn(&mut Formatter<'_>, &Field) -> fmt::Result,
) -> fmt::Result {
    for (index, field) in record.fields.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write(f, field)?;
    }
    Ok(())
}

/// A dtype as a Python literal: a type string has quotes, a list has none.
pub(crate) struct Descr<'a>(pub(crate) &'a DType);

impl Display for Descr<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let quote = if matches!(self.0, DType::Struct(_)) { "" } else { "'" };
        f.write_str(quote)?;
        self.0.fmt(f)?;
        f.write_str(quote)
    }
}

fn write_name(f: &mut Formatter<'_>, field: &Field) -> fmt::Result {
    let Some(title) = &field.title else { return write_repr(f, &field.name) };
    f.write_str("(")?;
    write_repr(f, title)?;
    f.write_str(", ")?;
    write_repr(f, &field.name)?;
    f.write_str(")")
}

/// A string as Python's `repr` has it, or (`{:#}`) as its `ascii`.
fn write_repr(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let has = |quote| text.bytes().any(|byte| byte == quote);
    let quote = if has(b'\'') && !has(b'"') { '"' } else { '\'' };
    let ascii = f.alternate();
    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c == quote || c == '\\' => {
                f.write_char('\\')?;
                f.write_char(c)?;
            }
            ' '..='~' => f.write_char(c)?,
            c if !ascii && is_printable(c) => f.write_char(c)?,
            c => {
                let (kind, width) = match u32::from(c) {
                    0..=0xff => ("x", 2),
                    0x100..=0xffff => ("u", 4),
                    _ => ("U", 8),
                };
                write!(f, "\\{kind}{:0width$x}", u32::from(c))?;
            }
        }
    }
    f.write_char(quote)
}

/// Whether Python's `repr` shows a character beyond ASCII as it is.
///
/// Python asks the Unicode database; this table has its controls, separators, format characters and private
/// use areas, but not the code points that are unassigned. Those are shown, which reads back the same.
fn is_printable(c: char) -> bool {
    !matches!(
        u32::from(c),
        0..=0xa0 | 0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890 | 0x891 | 0x8e2 | 0x1680 | 0x180e
        | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0xe000..=0xf8ff | 0xfeff | 0xfff0..=0xfffb
        | 0xfffe..=0xffff | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        | 0xe0000..=0xe00ff | 0xe01f0.. // tags and private use; variation selectors, between them, are shown
    )
}

/// Integers as a Python tuple: `()`, `(3,)`, `(3, 100)`.
pub(crate) struct Tuple<'a>(pub(crate) &'a [u64]);

impl Display for Tuple<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, dim) in self.0.iter().enumerate() {
            write!(f, "{}{dim}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}
