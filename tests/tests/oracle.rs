//! Every cast among booleans, integers and floats, in both byte orders, against NumPy, bit for bit.

use anyhow::{Context as _, Result, ensure};
use byteferry_convert::{Action, Casting, Options, Placement, Plan, Target, Tiles};
use byteferry_header::{Code, DType, Error, Number, Shape};
use byteferry_tests::oracle::{Cast, Oracle};
use libtest_mimic::{Arguments, Trial};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CASTINGS: [Casting; 5] =
    [Casting::No, Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe];

/// Empty, around a vector's width, and several tiles with an odd rest.
const LENGTHS: [usize; 9] = [0, 1, 2, 3, 7, 8, 9, 1000, 100_003];

static CELLS: AtomicUsize = AtomicUsize::new(0);

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let oracle = Arc::new(Oracle::consult()?);
    let mut trials = Vec::new();
    for cast in &oracle.casts {
        let (oracle, cast) = (oracle.clone(), cast.clone());
        trials.push(Trial::test(format!("{} to {}", cast.from, cast.to), move || {
            pair(&oracle, &cast).map_err(|error| format!("{error:#}").into())
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let undefined: usize = oracle.casts.iter().map(|cast| cast.undefined).sum();
    println!(
        "{} cells (dtype x byte order x target x casting x length x offset) compared with NumPy {}; \
         of the values, {undefined} are defined by byteferry and left open by NumPy",
        CELLS.load(Ordering::Relaxed),
        oracle.numpy
    );
    conclusion.exit()
}

/// Compares everything for one dtype and one target.
fn pair(oracle: &Oracle, cast: &Cast) -> Result<()> {
    let to = number(&cast.to)?;
    let expected = oracle.cast(cast)?;
    for mark in ['<', '>'] {
        let code = oracle.sources.get(&cast.from).context("a source without a type string")?;
        let dtype: DType = format!("{mark}{code}").parse()?;
        let source = oracle.source(&cast.from, mark)?;
        let swapped = mark == '>' && dtype.itemsize() > 1;
        let case = Case { cast, dtype, to, source: &source, expected: &expected };
        for casting in CASTINGS {
            let allowed = cast.casting.iter().any(|word| word == casting.as_str())
                // NumPy's `no` forbids another byte order, too.
                && !(casting == Casting::No && swapped);
            for len in LENGTHS {
                for offset in [0, 1, 3] {
                    case.check(casting, allowed, len, offset)?;
                }
            }
        }
        for len in LENGTHS {
            case.check(Casting::Exact, true, len, 5)?;
        }
    }
    Ok(())
}

struct Case<'a> {
    cast: &'a Cast,
    dtype: DType,
    to: Number,
    source: &'a [u8],
    expected: &'a [u8],
}

impl Case<'_> {
    fn check(&self, casting: Casting, allowed: bool, len: usize, offset: usize) -> Result<()> {
        let at = || {
            format!(
                "{} to {}, casting {}, {len} elements at offset {offset}",
                self.dtype,
                self.cast.to,
                casting.as_str()
            )
        };
        // `exact` refuses a value that doesn't survive; so does `safe`, where NumPy calls int64 -> float64 safe.
        let lost = self
            .cast
            .first_lost
            .filter(|first| *first < len as u64 && matches!(casting, Casting::Exact | Casting::Safe));
        let expected = &self.expected[..len * self.to.itemsize() as usize];
        for writable in [false, true] {
            CELLS.fetch_add(1, Ordering::Relaxed);
            let mut buffer = vec![0xa5; offset];
            buffer.extend_from_slice(&self.source[..len * self.dtype.itemsize() as usize]);
            let before = buffer.clone();
            match (self.convert(&mut buffer, casting, len, offset, writable), allowed, lost) {
                (Ok(result), true, None) => self.compare(&result, expected).with_context(at)?,
                (Err(error), false, _) if error.code == Code::UnsafeCast => {
                    ensure!(buffer == before, "{}: written", at())
                }
                (Err(error), true, Some(index)) if error.code == Code::PrecisionLoss => {
                    ensure!(error.index == Some(index), "{}: {error}, but the first is {index}", at());
                    ensure!(buffer == before, "{}: the source was written", at());
                }
                (outcome, ..) => anyhow::bail!(
                    "{}: {}, but NumPy {} it and the first value lost is {lost:?}",
                    at(),
                    outcome.map_or_else(|error| error.to_string(), |_| "converted".into()),
                    if allowed { "allows" } else { "refuses" }
                ),
            }
        }
        Ok(())
    }

    fn convert(
        &self,
        buffer: &mut [u8],
        casting: Casting,
        len: usize,
        offset: usize,
        writable: bool,
    ) -> Result<Vec<u8>, Error> {
        let shape = Shape::new(vec![len as u64], self.dtype.itemsize())?;
        let place = Placement {
            offset: offset as u64,
            writable,
            available: (buffer.len() - offset) as u64,
            ..Placement::of_slice(&[])
        };
        let options =
            Options { to: Some(Target::Number(self.to)), casting, strict: true, ..Options::default() };
        let plan = Plan::new(&self.dtype, &shape, place, &options)?;
        let [column] = plan.columns() else { unreachable!("numbers are one column") };
        let nbytes = (column.nbytes() - column.offset) as usize;
        if plan.action() == Action::Into {
            let mut result = vec![0x5a; nbytes];
            plan.convert_into(buffer, &mut [&mut result[..]], &mut Tiles::new())?;
            return Ok(result);
        }
        if plan.action() == Action::InPlace {
            plan.convert_in_place(buffer, &mut Tiles::new())?;
        }
        let start = column.offset as usize;
        Ok(buffer[start..start + nbytes].to_vec())
    }

    fn compare(&self, result: &[u8], expected: &[u8]) -> Result<()> {
        if result == expected {
            return Ok(());
        }
        let width = self.to.itemsize() as usize;
        for (index, (ours, theirs)) in result.chunks(width).zip(expected.chunks(width)).enumerate() {
            ensure!(ours == theirs, "element {index} is {ours:02x?}, expected {theirs:02x?}");
        }
        anyhow::bail!("{} bytes instead of {}", result.len(), expected.len())
    }
}

fn number(name: &str) -> Result<Number> {
    match name.parse()? {
        DType::Number(number, _) => Ok(number),
        other => anyhow::bail!("{other} is no number"),
    }
}
