//! .npy files that NumPy wrote: those in `fixtures`, and other people's if `BYTEFERRY_CORPUS` names a folder.
//!
//! They must give the numbers that NumPy reads, to the last bit; a file that NumPy refuses must be refused.

use anyhow::{Context as _, Result, bail, ensure};
use byteferry_convert::{Action, Options, Placement, Plan, Tiles};
use byteferry_header::{Error, Format, Header, Number, Order, Shape};
use byteferry_tests::{root, told};
use libtest_mimic::{Arguments, Trial};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// NumPy's reading of a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Refused { refused: String },
    Array(Array),
}

#[derive(Deserialize)]
struct Array {
    /// The dtype as in the file: a string, or a list of fields.
    descr: serde_json::Value,
    shape: Vec<u64>,
    order: String,
    /// The default result; absent if its elements are no plain numbers.
    #[serde(flatten)]
    numbers: Option<Numbers>,
}

#[derive(Deserialize)]
struct Numbers {
    dtype: String,
    strides: Vec<i64>,
    /// The array's memory, little-endian, in hex.
    data: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let fixtures = root().join("tests/fixtures");
    let kept =
        std::fs::read(fixtures.join("expected.json")).context("reading what NumPy said of the fixtures")?;
    let mut trials = trials("fixture", &fixtures, serde_json::from_slice(&kept)?);
    match told("BYTEFERRY_CORPUS") {
        Ok(corpus) => {
            let asked = Command::new(told("BYTEFERRY_PYTHON")?)
                .arg("-B")
                .arg(root().join("tests/oracle/read.py"))
                .arg(&corpus)
                .output()?;
            ensure!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
            let expected: BTreeMap<_, _> = serde_json::from_slice(&asked.stdout)?;
            ensure!(!expected.is_empty(), "no .npy in {}", corpus.display());
            trials.extend(self::trials("corpus", &corpus, expected));
        }
        Err(_) => {
            let skipped = Trial::test("corpus: BYTEFERRY_CORPUS names no folder", || Ok(()));
            trials.push(skipped.with_ignored_flag(true));
        }
    }
    libtest_mimic::run(&arguments, trials).exit()
}

fn trials(group: &str, folder: &Path, expected: BTreeMap<String, Expected>) -> Vec<Trial> {
    let folder = Arc::new(folder.to_owned());
    let trial = |(name, expected): (String, Expected)| {
        let folder = folder.clone();
        Trial::test(format!("{group}: {name}"), move || {
            let bytes = std::fs::read(folder.join(&name))?;
            compare(bytes, &expected).map_err(|error| format!("{error:#}").into())
        })
    };
    expected.into_iter().map(trial).collect()
}

fn compare(bytes: Vec<u8>, expected: &Expected) -> Result<()> {
    let expected = match expected {
        Expected::Array(array) => array,
        Expected::Refused { refused } => match header(&bytes).and_then(|header| decode(&header, bytes)) {
            Ok(_) => bail!("it was read, NumPy refuses it: {refused}"),
            Err(_) => return Ok(()),
        },
    };
    let header = header(&bytes)?;
    let order = if header.order == Order::C { "C" } else { "F" };
    ensure!(
        (header.shape.dims(), order) == (&expected.shape[..], &expected.order[..]),
        "shape {:?} in order {order}, NumPy has {:?} in {}",
        header.shape.dims(),
        expected.shape,
        expected.order
    );
    if let Some(descr) = expected.descr.as_str() {
        ensure!(header.dtype.to_string() == descr, "dtype {}, NumPy has {descr}", header.dtype);
    }
    let Some(numbers) = &expected.numbers else { return Ok(()) };
    let (number, data) = decode(&header, bytes)?;
    ensure!(number.name() == numbers.dtype, "{} instead of {}", number.name(), numbers.dtype);
    let shape = Shape::new(expected.shape.clone(), number.itemsize())?;
    ensure!(shape.strides(header.order) == numbers.strides, "strides {:?}", shape.strides(header.order));
    let data: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(data == numbers.data, "{data} instead of {}", numbers.data);
    Ok(())
}

fn header(bytes: &[u8]) -> Result<Header, Error> {
    let format = Format::detect(bytes)?;
    let len = Header::len(format, bytes, bytes.len() as u64)?;
    Header::read(format, &bytes[..len as usize], None)
}

/// The array as a page would get it: its number type, and its bytes.
fn decode(header: &Header, mut bytes: Vec<u8>) -> Result<(Number, Vec<u8>), Error> {
    let available = bytes.len() as u64 - header.payload;
    let place = Placement {
        offset: header.payload,
        available,
        writable: true,
        order: header.order,
        ..Placement::of_slice(&[])
    };
    let plan = Plan::new(&header.dtype, &header.shape, place, &Options::default())?;
    let [column] = plan.columns() else { unreachable!("numbers are one column") };
    let nbytes = (column.nbytes() - column.offset) as usize;
    if plan.action() == Action::Into {
        let mut result = vec![0; nbytes];
        plan.convert_into(&bytes[..], &mut [&mut result[..]], &mut Tiles::new())?;
        return Ok((column.number().unwrap_or(Number::Bool), result));
    }
    if plan.action() == Action::InPlace {
        plan.convert_in_place(&mut bytes[..], &mut Tiles::new())?;
    }
    let start = column.offset as usize;
    Ok((column.number().unwrap_or(Number::Bool), bytes[start..start + nbytes].to_vec()))
}
