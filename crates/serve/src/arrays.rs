//! `/arrays`: the list of arrays, and each array in each format and byte order.

use crate::{
    catalogue::{Catalogue, FORMATS, Listing},
    conditional,
    refusal::Refusal,
};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
    routing::get,
};
use byteferry_header::ByteOrder;
use serde::Deserialize;
use std::sync::Arc;

pub(crate) fn routes(catalogue: Catalogue) -> Router {
    Router::new()
        .route("/arrays", get(list))
        .route("/arrays/{file}", get(array))
        .with_state(Arc::new(catalogue))
}

async fn list(State(catalogue): State<Arc<Catalogue>>) -> Response {
    Json(catalogue.arrays().map(|array| &array.listing).collect::<Vec<&Listing>>()).into_response()
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    order: ByteOrderName,
}

/// Without a choice the bytes are sent as stored, big-endian: converting them is the page's task.
#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum ByteOrderName {
    #[default]
    Big,
    Little,
}

async fn array(
    State(catalogue): State<Arc<Catalogue>>,
    Path(file): Path<String>,
    Query(choice): Query<Choice>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let byte_order = match choice.order {
        ByteOrderName::Big => ByteOrder::Big,
        ByteOrderName::Little => ByteOrder::Little,
    };
    let content = file.rsplit_once('.').and_then(|(name, ending)| {
        let (_, format) = FORMATS.into_iter().find(|(known, _)| *known == ending)?;
        catalogue.array(name)?.content(format, byte_order)
    });
    match content {
        Some(content) => Ok(conditional::answer(content, &method, &headers)),
        None => {
            let names: Vec<_> = catalogue.arrays().map(|array| array.listing.name.as_str()).collect();
            let endings = FORMATS.map(|(ending, _)| ending);
            Err(Refusal::not_found(format!(
                "no array {file}. There is {}, each as .{}; GET /arrays tells more.",
                names.join(", "),
                endings.join(", .")
            )))
        }
    }
}
