//! Names the kind of data that came instead of an array.

use crate::{Code, Error, frame, npy};

/// First bytes, and what begins with them.
const SIGNATURES: [(&[u8], &str); 25] = [
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"CDF\x01", "a netCDF file"),
    (b"CDF\x02", "a netCDF file"),
    (b"CDF\x05", "a netCDF file"),
    (b"GRIB", "a GRIB file"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    // U+0093, and what a decoder puts in its place
    (b"\xc2\x93NUMPY", MANGLED),
    (b"\xef\xbf\xbdNUMPY", MANGLED),
    (b"?NUMPY", MANGLED),
];

const ZIP: &str = "a zip archive, such as an .npz: decodeAll or open";
const PICKLE: &str = "a pickle, which byteferry never opens";
const MANGLED: &str = "an .npy whose bytes were decoded as text on the way";

/// The error for bytes that begin unlike any container that is read.
#[cold]
pub(crate) fn bad(first: &[u8]) -> Error {
    let looks = match SIGNATURES.iter().find(|(signature, _)| first.starts_with(signature)) {
        Some((_, name)) => name,
        None if first.starts_with(&npy::MAGIC) => "an .npy, not a frame",
        None if first.starts_with(&frame::MAGIC) => "a frame, not an .npy",
        None => text(first),
    };
    let looks = if looks.is_empty() { "nothing that byteferry knows; raw data needs a dtype" } else { looks };
    Error::new(Code::BadMagic, format_args!("expected an .npy or a frame; this looks like {looks}")).at(0)
}

/// What kind of text it is; empty if it is none.
fn text(first: &[u8]) -> &'static str {
    let bare = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    match bare.first() {
        Some(b'<') => "HTML or XML",
        _ if !first.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')) => "",
        Some(b'{' | b'[') => "JSON",
        Some(_) => "text",
        None => "",
    }
}
