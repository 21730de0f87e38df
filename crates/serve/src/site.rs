//! Files from folders: the page, and further files for tests.

use crate::refusal::Refusal;
use axum::{
    Router,
    body::Body,
    extract::OriginalUri,
    http::{HeaderValue, Request, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use std::path::Path;
use tower::service_fn;
use tower_http::services::ServeDir;

/// Serves `folder` at the root; other paths get [`not_found`].
pub(crate) fn files(folder: &Path) -> Router {
    let missing = service_fn(|request: Request<Body>| async move {
        // A nested router sees only the rest of the path.
        let asked = request.extensions().get::<OriginalUri>().map_or(request.uri(), |uri| &uri.0);
        Ok(not_found(asked).into_response())
    });
    Router::new()
        .fallback_service(ServeDir::new(folder).fallback(missing))
        .layer(middleware::from_fn(name_the_type))
}

/// The answer to a request that no route and no file matches.
pub(crate) fn not_found(uri: &Uri) -> Refusal {
    Refusal::not_found(format!(
        "nothing at {}. There is / (the page, where the server was started with --site), /arrays (a list of arrays), \
         /arrays/NAME.npy, .raw or .bfy, /zeros/NBYTES.npy, both also below /gzip/, /live and, with --uploads, \
         /uploads/NAME, with --oracle, /oracle/.",
        uri.path()
    ))
}

/// Sets content types that the common list of types lacks, or has otherwise than the HTML standard.
pub(crate) async fn name_the_type(request: Request<Body>, next: Next) -> Response {
    let content_type = match request.uri().path().rsplit_once('.') {
        Some((_, "npy")) => Some(crate::catalogue::NPY),
        Some((_, "bfy")) => Some(crate::catalogue::FRAME),
        Some((_, "raw")) => Some("application/octet-stream"),
        Some((_, "map")) => Some("application/json"),
        Some((_, "mjs")) => Some("text/javascript"),
        _ => None,
    };
    let mut response = next.run(request).await;
    if let Some(content_type) = content_type.filter(|_| response.status().is_success()) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}
