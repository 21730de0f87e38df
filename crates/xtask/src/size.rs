//! The sizes of downloaded files, and their limits.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;
use crate::setup::node::Node;
use crate::workspace::Workspace;

/// Limits of the brotli-compressed sizes, in bytes.
const LIMITS: [(&str, u64); 2] = [("byteferry-worker.js", 48 << 10), ("byteferry.js", 5 << 10)];

/// One file of `dist/`.
pub(crate) struct Size {
    name: String,
    raw: u64,
    brotli: u64,
    limit: Option<u64>,
}

impl Size {
    /// Whether it keeps its limit, if it has one.
    pub(crate) fn keeps_its_limit(&self) -> Option<bool> {
        self.limit.map(|limit| self.brotli <= limit)
    }
}

/// The brotli-compressed size of a file, in KiB.
pub(crate) fn brotli_kib(sizes: &[Size], name: &str) -> Option<f64> {
    let size = sizes.iter().find(|size| size.name == name)?;
    // Rounded to thousandths. u32 is enough for these files.
    u32::try_from(size.brotli).ok().map(|bytes| (f64::from(bytes) / 1.024).round() / 1000.0)
}

/// Measures the scripts and the wasm of `dist/`, compressed as a good server would send them.
pub(crate) fn measure(workspace: &Workspace, node: &Node) -> Result<Vec<Size>> {
    let dist = workspace.dist();
    let mut names: Vec<String> = fs::read_dir(&dist)
        .context("reading dist/")?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".js") || name.ends_with(".wasm"))
        .collect();
    names.sort();
    let mut script = node.evaluate(
        "const { readFileSync } = require('node:fs'), { brotliCompressSync, constants } = require('node:zlib');
         const sizes = process.argv.slice(1).map((name) => {
           const bytes = readFileSync(name);
           const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
           return [bytes.length, brotliCompressSync(bytes, { params }).length];
         });
         console.log(JSON.stringify(sizes));",
    );
    script.arg("--").args(&names).current_dir(&dist);
    let measured: Value = serde_json::from_str(&process::output_of(script, "compressing dist/ by brotli")?)
        .context("reading the sizes that node printed")?;
    names
        .into_iter()
        .zip(measured.as_array().into_iter().flatten())
        .map(|(name, pair)| {
            let number =
                |index: usize| pair.get(index).and_then(Value::as_u64).context("node printed no number");
            let limit = LIMITS.iter().find(|(limited, _)| *limited == name).map(|(_, limit)| *limit);
            Ok(Size { raw: number(0)?, brotli: number(1)?, limit, name })
        })
        .collect()
}

/// The sizes as a table.
pub(crate) fn table(sizes: &[Size]) -> String {
    let mut table = String::from("file                             bytes    brotli\n");
    for Size { name, raw, brotli, limit } in sizes {
        let _ = write!(table, "dist/{name:25} {raw:7}   {brotli:7}");
        if let Some(limit) = limit {
            let _ = write!(table, "  (at most {limit}{})", if brotli > limit { ": TOO LARGE" } else { "" });
        }
        table.push('\n');
    }
    table
}
