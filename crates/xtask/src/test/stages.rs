//! The stages: their commands and what these need.

use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::ValueEnum;
use serde_json::Value;

use crate::api;
use crate::demo;
use crate::dist;
use crate::process;
use crate::setup::{browsers, coverage, display::Display, node::Node, python, rust, rust::WASM};
use crate::sites;
use crate::size::{self, Size};
use crate::test::tally::Tally;
use crate::wasm_test::{self, Engine};
use crate::workspace::Workspace;

/// Time limit of a stage; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// The package with the oracle and the browser tests, whose test programs belong to several stages.
const TESTS: &str = "byteferry-tests";

/// Its test programs that the oracle stage leaves to other stages.
const ELSEWHERE: [&str; 2] = ["browser", "cases"];

/// The percentage of lines that tests have to reach in the crates that read untrusted input.
const LEAST_COVERED: f64 = 95.0;

/// The crates that run in a page or in its worker.
const WASM_CRATES: [&str; 7] = [
    "byteferry",
    "byteferry-bench-gloo",
    "byteferry-header",
    "byteferry-kernels",
    "byteferry-convert",
    "byteferry-protocol",
    "byteferry-worker",
];

/// The crates published for others; pages use the npm package.
const PUBLISHED: [&str; 5] =
    ["byteferry-header", "byteferry-kernels", "byteferry-convert", "byteferry-protocol", "byteferry"];

/// The wasm crates that run in Node, too.
const PURE: [&str; 2] = ["byteferry-header", "byteferry-convert"];

/// The client's features, all of them.
const CLIENT_FEATURES: [&str; 2] = ["--features", "byteferry/ndarray,byteferry/gloo"];

/// The features of all crates.
const ALL_FEATURES: [&str; 2] = ["--features", "byteferry/ndarray,byteferry/gloo,byteferry-header/serde"];

/// A part of the tests. They run in this order: the faster it finds failures, the earlier.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// rustfmt has nothing to change
    Fmt,
    /// No warnings, natively and for wasm
    Clippy,
    /// The documentation builds without a warning
    Doc,
    /// Unit tests, integration tests and the documentation's examples
    Native,
    /// Every dtype, byte order and cast against NumPy; the backend in axum
    Oracle,
    /// Headers, plans and conversions natively, in every case that pages are tested with, and the lines that reaches
    Coverage,
    /// The crates that are published are whole, and what they promise is what it was
    Package,
    /// The NumPy backend: byteferry.py, and app.py over HTTP
    Backend,
    /// wasm-bindgen-test in a page and in a dedicated worker, in Chromium, Firefox and WebKit, and in Node
    Wasm,
    /// dist/ is built, complete, and small enough
    Dist,
    /// tsc --strict of the JavaScript, and of TypeScript that uses byteferry.d.ts
    Types,
    /// The npm package is in order, and sites build with it: Vite, webpack, tsc; one in Leptos with the Rust client
    Sites,
    /// The page end to end, and the sites, in Chromium, Firefox and WebKit
    Browser,
}

impl Stage {
    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Its description in one line.
    pub(crate) fn about(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    pub(crate) fn is_fast(self) -> bool {
        matches!(self, Self::Fmt | Self::Clippy | Self::Doc | Self::Native)
    }

    pub(crate) fn run(self, bench: &mut Bench<'_>) -> Result<Tally> {
        match self {
            Self::Fmt => bench.fmt(),
            Self::Clippy => bench.clippy(),
            Self::Doc => bench.doc(),
            Self::Native => bench.native(),
            Self::Oracle => bench.oracle(),
            Self::Coverage => bench.coverage(),
            Self::Package => bench.package(),
            Self::Backend => bench.backend(),
            Self::Wasm => bench.wasm(),
            Self::Dist => bench.dist(),
            Self::Types => bench.types(),
            Self::Sites => bench.sites(),
            Self::Browser => bench.browser(),
        }
    }
}

/// Runs stages; holds the command's options, and what earlier stages have built.
pub(crate) struct Bench<'a> {
    workspace: &'a Workspace,
    verbose: bool,
    /// The only engine for the wasm tests, if one was named.
    engine: Option<Engine>,
    arguments: Vec<OsString>,
    /// The outcome of building `dist/` and the site; a failure is kept as text, for each stage that needs them.
    built: Option<Result<Vec<Size>, String>>,
    has_sites: bool,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(
        workspace: &'a Workspace,
        verbose: bool,
        engine: Option<Engine>,
        arguments: Vec<OsString>,
    ) -> Self {
        Self { workspace, verbose, engine, arguments, built: None, has_sites: false }
    }

    /// Runs a program; if it fails, prints all its output.
    fn look(&self, command: Command) -> Result<process::Finished> {
        let finished = process::capture(command, LIMIT, self.verbose)?;
        if !finished.succeeded() {
            if !self.verbose {
                println!("{}", finished.output.trim_end());
            }
            println!("   {}", finished.ending());
        }
        Ok(finished)
    }

    /// Runs a program that counts as one check.
    fn check(&self, command: Command) -> Result<Tally> {
        Ok(Tally::one(self.look(command)?.succeeded()))
    }

    /// Runs test programs, which count their tests themselves.
    fn tests(&self, mut command: Command) -> Result<Tally> {
        if !self.arguments.is_empty() {
            command.arg("--").args(&self.arguments);
        }
        let finished = self.look(command)?;
        // How much was compared with NumPy is worth knowing even if nothing failed.
        for line in
            finished.output.lines().filter(|line| !self.verbose && line.contains(" compared with NumPy"))
        {
            println!("   {line}");
        }
        let mut tally = Tally::of_tests(&finished.output);
        if !finished.succeeded() && tally.failed == 0 {
            // It didn't compile, or ended before it could count.
            tally.failed = 1;
        }
        if tally == Tally::default() {
            bail!("no test was run");
        }
        Ok(tally)
    }

    fn fmt(&self) -> Result<Tally> {
        rust::component(self.workspace, "fmt", "rustfmt")?;
        let mut command = self.workspace.cargo("fmt");
        command.args(["--all", "--check", "--", "--color", "never"]);
        let mut tally = self.check(command)?;
        let mut site = self.workspace.cargo("fmt");
        site.args(["--manifest-path", sites::LEPTOS, "--check", "--", "--color", "never"]);
        tally += self.check(site)?;
        Ok(tally)
    }

    fn clippy(&self) -> Result<Tally> {
        rust::component(self.workspace, "clippy", "clippy")?;
        rust::wasm_target(self.workspace)?;
        let mut natively = self.workspace.cargo("clippy");
        natively.args(["--workspace", "--all-targets"]).args(ALL_FEATURES).args(["--", "-D", "warnings"]);
        let mut tally = self.check(natively)?;

        let tested = self.wasm_tested()?;
        let (with_tests, alone): (Vec<&str>, Vec<&str>) =
            WASM_CRATES.iter().partition(|name| tested.iter().any(|t| t == *name));
        for (names, targets) in [(alone, "--lib"), (with_tests, "--all-targets")] {
            if names.is_empty() {
                continue;
            }
            let mut for_wasm = self.workspace.cargo("clippy");
            for_wasm.args(["--target", WASM, targets]);
            for name in &names {
                for_wasm.args(["--package", name]);
            }
            if names.contains(&"byteferry") {
                for_wasm.args(CLIENT_FEATURES);
            }
            for_wasm.args(["--", "-D", "warnings"]);
            tally += self.check(for_wasm)?;
        }
        let mut shipped = self.workspace.cargo("clippy");
        shipped.args(["--target", WASM, "--lib", "--package", "byteferry-worker"]);
        shipped.args(["--no-default-features", "--features", "standalone,full,faults"]);
        shipped.args(["--", "-D", "warnings"]);
        tally += self.check(shipped)?;
        Ok(tally)
    }

    /// The packages whose tests run in a browser's worker, too: those that depend on wasm-bindgen-test.
    fn wasm_tested(&self) -> Result<Vec<String>> {
        let packages = self.packages()?.into_iter().filter(|package| {
            list(&package["dependencies"]).iter().any(|dependency| dependency["name"] == "wasm-bindgen-test")
        });
        Ok(packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect())
    }

    /// The workspace's packages, by `cargo metadata`.
    fn packages(&self) -> Result<Vec<Value>> {
        let mut command = self.workspace.cargo("metadata");
        command.args(["--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&process::output_of(command, "cargo metadata")?)
            .context("reading what cargo metadata printed")?;
        Ok(list(&metadata["packages"]))
    }

    fn doc(&self) -> Result<Tally> {
        let mut command = self.workspace.cargo("doc");
        command
            .args(["--workspace", "--no-deps", "--document-private-items"])
            .args(ALL_FEATURES)
            .env("RUSTDOCFLAGS", "-D warnings");
        self.check(command)
    }

    fn native(&self) -> Result<Tally> {
        let mut command = self.workspace.cargo("test");
        command.args(["--workspace", "--no-fail-fast", "--exclude", TESTS]).args(ALL_FEATURES);
        self.tests(command)
    }

    fn oracle(&self) -> Result<Tally> {
        let python = python::venv(self.workspace)?;
        let axum = self.workspace.program("byteferry-axum-example", "byteferry-axum-example", false)?;
        let mut command = self.workspace.cargo("test");
        command.args(["--package", TESTS, "--no-fail-fast", "--lib"]);
        // All of the package's test programs but those of other stages.
        let packages = self.packages()?;
        let targets = packages
            .iter()
            .filter(|package| package["name"] == TESTS)
            .flat_map(|tests| list(&tests["targets"]));
        for target in targets.filter(|target| target["kind"] == Value::from(vec!["test"])) {
            if let Some(name) = target["name"].as_str().filter(|name| !ELSEWHERE.contains(name)) {
                command.args(["--test", name]);
            }
        }
        self.tell(&mut command).env("BYTEFERRY_PYTHON", python).env("BYTEFERRY_AXUM", axum);
        self.tests(command)
    }

    fn coverage(&self) -> Result<Tally> {
        let python = python::venv(self.workspace)?;
        let report = self.workspace.path("target/coverage.json");
        let mut command = coverage::cargo_llvm_cov(self.workspace)?;
        command.args(["--json", "--summary-only", "--output-path"]).arg(&report);
        for package in [coverage::COVERED.as_slice(), &[TESTS]].concat() {
            command.args(["--package", package]);
        }
        // The test `serde` of byteferry-header needs this feature.
        command.args(["--features", "byteferry-header/serde", "--no-fail-fast", "--lib"]);
        for package in self.packages()? {
            let name = package["name"].as_str().unwrap_or_default();
            for target in list(&package["targets"]) {
                let test = target["name"].as_str().unwrap_or_default();
                let is_wanted = coverage::COVERED.contains(&name) || name == TESTS && test == "cases";
                if is_wanted && target["kind"] == Value::from(vec!["test"]) {
                    command.args(["--test", test]);
                }
            }
        }
        self.tell(&mut command).env("BYTEFERRY_PYTHON", python);
        let mut tally = self.tests(command)?;
        if tally.failed == 0 {
            for (name, percent) in coverage::read(&report)? {
                println!("   {name}: {percent:.1} % of its lines are covered");
                tally += Tally::one(percent >= LEAST_COVERED);
            }
        }
        Ok(tally)
    }

    fn package(&self) -> Result<Tally> {
        // cargo builds each package against the ones before it, from a temporary registry. What it has unpacked and
        // compiled from there it uses again as long as the version is the same, so that is removed first.
        let target = self.workspace.path("target/packaged");
        for folder in rust::registries().iter().chain([&target.join("debug/.fingerprint")]) {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("byteferry"))
            {
                dist::clear(&entry.path())?;
            }
        }
        let mut command = self.workspace.cargo("package");
        command.args(["--allow-dirty", "--quiet", "--target-dir"]).arg(target);
        for name in PUBLISHED {
            command.args(["--package", name]);
        }
        let finished = self.look(command)?;
        let is_clean = finished.succeeded() && !finished.output.contains("warning");
        if finished.succeeded() && !is_clean {
            println!("{}", finished.output.trim_end());
        }
        let mut tally = Tally::one(is_clean);
        // Their public names, as rustdoc sees them.
        let mut document = self.workspace.cargo("doc");
        document.args(["--no-deps", "--target-dir", "target/api"]).args(ALL_FEATURES);
        for name in PUBLISHED {
            document.args(["--package", name]);
        }
        tally += self.check(document)?;
        for name in PUBLISHED {
            let checked = api::check(self.workspace, &self.workspace.path("target/api/doc"), name);
            if let Err(error) = &checked {
                println!("{error:#}");
            }
            tally += Tally::one(checked.is_ok());
        }
        Ok(tally)
    }

    fn backend(&self) -> Result<Tally> {
        let mut command = Command::new(python::venv(self.workspace)?);
        // -B: no compiled files among the sources.
        command.args(["-B", "-m", "unittest", "discover", "--start-directory", "demo/backend"]);
        command.current_dir(&self.workspace.root);
        let finished = self.look(command)?;
        Tally::of_unittest(&finished.output).context("unittest didn't say how many tests it ran")
    }

    /// Tests in wasm with simd128, as shipped; the pure crates without as well, as somebody may build them.
    fn wasm(&mut self) -> Result<Tally> {
        rust::wasm_target(self.workspace)?;
        // The scripts and cases that pages load, the same as for the tests of byteferry.js.
        self.built()?;
        wasm_test::lay_out(self.workspace, &python::venv(self.workspace)?)?;
        let tested = self.wasm_tested()?;
        // The crates that need no browser.
        let pure: Vec<String> = tested.iter().filter(|name| PURE.contains(&name.as_str())).cloned().collect();
        let plain = Some("-C target-feature=-simd128");
        let mut tally = Tally::default();
        for engine in Engine::value_variants().iter().copied() {
            if self.engine.is_some_and(|only| only != engine) {
                continue;
            }
            let packages = if engine == Engine::Node { &pure } else { &tested };
            let mut sum = self.in_wasm(packages, engine, None)?;
            if matches!(engine, Engine::Chromium | Engine::Firefox) {
                sum += self.in_wasm(&pure, engine, plain)?;
            }
            println!("   {}: {} tests passed, {} failed", engine.name(), sum.passed, sum.failed);
            tally += sum;
        }
        Ok(tally)
    }

    fn in_wasm(&self, packages: &[String], engine: Engine, flags: Option<&str>) -> Result<Tally> {
        let (mut driver, mut display) = (None, None);
        match engine {
            Engine::Chromium => driver = Some(browsers::chromium()?),
            Engine::Firefox => driver = Some(browsers::firefox(self.workspace)?),
            Engine::Webkit => {
                driver = Some(browsers::webkit()?);
                display = Some(Display::start()?);
            }
            Engine::Node => {}
        }
        let runner = std::env::current_exe().context("finding this program")?;
        let mut command = self.workspace.cargo("test");
        command.args(["--target", WASM, "--no-fail-fast", "--lib", "--tests"]);
        for name in packages {
            command.args(["--package", name]);
        }
        if packages.iter().any(|name| name == "byteferry") {
            command.args(CLIENT_FEATURES);
        }
        if let Some(flags) = flags {
            // Replaces the flags in .cargo/config.toml. With a target folder of its own, neither build makes the other
            // start anew.
            command.env("RUSTFLAGS", flags).args(["--target-dir", "target/wasm-without-simd"]);
        }
        // Calls this program directly: .cargo/config.toml runs it through cargo, for a plain `cargo test`.
        let runner =
            Value::from(vec![Value::from(runner.display().to_string()), Value::from("wasm-test-runner")]);
        command.args(["--config", &format!("target.{WASM}.runner={runner}")]);
        command.envs(wasm_test::environment(self.workspace, Some((engine, driver))));
        if let Some(display) = &display {
            command.env("DISPLAY", display.name());
        }
        self.tests(command)
    }

    /// Builds `dist/` and the site, once.
    fn built(&mut self) -> Result<&[Size]> {
        let workspace = self.workspace;
        let built = self.built.get_or_insert_with(|| {
            let sizes = dist::build(workspace).map_err(|error| format!("{error:#}"))?;
            demo::assemble(workspace, &sizes).map_err(|error| format!("{error:#}"))?;
            Ok(sizes)
        });
        built.as_deref().map_err(|error| anyhow!("{error}"))
    }

    fn dist(&mut self) -> Result<Tally> {
        let sizes = self.built()?;
        print!("{}", size::table(sizes));
        // The first check is that the build succeeded.
        let mut tally = Tally::one(true);
        for kept in sizes.iter().filter_map(Size::keeps_its_limit) {
            tally += Tally::one(kept);
        }
        Ok(tally)
    }

    fn types(&mut self) -> Result<Tally> {
        self.built()?;
        let node = Node::set_up(self.workspace)?;
        let mut tally = Tally::default();
        for project in [
            "crates/worker/js/tsconfig.json",
            "crates/worker/js/tsconfig.worker.json",
            "demo/tsconfig.json",
            "tests/types/tsconfig.json",
        ] {
            let mut tsc = node.script("typescript/bin/tsc");
            tsc.args(["--pretty", "false", "--project", project]).current_dir(&self.workspace.root);
            tally += self.check(tsc)?;
        }
        Ok(tally)
    }

    fn sites(&mut self) -> Result<Tally> {
        self.built()?;
        let node = Node::set_up(self.workspace)?;
        let python = python::venv(self.workspace)?;
        sites::assemble(self.workspace, &node, &python)?;
        let mut tally = Tally::default();
        for command in sites::checks(self.workspace, &node) {
            tally += self.check(command)?;
        }
        sites::rust(self.workspace)?;
        tally += Tally::one(true);
        self.has_sites = tally.failed == 0;
        Ok(tally)
    }

    fn browser(&mut self) -> Result<Tally> {
        let python = python::venv(self.workspace)?;
        let engines = [browsers::chromium()?, browsers::firefox(self.workspace)?, browsers::webkit()?];
        if !self.has_sites && self.sites()?.failed > 0 {
            bail!("the sites can't be built");
        }
        let faults = dist::with_faults(self.workspace)?;
        let node = Node::set_up(self.workspace)?;
        let serve = self.workspace.program("byteferry-serve", "byteferry-serve", false)?;
        let mut command = self.workspace.cargo("test");
        command.args(["--package", TESTS, "--test", "browser*", "--no-fail-fast"]);
        self.tell(&mut command)
            .env("BYTEFERRY_PYTHON", python)
            .env("BYTEFERRY_SERVE", serve)
            .env("BYTEFERRY_FAULTS", faults)
            .env("BYTEFERRY_NODE", node.program());
        for engine in engines {
            command.envs(engine.told());
        }
        self.tests(command)
    }

    /// Tells the tests package the paths.
    fn tell<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("BYTEFERRY_DIST", self.workspace.dist())
            .env("BYTEFERRY_SITE", self.workspace.site())
            .env("BYTEFERRY_SITES", self.workspace.sites())
            .env("BYTEFERRY_TOOLS", self.workspace.tools())
            .env("BYTEFERRY_NPM", self.workspace.node_modules())
    }
}

/// A JSON array's elements; empty for other values.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
