//! `cargo xtask demo`: serves the page on this machine as a visitor would get it.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::dist;
use crate::measure;
use crate::process;
use crate::size::Size;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// The port to serve on; 0 takes any that is free
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Print the URL only, open no browser
    #[arg(long)]
    no_open: bool,
}

/// Builds all, puts the site together and serves it until Ctrl-C.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    // Checked first, since the server reports a taken port only after everything is built.
    if let Err(error) = TcpListener::bind(("127.0.0.1", options.port)) {
        bail!("cannot listen on port {}: {error}. Another one is chosen by `--port N`", options.port);
    }
    let sizes = dist::build(workspace)?;
    assemble(workspace, &sizes)?;
    println!("build: byteferry-serve, by cargo");
    let serve = workspace.program("byteferry-serve", "byteferry-serve", true)?;

    let mut command = Command::new(serve);
    command.current_dir(&workspace.root).args(["--site", "target/site", "--data", "demo/data"]);
    command.args(["--port", &options.port.to_string()]).stdout(Stdio::piped());
    let mut child = command.spawn().context("starting byteferry-serve")?;
    let mut to_open = !options.no_open;
    for line in BufReader::new(child.stdout.take().context("byteferry-serve has no output")?).lines() {
        let line = line.context("reading what byteferry-serve says")?;
        println!("{line}");
        if let Some((_, url)) = line.split_once("http://")
            && to_open
        {
            open(&format!("http://{}", url.split_whitespace().next().unwrap_or(url)));
            to_open = false;
        }
    }
    let status = child.wait().context("waiting for byteferry-serve")?;
    process::leave_the_end_to_the_signal_handler();
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `target/site`: the pages' files, `dist/` below `dist/`, uPlot below `vendor/uplot/`, the benchmark's rivals below `measure/vendor/`.
pub(crate) fn assemble(workspace: &Workspace, sizes: &[Size]) -> Result<()> {
    let site = workspace.site();
    dist::clear(&site)?;
    copy(&workspace.path("demo"), &site, &belongs_to_the_page)?;
    copy(&workspace.dist(), &site.join("dist"), &|path| !path.ends_with("npm"))?;
    let vendor = site.join("vendor/uplot");
    fs::create_dir_all(&vendor).context("creating target/site/vendor")?;
    let package = workspace.node_modules().join("uplot");
    // tsc looks for a script's types under the script's name.
    for (from, to) in [
        ("dist/uPlot.esm.js", "uPlot.esm.js"),
        ("dist/uPlot.d.ts", "uPlot.esm.d.ts"),
        ("dist/uPlot.min.css", "uPlot.min.css"),
        ("LICENSE", "LICENSE"),
    ] {
        fs::copy(package.join(from), vendor.join(to)).with_context(|| format!("copying uPlot's {from}"))?;
    }
    measure::assemble(workspace, &site.join("measure"), sizes)
}

/// The assembled site for a host that serves only files: the arrays are copied in, and the page is marked as published.
pub(crate) fn publish(workspace: &Workspace) -> Result<PathBuf> {
    let site = workspace.path("target/published");
    dist::clear(&site)?;
    copy(&workspace.site(), &site, &|_| true)?;
    copy(&workspace.path("demo/data"), &site.join("arrays"), &belongs_to_the_page)?;
    let index = site.join("index.html");
    let page = fs::read_to_string(&index).context("reading the demo's page")?;
    let published = page.replacen("<body ", "<body data-published ", 1);
    ensure!(published != page, "the demo's page has no <body> to mark");
    fs::write(&index, published).context("writing the page to be published")?;
    Ok(site)
}

/// Whether a file of `demo/` is part of the page. Backends and arrays are not: the servers read them in place.
fn belongs_to_the_page(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !matches!(name, "backend" | "data" | "gloo" | "sites" | "tsconfig.json" | "make.py")
        && !name.starts_with('.')
        && !name.ends_with(".md")
}

pub(crate) fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry.with_context(|| format!("reading {}", from.display()))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if !wanted(&source) {
            continue;
        }
        if source.is_dir() {
            copy(&source, &target, wanted)?;
        } else {
            fs::copy(&source, &target).with_context(|| format!("copying {}", source.display()))?;
        }
    }
    Ok(())
}

/// Opens a URL if there is a desktop. The URL is printed anyway, so failures are ignored.
fn open(url: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/c", "start"]);
        command
    } else if has_screen {
        Command::new("xdg-open")
    } else {
        return;
    };
    let _ = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}
