//! Programs that the tests start, and that are stopped with them.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A server, killed when this is dropped.
pub struct Server {
    child: Child,
    /// Its URL, as it prints it, or without a final `/`; for a display, the value of `DISPLAY`.
    pub url: String,
}

impl Server {
    /// Starts a program that prints a line with its URL once it listens.
    ///
    /// # Errors
    /// If it can't be started, or hasn't said anything within half a minute.
    pub fn start(command: Command) -> Result<Self> {
        Self::start_saying(command, |line| line.find("http://").map(|at| line[at..].trim().to_owned()))
    }

    /// Starts an invisible X server, for a browser that needs one. Its URL is the value for `DISPLAY`.
    ///
    /// # Errors
    /// If Xvfb is missing, or finds no free display.
    pub fn start_display() -> Result<Self> {
        let mut command = Command::new("Xvfb");
        // Xvfb chooses a free number itself, and prints it.
        command.args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]);
        command.stderr(Stdio::null());
        Self::start_saying(command, |line| {
            line.trim().parse::<u32>().ok().map(|display| format!(":{display}"))
        })
    }

    fn start_saying(mut command: Command, find: fn(&str) -> Option<String>) -> Result<Self> {
        let shown = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {shown}"))?;
        let output = child.stdout.take().context("a server without standard output")?;
        let (tell, told) = mpsc::channel();
        // Reads to the end, so that the server never blocks on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(url) = find(&line) {
                    let _ = tell.send(url);
                }
            }
        });
        match told.recv_timeout(Duration::from_secs(30)) {
            Ok(url) => Ok(Self { child, url }),
            Err(_) => {
                let _ = child.kill();
                bail!("{shown} did not say where it listens")
            }
        }
    }

    /// Starts a program that listens on this port, and waits until it does.
    ///
    /// # Errors
    /// If it can't be started, or nothing listens within half a minute.
    pub fn start_at(mut command: Command, port: u16) -> Result<Self> {
        let shown = format!("{command:?}");
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {shown}"))?;
        let server = Self { child, url: format!("http://127.0.0.1:{port}") };
        for _ in 0..300 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("{shown} does not listen on port {port}")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
