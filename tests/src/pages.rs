//! The documentation's pages: their code, their links, their tables.

use crate::root;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A page of Markdown.
pub struct Page {
    /// Its path from the repository's root.
    pub path: PathBuf,
    /// Its whole text.
    pub text: String,
}

impl Page {
    /// # Errors
    /// If there is no page of that path.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let text =
            fs::read_to_string(root().join(&path)).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self { path, text })
    }

    /// All pages: those in the root, and in `docs`, `crates`, `demo` and `tests` at any depth.
    ///
    /// # Errors
    /// If a folder can't be read.
    pub fn all() -> Result<Vec<Self>> {
        let mut found = Vec::new();
        let mut folders = ["", "docs", "crates", "demo", "tests"].map(PathBuf::from).to_vec();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(root().join(&folder))? {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    // In the root, only the folders above; below them, all but node_modules.
                    if !folder.as_os_str().is_empty() && !path.ends_with("node_modules") {
                        folders.push(path);
                    }
                } else if path.extension().is_some_and(|extension| extension == "md") {
                    found.push(Self::read(path)?);
                }
            }
        }
        Ok(found)
    }

    /// All lines, each with whether it belongs to a block of code.
    fn lines(&self) -> impl Iterator<Item = (bool, &str)> {
        let mut inside = false;
        self.text.lines().map(move |line| {
            let fence = line.starts_with("```");
            inside ^= fence;
            (inside || fence, line)
        })
    }

    /// The lines outside of blocks of code.
    pub fn prose(&self) -> impl Iterator<Item = &str> {
        self.lines().filter(|(code, _)| !code).map(|(_, line)| line)
    }

    /// The blocks of code that are files: those under a line that ends with the file's name, as in "`index.html`:".
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut name = None;
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("```") {
                let block: String = lines
                    .by_ref()
                    .take_while(|line| !line.starts_with("```"))
                    .flat_map(|line| [line, "\n"])
                    .collect();
                if let Some(name) = name.take() {
                    files.push((name, block));
                }
            } else if !line.is_empty() {
                let named = line.strip_suffix("`:").and_then(|line| line.rsplit_once('`'));
                name = named.map(|(_, name)| name.to_owned());
            }
        }
        files
    }

    /// The file of that name.
    ///
    /// # Errors
    /// If the page has none, or several.
    pub fn file(&self, name: &str) -> Result<String> {
        let mut found = self.files().into_iter().filter(|(file, _)| file == name).map(|(_, block)| block);
        let file = found.next().with_context(|| format!("{} has no `{name}`:", self.path.display()))?;
        anyhow::ensure!(found.next().is_none(), "{} has `{name}`: twice", self.path.display());
        Ok(file)
    }

    /// The targets of its links within the repository: a path from the root, and an anchor.
    pub fn links(&self) -> Vec<(PathBuf, Option<String>)> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let mut links = Vec::new();
        for line in self.prose() {
            for part in line.split("](").skip(1) {
                let target = part.split(')').next().unwrap_or_default();
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                let (path, anchor) =
                    target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
                let path = if path.is_empty() { self.path.clone() } else { plain(&folder.join(path)) };
                links.push((path, anchor.map(str::to_owned)));
            }
        }
        links
    }

    /// The anchors of its headings, as code hosts make them.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        headings
            .map(|line| {
                let words = line.trim_start_matches('#').trim().to_lowercase();
                words
                    .chars()
                    .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
                    .map(|c| if c == ' ' { '-' } else { c })
                    .collect()
            })
            .collect()
    }

    /// The first column of the table with this header row.
    pub fn column(&self, heads: &str) -> Vec<&str> {
        let rows = self
            .text
            .lines()
            .skip_while(|line| *line != heads)
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        rows.filter_map(|row| row.split('|').nth(1)).map(str::trim).collect()
    }
}

/// The path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
