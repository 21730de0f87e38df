//! Builds the worker, from Rust to what a bundler takes: wasm, glue, and the wasm as text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};

use crate::process;
use crate::setup::{node::Node, rust, rust::WASM};
use crate::workspace::Workspace;

/// wasm features that wasm-opt may use: rustc's defaults, and simd128, which `.cargo/config.toml` adds.
pub(crate) const FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The passes that brotli makes the smallest file of, found by trying: functions are not inlined, are sorted by similar
/// names, and have as few locals as possible.
const SMALLER: [&str; 10] = [
    "-O3",
    "-O3",
    "--one-caller-inline-max-function-size=0",
    "--flexible-inline-max-function-size=3",
    "--always-inline-max-function-size=4",
    "--reorder-functions-by-name",
    "--coalesce-locals",
    "--coalesce-locals-learning",
    "--merge-locals",
    "--reorder-locals",
];

/// Options for LLVM, chosen by trying what brotli makes smallest: smaller wasm need not compress to less.
/// Without loop strength reduction, unrolling and much inlining: loops that matter do that by hand, and elsewhere it is
/// only more code. With hoisting: instructions that all branches begin with exist once.
const LLVM: [&str; 8] = [
    "-disable-lsr",
    "-unroll-runtime=0",
    "-hoist-common-insts=1",
    "-inline-threshold=36",
    "-enable-load-pre=0",
    "-speculate-one-expensive-inst=0",
    "-phi-node-folding-threshold=1",
    "-rotation-max-header-size=2",
];

/// Stands for the wasm in a bundle, until [`Worker::embed`] replaces it.
const PLACEHOLDER: &str = "@byteferry:wasm@";

/// Every byte of the text is XORed with this; `bytesOf` in streams.mjs undoes it.
/// It turns the bytes that are frequent in wasm, zero above all, into characters that take one byte in UTF-8 and no
/// escape in JavaScript. Of all masks, brotli makes this one smallest.
const MASK: u8 = 63;

/// The files of a built worker, in its variant's folder.
pub(crate) struct Worker {
    /// The optimised wasm.
    pub(crate) wasm: PathBuf,
    /// The wasm split into the streams of `js/streams.mjs`.
    streams: PathBuf,
    /// An ES module: `instantiate(module)` returns wasm-bindgen's exports, with a state of its own for each call.
    pub(crate) glue: PathBuf,
    /// An ES module whose default export is [`PLACEHOLDER`], which esbuild puts where the wasm goes.
    pub(crate) placeholder: PathBuf,
}

/// Which worker: one that decodes, one that does everything, or one for tests that crashes on request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Core,
    Full,
    Faults,
}

impl Variant {
    /// Its name, its folder, and its features.
    fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Core => ("worker", "target/worker", "standalone"),
            Self::Full => ("full worker", "target/worker-full", "standalone,full"),
            Self::Faults => ("worker that crashes", "target/worker-faults", "standalone,faults"),
        }
    }
}

/// Builds the worker for release.
pub(crate) fn build(workspace: &Workspace, variant: Variant) -> Result<Worker> {
    rust::wasm_target(workspace)?;
    let node = Node::set_up(workspace)?;
    let (what, folder, features) = variant.facts();
    let folder = workspace.path(folder);
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;

    println!("build: {what}, by cargo, wasm-bindgen and wasm-opt");
    let compiled = compile(workspace, features)?;
    bind(&compiled, "bundler", "byteferry_worker", &folder)?;

    let wasm = folder.join("byteferry_worker_bg.wasm");
    let mut optimise = node.script("binaryen/bin/wasm-opt");
    optimise
        .args(SMALLER)
        .args(FEATURES)
        .args(["--strip-debug", "--strip-producers", "--strip-target-features"])
        .args(["--minify-imports-and-exports-and-modules", "-o"])
        .args([&wasm, &wasm]);
    let names = process::output_of(optimise, "wasm-opt")?;

    let streams = folder.join("byteferry_worker.streams");
    let mut split = node.script(workspace.path("crates/xtask/src/split.mjs"));
    split.args([&wasm, &streams]);
    process::run(split, "taking the wasm apart")?;

    let glue = folder.join("glue.js");
    let script =
        fs::read_to_string(folder.join("byteferry_worker_bg.js")).context("reading wasm-bindgen's glue")?;
    fs::write(&glue, as_function(&script, &names)?).context("writing glue.js")?;
    let placeholder = folder.join("wasm.js");
    fs::write(&placeholder, format!("export default \"{PLACEHOLDER}\";\n")).context("writing wasm.js")?;
    Ok(Worker { wasm, streams, glue, placeholder })
}

impl Worker {
    /// Puts the wasm's streams into a bundled script, as a string of one character per byte, masked by [`MASK`].
    ///
    /// Brotli compresses that to within two per cent of the bytes themselves, and base64 to a third more. esbuild would
    /// escape unprintable characters, so this comes after it.
    pub(crate) fn embed(&self, script: &Path) -> Result<()> {
        let bundle = fs::read_to_string(script).with_context(|| format!("reading {}", script.display()))?;
        let mut text = String::new();
        for byte in fs::read(&self.streams).context("reading the wasm's streams")? {
            match char::from(byte ^ MASK) {
                // An HTML parser would replace it, if somebody inlined the script in a page.
                '\0' => text.push_str("\\x00"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                quoted @ ('"' | '\\') => text.extend(['\\', quoted]),
                character => text.push(character),
            }
        }
        let (before, after) = bundle
            .split_once(&format!("\"{PLACEHOLDER}\""))
            .with_context(|| format!("{} has no place for the wasm", script.display()))?;
        fs::write(script, format!("{before}\"{text}\"{after}"))
            .with_context(|| format!("writing {}", script.display()))
    }
}

/// wasm-opt's short names for imports and exports.
#[derive(serde::Deserialize)]
struct Names {
    /// (module, name, short name)
    imports: Vec<(String, String, String)>,
    /// (name, short name)
    exports: Vec<(String, String)>,
}

/// Turns wasm-bindgen's module into a function, with wasm-opt's short names for imports and exports.
///
/// A module keeps the instance in variables of its own. A function has new ones at each call, so calling it again
/// replaces an instance that has crashed. From
///
/// ```js
/// export function decode(host, scope) { wasm.decode(host, scope); }
/// export function __wbg_now_043d245551b22f9c(arg0) { return arg0.now(); }
/// let wasm;
/// ```
///
/// it makes
///
/// ```js
/// export function instantiate(module) {
/// function decode(host, scope) { wasm.s(host, scope); }
/// function __wbg_now_043d245551b22f9c(arg0) { return arg0.now(); }
/// let wasm;
/// wasm = new WebAssembly.Instance(module, { a: { p: __wbg_now_043d245551b22f9c, } }).exports;
/// wasm.z();
/// return { decode, memory: wasm.r };
/// }
/// ```
fn as_function(glue: &str, names: &str) -> Result<String> {
    let names: Names = serde_json::from_str(names).context("reading wasm-opt's names")?;
    let mut glue = glue.replace("\nexport function ", "\nfunction ");
    glue.insert(0, '\n');
    glue = glue.replace("\nexport function ", "\nfunction ");
    let mut imports = String::new();
    for (_, long, short) in &names.imports {
        if !glue.contains(&format!("\nfunction {long}(")) {
            return Err(anyhow!("import {long} is not in wasm-bindgen's glue"));
        }
        imports += &format!("{short}: {long}, ");
    }
    // The functions that the bootstrap calls, as far as this variant has them.
    let mut exported: Vec<_> = ["describe", "decode", "encode"]
        .into_iter()
        .filter(|job| glue.contains(&format!("\nfunction {job}(")))
        .map(str::to_owned)
        .collect();
    // Nobody calls these two, but a bundler keeps all that is inside a function.
    for name in ["turn", "__wbg_set_wasm"] {
        let begin =
            glue.find(&format!("\nfunction {name}(")).with_context(|| format!("no {name} in the glue"))?;
        let end = glue.get(begin..).and_then(|rest| rest.find("\n}")).context("a function without an end")?;
        glue.replace_range(begin..begin + end + 2, "");
    }
    let mut start = "";
    for (long, short) in &names.exports {
        match long.as_str() {
            "__wbindgen_start" => start = short,
            "memory" | "turn" => exported.push(format!("{long}: wasm.{short}")),
            _ => {}
        }
        for end in ["(", ".", ",", ")", ";", " ", "\n"] {
            glue = glue.replace(&format!("wasm.{long}{end}"), &format!("wasm.{short}{end}"));
        }
    }
    Ok(format!(
        "export function instantiate(module) {{{glue}
wasm = new WebAssembly.Instance(module, {{ a: {{ {imports}}} }}).exports;
wasm.{start}();
return {{ {} }};
}}\n",
        exported.join(", ")
    ))
}

fn compile(workspace: &Workspace, features: &str) -> Result<PathBuf> {
    let mut build = workspace.cargo("build");
    build.args([
        "--package",
        "byteferry-worker",
        "--lib",
        "--no-default-features",
        "--features",
        features,
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "wasm",
    ]);
    // These variables would replace the flags in .cargo/config.toml, simd128 among them.
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    build.args(["--config", &flags(workspace)]);
    let files = workspace.built(build, "byteferry_worker", "cdylib")?;
    files
        .into_iter()
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .context("cargo built no .wasm")
}

/// Shortens the paths in panic messages, to start at the registry or the repository.
/// That is the same on every machine, and doesn't reveal the builder's home.
fn flags(workspace: &Workspace) -> String {
    let mut prefixes = vec![(workspace.root.clone(), String::new())];
    // Each registry has a folder, whose name says which: it is removed as well.
    for registry in rust::registries() {
        prefixes.push((registry, "crates".to_owned()));
    }
    // The standard library's paths, if its source is installed. Otherwise they are short already.
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "sysroot"]);
    if let Ok(sysroot) = process::output_of(rustc, "rustc --print sysroot") {
        let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
        prefixes.push((library, "rust".to_owned()));
    }
    let mut flags: Vec<String> = prefixes
        .iter()
        .map(|(long, short)| {
            serde_json::Value::from(format!("--remap-path-prefix={}={short}", long.display())).to_string()
        })
        .collect();
    flags.push(format!("\"-Cllvm-args={}\"", LLVM.join(" ")));
    format!("target.{WASM}.rustflags=[{}]", flags.join(","))
}

/// Makes wasm-bindgen's wasm and glue of a compiled crate: `NAME_bg.wasm` and `NAME.js`.
pub(crate) fn bind(compiled: &Path, target: &str, name: &str, folder: &Path) -> Result<()> {
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["wasm-bindgen".as_ref(), compiled.as_os_str()];
    for argument in ["--target", target, "--no-typescript"] {
        arguments.push(argument.as_ref());
    }
    for (name, value) in [("--out-name", name.as_ref()), ("--out-dir", folder.as_os_str())] {
        arguments.push(name.as_ref());
        arguments.push(value);
    }
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
        .map_err(|error| anyhow!("wasm-bindgen: {error:#}"))
}
