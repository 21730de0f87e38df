//! Runs other programs: keeps their output, shows it when it matters, and leaves none of them running.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

/// Set once a signal came. From then on the death of a child is no failure of that child.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// How long a program's children may keep its output open after it has ended.
const GRACE: Duration = Duration::from_secs(3);

/// From here on Ctrl-C, SIGTERM and SIGHUP end all descendants of this process.
///
/// A driver puts its browser into a process group of its own, so the terminal's Ctrl-C doesn't reach it; and the
/// browser is orphaned if the driver dies first. On Linux this process adopts orphans instead of init, and finds them
/// in /proc.
pub(crate) fn stop_children_with_us() -> Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .context("asking to be handed orphaned processes")?;
    ctrlc::set_handler(|| {
        STOPPING.store(true, Ordering::SeqCst);
        descendants::stop_all();
        descendants::reap();
        eprintln!("stopped");
        std::process::exit(130);
    })
    .context("watching for Ctrl-C")
}

/// Waits for the signal handler to end this process, if a signal came.
pub(crate) fn leave_the_end_to_the_signal_handler() {
    while STOPPING.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_secs(1));
    }
}

/// The outcome of a program.
pub(crate) struct Finished {
    /// `None` if it was stopped for taking too long.
    pub(crate) status: Option<ExitStatus>,
    /// Its standard output and error, in the order they came.
    pub(crate) output: String,
}

impl Finished {
    /// Whether it ended by itself, with success.
    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it ended, in words.
    pub(crate) fn ending(&self) -> String {
        match self.status {
            Some(status) => status.to_string(),
            None => "stopped: it took too long".to_owned(),
        }
    }
}

/// Runs a program to its end and keeps what it printed; with `echo`, prints it as it comes, too.
pub(crate) fn capture(mut command: Command, limit: Duration, echo: bool) -> Result<Finished> {
    let name = shown(&command);
    let (mut reader, writer) = io::pipe().context("opening a pipe")?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().context("opening a pipe")?).stderr(writer);
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
    // It holds the pipe's writing end; reading ends only when all copies are closed.
    drop(command);

    let (sender, chunks) = mpsc::channel();
    thread::spawn(move || {
        let mut chunk = vec![0; 64 << 10];
        while let Ok(length @ 1..) = reader.read(&mut chunk) {
            if sender.send(chunk.get(..length).unwrap_or_default().to_vec()).is_err() {
                break;
            }
        }
    });

    let mut output = Vec::new();
    let mut ended: Option<(ExitStatus, Instant)> = None;
    let mut open = true;
    let status = loop {
        match chunks.recv_timeout(Duration::from_millis(50)) {
            Ok(chunk) => {
                if echo {
                    io::stdout().write_all(&chunk).context("printing")?;
                }
                output.extend_from_slice(&chunk);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                open = false;
                // The receiver returns at once from now on.
                thread::sleep(Duration::from_millis(5));
            }
        }
        if ended.is_none() {
            ended =
                child.try_wait().with_context(|| format!("waiting for {name}"))?.map(|s| (s, Instant::now()));
        }
        match ended {
            Some((status, at)) if !open || at.elapsed() > GRACE => break Some(status),
            None if started.elapsed() > limit => {
                descendants::stop_all();
                // Without /proc it still runs. An error means that it has ended already.
                let _ = child.kill();
                // Only to remove it from the process table.
                child.wait().with_context(|| format!("waiting for {name}"))?;
                break None;
            }
            _ => {}
        }
    };
    leave_the_end_to_the_signal_handler();
    Ok(Finished { status, output: String::from_utf8_lossy(&output).into_owned() })
}

/// Runs a program that is one step of a command: silent on success, with all its output in the error on failure.
/// In a terminal it writes there itself, so that its progress can be watched.
pub(crate) fn run(mut command: Command, what: &str) -> Result<()> {
    if io::stderr().is_terminal() {
        let status = command.status().with_context(|| format!("starting {}", shown(&command)))?;
        leave_the_end_to_the_signal_handler();
        if !status.success() {
            bail!("{what} failed ({status})");
        }
        return Ok(());
    }
    let finished = capture(command, Duration::from_secs(3600), false)?;
    if !finished.succeeded() {
        bail!("{what} failed ({})\n{}", finished.ending(), finished.output.trim_end());
    }
    Ok(())
}

/// Runs a program and returns its standard output.
pub(crate) fn output_of(mut command: Command, what: &str) -> Result<String> {
    let watched = io::stderr().is_terminal();
    command.stdin(Stdio::null()).stderr(if watched { Stdio::inherit() } else { Stdio::piped() });
    let output = command.output().with_context(|| format!("starting {}", shown(&command)))?;
    leave_the_end_to_the_signal_handler();
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(anyhow!("{}", told.trim_end()).context(format!("{what} failed ({})", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The program's name, for messages.
fn shown(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Ends the processes that a stage left running, and returns their names.
pub(crate) fn stop_leftovers() -> Vec<String> {
    let deadline = Instant::now() + GRACE;
    // A browser takes a moment to close its helpers.
    while !descendants::running().is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(100));
    }
    let names = descendants::stop_all();
    descendants::reap();
    names
}

#[cfg(target_os = "linux")]
mod descendants {
    //! The descendants of this process, by /proc.

    use std::collections::HashMap;
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait};

    /// One process of /proc.
    struct Entry {
        pid: i32,
        parent: i32,
        name: String,
    }

    /// Reads `pid (name) state parent ...`; the name may hold spaces and parentheses itself.
    /// `None` for a zombie: a process that has ended and waits to be reaped.
    fn entry(stat: &str) -> Option<Entry> {
        let (pid, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        if fields.next()? == "Z" {
            return None;
        }
        Some(Entry { pid: pid.parse().ok()?, parent: fields.next()?.parse().ok()?, name: name.to_owned() })
    }

    /// All running descendants, with their names.
    pub(super) fn running() -> Vec<(i32, String)> {
        let mut children: HashMap<i32, Vec<Entry>> = HashMap::new();
        for folder in fs::read_dir("/proc").into_iter().flatten().flatten() {
            if let Some(entry) =
                fs::read_to_string(folder.path().join("stat")).ok().and_then(|stat| entry(&stat))
            {
                children.entry(entry.parent).or_default().push(entry);
            }
        }
        let mut found = Vec::new();
        let mut parents = vec![getpid().as_raw_nonzero().get()];
        while let Some(parent) = parents.pop() {
            for entry in children.remove(&parent).into_iter().flatten() {
                parents.push(entry.pid);
                found.push((entry.pid, entry.name));
            }
        }
        found
    }

    /// Sends SIGTERM to all, and after two seconds SIGKILL; returns the names of all.
    pub(super) fn stop_all() -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(2);
        let mut asked = Vec::new();
        // Again and again: the children of a process that has just ended may be adopted only now.
        loop {
            let running = running();
            if running.is_empty() || Instant::now() > deadline + Duration::from_secs(2) {
                return names;
            }
            let signal = if Instant::now() < deadline { Signal::TERM } else { Signal::KILL };
            for (pid, name) in running {
                if asked.contains(&(pid, signal)) {
                    continue;
                }
                asked.push((pid, signal));
                if signal == Signal::TERM {
                    names.push(name);
                }
                if let Some(pid) = Pid::from_raw(pid) {
                    // An error means that it has ended: nothing is left to do.
                    let _ = kill_process(pid, signal);
                }
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Reaps ended children, as init would have done for orphans. Only while no other thread waits for a child.
    pub(super) fn reap() {
        let deadline = Instant::now() + Duration::from_millis(500);
        // Returns an error once there is no child left.
        while let Ok(ended) = wait(WaitOptions::NOHANG) {
            if ended.is_none() {
                // A child is ending: not all its threads are gone yet.
                thread::sleep(Duration::from_millis(10));
            }
            if Instant::now() > deadline {
                break;
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_name_with_spaces_and_parentheses_is_read() {
            let entry = entry("4711 (Web Content) (x) S 4700 4711 4700 0").unwrap();
            assert_eq!((entry.pid, entry.parent, entry.name.as_str()), (4711, 4700, "Web Content) (x"));
        }

        #[test]
        fn a_process_that_has_ended_is_none() {
            assert!(entry("4711 (chromium) Z 4700 4711").is_none());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod descendants {
    //! Without Linux's /proc: the terminal's Ctrl-C reaches the process group, which has to do.

    pub(super) fn running() -> Vec<(i32, String)> {
        Vec::new()
    }

    pub(super) fn stop_all() -> Vec<String> {
        Vec::new()
    }

    pub(super) fn reap() {}
}
