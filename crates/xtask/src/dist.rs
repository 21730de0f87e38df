//! `dist/`: exactly the files that a site copies.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::package;
use crate::process;
use crate::setup::node::Node;
use crate::size::{self, Size};
use crate::worker::{self, Variant, Worker};
use crate::workspace::Workspace;

/// All files of `dist/`, and of `dist/npm/` beside its `package.json`.
const FILES: [&str; 10] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "byteferry-worker.full.js",
    "byteferry-worker.js",
    "byteferry-worker.split.js",
    "byteferry-worker.wasm",
    "byteferry.d.ts",
    "byteferry.global.js",
    "byteferry.js",
    "byteferry.js.map",
];

/// Syntax that every engine with wasm SIMD supports: they all had it earlier.
const SYNTAX: &str = "--target=es2022";

/// Builds `dist/` anew and measures it.
pub(crate) fn build(workspace: &Workspace) -> Result<Vec<Size>> {
    let worker = worker::build(workspace, Variant::Core)?;
    let full = worker::build(workspace, Variant::Full)?;
    let node = Node::set_up(workspace)?;
    println!("build: dist/, by esbuild and tsc");
    // Built in another folder and moved as a whole, so that a failure keeps the last good one.
    let made = workspace.path("target/dist");
    clear(&made)?;
    fs::create_dir_all(&made).context("creating target/dist")?;

    let scripts = workspace.path("crates/worker/js");
    bundle_page(workspace, &node, &scripts, &made)?;
    bundle_worker(
        workspace,
        &node,
        &worker,
        &scripts.join("worker-inline.js"),
        &made.join("byteferry-worker.js"),
    )?;
    bundle_worker(
        workspace,
        &node,
        &worker,
        &scripts.join("worker-split.js"),
        &made.join("byteferry-worker.split.js"),
    )?;
    worker.embed(&made.join("byteferry-worker.js"))?;
    let script = made.join("byteferry-worker.full.js");
    bundle_worker(workspace, &node, &full, &scripts.join("worker-full.js"), &script)?;
    full.embed(&script)?;
    fs::copy(&worker.wasm, made.join("byteferry-worker.wasm")).context("copying the wasm")?;
    declare(workspace, &node, &made)?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(workspace.path(licence), made.join(licence))
            .with_context(|| format!("copying {licence}"))?;
    }
    check(workspace, &made)?;
    package::make(workspace, &made, &FILES)?;

    let dist = workspace.dist();
    clear(&dist)?;
    fs::rename(&made, &dist).context("moving target/dist to dist")?;
    size::measure(workspace, &node)
}

/// Builds a worker's script that crashes when it is told to, for the tests, and returns its folder.
pub(crate) fn with_faults(workspace: &Workspace) -> Result<PathBuf> {
    let worker = worker::build(workspace, Variant::Faults)?;
    let entry = workspace.path("crates/worker/js/worker-inline.js");
    let folder = workspace.path("target/faults");
    fs::create_dir_all(&folder).context("creating target/faults")?;
    let script = folder.join("byteferry-worker.js");
    bundle_worker(workspace, &Node::set_up(workspace)?, &worker, &entry, &script)?;
    worker.embed(&script)?;
    Ok(folder)
}

/// Removes a folder, if it is there.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn bundle_page(workspace: &Workspace, node: &Node, scripts: &Path, made: &Path) -> Result<()> {
    let mut esbuild = esbuild(workspace, node);
    esbuild.arg(scripts.join("byteferry.js")).arg(outfile(&made.join("byteferry.js")));
    esbuild.args(["--format=esm", "--sourcemap=linked"]);
    process::run(esbuild, "esbuild of byteferry.js")?;
    // The same as a classic script, for pages without modules.
    let mut esbuild = self::esbuild(workspace, node);
    esbuild.arg(scripts.join("byteferry.js")).arg(outfile(&made.join("byteferry.global.js")));
    esbuild.args(["--format=iife", "--global-name=byteferry", "--define:import.meta.url=here"]);
    esbuild.arg(format!("--inject:{}", scripts.join("global.js").display()));
    process::run(esbuild, "esbuild of byteferry.global.js")
}

fn bundle_worker(
    workspace: &Workspace,
    node: &Node,
    worker: &Worker,
    entry: &Path,
    out: &Path,
) -> Result<()> {
    let mut esbuild = esbuild(workspace, node);
    esbuild.arg(entry).arg(outfile(out)).arg("--format=iife");
    for (name, file) in [("byteferry:glue", &worker.glue), ("byteferry:wasm", &worker.placeholder)] {
        let mut alias = std::ffi::OsString::from(format!("--alias:{name}="));
        alias.push(file);
        esbuild.arg(alias);
    }
    process::run(esbuild, &format!("esbuild of {}", workspace.shown(entry)))
}

fn esbuild(workspace: &Workspace, node: &Node) -> std::process::Command {
    let mut esbuild = node.script("esbuild/bin/esbuild");
    esbuild.current_dir(&workspace.root);
    esbuild.args([
        "--bundle",
        "--minify",
        "--charset=utf8",
        "--legal-comments=none",
        "--log-level=warning",
        SYNTAX,
    ]);
    esbuild.arg(format!("--banner:js=/*! byteferry {} | MIT OR Apache-2.0 */", env!("CARGO_PKG_VERSION")));
    esbuild
}

fn outfile(path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from("--outfile=");
    option.push(path);
    option
}

/// byteferry.d.ts, from the JSDoc of byteferry.js. The modules that byteferry.js imports are private and bundled.
fn declare(workspace: &Workspace, node: &Node, made: &Path) -> Result<()> {
    let types = workspace.path("target/types");
    let mut tsc = node.script("typescript/bin/tsc");
    tsc.arg("--project").arg(workspace.path("crates/worker/js/tsconfig.json"));
    tsc.args(["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir"]).arg(&types);
    process::run(tsc, "tsc, writing byteferry.d.ts")?;
    fs::copy(types.join("byteferry.d.ts"), made.join("byteferry.d.ts")).context("copying byteferry.d.ts")?;
    Ok(())
}

/// Checks that the list of files is kept, and that no file contains a path of this machine.
fn check(workspace: &Workspace, made: &Path) -> Result<()> {
    let mut found = Vec::new();
    let mut strange = vec![workspace.root.display().to_string()];
    strange.extend(std::env::home_dir().map(|home| home.join(".cargo").display().to_string()));
    for entry in fs::read_dir(made).context("reading target/dist")? {
        let entry = entry.context("reading target/dist")?;
        let bytes = fs::read(entry.path()).with_context(|| format!("reading {}", entry.path().display()))?;
        for place in &strange {
            if bytes.windows(place.len()).any(|window| window == place.as_bytes()) {
                bail!("{} holds the path {place}, of the machine it was built on", entry.path().display());
            }
        }
        found.push(entry.file_name().to_string_lossy().into_owned());
    }
    found.sort();
    if found != FILES {
        bail!("dist/ would hold {found:?}, but what it promises is {FILES:?}");
    }
    Ok(())
}
