//! `cargo xtask bench`: runs the benchmark's page headless, and NumPy on the same machine.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::demo;
use crate::dist;
use crate::process;
use crate::setup::{browsers, python};
use crate::workspace::Workspace;

/// Time limit: a run that takes longer hangs. A full one takes some minutes.
const LIMIT: Duration = Duration::from_secs(30 * 60);

#[derive(Args)]
pub(crate) struct Options {
    /// Where to measure
    #[arg(long, value_enum, default_value = "chromium")]
    browser: Choice,
    /// A quarter of the bytes, and fewer runs: for a first look
    #[arg(long)]
    quick: bool,
    /// Only these lanes, such as swap,convert: swap, convert, transfer, jank, fetch, start, files
    #[arg(long, value_delimiter = ',')]
    lanes: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    Chromium,
    Firefox,
    Webkit,
    All,
}

impl Choice {
    fn engines(self) -> Vec<Self> {
        if self == Self::All { vec![Self::Chromium, Self::Firefox, Self::Webkit] } else { vec![self] }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Measures in one browser after the other. Missing a bound is reported, but is no failure of the command.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let sizes = dist::build(workspace)?;
    demo::assemble(workspace, &sizes)?;
    println!("build: byteferry-serve and the program that drives browsers, by cargo");
    let serve = workspace.program("byteferry-serve", "byteferry-serve", true)?;
    let measure = workspace.program("byteferry-tests", "byteferry-measure", false)?;
    let folder = workspace.path("target/bench");
    fs::create_dir_all(&folder).context("creating target/bench")?;
    let native = with_numpy(workspace, options.quick);

    for engine in options.browser.engines() {
        let name = engine.name();
        let browser = match engine {
            Choice::Firefox => browsers::firefox(workspace)?,
            Choice::Webkit => browsers::webkit()?,
            _ => browsers::chromium()?,
        };
        println!("bench: {name}{}", if options.quick { ", quick" } else { "; some minutes" });
        let file = folder.join(format!("{name}.json"));
        let mut command = Command::new(&measure);
        command.envs(browser.told()).env("BYTEFERRY_SERVE", &serve).env("BYTEFERRY_SITE", workspace.site());
        command.arg(&name).arg(&file).arg(if options.quick { "quick" } else { "full" });
        command.arg(options.lanes.join(","));
        let finished = process::capture(command, LIMIT, false)?;
        process::stop_leftovers();
        if !finished.succeeded() {
            bail!("measuring in {name} failed ({})\n{}", finished.ending(), finished.output.trim_end());
        }
        let results = complete(&file, &native)?;
        print(&results);
        println!("written to {}\n", workspace.shown(&file));
    }
    Ok(ExitCode::SUCCESS)
}

/// NumPy's times for the same conversions, or why there are none.
fn with_numpy(workspace: &Workspace, quick: bool) -> Result<Value, String> {
    let measure = || {
        let mut command = Command::new(python::venv(workspace)?);
        command.arg("-B").arg(workspace.path("tests/measure/native.py"));
        command.args(quick.then_some("--quick"));
        println!("bench: NumPy, natively");
        let rows = process::output_of(command, "tests/measure/native.py")?;
        serde_json::from_str(&rows).context("reading what tests/measure/native.py printed")
    };
    measure().map_err(|error: anyhow::Error| format!("{error:#}"))
}

/// Adds NumPy's figures, and facts of the machine that a page cannot know, to the page's results.
fn complete(file: &Path, native: &Result<Value, String>) -> Result<Value> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let mut results: Value = serde_json::from_str(&text).context("reading the page's results")?;
    match native {
        Ok(native) => {
            let rows = results["rows"].as_array_mut().context("results without rows")?;
            rows.extend(list(&native["rows"]).iter().cloned());
            results["versions"]["numpy"] = native["version"].clone();
        }
        Err(error) => {
            let notes = results["notes"].as_array_mut().context("results without notes")?;
            notes.push(format!("numpy: {error}").into());
        }
    }
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, model)| model));
    if let Some(model) = model {
        results["machine"]["processor"] = model.into();
    }
    results["machine"]["system"] = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH).into();
    fs::write(file, format!("{results:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    Ok(results)
}

fn print(results: &Value) {
    let mut lane = "";
    for row in list(&results["rows"]) {
        // There are pages of pairs: the worst are printed below, all are in the file.
        if row["lane"] == "convert" && row["browser"].is_null() {
            continue;
        }
        if row["lane"] != lane {
            lane = row["lane"].as_str().unwrap_or_default();
            println!("\n{lane:36} dtype              bytes     median        min        max  runs");
        }
        let cast = row["to"].as_str().map(|to| format!("-> {to}")).unwrap_or_default();
        println!(
            "{:36} {:14} {:>9} {:>10} {:>10} {:>10} {:>5}  {}",
            format!("{}{}", text(&row["browser"], "", ": "), text(&row["name"], "", "")),
            format!("{} {cast}", text(&row["dtype"], "", "")),
            binary(row["bytes"].as_f64().unwrap_or(0.0)),
            number(&row["median"]),
            number(&row["min"]),
            number(&row["max"]),
            row["runs"].as_u64().unwrap_or(0),
            text(&row["unit"], "", ""),
        );
    }
    for (title, against) in [("best JavaScript loop", "js"), ("a copy of the result", "copy")] {
        let worst = pairs(results, against);
        if !worst.is_empty() {
            println!("\nconvert, the ten worst of {} pairs over the {title}", worst.len());
        }
        for (over, pair, rival) in worst.iter().take(10) {
            println!("{over:10.2}  {pair:30} {rival}");
        }
    }
    println!("\n{:28} {:>10}    {:>8}", "ratio", "bound", "measured");
    for (name, value) in results["ratios"].as_object().into_iter().flatten() {
        let bound = &results["bounds"][name];
        let (least, most) = (bound["least"].as_f64(), bound["most"].as_f64());
        let bound = match (least, most) {
            (Some(least), _) => format!(">= {least}"),
            (_, Some(most)) => format!("<= {most}"),
            _ => String::new(),
        };
        let missed = value
            .as_f64()
            .is_some_and(|it| least.is_some_and(|least| it < least) || most.is_some_and(|most| it > most));
        let shown = value.as_str().map_or_else(|| number(value), str::to_owned);
        println!("{name:28} {bound:>10}    {shown:>8}{}", if missed { "   MISSED" } else { "" });
    }
    // A missing ratio was not measured; its bound is not met.
    for (name, _) in results["bounds"].as_object().into_iter().flatten() {
        if results["ratios"][name].is_null() {
            println!("{name:28} {:>10}    not measured", "");
        }
    }
    for note in list(&results["notes"]) {
        println!("note: {}", text(note, "", ""));
    }
}

/// The pairs of dtypes, worst first: byteferry's speed over the best rival's, the pair, and that rival.
fn pairs(results: &Value, against: &str) -> Vec<(f64, String, String)> {
    let rows: Vec<&Value> = list(&results["rows"])
        .iter()
        .filter(|row| row["lane"] == "convert" && row["browser"].is_null())
        .collect();
    let mut found = Vec::new();
    for ours in rows.iter().filter(|row| row["name"] == "byteferry") {
        let rivals = rows.iter().filter(|row| {
            let copy = row["name"] == "copy of the result";
            let other = row["name"] == "copy of the source";
            row["dtype"] == ours["dtype"]
                && row["to"] == ours["to"]
                && row["name"] != "byteferry"
                && !other
                && copy == (against == "copy")
        });
        let speed = |row: &Value| row["median"].as_f64().unwrap_or(0.0);
        if let Some(best) = rivals.max_by(|a, b| speed(a).total_cmp(&speed(b))) {
            let pair = format!("{} -> {}", text(&ours["dtype"], "", ""), text(&ours["to"], "", ""));
            found.push((speed(ours) / speed(best), pair, text(&best["name"], "", "")));
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A string between two others; empty if the value is no string.
fn text(value: &Value, before: &str, after: &str) -> String {
    value.as_str().map(|text| format!("{before}{text}{after}")).unwrap_or_default()
}

/// Formats a number to three digits, the precision of a measurement.
fn number(value: &Value) -> String {
    match value.as_f64() {
        None => "-".to_owned(),
        Some(it) if it.abs() >= 100.0 => format!("{it:.0}"),
        Some(it) if it.abs() >= 1.0 => format!("{it:.2}"),
        Some(it) => format!("{it:.3}"),
    }
}

fn binary(bytes: f64) -> String {
    if bytes >= 1_048_576.0 {
        format!("{} MiB", bytes / 1_048_576.0)
    } else {
        format!("{} KiB", bytes / 1024.0)
    }
}
