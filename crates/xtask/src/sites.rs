//! `target/sites`: the sites of `demo/sites`, with the files that they take from `dist/` or the npm package.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::demo::{self, copy};
use crate::dist;
use crate::process;
use crate::setup::{node::Node, rust, rust::WASM};
use crate::worker;
use crate::workspace::Workspace;

/// The files that each site copies from `dist/`; other sites install the package.
const COPIED: [(&str, &[&str]); 6] = [
    ("plain", &["byteferry.js", "byteferry-worker.js"]),
    ("classic", &["byteferry.global.js", "byteferry-worker.js"]),
    ("worker", &["byteferry-worker.js"]),
    ("csp", &["byteferry.js", "byteferry-worker.js"]),
    ("leptos", &["byteferry-worker.js"]),
    ("aiohttp/static", &["byteferry.js", "byteferry-worker.js"]),
];

/// The file that `npm pack` makes.
const PACKED: &str = concat!("byteferry-", env!("CARGO_PKG_VERSION"), ".tgz");

/// The Rust site's manifest; it is a workspace of its own.
pub(crate) const LEPTOS: &str = "demo/sites/leptos/Cargo.toml";

/// The name of that crate and of its files.
const LEPTOS_NAME: &str = "byteferry-site-leptos";

/// Assembles the sites anew; packages installed from npm are kept.
pub(crate) fn assemble(workspace: &Workspace, node: &Node, python: &Path) -> Result<()> {
    let (source, sites) = (workspace.path("demo/sites"), workspace.sites());
    node.install(&workspace.path("target"), "sites", &source, "Vite, webpack, zarrita, publint, attw")?;

    let mut pack = node.npm();
    pack.args(["pack", "--silent", "--pack-destination"]).arg(&sites).arg(workspace.dist().join("npm"));
    process::run(pack, "npm pack")?;
    let package = sites.join("node_modules/byteferry");
    dist::clear(&package)?;
    fs::create_dir_all(&package).context("creating a folder for the package")?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(sites.join(PACKED)).arg("--strip-components=1").arg("-C").arg(&package);
    process::run(unpack, "tar")?;

    for entry in fs::read_dir(&source).context("reading demo/sites")? {
        let entry = entry.context("reading demo/sites")?;
        if entry.path().is_dir() {
            let site = sites.join(entry.file_name());
            dist::clear(&site)?;
            // The Rust site has a `target` if somebody has built it there.
            copy(&entry.path(), &site, &|path| !path.ends_with("target"))?;
        }
    }
    for (site, files) in COPIED {
        for file in files {
            let from = workspace.dist().join(file);
            fs::copy(from, sites.join(site).join(file))
                .with_context(|| format!("copying {file} to {site}"))?;
        }
    }
    let published = sites.join("published");
    dist::clear(&published)?;
    copy(&demo::publish(workspace)?, &published, &|_| true)?;
    let mut make = Command::new(python);
    make.arg("-B").arg(workspace.path("tests/sites/make.py")).arg(&sites);
    process::run(make, "tests/sites/make.py")
}

/// Builds the Rust site from its source folder, since its path to the client's crate is relative.
pub(crate) fn rust(workspace: &Workspace) -> Result<()> {
    let lock =
        |path: &str| fs::read_to_string(workspace.path(path)).with_context(|| format!("reading {path}"));
    let (ours, its) = (lock("Cargo.lock")?, lock("demo/sites/leptos/Cargo.lock")?);
    let (ours, its) = (locked(&ours, "wasm-bindgen"), locked(&its, "wasm-bindgen"));
    ensure!(
        ours.is_some() && ours == its,
        "demo/sites/leptos/Cargo.lock has wasm-bindgen {}, Cargo.lock has {}. They must be the same to the letter: \
         `cargo update --workspace --manifest-path {LEPTOS}`",
        its.unwrap_or("none"),
        ours.unwrap_or("none"),
    );

    rust::wasm_target(workspace)?;
    println!("build: demo/sites/leptos, by cargo and wasm-bindgen");
    let mut build = workspace.cargo("build");
    build.args(["--release", "--locked", "--target", WASM]);
    build.args(["--manifest-path", LEPTOS, "--target-dir", "target/site-leptos"]);
    let files = workspace.built(build, LEPTOS_NAME, "bin")?;
    let compiled = files.first().context("a site without a file")?;
    worker::bind(compiled, "web", LEPTOS_NAME, &workspace.sites().join("leptos"))
}

/// A package's version in a `Cargo.lock`.
fn locked<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let (_, after) = lock.split_once(&format!("\nname = \"{package}\"\nversion = \""))?;
    after.split('"').next()
}

/// Commands that check the package, and build each site with it.
pub(crate) fn checks(workspace: &Workspace, node: &Node) -> Vec<Command> {
    let sites = workspace.sites();
    // What renders pages on a server imports it there, without a navigator or a Worker.
    let mut import = Command::new(node.program());
    import
        .args(["--input-type=module", "--eval", "delete globalThis.navigator; await import('byteferry')"])
        .current_dir(&sites);
    [
        ("node_modules/publint/src/cli.js", &["run", PACKED, "--strict"][..], ""),
        (
            "node_modules/@arethetypeswrong/cli/dist/index.js",
            &[PACKED, "--profile", "esm-only", "--entrypoints", "."],
            "",
        ),
        ("node_modules/vite/bin/vite.js", &["build", "--logLevel", "warn"], "vite"),
        ("node_modules/vite/bin/vite.js", &["build", "--logLevel", "warn"], "zarrita"),
        ("node_modules/webpack-cli/bin/cli.js", &[], "webpack"),
        ("node_modules/typescript/bin/tsc", &["--pretty", "false"], "typescript"),
    ]
    .into_iter()
    .map(|(script, arguments, site)| {
        let mut command = node.run(sites.join(script));
        command.args(arguments).current_dir(sites.join(site));
        command
    })
    .chain([import])
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_the_whole_name() {
        let lock = "version = 4\n\n[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.2\"\nsource = \"registry\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.2"));
        assert_eq!(locked(lock, "wasm"), None);
    }
}
