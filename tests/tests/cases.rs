//! The cases that pages are tested with, run on this machine: headers, plans and conversions without worker and
//! browser, against NumPy's results. `oracle/cases.py` defines a case, `oracle/expect.py` a tree.

use anyhow::{Context as _, Result, bail, ensure};
use byteferry_convert::{Action, Casting, Column, Options, Placement, Plan, Sink, Target, Tiles};
use byteferry_header::{ByteOrder, Code, DType, Error, Format, Header, Number, Order, Shape};
use byteferry_tests::{root, told};
use libtest_mimic::{Arguments, Trial};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

static CASES: AtomicUsize = AtomicUsize::new(0);

#[derive(Deserialize)]
struct Written {
    numpy: String,
    titles: Vec<Title>,
}

#[derive(Deserialize)]
struct Title {
    group: String,
    title: String,
    file: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    what: String,
    source: Span,
    options: Map<String, Value>,
    expect: Map<String, Value>,
}

type Span = (usize, usize);

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let folder = root().join("target/cases");
    let script = root().join("tests/oracle/cases.py");
    let done = Command::new(told("BYTEFERRY_PYTHON")?).arg("-B").arg(&script).arg(&folder).status()?;
    ensure!(done.success(), "{} ended with {done}", script.display());
    let text = fs::read_to_string(folder.join("cases.json")).context("reading cases.json")?;
    let Written { numpy, titles } = serde_json::from_str(&text)?;
    let mut trials = Vec::new();
    for title in titles.into_iter().filter(|title| title.group != "encode") {
        let file = folder.join(&title.file);
        trials.push(Trial::test(format!("{}: {}", title.group, title.title), move || {
            let bytes = fs::read(&file)?;
            let wrong: Vec<String> = title
                .cases
                .iter()
                .filter_map(|case| case.check(&bytes).err().map(|error| format!("{}: {error:#}", case.what)))
                .collect();
            if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    println!("{} cases compared with NumPy {numpy}, natively", CASES.load(Ordering::Relaxed));
    conclusion.exit()
}

impl Case {
    fn check(&self, bytes: &[u8]) -> Result<()> {
        let source = span(bytes, self.source)?;
        let codes = self.expect.get("error").and_then(Value::as_str);
        if self.expect.contains_key("settles") || self.is_workers() {
            return Ok(());
        }
        // Read-only from byte 0; then writable, for conversions in place, from byte 1, so that nothing is aligned.
        for (room, writable) in [(0, false), (1, true)] {
            let mut memory = vec![0; room];
            memory.extend_from_slice(source);
            let results = self.decode(&mut memory, room as u64, writable);
            match (results, codes) {
                // The worker guesses which format it is; this test does not.
                (Err(error), _) if error.message.contains("x87's or IEEE's") => return Ok(()),
                (Ok(_), Some(codes)) => bail!("converted, expected {codes}"),
                (Err(error), None) => bail!("{error}"),
                (Err(error), Some(codes)) => {
                    ensure!(
                        codes.split('|').any(|code| code == error.code.as_str()),
                        "{error}; expected {codes}"
                    );
                    ensure!(memory[room..] == *source, "the source was changed, and then refused");
                    for (name, told) in [("index", error.index), ("expected", error.expected)] {
                        let wanted = self.expect.get(name).and_then(Value::as_u64);
                        ensure!(wanted.is_none() || wanted == told, "{name} is {told:?}, not {wanted:?}");
                    }
                }
                (Ok(results), None) => {
                    let mut results = results.iter();
                    compare(&self.expect, &mut results, bytes)?;
                    ensure!(results.next().is_none(), "there are more columns");
                }
            }
        }
        CASES.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the case tests what the worker does before planning: reading options, and checksums.
    fn is_workers(&self) -> bool {
        let option = |name| self.options.get(name);
        option("checksum").is_some()
            || self.expect.get("error").is_some_and(|code| code == "checksum")
            || option("layout").is_some_and(|layout| layout != "C" && layout != "F")
            || option("strides").is_some_and(|strides| integers(Some(strides)).is_none())
    }

    /// Decodes as the worker does, but without one.
    fn decode(&self, memory: &mut [u8], begin: u64, writable: bool) -> Result<Vec<Decoded>, Error> {
        let text = |name| self.options.get(name).and_then(Value::as_str);
        let order = |name| match text(name) {
            Some("C") => Some(Order::C),
            Some("F") => Some(Order::Fortran),
            _ => None,
        };
        let given = text("dtype").map(DType::parse).transpose()?;
        let offset = self.options.get("offset").and_then(Value::as_u64).unwrap_or(0);
        let first = begin + offset;
        let Some(available) = (memory.len() as u64).checked_sub(first) else {
            return Err(Error::new(Code::Truncated, format_args!("an offset beyond the end")));
        };
        let bytes = &memory[first as usize..];
        let format = match text("format") {
            Some("raw") => Format::Raw,
            Some("npy") => Format::Npy,
            Some("frame") => Format::Frame,
            _ => match Format::detect(bytes) {
                Err(_) if given.is_some() => Format::Raw,
                detected => detected?,
            },
        };
        let strides = integers(self.options.get("strides"));
        let (mut dtype, shape, stored, payload) = if format == Format::Raw {
            let Some(dtype) = given else {
                return Err(Error::new(Code::BadArgument, format_args!("raw data without a dtype")));
            };
            let itemsize = dtype.itemsize();
            let dims = match integers(self.options.get("shape")) {
                Some(dims) => dims.into_iter().map(i64::cast_unsigned).collect(),
                None if itemsize == 0 => vec![0],
                None if available % itemsize > 0 => {
                    return Err(Error::new(Code::SizeMismatch, format_args!("no whole number of elements"))
                        .sizes(available.next_multiple_of(itemsize), available));
                }
                None => vec![available / itemsize],
            };
            let shape = Shape::new(dims, itemsize)?;
            (dtype, shape, order("order").unwrap_or(Order::C), 0)
        } else {
            if strides.is_some() {
                return Err(Error::new(Code::BadArgument, format_args!("a container with strides")));
            }
            let len = Header::len(format, bytes, available)?;
            let Some(head) = bytes.get(..len as usize) else {
                return Err(Error::new(Code::Truncated, format_args!("a header that is cut")));
            };
            let header = Header::read(format, head, given.as_ref())?;
            (header.dtype, header.shape, header.order, header.payload)
        };
        match text("longdouble") {
            Some("x87") => dtype = dtype.with_longdouble(Number::X87In16),
            Some(_) => dtype = dtype.with_longdouble(Number::Quad),
            None => {}
        }
        let place = Placement {
            offset: first + payload,
            available: available - payload,
            writable,
            order: stored,
            before: offset + payload,
            strides,
        };
        let layout = order("layout").or((place.strides.is_some()).then_some(Order::C));
        let wishes = Options {
            to: self.options.get("to").map(target).transpose()?,
            casting: text("casting").and_then(Casting::parse).unwrap_or_default(),
            strict: self.options.get("strict") == Some(&Value::Bool(true)),
            planes: text("complex") == Some("planes"),
            layout,
            ..Options::default()
        };
        let plan = Plan::new(&dtype, &shape, place, &wishes)?;
        let mut results: Vec<Decoded> = plan.columns().iter().map(Decoded::of).collect();
        let mut tiles = Tiles::new();
        match plan.action() {
            Action::View => results[0].take(memory),
            Action::InPlace => {
                plan.convert_in_place(memory, &mut tiles)?;
                results[0].take(memory);
            }
            Action::Into => plan.convert_into(&*memory, &mut results, &mut tiles)?,
        }
        Ok(results)
    }
}

/// One column of a result.
struct Decoded {
    column: Column,
    bytes: Vec<u8>,
    strings: Vec<String>,
    replaced: u64,
}

impl Decoded {
    fn of(column: &Column) -> Self {
        let bytes = vec![0; column.nbytes() as usize];
        Self { column: column.clone(), bytes, strings: Vec::new(), replaced: 0 }
    }

    /// Takes the result out of the buffer that it was converted in.
    fn take(&mut self, memory: &[u8]) {
        let begin = self.column.offset as usize;
        let nbytes = self.column.number().map_or(0, |number| self.column.len * number.itemsize());
        self.bytes = memory[begin..][..nbytes as usize].to_vec();
    }
}

impl Sink for Decoded {
    fn write(&mut self, at: u64, bytes: &[u8]) {
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn text(&mut self, units: &[u16], ends: &[u32], replaced: u64) {
        self.replaced += replaced;
        let mut begin = 0;
        for &end in ends {
            self.strings.push(String::from_utf16_lossy(&units[begin..end as usize]));
            begin = end as usize;
        }
    }
}

/// The target that `to` names, by any name of a type.
fn target(to: &Value) -> Result<Target, Error> {
    match to {
        Value::Object(entries) => match entries.get("constructor").and_then(Value::as_str) {
            Some(array) => {
                let name = array.trim_start_matches("Big").trim_end_matches("Array").to_lowercase();
                target(&Value::from(name))
                    .map_err(|_| Error::new(Code::BadArgument, format_args!("{array} is no typed array")))
            }
            None => {
                let field = |(name, to): (&String, &Value)| Ok((name.clone(), target(to)?));
                Ok(Target::Fields(entries.iter().map(field).collect::<Result<_, Error>>()?))
            }
        },
        Value::String(text) if text == "bytes" => Ok(Target::Bytes),
        Value::String(text) => match DType::parse(text)? {
            DType::Number(number, ByteOrder::Little) if number.itemsize() <= 8 => Ok(Target::Number(number)),
            DType::Complex(number @ (Number::Float32 | Number::Float64), ByteOrder::Little) => {
                Ok(Target::Complex(number))
            }
            _ => Err(Error::new(Code::BadArgument, format_args!("no typed array for '{text}'"))),
        },
        _ => Err(Error::new(Code::BadArgument, format_args!("a target that is no string"))),
    }
}

/// Compares columns with a tree, in the order in which the fields are declared.
fn compare<'a>(
    tree: &Map<String, Value>,
    results: &mut impl Iterator<Item = &'a Decoded>,
    bytes: &[u8],
) -> Result<()> {
    if let Some(Value::Object(fields)) = tree.get("fields") {
        for (name, field) in fields {
            let field = field.as_object().context("a field that is no tree")?;
            compare(field, results, bytes).with_context(|| format!("field '{name}'"))?;
        }
        return Ok(());
    }
    let Decoded { column, bytes: ours, strings, replaced } = results.next().context("a column is missing")?;
    let told = |name: &str| tree.get(name).filter(|value| !value.is_null());
    if let Some(name) = told("dtype").and_then(Value::as_str) {
        ensure!(column.dtype.name() == name, "dtype is {}, not {name}", column.dtype.name());
    }
    if let Some(shape) = integers(tree.get("shape")) {
        let dims: Vec<i64> = column.shape.dims().iter().map(|len| len.cast_signed()).collect();
        ensure!(dims == shape, "shape is {dims:?}, not {shape:?}");
    }
    let is_logical = tree.get("logical") == Some(&Value::Bool(true));
    if let Some(strides) = integers(tree.get("strides")).filter(|_| !column.planes && !is_logical) {
        let actual = column.shape.strides(column.order);
        ensure!(actual == strides, "strides are {actual:?}, not {strides:?}");
    }
    // The index in memory of the nth element in C order.
    let place = |index: u64| {
        let strides = column.shape.strides(column.order);
        let itemsize = column.shape.itemsize().max(1);
        let (mut at, mut rest) = (0, index);
        for (len, stride) in column.shape.dims().iter().zip(strides).rev() {
            at += (rest % len) * stride.cast_unsigned() / itemsize;
            rest /= len;
        }
        if is_logical { at } else { index }
    };
    if let Some(at) = told("strings") {
        let theirs: Vec<String> = serde_json::from_slice(span(bytes, serde_json::from_value(at.clone())?)?)?;
        ensure!(strings.len() == theirs.len(), "{} strings, not {}", strings.len(), theirs.len());
        let or = told("or").and_then(Value::as_array);
        for (index, text) in theirs.iter().enumerate() {
            let actual =
                &strings[if column.shape.itemsize() == 0 { index } else { place(index as u64) as usize }];
            let other = or.and_then(|or| or.get(index)).and_then(Value::as_str);
            ensure!(actual == text || other == Some(actual), "string {index} is {actual:?}, not {text:?}");
        }
        let wanted = told("replaced").and_then(Value::as_u64).unwrap_or(0);
        ensure!(or.is_some() || *replaced == wanted, "{replaced} replaced, not {wanted}");
    } else if let Some(at) = told("data") {
        let theirs = span(bytes, serde_json::from_value(at.clone())?)?;
        ensure!(ours.len() == theirs.len(), "{} bytes, not {}", ours.len(), theirs.len());
        let any_nan = told("nan").is_some();
        let ulps = told("ulps").and_then(Value::as_f64).unwrap_or(0.0);
        let width =
            if is_logical { column.shape.itemsize() } else { column.number().map_or(1, Number::itemsize) };
        let width = width.max(1) as usize;
        let number = column.number().map_or(1, Number::itemsize) as usize;
        for (index, their) in theirs.chunks(width).enumerate() {
            let our = &ours[place(index as u64) as usize * width..][..width];
            for (our, their) in our.chunks(number).zip(their.chunks(number)) {
                let close = || {
                    let floats = float(our).zip(float(their)).filter(|_| is_float(column));
                    floats.is_some_and(|(a, b)| {
                        any_nan && a.is_nan() && b.is_nan()
                            || number == 8 && (a - b).abs() <= ulps * b.abs() * f64::EPSILON
                    })
                };
                ensure!(our == their || close(), "element {index} is {our:02x?}, not {their:02x?}");
            }
        }
    }
    Ok(())
}

fn is_float(column: &Column) -> bool {
    column.milliseconds || matches!(column.number(), Some(Number::Float32 | Number::Float64))
}

fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => Some(f32::from_le_bytes(bytes.try_into().ok()?).into()),
        8 => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn integers(value: Option<&Value>) -> Option<Vec<i64>> {
    value?.as_array()?.iter().map(Value::as_i64).collect()
}

fn span(bytes: &[u8], (start, end): Span) -> Result<&[u8]> {
    bytes.get(start..end).context("a span outside its file")
}
