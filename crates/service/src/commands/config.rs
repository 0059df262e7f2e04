//! `config show` and `config schema`.

use super::{Outcome, Session};
use crate::cli::{ConfigCommand, exit};
use crate::show::tables::wide_table;
use adapters::settings::json_schema;
use serde_json::{Value, json};

pub fn run(session: &Session, command: &ConfigCommand) -> Outcome {
    match command {
        ConfigCommand::Show { origin } => show(session, *origin),
        ConfigCommand::Schema => {
            // The schema is JSON for everybody, and never marked, since a mark would change it.
            let schema = json_schema();
            session.voice.text(&format!("{schema:#}"));
            session.voice.document(&schema);
        }
    }
    Ok(exit::OK)
}

fn show(session: &Session, origin: bool) {
    let shown = session.config.shown();
    let row = |shown: &crate::config::Shown| {
        let mut row = vec![shown.key.to_owned(), shown.value.clone()];
        if origin {
            row.push(shown.origin.clone());
        }
        row
    };
    let columns: &[&str] = if origin { &["Setting", "Value", "Comes from"] } else { &["Setting", "Value"] };
    session.voice.text(&wide_table(columns, shown.iter().map(row)));
    let settings: Vec<Value> = shown
        .iter()
        .map(|shown| match origin {
            true => json!(shown),
            false => json!({ "key": shown.key, "value": shown.value }),
        })
        .collect();
    session.voice.data(json!({ "data": session.config.data, "settings": settings }));
}
