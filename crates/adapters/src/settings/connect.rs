//! The sections `[joor]` and `[shopify]`: where the two sides are and who we are there.

use super::reader::{Section, quoted};
use super::values::{UrlPath, parse_api_version, parse_url};
use super::words::REPORT;
use super::{JoorLink, ShopLink};
use domain::settings::ReportMode;

pub const ENVIRONMENT_DEFAULT: &str = "production";
pub const API_VERSION_DEFAULT: &str = "2026-07";

/// JOOR's published addresses: environment, API, token endpoint.
const JOOR_ADDRESSES: [(&str, &str, &str); 2] = [
    ("production", "https://api.jooraccess.com/v4", "https://atlas.jooraccess.com/auth/"),
    ("sandbox", "https://apisandbox.jooraccess.com/v4", "https://atlas-sandbox.jooraccess.com/auth/"),
];

pub fn joor(section: &Section<'_>) -> (JoorLink, ReportMode) {
    let environment = section
        .parsed("environment", |text| token_part(text, "environment"))
        .unwrap_or_else(|| ENVIRONMENT_DEFAULT.to_owned());
    let known = JOOR_ADDRESSES.iter().find(|(name, _, _)| *name == environment);
    let address = |key, default: Option<&str>| {
        let allowed = "the base address, since only the environments production and sandbox have a default";
        let parse = |text: &str| parse_url(text, &UrlPath::Any, section.trial());
        let given = section.parsed(key, parse);
        if section.has(key) {
            return given.unwrap_or_default();
        }
        match default {
            Some(default) => match parse(default) {
                Ok(url) => url,
                Err(allowed) => {
                    section.refuse(key, format!("{default:?} (the default)"), allowed);
                    String::new()
                }
            },
            None => section.required(key, allowed),
        }
    };
    let api_url = address("api_url", known.map(|(_, api, _)| *api));
    let token_url = address("token_url", known.map(|(_, _, token)| *token));
    for (key, url) in [("api_url", &api_url), ("token_url", &token_url)] {
        environment_fits(section, &environment, key, url);
    }
    let account = section
        .required_parsed("account", "the number of the JOOR account", |text| token_part(text, "account"))
        .unwrap_or_default();
    let client_id = section.required("client_id", "the client id that JOOR issued");
    let username = section.required("username", "the JOOR login that goes with the client id");
    section.secret("client_secret", "client_secret_file");
    section.secret("password", "password_file");
    let report = section.choice("report", REPORT, ReportMode::All);
    section.finish();
    (JoorLink { environment, api_url, token_url, account, client_id, username }, report)
}

/// Both are part of the export token, in which anything else could collide or break a search.
fn token_part(text: &str, what: &str) -> Result<String, String> {
    let text = text.trim();
    let good = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    good.then(|| text.to_owned())
        .ok_or_else(|| format!("an {what} of letters and digits only, since it is part of the export token"))
}

/// Orders of the test account must not be taken for real ones, nor the other way round.
fn environment_fits(section: &Section<'_>, environment: &str, key: &str, url: &str) {
    let host =
        url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if !host.ends_with(".jooraccess.com") {
        return;
    }
    let is_test = host.contains("sandbox");
    let contradicts = match environment {
        "production" => is_test,
        "sandbox" => !is_test,
        _other => false,
    };
    if contradicts {
        let value = format!("{environment:?} with {}", quoted(url));
        section.contradiction(["environment", key], value, "an address of the same environment");
    }
}

pub fn shopify(section: &Section<'_>) -> ShopLink {
    let parse = |text: &str| parse_url(text, &UrlPath::None, section.trial());
    let allowed = "the address of the shop, such as \"https://brand.myshopify.com\"";
    let shop_url = section.required_parsed("shop_url", allowed, parse).unwrap_or_default();
    let api_version =
        section.parsed("api_version", parse_api_version).unwrap_or_else(|| API_VERSION_DEFAULT.to_owned());
    let client_id =
        section.has("client_id").then(|| section.required("client_id", "the client id of the app"));
    if client_id.is_none() {
        // Asked for, so that it counts as a known key.
        section.optional("client_id");
    }
    let token = section.secret("access_token", "access_token_file");
    let secret = section.secret("client_secret", "client_secret_file");
    if token && client_id.is_some() {
        let allowed = "either a static access_token, or client_id with client_secret";
        section.contradiction(["access_token", "client_id"], "both are set", allowed);
    }
    if secret && client_id.is_none() {
        let allowed = "client_id beside client_secret, or a static access_token instead of both";
        section.contradiction(["client_secret", "client_id"], "only the secret is set", allowed);
    }
    section.finish();
    ShopLink { shop_url, api_version, client_id }
}
