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
    // Before the line is printed: who reads it may ask for the end at once.
    let stop = asked_to_stop();
    // Whoever reads this line may close the pipe behind it: not a reason to stop.
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

/// Ctrl-C at the terminal, or what `kill` sends. Listens for them from the call on.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [signal(SignalKind::interrupt()), signal(SignalKind::terminate())];
    async move {
        let [interrupt, terminate] = signals;
        // Where there can be no handler, the signal ends the process as ever.
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
