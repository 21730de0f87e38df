//! Debian's packages, if this user may install them.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;
use crate::setup::{program, say};

/// Installs packages, or says how to.
pub(super) fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let names = packages.join(" ");
    let Some(apt) = program(&["apt-get"]) else {
        bail!("this system has no apt-get: install what Debian calls {}", packages.join(", "));
    };
    let sudo = if we_are_root() {
        None
    } else {
        match program(&["sudo"]) {
            Some(sudo) if works_without_a_password(&sudo) => Some(sudo),
            _ => bail!("only root may install packages: `sudo apt-get install {names}`"),
        }
    };
    let apt_get = |arguments: &[&str]| {
        let mut command = match &sudo {
            Some(sudo) => {
                let mut command = Command::new(sudo);
                command.args(["-n", "env"]);
                command
            }
            None => Command::new("env"),
        };
        // Waits for the lock: another apt may run, above all on a machine that has just started.
        command.arg("DEBIAN_FRONTEND=noninteractive").arg(&apt).args([
            "-q",
            "-y",
            "-o",
            "DPkg::Lock::Timeout=300",
        ]);
        command.args(arguments);
        command
    };
    say(&format!("apt-get install {names} ({purpose})"));
    process::run(apt_get(&["update"]), "apt-get update")?;
    let mut arguments = vec!["install", "--no-install-recommends"];
    arguments.extend(packages);
    process::run(apt_get(&arguments), &format!("`apt-get install {names}`"))
}

fn we_are_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn works_without_a_password(sudo: &std::path::Path) -> bool {
    let mut command = Command::new(sudo);
    command.args(["-n", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
