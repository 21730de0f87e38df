//! `cargo xtask test`: runs all tests in stages, and says in the last line how many passed.

mod stages;
mod tally;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use stages::{Bench, Stage};
use tally::Tally;

use crate::process;
use crate::wasm_test::Engine;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// The stages to run; all if none is named
    #[arg(value_enum)]
    stages: Vec<Stage>,
    /// Only the stages that need no browser, no Python and no npm: fmt, clippy, doc, native
    #[arg(long, conflicts_with = "stages")]
    fast: bool,
    /// Only the tests that run in wasm: the stage of that name
    #[arg(long, conflicts_with_all = ["stages", "fast"])]
    wasm: bool,
    /// Where wasm's tests run; everywhere if none is named
    #[arg(long, value_enum)]
    browser: Option<Engine>,
    /// Print what passing stages print, too, as it comes
    #[arg(long, short)]
    verbose: bool,
    /// Passed on to the test programs of native, oracle, wasm and browser: a part of a test's name, --nocapture, ...
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Runs the stages; one that fails doesn't stop the next.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let chosen: Vec<Stage> = match (options.fast, options.stages.is_empty()) {
        _ if options.wasm => vec![Stage::Wasm],
        (true, _) => Stage::value_variants().iter().copied().filter(|stage| stage.is_fast()).collect(),
        (_, true) => Stage::value_variants().to_vec(),
        _ => options.stages.clone(),
    };
    let started = Instant::now();
    let mut bench = Bench::new(workspace, options.verbose, options.browser, options.arguments.clone());
    let mut sum = Tally::default();
    let mut summary = String::new();
    for stage in chosen {
        println!("== {}: {}", stage.name(), stage.about());
        let began = Instant::now();
        // A stage that can't even start counts as one failure; its reason is printed here.
        let tally = stage.run(&mut bench).unwrap_or_else(|error| {
            process::leave_the_end_to_the_signal_handler();
            println!("{error:#}");
            Tally::one(false)
        });
        let left = process::stop_leftovers();
        if !left.is_empty() {
            println!("   left running, and stopped: {}", left.join(", "));
        }
        let line = counts(tally, began.elapsed());
        println!("   {line}");
        io::stdout().flush().context("printing")?;
        summary += &format!("{:8} {line}\n", stage.name());
        sum += tally;
    }
    println!("\n{summary}all in {}", minutes(started.elapsed()));
    println!("{} passed, {} failed", sum.passed, sum.failed);
    Ok(if sum.failed == 0 && sum.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn counts(tally: Tally, took: Duration) -> String {
    let mut line = format!("{} passed", tally.passed);
    for (number, what) in [(tally.failed, "FAILED"), (tally.ignored, "ignored")] {
        if number > 0 {
            line += &format!(", {number} {what}");
        }
    }
    format!("{line} ({})", minutes(took))
}

fn minutes(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
