//! Addresses: countries, regions, phones, names.

use super::*;

fn address() -> Address {
    Address {
        name: "Rose & Thorn".to_owned(),
        line_1: "12 Bleecker St".to_owned(),
        city: "New York".to_owned(),
        region: "New York".to_owned(),
        postcode: "10012".to_owned(),
        country: "United States".to_owned(),
        phone: "(212) 555-0147".to_owned(),
        ..Address::default()
    }
}

fn mapped(given: &Address) -> Mapped {
    map(AddressKind::Shipping, given, "Ada King Lovelace", "Rose & Thorn Ltd")
}

#[test]
fn countries_are_known_by_codes_and_by_what_people_call_them() {
    for (text, code) in [
        ("US", "US"),
        ("usa", "US"),
        (" U.S.A. ", "US"),
        ("U.K.", "GB"),
        ("United States of America", "US"),
        ("United Kingdom", "GB"),
        ("GBR", "GB"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("The Netherlands", "NL"),
        ("Iran", "IR"),
        ("Côte d'Ivoire", "CI"),
        ("CURAÇAO", "CW"),
        ("deutschland", "DE"),
        ("Viet Nam", "VN"),
        ("Taiwan", "TW"),
        ("Hong Kong", "HK"),
    ] {
        assert_eq!(country(text), Some(code), "{text}");
    }
    for text in ["", "Atlantis", "XX", "{{ country }}", "12", "the", "the the"] {
        assert_eq!(country(text), None, "{text}");
    }
}

#[test]
fn regions_become_the_codes_that_shopify_uses() {
    for (land, text, code) in [
        ("US", "NY", Some("NY")),
        ("US", "new york", Some("NY")),
        ("US", "US-NY", Some("NY")),
        ("US", "Washington, D.C.", Some("DC")),
        ("US", "AP", Some("AP")),
        ("US", "Bavaria", None),
        ("CA", "Québec", Some("QC")),
        ("CA", "Quebec", Some("QC")),
        ("AU", "New South Wales", Some("NSW")),
        ("JP", "Tokyo", Some("JP-13")),
        ("IT", "Milano", Some("MI")),
        ("IT", "Milan", Some("MI")),
        ("IT", "Lombardia", None),
        ("ES", "Madrid", Some("M")),
        ("ES", "Barcelona", Some("B")),
        ("MX", "Ciudad de México", Some("DF")),
        ("MX", "Jalisco", Some("JAL")),
        ("MX", "AGS", Some("AGS")),
        ("GB", "England", Some("ENG")),
        ("GB", "London", None),
    ] {
        assert_eq!(region(land, text).as_deref(), code, "{land} {text}");
    }
}

#[test]
fn a_complete_address_is_taken_as_given_with_codes() {
    let mapped = mapped(&address());
    assert_eq!((mapped.problems, mapped.marks), (vec![], vec![]));
    assert_eq!(
        mapped.address,
        DraftAddress {
            first_name: "Ada King".to_owned(),
            last_name: "Lovelace".to_owned(),
            company: "Rose & Thorn".to_owned(),
            line_1: "12 Bleecker St".to_owned(),
            line_2: String::new(),
            city: "New York".to_owned(),
            region_code: "NY".to_owned(),
            country_code: "US".to_owned(),
            postcode: "10012".to_owned(),
            phone: "+12125550147".to_owned(),
        }
    );
}

#[test]
fn every_missing_part_is_named_at_once() {
    let check = |change: fn(&mut Address), parts: &[&str]| {
        let mut given = address();
        change(&mut given);
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let expected = vec![Problem::AddrIncomplete { kind: AddressKind::Shipping, parts }];
        assert_eq!(mapped(&given).problems, expected);
    };
    check(|given| *given = Address::default(), &["street", "city", "country"]);
    check(|given| given.city = " \u{0}".to_owned(), &["city"]);
    check(|given| given.region.clear(), &["region"]);
    check(|given| given.postcode.clear(), &["postcode"]);
    check(|given| given.country = "Atlantis".to_owned(), &["country (\"Atlantis\" is not known)"]);
}

#[test]
fn an_unknown_region_stops_only_where_the_country_needs_one() {
    let unknown = |land: &str| {
        let region = "Somewhere".to_owned();
        vec![Problem::AddrRegionUnknown { kind: AddressKind::Shipping, region, country: land.to_owned() }]
    };
    let mut given = Address { region: "Somewhere".to_owned(), ..address() };
    assert_eq!(mapped(&given).problems, unknown("US"));
    given.country = "DE".to_owned();
    given.phone.clear();
    let dropped = mapped(&given);
    assert_eq!((dropped.problems, dropped.marks), (vec![], unknown("DE")));
    assert_eq!(dropped.region_left_out.as_deref(), Some("Somewhere"));
    given.region = "Bayern".to_owned();
    let known = mapped(&given);
    assert_eq!((known.address.region_code.as_str(), known.marks), ("", vec![]));
}

#[test]
fn postcodes_are_not_asked_for_where_there_are_none() {
    let given = Address {
        country: "Hong Kong".to_owned(),
        postcode: String::new(),
        phone: String::new(),
        ..address()
    };
    assert_eq!(mapped(&given).problems, vec![]);
}

#[test]
fn phones_become_e164_or_are_left_out_and_kept() {
    for (text, land, number) in [
        ("(212) 555-0147", "US", Some("+12125550147")),
        ("+44 20 7946 0958", "US", Some("+442079460958")),
        ("020 7946 0958", "GB", Some("+442079460958")),
        ("06 12 34 56 78", "FR", Some("+33612345678")),
        ("212 555 0147", "", None),
        ("12", "US", None),
        ("call Bob", "US", None),
        ("+1;phone-context=a", "US", None),
        ("٠١٢٣٤٥٦٧٨٩", "EG", None),
    ] {
        assert_eq!(phone(text, land).as_deref(), number, "{text} {land}");
    }
    let left_out = mapped(&Address { phone: "call Bob".to_owned(), ..address() });
    assert_eq!(left_out.marks, vec![Problem::AddrPhoneInvalid { phone: "call Bob".to_owned() }]);
    assert_eq!((left_out.phone_left_out.as_deref(), left_out.address.phone.as_str()), (Some("call Bob"), ""));
}

#[test]
fn names_are_split_and_the_company_stands_in_where_there_is_no_person() {
    for (person, first, last) in [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Prince", "", "Prince"),
        ("Lovelace,", "", "Lovelace,"),
        ("", "", ""),
    ] {
        assert_eq!(split_name(person), (first.to_owned(), last.to_owned()), "{person}");
    }
    let nobody = map(AddressKind::Billing, &address(), " ", "Rose & Thorn Ltd").address;
    assert_eq!((nobody.first_name.as_str(), nobody.last_name.as_str()), ("", "Rose & Thorn"));
}

#[test]
fn parts_are_cut_at_the_limit_and_cleaned() {
    let long = format!("a\u{0}\n{}", "é".repeat(10_000));
    let given = Address { line_1: long.clone(), city: long, ..address() };
    let mapped = mapped(&given).address;
    assert_eq!((mapped.line_1.chars().count(), mapped.city.chars().count()), (255, 255));
    assert!(mapped.line_1.starts_with("a é"));
}
