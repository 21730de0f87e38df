//! NumPy's answers, as `oracle/make.py` has written them.

use crate::{root, told};
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// NumPy's answers.
#[derive(Deserialize)]
pub struct Oracle {
    #[serde(skip)]
    folder: PathBuf,
    /// NumPy's version.
    pub numpy: String,
    /// Elements in each array.
    pub len: usize,
    /// Type string without byte order, by name.
    pub sources: BTreeMap<String, String>,
    /// Every pair of sources.
    pub casts: Vec<Cast>,
}

/// NumPy's answers for a pair of dtypes.
#[derive(Clone, Deserialize)]
pub struct Cast {
    /// dtype of the array
    pub from: String,
    /// dtype that `astype` was given
    pub to: String,
    /// The `casting` words under which NumPy allows it.
    pub casting: Vec<String>,
    /// Index of the first element that doesn't survive.
    pub first_lost: Option<u64>,
    /// How many results NumPy leaves to the processor; their bytes are then those that byteferry promises.
    pub undefined: usize,
}

impl Oracle {
    /// Has NumPy write its answers into `target/oracle`, and reads them.
    ///
    /// # Errors
    /// If Python or NumPy cannot be run.
    pub fn consult() -> Result<Self> {
        let folder = root().join("target/oracle");
        let script = root().join("tests/oracle/make.py");
        let done = Command::new(told("BYTEFERRY_PYTHON")?).arg("-B").arg(&script).arg(&folder).status()?;
        ensure!(done.success(), "{} ended with {done}", script.display());
        let manifest =
            std::fs::read(folder.join("manifest.json")).context("reading the oracle's manifest")?;
        Ok(Self { folder, ..serde_json::from_slice(&manifest)? })
    }

    /// Where the files are.
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The bytes of an array, in the byte order `<` or `>`.
    ///
    /// # Errors
    /// If the file isn't there.
    pub fn source(&self, name: &str, mark: char) -> Result<Vec<u8>> {
        let order = if mark == '>' { "big" } else { "little" };
        Ok(std::fs::read(self.folder.join(format!("{name}.{order}")))?)
    }

    /// The bytes of the array that `astype` made.
    ///
    /// # Errors
    /// If the file isn't there.
    pub fn cast(&self, cast: &Cast) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.folder.join(format!("{}-{}", cast.from, cast.to)))?)
    }
}
