//! `byteferry-serve`: starts the server by the command line's options.

use byteferry_serve::{Options, Server};
use clap::Parser;
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[tokio::main]
async fn main() -> ExitCode {
    let server = match Server::bind(&Options::parse()).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("byteferry-serve: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Before the line is printed: its reader may send the signal at once.
    let stop = asked_to_stop();
    // The reader may close the pipe after this line: no reason to stop.
    let mut out = io::stdout();
    let _ = writeln!(out, "byteferry demo: {}", server.url()).and_then(|()| out.flush());
    match server.run(stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("byteferry-serve: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Resolves on Ctrl-C or on the signal that `kill` sends. Handlers are installed by the call.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [signal(SignalKind::interrupt()), signal(SignalKind::terminate())];
    async move {
        let [interrupt, terminate] = signals;
        // If a handler cannot be installed, the signal ends the process as by default.
        let received = async |signal: io::Result<tokio::signal::unix::Signal>| match signal {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        };
        tokio::select! {
            _ = received(interrupt) => {}
            _ = received(terminate) => {}
        }
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
