//! What the README and the reference promise has its story: each row of the feature table names stories that exist and
//! are told in both kinds of shop, and each code of the catalogue is made to happen by one.

use std::fs::read_to_string;
use std::path::Path;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn page(path: &str) -> String {
    let path = format!("{HERE}/../../{path}");
    read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_row_of_the_feature_table_names_stories_that_exist() {
    let readme = page("README.md");
    let table = readme.lines().skip_while(|line| !line.starts_with("| A brand wants |"));
    let rows: Vec<&str> = table.skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 12, "the feature table has {} rows", rows.len());
    let other_kind = page("xtask/src/test.rs");
    let (_, other_kind) =
        other_kind.split_once("const OTHER_KIND: &str =").expect("the stories told once more");
    let (other_kind, _) = other_kind.split_once(';').expect("a constant");
    let files = other_kind.replace(['(', ')'], "|");
    for row in rows {
        let proof = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
        let named: Vec<(&str, &str)> = proof.split('`').filter_map(|text| text.split_once("::")).collect();
        assert!(!named.is_empty(), "no story is named in: {row}");
        for (file, story) in named {
            let text = page(&format!("crates/service/tests/stories/{file}.rs"));
            let (_, told) = text
                .split_once(&format!("async fn {story}()"))
                .unwrap_or_else(|| panic!("{file} has no story {story}"));
            let told = told.split_once("\n}\n").map_or(told, |(body, _)| body);
            // The demo stands beside stories that are told in both; one of patience tells both at the same time.
            let both = told.contains("in_both_kinds")
                || ["demo", "patience"].contains(&file)
                || files.contains(&format!("|{file}|"))
                || other_kind.contains(&format!("stories::{file}::{story})"));
            assert!(both, "{file}::{story} is told in one kind of shop only");
        }
    }
}

#[test]
fn every_code_is_made_to_happen_by_a_story() {
    let mut stories = String::new();
    let folder = std::fs::read_dir(Path::new(HERE).join("tests/stories")).expect("the stories");
    for file in folder {
        stories.push_str(&read_to_string(file.expect("a file").path()).expect("a story"));
    }
    let catalogue = page("docs/reference/problems.md");
    let codes = catalogue.lines().filter_map(|line| line.strip_prefix("### <a id=\"")?.split('"').next());
    let told = |code: &str| stories.contains(&format!("\"{code}\""));
    let untold: Vec<&str> = codes.filter(|code| !told(code)).collect();
    assert!(untold.is_empty(), "no story makes these happen: {untold:?}");
}
