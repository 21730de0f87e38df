//! The tables of `docs/dtypes.md`, generated from the code: `cargo run --package byteferry-tests --example tables`
//! writes them.

use anyhow::{Context as _, Result, bail};
use byteferry_convert::{Casting, Check, Column, Options, Placement, Plan, Target, can_cast};
use byteferry_header::{Code, DType, Number, Shape};
use std::fmt::Write as _;

/// The values of `to`, in the order of the tables' columns.
const TARGETS: [(&str, Target); 18] = [
    ("bool", Target::Number(Number::Bool)),
    ("int8", Target::Number(Number::Int8)),
    ("uint8", Target::Number(Number::Uint8)),
    ("int16", Target::Number(Number::Int16)),
    ("uint16", Target::Number(Number::Uint16)),
    ("int32", Target::Number(Number::Int32)),
    ("uint32", Target::Number(Number::Uint32)),
    ("int64", Target::Number(Number::Int64)),
    ("uint64", Target::Number(Number::Uint64)),
    ("float8_e4m3fn", Target::Number(Number::Float8E4m3fn)),
    ("float8_e5m2", Target::Number(Number::Float8E5m2)),
    ("float16", Target::Number(Number::Float16)),
    ("bfloat16", Target::Number(Number::Bfloat16)),
    ("float32", Target::Number(Number::Float32)),
    ("float64", Target::Number(Number::Float64)),
    ("complex64", Target::Complex(Number::Float32)),
    ("complex128", Target::Complex(Number::Float64)),
    ("bytes", Target::Bytes),
];

/// A dtype of each kind: its name in the table, its type string, and the format of its long double.
const DTYPES: [(&str, &str, Option<Number>); 33] = [
    ("bool", "|b1", None),
    ("int8", "|i1", None),
    ("uint8", "|u1", None),
    ("int16", ">i2", None),
    ("uint16", ">u2", None),
    ("int24", ">i3", None),
    ("uint24", ">u3", None),
    ("int32", ">i4", None),
    ("uint32", ">u4", None),
    ("int64", ">i8", None),
    ("uint64", ">u8", None),
    ("float8_e4m3fn", "float8_e4m3fn", None),
    ("float8_e5m2", "float8_e5m2", None),
    ("float16", ">f2", None),
    ("bfloat16", "bfloat16", None),
    ("float32", ">f4", None),
    ("ibm4", ">ibm4", None),
    ("float64", ">f8", None),
    ("float96 (x87)", "<f12", None),
    ("float128 (x87)", "<f16", Some(Number::X87In16)),
    ("float128 (quad)", "<f16", Some(Number::Quad)),
    ("complex64", ">c8", None),
    ("complex128", ">c16", None),
    ("complex192 (x87)", "<c24", None),
    ("complex256 (x87)", "<c32", Some(Number::X87In16)),
    ("complex256 (quad)", "<c32", Some(Number::Quad)),
    ("datetime64", ">M8[s]", None),
    ("timedelta64", ">m8[25s]", None),
    ("bytes", "|S10", None),
    ("str", ">U10", None),
    ("void", "|V10", None),
    ("structured", "[('t', '>i8'), ('v', '>f4', (3,))]", None),
    ("object", "|O", None),
];

/// The page with its tables generated anew.
///
/// # Errors
/// If the page has no place for a table, or the code does what the tables cannot express.
pub fn renew(page: &str) -> Result<String> {
    let mut renewed = page.to_owned();
    for (name, table) in [("results", results()?), ("casts", casts()?)] {
        let (begin, end) = (format!("<!-- {name}: made by "), format!("<!-- end of {name} -->"));
        let at = renewed.find(&begin).with_context(|| format!("'{begin}' is missing"))?;
        let from = renewed[at..].find("-->\n").with_context(|| format!("'{begin}' has no end"))? + at + 4;
        let to = renewed.find(&end).with_context(|| format!("'{end}' is missing"))?;
        renewed.replace_range(from..to, &format!("\n{table}\n"));
    }
    Ok(renewed)
}

/// The table of results: what a page gets for each dtype, and what else it can ask for.
fn results() -> Result<String> {
    let mut table =
        "| dtype | written | `data` | its `dtype` | `to` |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for (name, text, layout) in DTYPES {
        // In a table, a bar ends the cell even within code.
        let written = text.replace('|', "\\|");
        let dtype = match DType::parse(text) {
            Ok(dtype) => dtype,
            Err(error) if error.code == Code::UnsupportedDtype => {
                writeln!(table, "| {name} | `{written}` | refused: `{}` | | |", error.code)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let dtype = layout.into_iter().fold(dtype, DType::with_longdouble);
        let plan = plan(&dtype, None, Casting::Safe)?;
        let (data, result) = match (plan.columns(), &dtype) {
            (columns, DType::Struct(record)) => {
                let fields: Vec<_> = record
                    .fields
                    .iter()
                    .zip(columns)
                    .map(|(field, column)| Ok(format!("`{}`: {}", field.name, data(column)?)))
                    .collect::<Result<_>>()?;
                (format!("`fields` {}", fields.join(", ")), format!("`{}`", dtype.name()))
            }
            ([column], _) => (data(column)?, format!("`{}`", column.dtype.name())),
            _ => bail!("{name} becomes {} columns", plan.columns().len()),
        };
        writeln!(table, "| {name} | `{written}` | {data} | {result} | {} |", others(&dtype))?;
    }
    Ok(table)
}

/// The JavaScript type that holds a column's data.
fn data(column: &Column) -> Result<String> {
    let Some(number) = column.number() else { return Ok("string[]".to_owned()) };
    let bits = 8 * number.itemsize();
    let array = match (number.kind(), bits) {
        ('b', _) => "Uint8Array".to_owned(),
        ('i', 64) => "BigInt64Array".to_owned(),
        ('u', 64) => "BigUint64Array".to_owned(),
        ('i', _) => format!("Int{bits}Array"),
        ('u', _) => format!("Uint{bits}Array"),
        ('f', 32 | 64) => format!("Float{bits}Array"),
        _ => bail!("there is no typed array for {}", number.name()),
    };
    Ok(if matches!(column.dtype, DType::Complex(..)) { format!("{array}, interleaved") } else { array })
}

/// The other types that a dtype can become, each with the strictest word that allows it.
fn others(dtype: &DType) -> String {
    if matches!(dtype, DType::Number(..)) {
        return "any number, complex, `bytes`".to_owned();
    }
    let mut found: Vec<(Casting, Vec<&str>)> = Vec::new();
    for (name, target) in &TARGETS {
        let Some(word) = strictest(dtype, target) else { continue };
        // The default allows these as well.
        let word = if word == Casting::Equiv { Casting::Safe } else { word };
        match found.iter_mut().find(|(casting, _)| *casting == word) {
            Some((_, names)) => names.push(name),
            None => found.push((word, vec![name])),
        }
    }
    found.sort_by_key(|(casting, _)| Casting::ALL.iter().position(|word| word == casting));
    let all_numbers = TARGETS.iter().filter(|(_, target)| matches!(target, Target::Number(_))).count();
    let listed = found.into_iter().map(|(casting, names)| {
        let names = if names.len() >= all_numbers {
            "any number".to_owned()
        } else {
            format!("`{}`", names.join("`, `"))
        };
        if casting == Casting::Safe { names } else { format!("{names} (`{}`)", casting.as_str()) }
    });
    listed.collect::<Vec<_>>().join(", ")
}

/// The table of casts: the strictest word that allows each.
fn casts() -> Result<String> {
    let targets = TARGETS.iter().filter(|(_, target)| *target != Target::Bytes);
    let heads: Vec<_> = targets.clone().map(|(name, _)| short(name)).collect();
    let mut table =
        format!("| from \\ to | {} |\n| --- |{}\n", heads.join(" | "), " :-: |".repeat(heads.len()));
    for (name, text, layout) in DTYPES {
        let Ok(dtype) = DType::parse(text) else { continue };
        let dtype = layout.into_iter().fold(dtype, DType::with_longdouble);
        let (DType::Number(from, _) | DType::Complex(from, _)) = dtype else { continue };
        write!(table, "| {name} |")?;
        for (_, target) in targets.clone() {
            let sign = match strictest(&dtype, target) {
                Some(Casting::No | Casting::Equiv) => "=",
                Some(Casting::Safe) if is_checked(from, target) => "S",
                Some(Casting::Safe) => "s",
                Some(Casting::SameKind) => "k",
                Some(_) => "u",
                None => bail!("nothing allows {name} to become {target:?}"),
            };
            write!(table, " {sign} |")?;
        }
        table.push('\n');
    }
    Ok(table)
}

/// The type string, which takes less room than the name.
fn short(name: &str) -> String {
    let short = match name {
        "bool" => "b1",
        "float8_e4m3fn" => "e4m3",
        "float8_e5m2" => "e5m2",
        "bfloat16" => "bf16",
        "complex64" => "c8",
        "complex128" => "c16",
        _ => {
            let bits = name.trim_start_matches(char::is_alphabetic).parse().unwrap_or(8);
            return format!("{}{}", &name[..1], bits / 8);
        }
    };
    short.to_owned()
}

/// The strictest of NumPy's words that allows it.
fn strictest(dtype: &DType, target: &Target) -> Option<Casting> {
    let words = [Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe];
    words.into_iter().find(|word| plan(dtype, Some(target), *word).is_ok())
}

/// Whether `safe` checks every value: NumPy allows the cast though not every value survives.
fn is_checked(from: Number, target: &Target) -> bool {
    let (Target::Number(to) | Target::Complex(to)) = target else { return false };
    can_cast(from, *to, Casting::Safe) && Check::new(from, *to).is_some()
}

/// The plan for an array without elements, which decides all that does not depend on them.
fn plan(dtype: &DType, target: Option<&Target>, casting: Casting) -> Result<Plan> {
    let shape = Shape::new(vec![0], dtype.itemsize())?;
    let options = Options { to: target.cloned(), casting, ..Options::default() };
    Ok(Plan::new(dtype, &shape, Placement::of_slice(&[]), &options)?)
}
