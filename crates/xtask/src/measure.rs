//! `target/site/measure`: what the benchmark's page needs beside its own files: other packages, and a wasm for
//! gloo-worker.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};

use crate::process;
use crate::setup::node::Node;
use crate::setup::rust::{self, WASM};
use crate::size::{self, Size};
use crate::worker::FEATURES;
use crate::workspace::Workspace;

/// The packages that byteferry is compared with: package, import alias in others.mjs, file.
const PACKAGES: [(&str, &str, &str); 3] = [
    // The function that its codec for bytes calls; the package doesn't export it.
    ("zarrita", "zarrita:byteswap", "dist/src/util.js"),
    ("npyjs", "npyjs", "dist/index.js"),
    ("numpy-parser", "numpy-parser", "dist/main.js"),
];

/// Bundles the packages, builds the wasm, and writes their versions into `built.json`.
pub(crate) fn assemble(workspace: &Workspace, page: &Path, sizes: &[Size]) -> Result<()> {
    let node = Node::set_up(workspace)?;
    println!("build: the benchmark's rivals, by esbuild, cargo and wasm-bindgen");
    let vendor = page.join("vendor");
    bundle(workspace, &node, &vendor)?;
    gloo(workspace, &node, &vendor.join("gloo"))?;
    let mut versions = json!({ "gloo-worker": locked(workspace, "gloo-worker")? });
    for (package, ..) in PACKAGES {
        let path = workspace.node_modules().join(package).join("package.json");
        let text = fs::read_to_string(path).with_context(|| format!("reading {package}'s package.json"))?;
        let described: Value =
            serde_json::from_str(&text).with_context(|| format!("reading {package}'s package.json"))?;
        versions[package] = described["version"].clone();
    }
    let built = json!({
        "versions": versions,
        "sizes": {
            "worker_brotli_kib": size::brotli_kib(sizes, "byteferry-worker.js"),
            "client_brotli_kib": size::brotli_kib(sizes, "byteferry.js"),
        },
    });
    fs::write(page.join("built.json"), format!("{built:#}\n")).context("writing built.json")
}

fn bundle(workspace: &Workspace, node: &Node, vendor: &Path) -> Result<()> {
    let mut esbuild = node.script("esbuild/bin/esbuild");
    esbuild.current_dir(&workspace.root).arg(workspace.path("crates/xtask/src/others.mjs"));
    esbuild.args(["--bundle", "--minify", "--format=esm", "--legal-comments=eof", "--log-level=error"]);
    for (package, name, file) in PACKAGES {
        esbuild
            .arg(format!("--alias:{name}={}", workspace.node_modules().join(package).join(file).display()));
    }
    esbuild.arg(format!("--outfile={}", vendor.join("others.js").display()));
    process::run(esbuild, "esbuild of the packages that the benchmark compares with")
}

/// Built as an app on gloo-worker is: optimised for speed, and by wasm-opt.
fn gloo(workspace: &Workspace, node: &Node, folder: &Path) -> Result<()> {
    rust::wasm_target(workspace)?;
    let mut build = workspace.cargo("build");
    build.args(["--package", "byteferry-bench-gloo", "--lib", "--release", "--target", WASM]);
    // These variables would replace the flags in .cargo/config.toml, simd128 among them.
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let compiled = workspace
        .built(build, "byteferry_bench_gloo", "cdylib")?
        .into_iter()
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .context("cargo built no .wasm")?;
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["wasm-bindgen".as_ref(), compiled.as_os_str()];
    for argument in ["--target", "web", "--no-typescript", "--out-dir"] {
        arguments.push(argument.as_ref());
    }
    arguments.push(folder.as_os_str());
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
        .map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    let wasm = folder.join("byteferry_bench_gloo_bg.wasm");
    let mut optimise = node.script("binaryen/bin/wasm-opt");
    optimise.arg("-O3").args(FEATURES).arg("-o").args([&wasm, &wasm]);
    process::run(optimise, "wasm-opt")
}

/// A crate's version in Cargo.lock.
fn locked(workspace: &Workspace, name: &str) -> Result<String> {
    let lock = fs::read_to_string(workspace.path("Cargo.lock")).context("reading Cargo.lock")?;
    let package = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&package)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .with_context(|| format!("{name} is not in Cargo.lock"))
}
