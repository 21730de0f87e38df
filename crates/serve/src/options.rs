//! The command line's options.

use std::path::PathBuf;

/// Serves byteferry's demo page, and arrays in every format and byte order.
#[derive(clap::Parser, Clone, Debug)]
#[command(name = "byteferry-serve", version)]
pub struct Options {
    /// Folder of the page, served at `/`
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Folder with arrays.json and the arrays it describes, served at `/arrays`
    #[arg(long, value_name = "DIR", default_value_os_t = Self::default().data)]
    pub data: PathBuf,
    /// Folder of further files for tests, served at `/oracle/`
    #[arg(long, value_name = "DIR")]
    pub oracle: Option<PathBuf>,
    /// Folder that takes what is sent to `/uploads/`
    #[arg(long, value_name = "DIR")]
    pub uploads: Option<PathBuf>,
    /// Bytes that an upload may have
    #[arg(long, value_name = "BYTES", default_value_t = Self::default().upload_limit)]
    pub upload_limit: u64,
    /// Address or host name to listen on
    #[arg(long, default_value_t = Self::default().host)]
    pub host: String,
    /// Port to listen on, 0 for any free one
    #[arg(long, default_value_t = Self::default().port)]
    pub port: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            site: None,
            data: "demo/data".into(),
            oracle: None,
            uploads: None,
            upload_limit: 1 << 30,
            host: "127.0.0.1".into(),
            port: 8080,
        }
    }
}
