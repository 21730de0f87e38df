//! `dist/npm/`: the package for npm: the files of `dist/`, a README and a package.json.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::workspace::Workspace;

/// Writes the folder `npm` into the `dist/` that is being made.
pub(crate) fn make(workspace: &Workspace, made: &Path, files: &[&str]) -> Result<()> {
    let folder = made.join("npm");
    fs::create_dir(&folder).context("creating dist/npm")?;
    for name in files {
        fs::copy(made.join(name), folder.join(name))
            .with_context(|| format!("copying {name} to dist/npm"))?;
    }
    fs::copy(workspace.path("crates/worker/README.md"), folder.join("README.md"))
        .context("copying the package's README.md")?;
    let text = format!("{:#}\n", describe(files));
    fs::write(folder.join("package.json"), text).context("writing dist/npm/package.json")
}

/// The package.json. Every script can be imported by name: sites that host the worker themselves need it.
fn describe(files: &[&str]) -> Value {
    let mut exports = Map::new();
    exports.insert(".".into(), json!({ "types": "./byteferry.d.ts", "default": "./byteferry.js" }));
    for name in files.iter().filter(|name| name.starts_with("byteferry-worker") || name.contains("global")) {
        exports.insert(format!("./{name}"), format!("./{name}").into());
    }
    exports.insert("./package.json".into(), "./package.json".into());
    let mut listed = files.to_vec();
    listed.push("README.md");
    json!({
        "name": "byteferry",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "NumPy arrays into a web page: right byte order, right dtype, right shape, off the main thread",
        "keywords": ["numpy", "npy", "npz", "big-endian", "byte-order", "typed-array", "worker", "wasm"],
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "sideEffects": false,
        "types": "./byteferry.d.ts",
        "exports": exports,
        "files": listed,
    })
}
