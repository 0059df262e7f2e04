//! The proof of a period, compared when it is asked for.

use super::answers::{Refused, Told, json, no_answer};
use super::connections::find;
use super::given::{Asked, Reading};
use crate::console::Console;
use crate::console::asking::in_time;
use crate::console::proof::period_of;
use crate::show::proof::proof_shape;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Needed where there are several.
    connection: Option<String>,
    /// First day of approval; 30 days before the last one by default.
    from: Option<String>,
    /// Last day of approval; today by default.
    to: Option<String>,
}

pub async fn proof(State(console): State<Arc<Console>>, Asked(asked): Asked<Wanted>) -> Told {
    let today = console.now().day();
    let mut reading = Reading::default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let period = period_of(&text(&asked.from), &text(&asked.to), today);
    if let Err(words) = &period {
        reading.refuse("from, to", &format!("{} to {}", text(&asked.from), text(&asked.to)), words);
    }
    let all = console.ledger().connections().await?;
    let name = match (&asked.connection, all.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => only.name.clone(),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|one| one.name.as_str()).collect();
            reading.refuse("connection", "", &format!("one of {}", names.join(", ")));
            String::new()
        }
    };
    reading.finish()?;
    let period = period.map_err(|words| Refused::new(axum::http::StatusCode::BAD_REQUEST, words, ""))?;
    let record = find(&console, &name).await?;
    let proved = in_time("Comparing", console.prove(&record, period)).await.map_err(no_answer)?;
    json(&proof_shape(&name, &proved))
}
