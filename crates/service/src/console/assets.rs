//! The stylesheet, the script and the icon. Their address changes with their content, so browsers keep them.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub async fn asset(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "console.css" => ("text/css; charset=utf-8", console::assets::STYLE),
        "console.js" => ("text/javascript; charset=utf-8", console::assets::SCRIPT),
        "icon.svg" => ("image/svg+xml", console::assets::ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_EVER)], text).into_response()
}
