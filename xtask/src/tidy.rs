//! Checks the form of the code that no compiler checks: walls between rooms, sizes, first lines, reasons beside
//! dependencies, and words that do not belong.

use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 450;
const FUNCTION_LINES_MAX: usize = 70;

/// What must not stand in a room, with the reason.
const WALLS: [(&str, &[&str], &str); 7] = [
    (
        "crates/domain/src",
        &["async fn", "tokio", "sqlx", "reqwest", "serde"],
        "the domain is pure and synchronous",
    ),
    ("crates/domain/src", &["adapters::", "service::", "sandbox::"], "the domain points at no other room"),
    ("crates/adapters/src", &["service::", "sandbox::"], "adapters point at the domain only"),
    (
        "crates/sandbox/src",
        &["use domain", "use adapters", "use service"],
        "the sandbox imports none of our crates",
    ),
    (
        "crates/console/src",
        &["domain::", "adapters::", "service::", "sandbox::", "async fn", "tokio", "axum"],
        "the console crate only shows what it is given",
    ),
    (
        "crates/model/src",
        &["adapters::", "service::", "sandbox::"],
        "the model searches the domain, nothing else",
    ),
    (
        "crates/service/src",
        &["sqlx", "reqwest", "SELECT ", "select * from"],
        "SQL and HTTP live in the adapters",
    ),
];

/// Where `Cargo.toml` of a room may point.
const EDGES: [(&str, &[&str]); 6] = [
    ("crates/domain/Cargo.toml", &["adapters", "sandbox", "joor-shopify-adapters", "joor-shopify-sandbox"]),
    ("crates/adapters/Cargo.toml", &["service", "console"]),
    ("crates/console/Cargo.toml", &["domain", "adapters", "sandbox", "tokio", "axum"]),
    (
        "crates/sandbox/Cargo.toml",
        &["domain.workspace", "adapters.workspace", "joor-shopify-domain", "joor-shopify-adapters"],
    ),
    ("crates/service/Cargo.toml", &["model", "stateright"]),
    ("crates/model/Cargo.toml", &["adapters", "sandbox", "joor-shopify"]),
];

pub fn run(root: &Path) -> Result<(), String> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        rust_files(&root.join(folder), &mut files);
    }
    files.sort();
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        check_file(&name, &text, &mut faults);
    }
    check_edges(root, &mut faults)?;
    check_colours(root, &mut faults)?;
    check_dependencies(root, &mut faults)?;
    if faults.is_empty() {
        eprintln!("tidy: {} files are in order", files.len());
        return Ok(());
    }
    Err(format!("tidy:\n  {}", faults.join("\n  ")))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn check_file(name: &str, text: &str, faults: &mut Vec<String>) {
    if !text.starts_with("//!") {
        faults.push(format!("{name}: the first line says what lives here (`//!`)"));
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let in_tests = name.contains("/tests/") || name.ends_with("tests.rs") || name.contains("testing");
    let lines = code.lines().count();
    if lines > FILE_LINES_MAX && !in_tests {
        faults.push(format!("{name}: {lines} lines before tests, at most {FILE_LINES_MAX}"));
    }
    if !in_tests {
        check_functions(name, code, faults);
    }
    for (room, words, reason) in WALLS {
        if !name.starts_with(room) {
            continue;
        }
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or(line);
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                faults.push(format!("{name}:{}: `{word}`: {reason}", number + 1));
            }
        }
    }
    let stubs = ["todo!(", "unimplemented!(", "#[ignore", "FIXME"];
    if !name.starts_with("xtask") && stubs.iter().any(|stub| text.contains(stub)) {
        faults.push(format!("{name}: unfinished work or an ignored test"));
    }
}

/// A function ends at the closing brace that stands as far left as its `fn` line.
fn check_functions(name: &str, code: &str, faults: &mut Vec<String>) {
    let mut open: Option<(usize, usize, String)> = None;
    for (number, line) in code.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim_start();
        let starts = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(super) fn ",
            "pub(super) async fn ",
            "pub(crate) fn ",
        ];
        if open.is_none() && starts.iter().any(|start| words.starts_with(start)) {
            let title = words
                .split("fn ")
                .nth(1)
                .and_then(|rest| rest.split(['(', '<']).next())
                .unwrap_or(words)
                .to_owned();
            open = Some((number, indent, title));
        }
        if let Some((start, left, title)) = &open
            && words.starts_with('}')
            && indent == *left
        {
            let length = number - start + 1;
            if length > FUNCTION_LINES_MAX {
                faults.push(format!(
                    "{name}:{}: `{title}` has {length} lines, at most {FUNCTION_LINES_MAX}",
                    start + 1
                ));
            }
            open = None;
        }
        if let Some((_, left, _)) = &open
            && words.ends_with(';')
            && indent == *left
            && words.contains("fn ")
        {
            open = None;
        }
    }
}

fn check_edges(root: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    for (file, forbidden) in EDGES {
        let text = std::fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let normal = text.split("[dev-dependencies]").next().unwrap_or(&text);
        let dependencies = normal.split("[dependencies]").nth(1).unwrap_or_default();
        for line in dependencies.lines() {
            if let Some(edge) = forbidden.iter().find(|edge| line.starts_with(**edge)) {
                faults.push(format!("{file}: no edge to `{edge}`"));
            }
        }
    }
    Ok(())
}

const STYLESHEET: &str = "crates/console/assets/console.css";

/// Colours stand among the tokens at the top of the stylesheet; everything else names a token.
fn check_colours(root: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    let text =
        std::fs::read_to_string(root.join(STYLESHEET)).map_err(|error| format!("{STYLESHEET}: {error}"))?;
    for number in colours_outside_tokens(&text) {
        faults.push(format!("{STYLESHEET}:{number}: a colour that is no token; name one in `:root`"));
    }
    Ok(())
}

/// The lines that hold one.
fn colours_outside_tokens(text: &str) -> Vec<usize> {
    let mut in_tokens = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with(":root") {
            in_tokens = true;
        }
        let values = line.split(['{', ';', '}']).filter_map(|piece| piece.split_once(": "));
        if !in_tokens && values.into_iter().any(|(_, value)| has_colour(value)) {
            found.push(index + 1);
        }
        if line.trim_end().ends_with('}') {
            in_tokens = false;
        }
    }
    found
}

fn has_colour(value: &str) -> bool {
    let is_hex = |rest: &str| rest.bytes().take_while(u8::is_ascii_hexdigit).count() >= 3;
    let by_function = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "lab("];
    value.split('#').skip(1).any(is_hex) || by_function.iter().any(|function| value.contains(function))
}

/// Each dependency of the workspace says what it is for.
fn check_dependencies(root: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    let text =
        std::fs::read_to_string(root.join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}"))?;
    let section = text.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    for line in section.lines().take_while(|line| !line.starts_with("[")) {
        let dependency =
            line.contains('=') && !line.contains("path =") && !line.trim_start().starts_with('#');
        if dependency && !line.contains(" # ") {
            faults.push(format!(
                "Cargo.toml: `{}` does not say what it is for",
                line.split('=').next().unwrap_or(line).trim()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_that_is_no_token_is_found() {
        let css = ":root {\n  --ink: #1d1d1a;\n}\n.a:hover { color: var(--ink); }\n#facts { color: #fff; }\n\
                   .b { background: color-mix(in srgb, var(--ink) 5%, transparent); box-shadow: 0 0 1px rgb(0 0 0 / 5%); }\n";
        assert_eq!(colours_outside_tokens(css), [5, 6]);
    }
}
