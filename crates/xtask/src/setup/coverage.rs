//! cargo-llvm-cov, which counts the lines that tests reach.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::setup::{Made, rust, say};
use crate::workspace::Workspace;

/// The version for `cargo install`.
const VERSION: &str = "0.9.1";

/// The crates whose lines are counted: none of their code needs a browser.
pub(crate) const COVERED: [&str; 2] = ["byteferry-header", "byteferry-convert"];

/// `cargo llvm-cov`, installed if it is missing.
pub(crate) fn cargo_llvm_cov(workspace: &Workspace) -> Result<Command> {
    rust::llvm_tools(workspace)?;
    let tools = workspace.tools();
    let binary = tools.join(format!("bin/cargo-llvm-cov{}", env::consts::EXE_SUFFIX));
    let made = Made::new(&tools, "cargo-llvm-cov", VERSION);
    if !made.is_current() || !binary.is_file() {
        say(&format!("cargo install cargo-llvm-cov {VERSION} into target/tools (half a minute)"));
        fs::create_dir_all(&tools).context("creating target/tools")?;
        let mut install = workspace.cargo("install");
        install.args([
            "cargo-llvm-cov",
            "--locked",
            "--force",
            "--version",
            &format!("={VERSION}"),
            "--root",
        ]);
        install.arg(&tools).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
        process::run(install, "cargo install cargo-llvm-cov")?;
        made.finish()?;
    }
    let mut command = Command::new(binary);
    command.arg("llvm-cov").current_dir(&workspace.root);
    Ok(command)
}

/// The percentage of lines reached, for each counted crate.
pub(crate) fn read(report: &Path) -> Result<BTreeMap<&'static str, f64>> {
    let text = fs::read_to_string(report).context("reading what cargo llvm-cov counted")?;
    let report: Value = serde_json::from_str(&text).context("reading what cargo llvm-cov counted")?;
    let mut percent = BTreeMap::new();
    for name in COVERED {
        let folder = format!("/{}/src/", name.trim_start_matches("byteferry-"));
        let (mut covered, mut count) = (0.0, 0.0);
        for file in report["data"][0]["files"].as_array().into_iter().flatten() {
            if file["filename"].as_str().is_some_and(|file| file.contains(&folder)) {
                let lines = &file["summary"]["lines"];
                covered += lines["covered"].as_f64().unwrap_or(0.0);
                count += lines["count"].as_f64().unwrap_or(0.0);
            }
        }
        ensure!(count > 0.0, "cargo llvm-cov has counted no line of {name}");
        percent.insert(name, 100.0 * covered / count);
    }
    Ok(percent)
}
