//! Countries and regions of addresses, from the ISO tables.

use rust_iso3166::iso3166_2;

/// The code for a country given by code or English name.
pub(crate) fn country_code(text: &str) -> Option<String> {
    let wanted = text.trim();
    if let Some(found) = rust_iso3166::from_alpha2(&wanted.to_uppercase()) {
        return Some(found.alpha2.to_owned());
    }
    let named = rust_iso3166::ALL.iter().find(|country| country.name.eq_ignore_ascii_case(wanted));
    named.map(|country| country.alpha2.to_owned()).or_else(|| match wanted {
        "United States" => Some("US".to_owned()),
        "United Kingdom" => Some("GB".to_owned()),
        _ => None,
    })
}

/// Shopify writes the regions of some countries with the country before them, as in `JP-13`.
fn alone<'a>(country: &str, region: &'a str) -> &'a str {
    region.strip_prefix(country).and_then(|rest| rest.strip_prefix('-')).unwrap_or(region)
}

/// Whether the table knows any region of this country.
pub(crate) fn has_regions(country: &str) -> bool {
    let found = rust_iso3166::from_alpha2(country);
    found.is_some_and(|country| country.subdivisions().is_some_and(|regions| !regions.is_empty()))
}

pub(crate) fn is_region_of(country: &str, region: &str) -> bool {
    iso3166_2::from_code(&format!("{country}-{}", alone(country, &region.to_uppercase()))).is_some()
}

/// The code of a region given by code or name.
pub(crate) fn region_code(country: &str, text: &str) -> Option<String> {
    if is_region_of(country, text) {
        return Some(text.to_uppercase());
    }
    let country = rust_iso3166::from_alpha2(country)?;
    let found =
        country.subdivisions()?.iter().find(|region| region.name.eq_ignore_ascii_case(text.trim()))?;
    found.code.split_once('-').map(|(_, code)| code.to_owned())
}
