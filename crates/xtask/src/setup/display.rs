//! An invisible display, for a browser that needs one.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// An X server, which ends when this is dropped.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts one, and waits until it is ready.
    pub(crate) fn start() -> Result<Self> {
        let mut command = Command::new("Xvfb");
        // Xvfb chooses a free number itself, and prints it.
        command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().context("starting Xvfb")?;
        let mut number = String::new();
        let output = server.stdout.take().context("Xvfb without standard output")?;
        BufReader::new(output).read_line(&mut number).context("reading which display Xvfb has")?;
        Ok(Self { server, name: format!(":{}", number.trim()) })
    }

    /// The value for `DISPLAY`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
