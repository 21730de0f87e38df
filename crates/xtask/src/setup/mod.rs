//! Tools that a command needs and a clean machine may lack. Each is looked for first. A missing one is installed below
//! `target/tools`, which prints one line; if that fails, the error names what to install.

mod apt;
pub(crate) mod browsers;
pub(crate) mod coverage;
pub(crate) mod display;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod rust;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Prints one line for each step, so that nobody wonders what takes so long.
fn say(what: &str) {
    println!("setup: {what}");
}

/// The first of these programs on PATH.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
    })
}

/// A tool that is made from a recipe (a lockfile, a version), and made anew when the recipe changes.
/// The recipe is written beside the tool last, so an interrupted installation counts as none.
struct Made<'a> {
    stamp: PathBuf,
    recipe: &'a str,
}

impl<'a> Made<'a> {
    fn new(tools: &Path, name: &str, recipe: &'a str) -> Self {
        Self { stamp: tools.join(format!("{name}.made-by")), recipe }
    }

    fn is_current(&self) -> bool {
        fs::read_to_string(&self.stamp).is_ok_and(|recipe| recipe == self.recipe)
    }

    fn begin(&self, folder: &Path) -> Result<()> {
        for (gone, what) in
            [(fs::remove_file(&self.stamp), &self.stamp), (fs::remove_dir_all(folder), &folder.to_owned())]
        {
            match gone {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing {}", what.display()));
                }
                _ => {}
            }
        }
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))
    }

    fn finish(&self) -> Result<()> {
        fs::write(&self.stamp, self.recipe).with_context(|| format!("writing {}", self.stamp.display()))
    }
}
