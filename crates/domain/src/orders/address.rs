//! From an address as people wrote it to one with codes: country, region, phone, names. Not here: which customer it
//! belongs to.

use crate::orders::draft::DraftAddress;
use crate::orders::note::{capped, one_line};
use crate::orders::order::Address;
use crate::problem::{AddressKind, Problem};
use rust_iso3166::CountryCode;
use unicode_normalization::UnicodeNormalization;

/// Shopify refuses longer parts of an address.
pub const PART_CHARS_MAX: usize = 255;

/// What people write that the ISO list spells otherwise.
const COUNTRY_WORDS: &[(&str, &str)] = &[
    ("uk", "GB"),
    ("united kingdom", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northern ireland", "GB"),
    ("united states", "US"),
    ("us of a", "US"),
    ("america", "US"),
    ("south korea", "KR"),
    ("korea", "KR"),
    ("republic of korea", "KR"),
    ("korea south", "KR"),
    ("russia", "RU"),
    ("taiwan", "TW"),
    ("vietnam", "VN"),
    ("czech republic", "CZ"),
    ("holland", "NL"),
    ("the netherlands", "NL"),
    ("turkiye", "TR"),
    ("uae", "AE"),
    ("emirates", "AE"),
    ("hong kong sar", "HK"),
    ("hong kong sar china", "HK"),
    ("macau", "MO"),
    ("macao sar china", "MO"),
    ("mainland china", "CN"),
    ("peoples republic of china", "CN"),
    ("bolivia", "BO"),
    ("venezuela", "VE"),
    ("iran", "IR"),
    ("moldova", "MD"),
    ("tanzania", "TZ"),
    ("laos", "LA"),
    ("brunei", "BN"),
    ("syria", "SY"),
    ("palestine", "PS"),
    ("ivory coast", "CI"),
    ("cape verde", "CV"),
    ("macedonia", "MK"),
    ("swaziland", "SZ"),
    ("us virgin islands", "VI"),
    ("british virgin islands", "VG"),
    ("vatican city", "VA"),
    ("saint martin", "MF"),
    ("st martin", "MF"),
    ("sint maarten", "SX"),
    ("curacao", "CW"),
    ("deutschland", "DE"),
    ("espana", "ES"),
    ("italia", "IT"),
    ("osterreich", "AT"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("belgique", "BE"),
    ("belgie", "BE"),
    ("brasil", "BR"),
    ("nederland", "NL"),
    ("danmark", "DK"),
    ("sverige", "SE"),
    ("norge", "NO"),
    ("suomi", "FI"),
    ("nippon", "JP"),
];

/// Countries whose addresses Shopify asks for a region, so an unknown one stops the order.
const REGION_NEEDED: [&str; 12] = ["AR", "AU", "BR", "CA", "CN", "ES", "IN", "IT", "JP", "MX", "MY", "US"];
/// Where an address without any region cannot be delivered; elsewhere of the list above people often leave it out.
const REGION_NEVER_EMPTY: [&str; 3] = ["AU", "CA", "US"];
/// Countries for which Shopify keeps regions although an address may do without.
const REGION_TAKEN: [&str; 11] = ["AE", "GB", "ID", "IE", "KR", "NZ", "PH", "PT", "RO", "TH", "ZA"];
/// Countries whose regions Shopify calls by the whole ISO code, such as `JP-13`.
const REGION_WITH_COUNTRY: [&str; 4] = ["JP", "KR", "PT", "TH"];
/// Countries where a parcel goes nowhere without a postcode.
const POSTCODE_NEEDED: [&str; 22] = [
    "AT", "AU", "BE", "BR", "CA", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IT", "JP", "MX", "NL",
    "NO", "PL", "PT", "SE", "US",
];
/// Regions that Shopify calls otherwise than ISO 3166-2: country, ISO, Shopify.
const REGION_CODES: &[(&str, &str, &str)] = &[
    ("MX", "AGU", "AGS"),
    ("MX", "BCN", "BC"),
    ("MX", "CAM", "CAMP"),
    ("MX", "CHP", "CHIS"),
    ("MX", "CHH", "CHIH"),
    ("MX", "CMX", "DF"),
    ("MX", "COA", "COAH"),
    ("MX", "DUR", "DGO"),
    ("MX", "GUA", "GTO"),
    ("MX", "HID", "HGO"),
    ("MX", "MIC", "MICH"),
    ("MX", "NLE", "NL"),
    ("MX", "QUE", "QRO"),
    ("MX", "ROO", "Q ROO"),
    ("MX", "TAM", "TAMPS"),
    ("MX", "TLA", "TLAX"),
];
/// Regions that people call otherwise than ISO does, and military mail, which ISO does not list.
const REGION_WORDS: &[(&str, &str, &str)] = &[
    ("US", "washington dc", "DC"),
    ("US", "washington d c", "DC"),
    ("US", "d c", "DC"),
    ("US", "aa", "AA"),
    ("US", "ae", "AE"),
    ("US", "ap", "AP"),
    ("CA", "newfoundland", "NL"),
    ("CA", "pei", "PE"),
    ("MX", "mexico city", "DF"),
    ("MX", "cdmx", "DF"),
    ("MX", "df", "DF"),
    ("MX", "d f", "DF"),
    ("MX", "distrito federal", "DF"),
    ("IT", "milan", "MI"),
    ("IT", "rome", "RM"),
    ("IT", "florence", "FI"),
    ("IT", "turin", "TO"),
    ("IT", "venice", "VE"),
    ("IT", "naples", "NA"),
    ("IT", "genoa", "GE"),
    ("IT", "padua", "PD"),
    ("ES", "vizcaya", "BI"),
    ("ES", "guipuzcoa", "SS"),
    ("ES", "islas baleares", "PM"),
    ("ES", "baleares", "PM"),
    ("ES", "mallorca", "PM"),
    ("ES", "gerona", "GI"),
    ("ES", "lerida", "L"),
    ("ES", "la coruna", "C"),
    ("ES", "alicante", "A"),
    ("ES", "valencia", "V"),
    ("ES", "castellon", "CS"),
    ("ES", "alava", "VI"),
    ("ES", "asturias", "O"),
    ("ES", "navarra", "NA"),
];

/// An address with codes, what stops the order, and what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub address: DraftAddress,
    pub problems: Vec<Problem>,
    pub marks: Vec<Problem>,
    /// The phone as given, if it was left out.
    pub phone_left_out: Option<String>,
    /// The region as given, if it was left out.
    pub region_left_out: Option<String>,
}

/// `person` receives it; without one the company stands in the last name, because Shopify wants a last name.
pub fn map(kind: AddressKind, given: &Address, person: &str, retailer: &str) -> Mapped {
    let company =
        [&given.company, &given.name].into_iter().map(|text| part(text)).find(|text| !text.is_empty());
    let company = company.unwrap_or_else(|| part(retailer));
    let (first_name, last_name) = split_name(&part(person));
    let country_code = country(&given.country);
    let mut address = DraftAddress {
        first_name,
        last_name: if last_name.is_empty() { company.clone() } else { last_name },
        company,
        line_1: part(&given.line_1),
        line_2: part(&given.line_2),
        city: part(&given.city),
        region_code: String::new(),
        country_code: country_code.unwrap_or_default().to_owned(),
        postcode: part(&given.postcode),
        phone: String::new(),
    };
    if address.line_1.is_empty() {
        std::mem::swap(&mut address.line_1, &mut address.line_2);
    }
    let mut mapped = Mapped {
        address,
        problems: Vec::new(),
        marks: Vec::new(),
        phone_left_out: None,
        region_left_out: None,
    };
    let missing = missing_parts(&mapped.address, given);
    if !missing.is_empty() {
        mapped.problems.push(Problem::AddrIncomplete { kind, parts: missing });
    }
    if let Some(country_code) = country_code {
        place_region(&mut mapped, kind, country_code, &given.region);
    }
    place_phone(&mut mapped, &given.phone);
    mapped
}

/// ISO 3166-1 alpha-2 of a country by code or name.
pub fn country(text: &str) -> Option<&'static str> {
    let wanted = folded(text);
    if wanted.is_empty() || text.len() > 1000 {
        return None;
    }
    let code = wanted.to_uppercase();
    let by_word = |word: &str| COUNTRY_WORDS.iter().find(|(known, _)| *known == word).map(|(_, code)| *code);
    rust_iso3166::from_alpha2(&code)
        .or_else(|| rust_iso3166::from_alpha3(&code))
        .map(|country| country.alpha2)
        .or_else(|| by_word(&wanted))
        .or_else(|| all_countries().find(|known| is_called(known, &wanted)).map(|known| known.alpha2))
        // "The Netherlands", "The Bahamas"
        .or_else(|| country(wanted.strip_prefix("the ")?))
        .or_else(|| initials(text).and_then(|code| country(&code)))
}

/// Does Shopify want a region in addresses of this country (ISO 3166-1 alpha-2)?
pub fn needs_region(country_code: &str) -> bool {
    REGION_NEEDED.contains(&country_code)
}

/// `U.S.A.` is `USA`.
fn initials(text: &str) -> Option<String> {
    let letters: String =
        text.trim().chars().filter(|character| *character != '.' && *character != ' ').collect();
    let dotted = text.contains('.') && (2..=3).contains(&letters.len()) && letters.is_ascii();
    dotted.then_some(letters)
}

fn all_countries() -> impl Iterator<Item = &'static CountryCode> {
    rust_iso3166::ALL.iter()
}

fn is_called(country: &CountryCode, wanted: &str) -> bool {
    let name = folded(country.name);
    // "Korea, Republic of" is folded to "korea republic of"; "Iran (Islamic Republic of)" likewise.
    name == wanted || country.name.split(['(', '[']).next().is_some_and(|short| folded(short) == wanted)
}

/// Lower case without accents; anything that is no letter or digit is one space.
fn folded(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|character| !unicode_normalization::char::is_combining_mark(*character))
        .filter(|character| !matches!(character, '\'' | '’' | '`'))
        .flat_map(char::to_lowercase)
        .map(|character| match character {
            'ø' => 'o',
            'ł' => 'l',
            'ı' => 'i',
            character if character.is_alphanumeric() => character,
            _ => ' ',
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The region as Shopify's code.
pub fn region(country_code: &str, text: &str) -> Option<String> {
    let wanted = folded(text);
    if wanted.is_empty() || text.len() > 1000 {
        return None;
    }
    let by_word = REGION_WORDS.iter().find(|(land, word, _)| *land == country_code && *word == wanted);
    if let Some((_, _, code)) = by_word {
        return Some((*code).to_owned());
    }
    let shop_code =
        REGION_CODES.iter().find(|(land, _, shop)| *land == country_code && folded(shop) == wanted);
    if let Some((_, _, code)) = shop_code {
        return Some((*code).to_owned());
    }
    let known = rust_iso3166::from_alpha2(country_code)?;
    let regions = known.subdivisions()?.iter().filter(|region| is_level_of_addresses(country_code, region));
    let found =
        regions.clone().find(|region| folded(region.code) == wanted || folded(region.region_code) == wanted);
    let found =
        found.or_else(|| regions.clone().find(|region| names(region.name).any(|name| name == wanted)))?;
    let renamed =
        REGION_CODES.iter().find(|(land, iso, _)| *land == country_code && *iso == found.region_code);
    Some(match renamed {
        Some((_, _, shop)) => (*shop).to_owned(),
        None if REGION_WITH_COUNTRY.contains(&country_code) => found.code.to_owned(),
        None => found.region_code.to_owned(),
    })
}

/// "Bizkaia / Vizcaya" and "Valencia [València]" are known by either name, "Tokyo To (Prefecture)" by the first.
fn names(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(['/', '[', ']', '(', ')', ',']).map(folded).chain(std::iter::once(folded(name)))
}

/// ISO lists several levels for some countries; addresses use one of them.
fn is_level_of_addresses(country_code: &str, region: &rust_iso3166::iso3166_2::Subdivision) -> bool {
    let kind = region.subdivision_type.to_lowercase();
    match country_code {
        "GB" => ["ENG", "NIR", "SCT", "WLS"].contains(&region.region_code),
        "IT" => region.region_code.bytes().all(|byte| byte.is_ascii_alphabetic()),
        "ES" => !kind.contains("communit"),
        _ => true,
    }
}

fn place_region(mapped: &mut Mapped, kind: AddressKind, country_code: &str, given: &str) {
    let given = part(given);
    if given.is_empty() {
        return;
    }
    let unknown =
        || Problem::AddrRegionUnknown { kind, region: given.clone(), country: country_code.to_owned() };
    match region(country_code, &given) {
        Some(code) if needs_region(country_code) || REGION_TAKEN.contains(&country_code) => {
            mapped.address.region_code = code;
        }
        // A true region of a country whose addresses do without one, such as Bavaria: nothing is lost.
        Some(_) => {}
        None if needs_region(country_code) => mapped.problems.push(unknown()),
        None => {
            mapped.marks.push(unknown());
            mapped.region_left_out = Some(given);
        }
    }
}

fn missing_parts(address: &DraftAddress, given: &Address) -> Vec<String> {
    let code = address.country_code.as_str();
    let country = if given.country.trim().is_empty() {
        "country".to_owned()
    } else {
        format!("country (\"{}\" is not known)", capped(&one_line(&given.country), 60).0)
    };
    [
        (address.line_1.is_empty(), "street".to_owned()),
        (address.city.is_empty(), "city".to_owned()),
        (REGION_NEVER_EMPTY.contains(&code) && part(&given.region).is_empty(), "region".to_owned()),
        (POSTCODE_NEEDED.contains(&code) && address.postcode.is_empty(), "postcode".to_owned()),
        (code.is_empty(), country),
    ]
    .into_iter()
    .filter_map(|(missing, part)| missing.then_some(part))
    .collect()
}

fn place_phone(mapped: &mut Mapped, given: &str) {
    let given = part(given);
    if given.is_empty() {
        return;
    }
    match phone(&given, &mapped.address.country_code) {
        Some(number) => mapped.address.phone = number,
        None => {
            mapped.marks.push(Problem::AddrPhoneInvalid { phone: given.clone() });
            mapped.phone_left_out = Some(given);
        }
    }
}

/// The number as E.164, read as people in this country would dial it; `None` if no phone can have it.
pub fn phone(text: &str, country_code: &str) -> Option<String> {
    // Only what belongs to a number reaches the parser.
    let plain = text.len() <= 40 && text.chars().all(|character| "+0123456789 ()-./".contains(character));
    if !plain {
        return None;
    }
    let country = country_code.parse().ok();
    let number = phonenumber::parse(country, text).ok()?;
    phonenumber::is_valid(&number).then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

/// First and last name: "Ada King Lovelace", "Lovelace, Ada"; a single word is a last name.
pub fn split_name(person: &str) -> (String, String) {
    if let Some((last, first)) = person.split_once(',')
        && !last.trim().is_empty()
        && !first.trim().is_empty()
    {
        return (first.trim().to_owned(), last.trim().to_owned());
    }
    match person.rsplit_once(char::is_whitespace) {
        Some((first, last)) => (first.trim().to_owned(), last.to_owned()),
        None => (String::new(), person.to_owned()),
    }
}

fn part(text: &str) -> String {
    capped(&one_line(text), PART_CHARS_MAX).0
}

#[cfg(test)]
mod tests;
