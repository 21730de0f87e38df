//! Every command a person types: `cargo xtask build | dist | demo | test | bench`.
//!
//! Each sets up the tools it lacks, below `target/tools` if it can, says in a line what it does, and names what to
//! install if it can't. Nothing here ships to a page.
#![forbid(unsafe_code)]

mod api;
mod bench;
mod demo;
mod dist;
mod measure;
mod package;
mod process;
mod setup;
mod sites;
mod size;
mod test;
mod wasm_test;
mod worker;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::Workspace;

/// Builds, shows and tests byteferry.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the worker's wasm and its glue into target/worker
    Build,
    /// Build what a site copies into dist/, and print its sizes
    Dist {
        /// Put the demo together as well, in target/published: files for any host
        #[arg(long)]
        site: bool,
    },
    /// Build everything for release and serve the demo page
    Demo(demo::Options),
    /// Run every test, or the stages that are named
    Test(test::Options),
    /// Run the benchmark's page in a browser, print its figures, and write them to target/bench/BROWSER.json
    Bench(bench::Options),
    /// Run a wasm test binary in a headless browser; `cargo test --target wasm32-unknown-unknown` calls this
    #[command(hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let run = || {
        let command = Cli::parse().command;
        process::stop_children_with_us()?;
        let workspace = Workspace::find()?;
        match command {
            Command::Build => worker::build(&workspace, worker::Variant::Full).map(|_| ExitCode::SUCCESS),
            Command::Dist { site } => {
                let sizes = dist::build(&workspace)?;
                print!("{}", size::table(&sizes));
                if site {
                    demo::assemble(&workspace, &sizes)?;
                    println!("the demo, as files for any host: {}", demo::publish(&workspace)?.display());
                }
                Ok(ExitCode::SUCCESS)
            }
            Command::Demo(options) => demo::run(&workspace, &options),
            Command::Test(options) => test::run(&workspace, &options),
            Command::Bench(options) => bench::run(&workspace, &options),
            Command::WasmTestRunner { arguments } => wasm_test::run(&workspace, arguments),
        }
    };
    match run() {
        Ok(code) => code,
        Err(error) => {
            process::leave_the_end_to_the_signal_handler();
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
