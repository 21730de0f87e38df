//! The program as it is started from a terminal.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

fn program(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_byteferry-serve"));
    command.args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(options: &[&str]) -> (Output, String) {
    let output = program(options).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (output, said)
}

/// Starts the program on any free port, and waits for the line with its URL.
fn started() -> (Child, String) {
    let data = common::data();
    let mut child = program(&["--port", "0", "--data", data.to_str().unwrap()]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[test]
fn a_taken_port_is_told_with_the_way_out() {
    let data = common::data();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (output, said) = ended(&["--port", &port.to_string(), "--data", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    assert!(said.contains(&format!("port {port} of 127.0.0.1 is taken")), "{said}");
    assert!(said.contains("--port "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn what_is_missing_is_named() {
    let data = common::data();
    let data = data.to_str().unwrap();
    for (options, hint) in [
        (&["--data", "nowhere"][..], "nowhere/arrays.json"),
        (&["--data", data, "--site", "nowhere"], "--site: there is no folder nowhere"),
        (&["--data", data, "--oracle", "nowhere"], "--oracle: there is no folder nowhere"),
        (&["--data", data, "--uploads", "nowhere"], "--uploads: there is no folder nowhere"),
        (&["--data", data, "--port", "0", "--host", "192.0.2.1"], "cannot listen on port 0 of 192.0.2.1"),
    ] {
        let (output, said) = ended(options);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(hint), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn stops_when_asked_to_even_while_someone_is_connected() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, line) = started();
        let url = line.trim().strip_prefix("byteferry demo: ").unwrap();
        let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
        let connected = std::net::TcpStream::connect(address).unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        drop(connected);
    }
}

#[test]
fn prints_where_it_listens() {
    let (mut child, line) = started();
    child.kill().unwrap();
    child.wait().unwrap();
    let port =
        line.strip_prefix("byteferry demo: http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/\n"));
    assert!(port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port != 0)), "{line}");
}
