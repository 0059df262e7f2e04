//! Lines: identifiers, quantities, prices.

use super::*;
use crate::orders::decide::testing::{decimal, line, order, settings, variant};
use crate::orders::linked::ItemLink;

const ALL: [ItemKey; 4] = [ItemKey::UpcVariantId, ItemKey::ExternalVariantId, ItemKey::Sku, ItemKey::Barcode];

/// On the shelf: variants 1 to 4; 3 and 4 share SKU and barcode with 2; 5 is archived.
fn shelf() -> BTreeMap<VariantId, Variant> {
    let mut shelf: Vec<Variant> = (1..=5).map(|number| variant(number, &[])).collect();
    for index in [2, 3] {
        shelf[index].sku = "SKU-2".to_owned();
        shelf[index].barcode = "BAR-2".to_owned();
    }
    shelf[3].product = shelf[2].product.clone();
    shelf[4].product_state = ProductState::Archived;
    shelf.into_iter().map(|variant| (variant.id.clone(), variant)).collect()
}

struct Said<'a> {
    style: &'a str,
    upc: &'a str,
    external: &'a str,
    sku: &'a str,
}

fn matched(keys: &[ItemKey], said: Said<'_>) -> Result<String, Trouble> {
    matched_with(&ItemLinks::default(), keys, said)
}

fn matched_with(links: &ItemLinks, keys: &[ItemKey], said: Said<'_>) -> Result<String, Trouble> {
    let mut line = line(1, "1", "5");
    line.style_identifier = said.style.to_owned();
    line.sku_identifier = said.sku.to_owned();
    let sku = SkuIdentifiers {
        upc: said.upc.to_owned(),
        external_id: said.external.to_owned(),
        sku_identifier: String::new(),
    };
    let mut settings = settings().orders;
    settings.item_keys = keys.to_vec();
    let shelf = shelf();
    let index = Index::new(&shelf, &settings);
    match_line(&line, Some(&sku), links, &settings, &index).map(|variant| variant.id.number().to_owned())
}

fn said<'a>(style: &'a str, upc: &'a str, external: &'a str, sku: &'a str) -> Said<'a> {
    Said { style, upc, external, sku }
}

#[test]
fn identifiers_that_parse_and_agree_name_the_variant() {
    let upc = &[ItemKey::UpcVariantId][..];
    for (keys, said) in [
        (upc, said("10", "1", "", "")),
        (upc, said("10", "4006381333931::1", "", "")),
        (upc, said("gid://shopify/Product/10", "gid://shopify/ProductVariant/1", "", "")),
        (upc, said("", "1", "", "")),
        (upc, said("ROSE", "1", "", "")),
        (upc, said("10", "1", "", "SKU-2")),
        (&ALL[..], said("10", "1", "1", "SKU-1")),
        (&ALL[..], said("10", "BAR-1", "", "")),
        (&ALL[..], said("10", "BAR-1::1", "not a number", "unknown")),
        (&ALL[..], said("10", "4006381333931", "", "SKU-1")),
    ] {
        let line = format!("{} {} {} {}", said.style, said.upc, said.external, said.sku);
        assert_eq!(matched(keys, said), Ok("1".to_owned()), "{line}");
    }
}

#[test]
fn shared_codes_are_ambiguous_unless_the_product_or_an_id_narrows_them_to_one() {
    assert!(
        matches!(matched(&[ItemKey::Sku], said("", "", "", "SKU-2")), Err(Trouble::Ambiguous(found)) if found.len() == 3)
    );
    assert!(
        matches!(matched(&[ItemKey::Sku], said("30", "", "", "SKU-2")), Err(Trouble::Ambiguous(found)) if found.len() == 2)
    );
    assert_eq!(matched(&[ItemKey::Sku], said("20", "", "", "SKU-2")), Ok("2".to_owned()));
    assert_eq!(matched(&ALL, said("30", "BAR-2::4", "", "SKU-2")), Ok("4".to_owned()));
}

#[test]
fn identifiers_that_disagree_are_shown_side_by_side() {
    for said in [
        said("20", "1", "", ""),
        said("10", "1", "2", ""),
        said("", "1", "", "SKU-2"),
        said("", "BAR-2::1", "", ""),
        said("", "BAR-1::99", "", ""),
        said("", "", "99", "SKU-1"),
    ] {
        let line = format!("{} {} {} {}", said.style, said.upc, said.external, said.sku);
        assert!(
            matches!(matched(&ALL, said), Err(Trouble::Disagree(said)) if said.len() == 2 || said.len() == 3),
            "{line}"
        );
    }
    let Err(Trouble::Disagree(said)) = matched(&ALL, said("20", "1", "", "SKU-1")) else { panic!() };
    assert_eq!(
        said,
        [
            "style identifier: product 20",
            "UPC 1: Style1 Red / M (variant 1 of product 10)",
            "SKU SKU-1: Style1 Red / M (variant 1 of product 10)"
        ]
    );
}

#[test]
fn lines_without_a_variant_say_whether_they_ever_came_from_shopify() {
    assert_eq!(matched(&ALL, said("ROSE", "", "", "none")), Err(Trouble::NotFromShopify));
    assert_eq!(matched(&ALL, said("", "abc", "", "")), Err(Trouble::NotFromShopify));
    assert_eq!(matched(&ALL, said("10", "", "", "none")), Err(Trouble::NotFound));
    assert_eq!(matched(&ALL, said("10", "99", "", "")), Err(Trouble::NotFound));
    assert_eq!(matched(&[ItemKey::UpcVariantId], said("10", "", "", "SKU-1")), Err(Trouble::NotFound));
    assert_eq!(
        matched(&ALL, said("50", "5", "", "")),
        Err(Trouble::Archived(ProductId::from_number("50").unwrap(), VariantId::from_number("5").unwrap()))
    );
}

#[test]
fn all_lines_in_trouble_are_named_at_once() {
    let settings = settings().orders;
    let shelf = shelf();
    let index = Index::new(&shelf, &settings);
    let mut lines: Vec<Line> = (1..=6).map(|number| line(number, "1", "5")).collect();
    lines[3].style_identifier = "50".to_owned();
    lines[5].style_identifier = "ROSE".to_owned();
    let upcs = ["1", "99", "98", "5", "1", ""];
    let skus = lines
        .iter()
        .zip(upcs)
        .map(|(line, upc)| {
            (line.sku.clone(), SkuIdentifiers { upc: upc.to_owned(), ..SkuIdentifiers::default() })
        })
        .collect();
    let live: Vec<Live<'_>> = lines.iter().map(|line| Live { line, quantity: 1 }).collect();
    let links = linked(&lines[2], "97");
    let (variants, problems) = match_all(&live, &skus, &links, &settings, &index);
    assert_eq!(variants.iter().filter(|variant| variant.is_some()).count(), 1);
    let counts: Vec<(&str, usize)> = problems
        .iter()
        .map(|problem| match problem {
            Problem::ItemNotFromShopify { lines, total: 6 } => ("foreign", lines.len()),
            Problem::ItemNotFound { lines, total: 6 } => ("missing", lines.len()),
            Problem::ItemRemoved { lines } => ("removed", lines.len()),
            Problem::ItemIdsDisagree { lines } => ("disagree", lines.len()),
            Problem::ItemLinkDead { lines } => ("unlinked", lines.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [("foreign", 1), ("missing", 1), ("removed", 1), ("disagree", 1), ("unlinked", 1)]);
}

#[test]
fn what_must_be_read_follows_the_item_keys() {
    let mut settings = settings();
    settings.orders.item_keys = ALL.to_vec();
    let sku = SkuIdentifiers {
        upc: "BAR-9::1".to_owned(),
        external_id: "2".to_owned(),
        sku_identifier: "SKU-9".to_owned(),
    };
    let mut line = line(1, "1", "5");
    let ids = |line: &Line, sku: Option<&SkuIdentifiers>, links: &ItemLinks, settings: &Settings| {
        let wanted = wanted_variants(line, sku, links, settings);
        wanted.iter().map(|id| id.number().to_owned()).collect::<Vec<String>>()
    };
    let none = ItemLinks::default();
    assert_eq!(ids(&line, Some(&sku), &none, &settings), ["1", "2"]);
    assert_eq!(ids(&line, Some(&sku), &linked(&line, "3"), &settings), ["1", "2", "3"]);
    let codes = |line: &Line, settings: &Settings| wanted_codes(line, Some(&sku), &none, settings, &shelf());
    // The variant that the id names carries the SKU, but not the barcode.
    assert_eq!(codes(&line, &settings), (None, Some("BAR-9".to_owned())));
    line.sku_identifier.clear();
    assert_eq!(codes(&line, &settings), (Some("SKU-9".to_owned()), Some("BAR-9".to_owned())));
    settings.orders.item_keys = vec![ItemKey::UpcVariantId];
    assert_eq!(codes(&line, &settings), (None, None));
    assert_eq!(ids(&line, None, &none, &settings), [""; 0]);
    assert_eq!(ids(&line, None, &linked(&line, "3"), &settings), ["3"]);
    line.cancelled = true;
    assert_eq!(ids(&line, None, &linked(&line, "3"), &settings), [""; 0]);
}

/// Ada says that the line is this variant.
fn linked(line: &Line, variant: &str) -> ItemLinks {
    let link = ItemLink { variant: VariantId::from_number(variant).unwrap(), by: "ada".to_owned() };
    ItemLinks { items: BTreeMap::from([(line.sku.clone(), link)]), ..ItemLinks::default() }
}

#[test]
fn a_link_names_the_variant_where_nothing_else_does_and_chooses_among_several() {
    let check = |variant: &str, keys: &[ItemKey], said: Said<'_>| {
        matched_with(&linked(&line(1, "1", "5"), variant), keys, said)
    };
    for (variant, said) in [
        // Made in JOOR: nothing leads to Shopify.
        ("1", said("ROSE", "", "", "none")),
        ("1", said("", "abc", "", "")),
        // The UPC was changed, or is that of a variant that is gone.
        ("1", said("10", "99", "", "")),
        ("1", said("10", "400::99", "98", "")),
        // What agrees changes nothing.
        ("1", said("10", "1", "1", "SKU-1")),
        // Three share the SKU.
        ("3", said("", "", "", "SKU-2")),
        ("4", said("30", "", "", "SKU-2")),
    ] {
        let line = format!("{} {} {}", said.style, said.upc, said.sku);
        assert_eq!(check(variant, &ALL, said), Ok(variant.to_owned()), "{line}");
    }
    assert!(matches!(check("5", &ALL, said("", "", "", "")), Err(Trouble::Archived(..))));
    let other = linked(&line(2, "1", "5"), "1");
    assert_eq!(matched_with(&other, &ALL, said("ROSE", "", "", "")), Err(Trouble::NotFromShopify));
}

#[test]
fn a_link_overrules_no_identifier_and_both_are_shown() {
    let check = |links: &ItemLinks, said: Said<'_>| match matched_with(links, &ALL, said) {
        Err(Trouble::Disagree(said)) => said,
        other => panic!("{other:?}"),
    };
    let mut links = linked(&line(1, "1", "5"), "2");
    assert_eq!(
        check(&links, said("", "1", "", "")),
        [
            "UPC 1: Style1 Red / M (variant 1 of product 10)",
            "linked by ada: Style2 Red / M (variant 2 of product 20)"
        ]
    );
    assert_eq!(check(&links, said("", "", "", "SKU-1")).len(), 2);
    // The variant is of another product than the style, and that product is there.
    let product = "style identifier: product 10";
    assert_eq!(check(&links, said("10", "", "", ""))[0], product);
    links.gone_products.insert(product_id("10").unwrap());
    assert_eq!(matched_with(&links, &ALL, said("10", "", "", "")), Ok("2".to_owned()));
    // A product that is gone contradicts identifiers as before where nobody said anything.
    links.items.clear();
    assert_eq!(check(&links, said("10", "2", "", ""))[0], product);
}

#[test]
fn a_link_to_a_variant_that_is_gone_holds_the_line_whatever_else_it_says() {
    let links = linked(&line(1, "1", "5"), "97");
    let dead = Err(Trouble::LinkDead("linked by ada to variant 97, which is not in Shopify".to_owned()));
    for said in [said("ROSE", "", "", ""), said("10", "1", "", "SKU-1"), said("10", "99", "", "")] {
        assert_eq!(matched_with(&links, &ALL, said), dead);
    }
}

#[test]
fn only_a_product_that_a_link_contradicts_is_asked_for() {
    let shelf = shelf();
    let mut line = line(1, "1", "5");
    let asked = |links: ItemLinks, line: &Line| {
        links.doubtful_product(line, &shelf).map(|product| product.number().to_owned())
    };
    assert_eq!(asked(linked(&line, "2"), &line), Some("10".to_owned()));
    assert_eq!(asked(linked(&line, "1"), &line), None);
    assert_eq!(asked(linked(&line, "97"), &line), None);
    assert_eq!(asked(ItemLinks::default(), &line), None);
    line.style_identifier = "ROSE".to_owned();
    assert_eq!(asked(linked(&line, "2"), &line), None);
}

const LARGEST: &str = "79228162514264337593543950335";

#[test]
fn rows_add_up_to_the_units_of_their_order_or_not_however_large_they_are() {
    for (total, quantities, expected) in [
        (Some("5"), &["3", "2"][..], true),
        (Some("5.0"), &["5", "0"], true),
        (Some("5"), &["3"], false),
        (Some("5"), &[], false),
        (Some("0"), &[], true),
        (Some(LARGEST), &[LARGEST], true),
        (Some(LARGEST), &[LARGEST, "1"], false),
        (Some("1"), &[LARGEST, LARGEST], false),
        (Some("-1"), &["-79228162514264337593543950335", "-1"], false),
        // Nobody says how many there should be.
        (None, &[LARGEST, "1"], true),
        (None, &[], false),
    ] {
        let order = Order { total_units: total.map(decimal), ..order() };
        let lines: Vec<Line> = quantities.iter().map(|quantity| line(1, quantity, "5")).collect();
        assert_eq!(add_up(&order, &lines), expected, "{total:?} {quantities:?}");
    }
}

#[test]
fn lines_are_complete_only_where_joor_says_how_many_units_there_are() {
    for (total, quantities, expected) in [
        (Some("5"), &["3", "2"][..], None),
        (Some("6"), &["3", "2"], Some("MONEY_TOTAL_DIFFERS")),
        (None, &["3", "2"], Some("SRC_BAD_PAYLOAD")),
        (None, &["0"], Some("ORD_EMPTY")),
        (Some(LARGEST), &[LARGEST], Some("SRC_BAD_PAYLOAD")),
        (Some("1"), &["10000000", "10000000"], Some("MONEY_TOTAL_DIFFERS")),
    ] {
        let order = Order { total_units: total.map(decimal), ..order() };
        let lines: Vec<Line> = quantities.iter().map(|quantity| line(1, quantity, "5")).collect();
        let (_, problems) = live(&order, &lines);
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code()).collect();
        assert_eq!(codes, expected.into_iter().collect::<Vec<_>>(), "{total:?} {quantities:?}");
    }
    let (_, problems) = live(&order(), &[line(1, "3", "5")]);
    let sentence = problems[0].told("7100412").sentence;
    assert!(sentence.contains("total should be the number of units but is \"nothing\""), "{sentence}");
}

#[test]
fn prices_finer_than_the_minor_unit_are_split_into_two_lines_with_the_same_sum() {
    for (code, quantity, price, expected) in [
        ("USD", 3, "20.00", vec![(3, "20.00")]),
        ("USD", 3, "19.997", vec![(1, "19.99"), (2, "20.00")]),
        ("USD", 1, "19.997", vec![(1, "20.00")]),
        ("USD", 2, "0.005", vec![(1, "0.00"), (1, "0.01")]),
        ("USD", 4, "2.5050", vec![(2, "2.50"), (2, "2.51")]),
        ("JPY", 3, "100.5", vec![(1, "100"), (2, "101")]),
        ("KWD", 3, "1.2345", vec![(1, "1.234"), (2, "1.235")]),
    ] {
        let currency = Currency::from_code(code).unwrap();
        let line = line(1, &quantity.to_string(), price);
        let live = Live { line: &line, quantity };
        let split = split_price(&live, currency);
        let sum: Decimal = split.iter().map(|(units, price)| Decimal::from(*units) * *price).sum();
        assert_eq!(sum, line_total(&live, currency), "{code} {quantity} × {price}");
        let expected: Vec<(i64, Decimal)> =
            expected.into_iter().map(|(units, price)| (units, decimal(price))).collect();
        assert_eq!(split, expected, "{code} {quantity} × {price}");
    }
}
