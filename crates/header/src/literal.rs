//! Reads Python literals, the language that .npy headers and structured dtypes are written in.
//!
//! Accepted is the part of [`ast.literal_eval`](https://docs.python.org/3/library/ast.html#ast.literal_eval) that
//! NumPy and its peers write: dicts, lists, tuples, strings, decimal integers, `True` and `False`, nested 64 deep at
//! most. Nothing is evaluated, and nothing else is accepted: sums, names, floats, bytes and triple-quoted, raw or
//! joined strings are errors. The worker reads its options with it, too: JSON is nearly the same.

use alloc::{boxed::Box, format, string::String, vec::Vec};

use crate::{Code, Error};

/// How many brackets may be open at once: a record in a record opens two. Python itself stops at 200.
const MAX_DEPTH: u32 = 64;

/// The encoding of a text, and its language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Python, one byte for each character, as in .npy 1.0 and 2.0. Those may come from Python 2, which wrote `10L` for a long
    /// integer.
    Latin1,
    /// Python in UTF-8, as in .npy 3.0 and everywhere else.
    Utf8,
    /// The same with JSON's `true`, `false` and `null`. It is JSON without numbers that have a point or an exponent,
    /// and without the escapes `\/` and surrogate pairs, which `JSON.stringify` doesn't write.
    Json,
}

/// A literal, and where it begins in the input.
#[derive(Clone, Debug)]
pub struct Node {
    pub(crate) at: u64,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Int(u64),
    /// An integer below 0; those beyond 64 bits are all `i64::MIN`.
    Negative(i64),
    /// An integer beyond 64 bits.
    Huge,
    Bool(bool),
    /// JSON's `null`
    None,
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Dict(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An integer that is not negative.
    pub fn whole(&self) -> Option<u64> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// An integer of any sign.
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Int(value) => i64::try_from(value).ok(),
            Value::Negative(value) => Some(value).filter(|value| *value != i64::MIN),
            _ => None,
        }
    }

    /// `True` or `False`
    pub fn truth(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_none(&self) -> bool {
        matches!(self.value, Value::None)
    }

    /// The items of a list or a tuple.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) | Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Keys and values of a dict, in the order in which they are written.
    pub fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a dict's key; of several, the last.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries()?;
        entries.iter().rev().find(|(name, _)| name.text() == Some(key)).map(|(_, node)| node)
    }

    /// An error about this literal.
    #[cold]
    pub(crate) fn error(&self, code: Code, message: core::fmt::Arguments<'_>) -> Error {
        Error::new(code, message).at(self.at)
    }
}

/// Reads all of `text` as one literal. In errors, `what` names the text, and `base` is its own offset in the input.
///
/// ```
/// use byteferry_header::literal::{self, Encoding};
///
/// let options = literal::read(br#"{"offset": 16, "strides": [-4, 400]}"#, "the options", 0, Encoding::Json)?;
/// assert_eq!(options.get("offset").and_then(|node| node.whole()), Some(16));
/// let strides = options.get("strides").and_then(|node| node.items()).unwrap();
/// assert_eq!(strides[0].integer(), Some(-4));
/// # Ok::<(), byteferry_header::Error>(())
/// ```
///
/// # Errors
/// `bad-header` if the text is not a literal, saying where.
pub fn read(text: &[u8], what: &'static str, base: u64, encoding: Encoding) -> Result<Node, Error> {
    let utf8 = match encoding {
        Encoding::Latin1 => None,
        Encoding::Utf8 | Encoding::Json => Some(core::str::from_utf8(text).map_err(|error| {
            Error::new(Code::BadHeader, format_args!("{what} is not valid UTF-8"))
                .at(base + error.valid_up_to() as u64)
        })?),
    };
    let mut reader = Reader { json: encoding == Encoding::Json, text, utf8, what, base, at: 0 };
    let node = reader.node(0)?;
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.expected("nothing more")),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    json: bool,
    utf8: Option<&'a str>,
    what: &'static str,
    base: u64,
    at: usize,
}

impl Reader<'_> {
    /// The next byte that isn't white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0c') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn error(&self, message: core::fmt::Arguments<'_>) -> Error {
        Error::new(Code::BadHeader, format_args!("{} {message}", self.what)).at(self.base + self.at as u64)
    }

    #[cold]
    fn expected(&self, what: &str) -> Error {
        let found: Box<str> = match self.text.get(self.at) {
            None => "its end".into(),
            Some(byte @ b' '..=b'~') => {
                format!("'{}'", core::str::from_utf8(&[*byte]).unwrap_or_default()).into()
            }
            Some(byte) => format!("byte {byte:02x}").into(),
        };
        self.error(format_args!("should have {what} where it has {found}"))
    }

    fn node(&mut self, depth: u32) -> Result<Node, Error> {
        let first = self.peek();
        if depth >= MAX_DEPTH {
            return Err(self.error(format_args!("is nested more than {MAX_DEPTH} deep")));
        }
        let at = self.base + self.at as u64;
        let value = match first {
            Some(b'{') => self.dict(depth)?,
            Some(b'[') => Value::List(self.items(b']', depth)?.0),
            Some(b'(') => match self.items(b')', depth)? {
                // (3) is 3; (3,) is a tuple.
                (mut items, false) if items.len() == 1 => {
                    return items.pop().ok_or_else(|| self.expected("a literal"));
                }
                (items, _) => Value::Tuple(items),
            },
            Some(b'\'' | b'"') => Value::Text(self.text()?),
            // Python 2's mark of a Unicode string
            Some(b'u' | b'U') if matches!(self.text.get(self.at + 1), Some(b'\'' | b'"')) => {
                self.at += 1;
                Value::Text(self.text()?)
            }
            Some(b'0'..=b'9' | b'+' | b'-') => self.int()?,
            _ if self.json && self.take_word("true") => Value::Bool(true),
            _ if self.json && self.take_word("false") => Value::Bool(false),
            _ if self.json && self.take_word("null") => Value::None,
            _ if self.take_word("True") => Value::Bool(true),
            _ if self.take_word("False") => Value::Bool(false),
            _ => return Err(self.expected("a literal")),
        };
        Ok(Node { at, value })
    }

    /// Items between brackets, and whether a comma stands behind the last.
    fn items(&mut self, close: u8, depth: u32) -> Result<(Vec<Node>, bool), Error> {
        self.at += 1;
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            if !comma && !items.is_empty() {
                return Err(self.expected("',' or a closing bracket"));
            }
            items.push(self.node(depth + 1)?);
            comma = self.take(b',');
        }
        Ok((items, comma))
    }

    fn dict(&mut self, depth: u32) -> Result<Value, Error> {
        self.at += 1;
        let mut entries = Vec::new();
        let mut comma = true;
        while !self.take(b'}') {
            if !comma {
                return Err(self.expected("',' or '}'"));
            }
            let key = self.node(depth + 1)?;
            if !self.take(b':') {
                return Err(self.expected("':'"));
            }
            entries.push((key, self.node(depth + 1)?));
            comma = self.take(b',');
        }
        Ok(Value::Dict(entries))
    }

    fn int(&mut self) -> Result<Value, Error> {
        let negative = self.take(b'-');
        if !negative {
            self.take(b'+');
        }
        self.peek();
        let start = self.at;
        let mut value = Some(0u64);
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            value = value.and_then(|value| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        // Python has no octal of the old kind: 00 is 0, 010 is an error.
        if self.text.get(start) == Some(&b'0') && self.at - start > 1 && value != Some(0) {
            self.at = start;
            return Err(self.error(format_args!("has an integer that begins with 0")));
        }
        if self.utf8.is_none() && self.peek() == Some(b'L') {
            self.at += 1;
        }
        Ok(match value {
            None if !negative => Value::Huge,
            Some(value) if !negative || value == 0 => Value::Int(value),
            value => Value::Negative(
                value.and_then(|value| i64::try_from(value).ok()).map_or(i64::MIN, |value| -value),
            ),
        })
    }

    fn text(&mut self) -> Result<String, Error> {
        let start = self.at;
        let quote = self.char();
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.char() {
                end if end == quote => return Ok(text),
                None | Some('\n') => {
                    self.at = start;
                    return Err(self.error(format_args!("has a string that does not end")));
                }
                Some('\\') => match self.escape() {
                    Ok(c) => text.extend(c),
                    Err(message) => {
                        self.at = at;
                        return Err(self.error(format_args!("{message}")));
                    }
                },
                Some(c) => text.push(c),
            }
        }
    }

    fn char(&mut self) -> Option<char> {
        let c = match self.utf8 {
            None => self.text.get(self.at).copied().map(char::from),
            Some(text) => text.get(self.at..).and_then(|rest| rest.chars().next()),
        }?;
        self.at += if self.utf8.is_some() { c.len_utf8() } else { 1 };
        Some(c)
    }

    /// The character of an escape, after its backslash; `None` for a line feed, which is left out.
    fn escape(&mut self) -> Result<Option<char>, &'static str> {
        let digits = match self.char() {
            Some('\n') => return Ok(None),
            Some(c @ ('\\' | '\'' | '"')) => return Ok(Some(c)),
            Some('a') => return Ok(Some('\x07')),
            Some('b') => return Ok(Some('\x08')),
            Some('f') => return Ok(Some('\x0c')),
            Some('n') => return Ok(Some('\n')),
            Some('r') => return Ok(Some('\r')),
            Some('t') => return Ok(Some('\t')),
            Some('v') => return Ok(Some('\x0b')),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(first @ '0'..='7') => {
                let mut value = u32::from(first) - u32::from('0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.text.get(self.at) else { break };
                    value = 8 * value + u32::from(digit - b'0');
                    self.at += 1;
                }
                return Ok(char::from_u32(value));
            }
            _ => return Err("has an escape that is none of Python's"),
        };
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.char().and_then(|c| c.to_digit(16));
            value = value << 4 | digit.ok_or("has an escape with too few digits")?;
        }
        char::from_u32(value).map(Some).ok_or("has an escape that is no Unicode character")
    }
}
