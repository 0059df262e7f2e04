//! Settings documents from the outside: every wrong input is refused with key, value and what is allowed; every good
//! one survives being written and read again.

mod refused;
mod schema;
mod understood;

use adapters::settings::{Checked, SettingError, Trial, check};
use std::collections::BTreeMap;
use std::path::Path;

/// The least that a document must say, by section.
fn least() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        (
            "joor",
            "account = \"1234\"\nclient_id = \"c\"\nusername = \"u\"\nclient_secret = \"s3cr\"\npassword = \"pw-7\"\n".to_owned(),
        ),
        ("shopify", "shop_url = \"https://brand.myshopify.com\"\naccess_token = \"shpat_1\"\n".to_owned()),
        ("orders", "currencies = [\"USD\"]\n".to_owned()),
    ])
}

fn document(sections: &BTreeMap<&'static str, String>) -> String {
    sections.iter().map(|(name, body)| format!("[{name}]\n{body}\n")).collect()
}

fn read(text: &str) -> Result<Checked, Vec<SettingError>> {
    check("brand.toml", text, Path::new("."), Trial::Off)
}

/// The least document with one more line in a section.
fn with(section: &'static str, line: &str) -> String {
    let mut sections = least();
    sections.entry(section).or_default().push_str(&format!("{line}\n"));
    document(&sections)
}

/// The least document where a line that starts with `key` says something else, or nothing.
fn changed(section: &'static str, key: &str, line: &str) -> String {
    let mut sections = least();
    let body = sections.get_mut(section).unwrap();
    let kept: Vec<&str> = body.lines().filter(|old| !old.starts_with(&format!("{key} ="))).collect();
    *body = format!("{}\n{line}\n", kept.join("\n"));
    document(&sections)
}

/// Exactly one error, which names the key, shows the value and says what is allowed.
fn refused(text: &str, key: &str, value: &str, allowed: &str) {
    let errors = read(text).expect_err(key);
    let [error] = errors.as_slice() else { panic!("one error expected for {key}: {errors:#?}") };
    assert_eq!(error.file, "brand.toml");
    assert_eq!(error.key, key, "{error}");
    assert!(error.value.contains(value), "{error}: the value should contain {value}");
    assert!(error.allowed.contains(allowed), "{error}: should allow {allowed}");
}
