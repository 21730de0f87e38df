//! The worker, from Rust to what a bundler can take: wasm, glue, and the wasm as text.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::process;
use crate::setup::{node::Node, rust, rust::WASM};
use crate::workspace::Workspace;

/// What wasm-opt may assume of an engine: what rustc switches on by itself, and simd128, which `.cargo/config.toml` adds.
const FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The files of a built worker, in `target/worker`.
pub(crate) struct Worker {
    /// The optimised wasm.
    pub(crate) wasm: PathBuf,
    /// An ES module: `instantiate(module)` returns wasm-bindgen's exports, with state of their own at each call.
    pub(crate) glue: PathBuf,
    /// An ES module whose default export is the wasm, raw-deflated, in base64.
    pub(crate) embedded: PathBuf,
}

/// Builds the worker for release.
pub(crate) fn build(workspace: &Workspace) -> Result<Worker> {
    rust::wasm_target(workspace)?;
    let node = Node::set_up(workspace)?;
    let folder = workspace.path("target/worker");
    fs::create_dir_all(&folder).context("creating target/worker")?;

    println!("build: worker, by cargo, wasm-bindgen and wasm-opt");
    let compiled = compile(workspace)?;
    bind(&compiled, &folder)?;

    let wasm = folder.join("byteferry_worker_bg.wasm");
    let mut optimise = node.script("binaryen/bin/wasm-opt");
    optimise
        .arg("-O3")
        .args(FEATURES)
        .args(["--strip-producers", "--strip-target-features", "-o"])
        .args([&wasm, &wasm]);
    process::run(optimise, "wasm-opt")?;

    let glue = folder.join("glue.js");
    let script =
        fs::read_to_string(folder.join("byteferry_worker.js")).context("reading wasm-bindgen's glue")?;
    fs::write(&glue, as_function(&script)).context("writing glue.js")?;
    let embedded = folder.join("wasm.js");
    let bytes = fs::read(&wasm).context("reading the optimised wasm")?;
    fs::write(&embedded, as_text(&bytes)?).context("writing wasm.js")?;
    Ok(Worker { wasm, glue, embedded })
}

fn compile(workspace: &Workspace) -> Result<PathBuf> {
    let mut build = workspace.cargo("build");
    build.args([
        "--package",
        "byteferry-worker",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "wasm",
    ]);
    // They would replace the flags in .cargo/config.toml, and with them simd128.
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    build.args(["--config", &short_paths(workspace)]);
    let files = workspace.built(build, "byteferry_worker", "cdylib")?;
    files
        .into_iter()
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .context("cargo built no .wasm")
}

/// Panic messages name their source file. Seen from the registry or the repository that is enough, is shorter, is the
/// same on every machine, and tells nobody where the builder's home is.
fn short_paths(workspace: &Workspace) -> String {
    let mut prefixes = vec![(workspace.root.clone(), String::new())];
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    // One folder for each registry, and its name says which: it goes too.
    for registry in
        home.and_then(|home| fs::read_dir(home.join("registry/src")).ok()).into_iter().flatten().flatten()
    {
        prefixes.push((registry.path(), "crates".to_owned()));
    }
    let flags: Vec<String> = prefixes
        .iter()
        .map(|(long, short)| {
            serde_json::Value::from(format!("--remap-path-prefix={}={short}", long.display())).to_string()
        })
        .collect();
    format!("target.{WASM}.rustflags=[{}]", flags.join(","))
}

fn bind(compiled: &Path, folder: &Path) -> Result<()> {
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["wasm-bindgen".as_ref(), compiled.as_os_str()];
    for argument in ["--target", "no-modules", "--no-typescript", "--omit-default-module-path"] {
        arguments.push(argument.as_ref());
    }
    for (name, value) in [("--out-name", "byteferry_worker".as_ref()), ("--out-dir", folder.as_os_str())] {
        arguments.push(name.as_ref());
        arguments.push(value);
    }
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
        .map_err(|error| anyhow!("wasm-bindgen: {error:#}"))
}

/// The glue keeps the instance in variables of its own. As a function, each call has its own variables, so that an
/// instance that has crashed is replaced by calling it again.
fn as_function(glue: &str) -> String {
    format!(
        "export function instantiate(module) {{\n{glue}\nwasm_bindgen.initSync({{ module }});\nreturn wasm_bindgen;\n}}\n"
    )
}

/// Deflated before it becomes text: brotli, on its way to the page, makes less of base64 than of the bytes themselves,
/// but gets base64 of deflated bytes back to their size.
fn as_text(wasm: &[u8]) -> Result<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(wasm).context("deflating the wasm")?;
    let deflated = encoder.finish().context("deflating the wasm")?;
    Ok(format!("export default \"{}\";\n", STANDARD.encode(deflated)))
}
