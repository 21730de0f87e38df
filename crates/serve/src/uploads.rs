//! `/uploads/NAME`: takes arrays from a page and gives them back. Nobody sees an incomplete or invalid array: it is
//! received under another name, and renamed after all of it was checked.

use crate::{catalogue::said, conditional::X_ARRAY, content::letter, refusal::Refusal, site::name_the_type};
use axum::{
    Json, Router,
    body::{Body, HttpBody},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use byteferry_header::{DType, Format, Header, Order, Shape};
use futures_util::TryStreamExt;
use serde::Serialize;
use std::{io, path, sync::Arc, time::Duration};
use tempfile::{NamedTempFile, TempPath};
use tokio::{
    fs::File,
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, copy_buf, sink},
    time::timeout,
};
use tokio_util::io::StreamReader;
use tower_http::services::ServeFile;

/// Takes arrays of at most `limit` bytes into `folder`.
pub(crate) fn routes(folder: &path::Path, limit: u64) -> Router {
    let file = get(give).layer(middleware::from_fn(name_the_type)).put(take).post(take);
    Router::new()
        .route("/uploads/{name}", file)
        .with_state(Arc::new(Uploads { folder: folder.to_owned(), limit }))
}

struct Uploads {
    folder: path::PathBuf,
    limit: u64,
}

impl Uploads {
    /// The path of the file of this name. Names that begin with a dot are for uploads under way.
    fn path(&self, name: &str) -> Result<path::PathBuf, Refusal> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if (1..=100).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed) {
            Ok(self.folder.join(name))
        } else {
            Err(Refusal::bad_request(
                "an upload's name has 1 to 100 letters, digits, dots, hyphens and underscores, and no dot in front",
            ))
        }
    }
}

async fn give(
    State(uploads): State<Arc<Uploads>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let found = ServeFile::new(uploads.path(&name)?).try_call(request).await;
    let mut response = match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Refusal::not_found(format!("no upload {name}. PUT /uploads/{name} makes it.")));
        }
        found => found.map_err(failed)?.into_response(),
    };
    let headers = response.headers_mut();
    // Its date tells versions apart only to the second.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Whatever its name says: an upload must not be shown as a page of this site.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

/// The answer to an accepted upload.
#[derive(Serialize)]
struct Receipt {
    name: String,
    format: &'static str,
    dtype: String,
    shape: Vec<u64>,
    order: &'static str,
    nbytes: u64,
}

async fn take(
    State(uploads): State<Arc<Uploads>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let limit = uploads.limit;
    let announced = body.size_hint().lower();
    let mut body = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let taken = async {
        let target = uploads.path(&name)?;
        let too_large = Refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("an upload has at most {limit} bytes; --upload-limit sets another limit"),
        );
        if announced > limit {
            return Err(too_large);
        }
        // One byte more than the limit, to detect an upload that is too large.
        let mut limited = (&mut body).take(limit.saturating_add(1));
        let received = receive(&mut limited, &headers, &uploads.folder).await;
        if limited.limit() == 0 {
            return Err(too_large);
        }
        let (header, file) = received?;
        file.persist(target).map_err(|error| failed(error.error))?;
        Ok(header)
    };
    match taken.await {
        Ok(Header { format, dtype, shape, order, .. }) => {
            let (format, order, nbytes) = (format.as_str(), letter(order), shape.nbytes());
            let (dtype, shape) = (dtype.to_string(), shape.dims().to_vec());
            Ok((StatusCode::CREATED, Json(Receipt { name, format, dtype, shape, order, nbytes }))
                .into_response())
        }
        Err(refusal) => {
            // Reads on for a while: a client that is still sending would find the connection closed, and never read the
            // answer.
            const MOST: u64 = 16 << 20;
            let mut rest = body.take(MOST);
            let _ = timeout(Duration::from_secs(1), copy_buf(&mut rest, &mut sink())).await;
            Err(refusal)
        }
    }
}

/// Receives a whole body into a temporary file, which is deleted unless it is renamed.
async fn receive(
    body: &mut (impl AsyncBufRead + Unpin),
    headers: &HeaderMap,
    folder: &path::Path,
) -> Result<(Header, TempPath), Refusal> {
    let (file, path) = NamedTempFile::new_in(folder).map_err(failed)?.into_parts();
    let mut file = File::from_std(file);
    let mut head = Vec::new();
    let header = match described(headers).map_err(Refusal::bad_request)? {
        Some(header) => header,
        None => read_header(body, &mut head).await?,
    };
    file.write_all(&head).await.map_err(failed)?;
    let (mut nbytes, mut checksum) = (0, crc32fast::Hasher::new());
    loop {
        let piece = body.fill_buf().await.map_err(broken_off)?;
        if piece.is_empty() {
            break;
        }
        checksum.update(piece);
        file.write_all(piece).await.map_err(failed)?;
        let len = piece.len();
        nbytes += len as u64;
        body.consume(len);
    }
    file.flush().await.map_err(failed)?;
    check(&header, nbytes, checksum.finalize()).map_err(unprocessable)?;
    Ok((header, path))
}

/// Reads the header that the body begins with; its bytes go to `head`.
async fn read_header(body: &mut (impl AsyncBufRead + Unpin), head: &mut Vec<u8>) -> Result<Header, Refusal> {
    const ENOUGH: u64 = 32;
    body.take(ENOUGH).read_to_end(head).await.map_err(broken_off)?;
    let format = Format::detect(head).map_err(unprocessable)?;
    let available = if (head.len() as u64) < ENOUGH { head.len() as u64 } else { u64::MAX };
    let len = Header::len(format, head, available).map_err(unprocessable)?;
    body.take(len.saturating_sub(ENOUGH)).read_to_end(head).await.map_err(broken_off)?;
    Header::read(format, head, None).map_err(unprocessable)
}

/// Reads the request's `X-Array-` headers, which describe raw bytes.
fn described(headers: &HeaderMap) -> Result<Option<Header>, String> {
    let text = |name| headers.get(name).map(|value| value.to_str().map_err(said)).transpose();
    let [dtype, shape, order] = X_ARRAY.map(text);
    let (dtype, shape) = match (dtype?, shape?) {
        (Some(dtype), Some(shape)) => (DType::parse(dtype).map_err(said)?, shape),
        (None, None) => return Ok(None),
        _ => return Err("raw bytes need both, X-Array-Dtype and X-Array-Shape".into()),
    };
    let dims = shape.split(',').map(str::trim).filter(|_| !shape.is_empty()).map(str::parse);
    let dims = dims.collect::<Result<_, _>>().map_err(|error| format!("X-Array-Shape '{shape}': {error}"))?;
    let shape = Shape::new(dims, dtype.itemsize()).map_err(said)?;
    let order = match order? {
        None | Some("C") => Order::C,
        Some("F") => Order::Fortran,
        Some(other) => return Err(format!("X-Array-Order '{other}' is neither C nor F")),
    };
    Ok(Some(Header { format: Format::Raw, dtype, shape, order, payload: 0, frame: None }))
}

/// Checks length and checksum of the payload against the header.
fn check(header: &Header, nbytes: u64, checksum: u32) -> Result<(), String> {
    let Header { dtype, shape, .. } = header;
    if nbytes != shape.nbytes() {
        let (expected, shape) = (shape.nbytes(), shape.dims());
        return Err(format!("dtype {dtype} and shape {shape:?} need {expected} bytes, there are {nbytes}"));
    }
    match header.frame.as_ref().and_then(|frame| frame.crc32) {
        Some(expected) if expected != checksum => {
            Err(format!("the frame's CRC-32 is {expected:08x}, that of its payload is {checksum:08x}"))
        }
        _ => Ok(()),
    }
}

fn unprocessable(reason: impl ToString) -> Refusal {
    Refusal(StatusCode::UNPROCESSABLE_ENTITY, reason.to_string())
}

fn broken_off(error: io::Error) -> Refusal {
    Refusal::bad_request(format!("the body broke off: {error}"))
}

fn failed(error: io::Error) -> Refusal {
    Refusal(StatusCode::INTERNAL_SERVER_ERROR, format!("the folder of uploads: {error}"))
}
