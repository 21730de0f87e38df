//! Why the server did not start.

use std::{fmt, io, path::PathBuf};

/// Why the server did not start. Its text is for the person at the terminal.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens on the port already.
    PortTaken {
        /// The address asked for
        host: String,
        /// The port asked for
        port: u16,
    },
    /// Listening on the address failed for another reason.
    Listen {
        /// The address asked for
        host: String,
        /// The port asked for
        port: u16,
        /// The system's error
        source: io::Error,
    },
    /// A folder given by an option does not exist.
    NoFolder {
        /// The option's name
        option: &'static str,
        /// The folder
        path: PathBuf,
    },
    /// An array, or the list of them, cannot be read or is not what the list says it is.
    Data {
        /// The file
        path: PathBuf,
        /// What is wrong with it
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortTaken { host, port } => write!(
                f,
                "port {port} of {host} is taken by another program. Choose another with --port {}, or any free one with \
                 --port 0.",
                port.checked_add(1).unwrap_or(8080)
            ),
            Self::Listen { host, port, source } => {
                write!(f, "cannot listen on port {port} of {host}: {source}. See --host and --port.")
            }
            Self::NoFolder { option, path } => write!(f, "--{option}: there is no folder {}", path.display()),
            Self::Data { path, reason } => {
                write!(f, "{}: {reason}. --data names the folder of the arrays.", path.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            _ => None,
        }
    }
}
