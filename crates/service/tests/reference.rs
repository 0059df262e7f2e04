//! The documents and the program say the same: the generated pages in `docs/reference`, and in the guide every settings
//! snippet, every command and every link. With `JOOR_SHOPIFY_WRITE_REFERENCE` set, the generated pages are written.

use adapters::settings::{Trial, check};
use clap::Parser;
use service::cli::Cli;
use service::config::{Config, FILE_NAME};
use service::reference::pages;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

const LEAST: &str = "\
[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n\
[shopify]\nshop_url = \"https://brand.myshopify.com\"\n\
[orders]\ncurrencies = [\"USD\"]\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Markdown page that people wrote, with its text.
fn written_pages() -> Vec<(PathBuf, String)> {
    let mut files: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/unverified.md"]
        .map(|name| root().join(name))
        .into();
    for folder in ["docs/guide", "docs/decisions"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("the folder is there");
        files.extend(
            entries
                .map(|entry| entry.expect("the folder can be read").path())
                .filter(|path| path.extension().is_some_and(|e| e == "md")),
        );
    }
    files.sort();
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("the page can be read")))
        .collect()
}

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().expect("every split has a first part"))
        .collect()
}

#[test]
fn reference_pages_are_what_the_program_says() {
    let folder = root().join("docs/reference");
    if std::env::var_os("JOOR_SHOPIFY_WRITE_REFERENCE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in pages() {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in pages() {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            found == text,
            "docs/reference/{name} is out of date; run `cargo xtask docs` and commit the result"
        );
    }
    let known: Vec<&str> = pages().into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name.as_str()), "docs/reference/{name} is not generated any more; delete it");
    }
}

/// Every source file of the crates, by its path from `crates`.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((
                path.to_string_lossy().into_owned(),
                std::fs::read_to_string(&path).expect("a source"),
            ));
        }
    }
}

/// Each guard of a fact that nobody verified is said as a file and a name in it, and is there.
#[test]
fn every_guard_of_an_unverified_fact_stands_where_the_page_says() {
    let mut all = Vec::new();
    sources(&root().join("crates"), &mut all);
    let page = std::fs::read_to_string(root().join("docs/unverified.md")).unwrap();
    let quoted: Vec<&str> = page.split('`').collect();
    // Quoted pieces stand at the odd places; a guard is two of them with a blank between.
    let pairs = quoted.windows(3).enumerate().filter(|(at, three)| at % 2 == 1 && three[1] == " ");
    let mut checked = 0;
    for (_, three) in pairs.filter(|(_, three)| three[0].ends_with(".rs")) {
        let (file, name) = (format!("/{}", three[0]), three[2]);
        let defines = |text: &str| {
            ["fn", "const", "static"].iter().any(|kind| text.contains(&format!("{kind} {name}")))
                || text.contains(&format!("{name}:"))
        };
        let there = all.iter().any(|(path, text)| path.ends_with(&file) && defines(text));
        assert!(there, "docs/unverified.md: `{}` has no `{name}`", three[0]);
        checked += 1;
    }
    assert!(checked > 20, "only {checked} guards were found");
}

#[test]
fn every_code_and_every_command_has_its_place_in_the_reference() {
    let page = |wanted: &str| pages().into_iter().find(|(name, _)| *name == wanted).unwrap().1;
    let problems = page("problems.md");
    for code in domain::problem::Problem::CODES {
        assert_eq!(problems.matches(&format!("<a id=\"{code}\">")).count(), 1, "{code}");
    }
    let commands = page("command-line.md");
    for command in ["connection apply", "orders re-export", "sync", "config schema"] {
        assert!(commands.contains(&format!("## `joor-shopify {command}`")), "{command}");
    }
    let settings = page("settings.md");
    for header in [
        "[joor]",
        "[orders]",
        "[[orders.rules]]",
        "[orders.rules.when]",
        "[tax.rules.COUNTRY]",
        "[attributes]",
    ] {
        assert!(settings.contains(&format!("## `{header}`")), "{header}");
    }
}

/// Lays the snippet over the least connection: what both say, the snippet says.
fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

/// Makes every file that a secret or a certificate is said to be in.
fn make_secret_files(table: &Table, folder: &Path) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => make_secret_files(inner, folder),
            Value::String(name) if key == "ca_file" => {
                let authority = crate::tls_mail::Authority::new("a brand");
                std::fs::write(folder.join(name), authority.pem).expect("the folder is ours")
            }
            Value::String(name) if key == "url_file" => {
                let url = "postgres://joor:secret@db.example:5432/joor_shopify?sslmode=verify-full";
                std::fs::write(folder.join(name), url).expect("the folder is ours")
            }
            Value::String(name) if key.ends_with("_file") => {
                std::fs::write(folder.join(name), "dummy").expect("the folder is ours")
            }
            _ => {}
        }
    }
}

#[test]
fn guide_snippets_are_valid() {
    let (mut connections, mut configs) = (0, 0);
    for (path, text) in written_pages() {
        for snippet in blocks(&text, "toml") {
            let folder = tempfile::tempdir().unwrap();
            let parsed: Table =
                snippet.parse().unwrap_or_else(|error| panic!("{}: {error}\n{snippet}", path.display()));
            make_secret_files(&parsed, folder.path());
            if snippet.starts_with("# connection") {
                let whole = parsed.contains_key("joor") && parsed.contains_key("shopify");
                let mut document: Table = if whole { Table::new() } else { LEAST.parse().unwrap() };
                lay_over(&mut document, parsed);
                let name = path.display().to_string();
                let checked = check(&name, &toml::to_string(&document).unwrap(), folder.path(), Trial::Off);
                let checked = checked.unwrap_or_else(|errors| panic!("{errors:#?}\n{snippet}"));
                assert!(!whole || checked.secrets_missing(&name, |_| false).is_empty(), "{snippet}");
                connections += 1;
            } else if snippet.starts_with("# config.toml") {
                std::fs::write(folder.path().join(FILE_NAME), snippet).unwrap();
                Config::load(folder.path(), [], Trial::Off)
                    .unwrap_or_else(|errors| panic!("{errors:#?}\n{snippet}"));
                configs += 1;
            } else {
                panic!(
                    "{}: a snippet starts with `# connection` or `# config.toml`:\n{snippet}",
                    path.display()
                );
            }
        }
    }
    assert!(connections >= 10 && configs >= 1, "the guide lost its snippets: {connections}, {configs}");
}

/// The words of a shell line, with quotes but without anything else that a shell knows.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn guide_commands_are_understood() {
    let mut commands = 0;
    for (path, text) in written_pages() {
        for line in blocks(&text, "sh").into_iter().flat_map(str::lines) {
            let line = line.split(" #").next().unwrap().trim();
            let line = line.strip_prefix("sudo -u joor-shopify ").unwrap_or(line);
            if !line.starts_with("joor-shopify ") {
                continue;
            }
            if let Err(error) = Cli::try_parse_from(words(line)) {
                panic!("{}: {line}\n{error}", path.display());
            }
            commands += 1;
        }
    }
    assert!(commands >= 20, "the guide lost its commands: {commands}");
}

/// Whoever reads a fix types it as it stands.
#[test]
fn commands_in_fixes_are_understood() {
    let mut wrong = Vec::new();
    for problem in domain::problem::Problem::samples() {
        let resolution = problem.resolution();
        for command in resolution.split('`').filter(|text| text.starts_with("joor-shopify ")) {
            if Cli::try_parse_from(words(command)).is_err() {
                wrong.push(format!("{}: {command}", problem.code()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    for (path, text) in written_pages() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let outside = link.contains("://") || file.is_empty();
            assert!(outside || path.parent().unwrap().join(file).exists(), "{}: {link}", path.display());
        }
    }
}
