//! Tests byteferry against other software: NumPy in `tests/oracle.rs`, browsers in `tests/browser.rs`.
//!
//! `cargo xtask test` sets up what these need, and passes the paths in environment variables that begin with
//! `BYTEFERRY_`.

pub mod browser;
pub mod child;
pub mod demo;
pub mod guides;
pub mod lines;
pub mod measure;
pub mod memory;
pub mod oracle;
pub mod pages;
pub mod sites;
pub mod tables;

use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A path that `cargo xtask test` passes.
///
/// # Errors
/// If it is missing: the tests were started some other way.
pub fn told(variable: &str) -> Result<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .with_context(|| format!("{variable} is not set: run these tests by `cargo xtask test`"))
}
