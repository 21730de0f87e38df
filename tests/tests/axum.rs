//! The backend in axum, `demo/backend/axum`: its arrays and its answers to uploads, against NumPy.

use anyhow::{Context as _, Result, ensure};
use byteferry_tests::child::Server;
use byteferry_tests::pages::Page;
use byteferry_tests::{root, told};
use libtest_mimic::{Arguments, Trial};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Command;

/// The report of `oracle/axum.py`.
#[derive(Deserialize)]
struct Report {
    numpy: String,
    arrays: usize,
    uploads: usize,
    cases: BTreeMap<String, Vec<String>>,
}

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let report = ask()?;
    ensure!(
        report.arrays > 10 && report.uploads > 2000 && report.cases.len() > 50,
        "hardly anything was asked"
    );
    let mut trials = vec![Trial::test("the guide shows its lines", || guide().map_err(said))];
    trials.extend(report.cases.into_iter().map(|(title, problems)| {
        Trial::test(title, move || if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) })
    }));
    let conclusion = libtest_mimic::run(&arguments, trials);
    println!(
        "the backend in axum: {} arrays and {} uploads compared with NumPy {}",
        report.arrays, report.uploads, report.numpy
    );
    conclusion.exit()
}

/// Has NumPy query the backend, which has ended on return.
fn ask() -> Result<Report> {
    let mut backend = Command::new(told("BYTEFERRY_AXUM")?);
    backend.arg("0");
    let server = Server::start(backend)?;
    let script = root().join("tests/oracle/axum.py");
    let asked = Command::new(told("BYTEFERRY_PYTHON")?).arg("-B").arg(&script).arg(&server.url).output()?;
    ensure!(
        asked.status.success(),
        "{}: {}\n{}",
        script.display(),
        asked.status,
        String::from_utf8_lossy(&asked.stderr)
    );
    serde_json::from_slice(&asked.stdout).context("reading what axum.py printed")
}

/// Checks that the code in the guide is the code that was just tested.
fn guide() -> Result<()> {
    let page = Page::read("docs/getting-started.md")?;
    let section =
        page.text.split("\n## A Rust backend\n").nth(1).context("no section of the Rust backend")?;
    let block = section.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    let block = block.context("no lines in Rust")?;
    let source = std::fs::read_to_string(root().join("demo/backend/axum/src/statistics.rs"))?;
    ensure!(block.lines().count() > 5, "hardly a line");
    ensure!(source.contains(block), "the lines in docs/getting-started.md are not those of statistics.rs");
    Ok(())
}

fn said(error: anyhow::Error) -> libtest_mimic::Failed {
    format!("{error:#}").into()
}
