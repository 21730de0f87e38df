//! Parts of the Rust toolchain that rustup doesn't install by default.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;
use crate::setup::{program, say};
use crate::workspace::Workspace;

/// The target that the worker is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The standard library for wasm.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM]).current_dir(&workspace.root);
    let libdir = process::output_of(rustc, "asking rustc where its libraries are")?;
    if std::path::Path::new(libdir.trim()).is_dir() {
        return Ok(());
    }
    rustup(workspace, &["target", "add", WASM])
}

/// rustfmt or clippy, which a minimal toolchain lacks.
pub(crate) fn component(workspace: &Workspace, subcommand: &str, component: &str) -> Result<()> {
    let mut version = workspace.cargo(subcommand);
    version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    rustup(workspace, &["component", "add", component])
}

/// llvm-cov and llvm-profdata, in the compiler's own version.
pub(crate) fn llvm_tools(workspace: &Workspace) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir"]).current_dir(&workspace.root);
    let libdir = process::output_of(rustc, "asking rustc where its libraries are")?;
    let tool = format!("../bin/llvm-profdata{}", env::consts::EXE_SUFFIX);
    if std::path::Path::new(libdir.trim()).join(tool).is_file() {
        return Ok(());
    }
    rustup(workspace, &["component", "add", "llvm-tools"])
}

/// The folders into which cargo unpacks packages, one per registry.
pub(crate) fn registries() -> Vec<PathBuf> {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let folders = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    folders.into_iter().flatten().flatten().map(|folder| folder.path()).collect()
}

fn rustup(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let line = arguments.join(" ");
    let Some(rustup) = program(&["rustup"]) else {
        bail!("the Rust toolchain lacks a part that `rustup {line}` installs, but rustup is not on PATH");
    };
    say(&format!("rustup {line}"));
    let mut command = Command::new(rustup);
    command.args(arguments).current_dir(&workspace.root);
    process::run(command, &format!("rustup {line}"))
}
