//! Stock: modes, rules, scarce units, locations.

use super::*;
use crate::orders::decide::testing::{location, order, settings, variant};
use jiff::civil::date;

fn places() -> Vec<Location> {
    [("1", "Brooklyn", true), ("2", "Reno", true), ("3", "Closed", false)]
        .map(|(id, name, active)| Location { id: location(id), name: name.to_owned(), active })
        .to_vec()
}

fn want(variant: &Variant, quantity: i64) -> Want<'_> {
    let label = format!("line of {quantity}");
    Want { line: LineRef { label, ..LineRef::default() }, variant, quantity }
}

fn mode(stock: StockMode) -> Effective {
    Effective { stock, fulfilment: Fulfilment::Unfulfilled, skip: None }
}

fn run(wants: &[Want<'_>], effective: &Effective, chosen: &[&str], promised: &[(&str, i64)]) -> Checked {
    let mut settings = settings();
    settings.orders.stock_locations = chosen.iter().map(|id| location(id)).collect();
    let promised = promised.iter().map(|(id, units)| (VariantId::from_number(id).unwrap(), *units)).collect();
    check(wants, effective, &settings, &places(), &Promised(promised))
}

/// (ordered, available, promised before) of each short variant.
fn short_of(checked: &Checked) -> Vec<(i64, i64, i64)> {
    let shortages = checked.problems.iter().find_map(|problem| match problem {
        Problem::StockShort { short, .. } => Some(short),
        _ => None,
    });
    let numbers = |short: &Shortage| (short.ordered, short.available, short.promised_before);
    shortages.map(|short| short.iter().map(numbers).collect()).unwrap_or_default()
}

#[test]
fn every_tracked_unit_must_be_there_and_lines_of_one_variant_add_up() {
    let rose = variant(1, &[("1", 3), ("2", 4)]);
    let check =
        |quantities: &[i64], chosen: &[&str], promised: &[(&str, i64)], expected: &[(i64, i64, i64)]| {
            let wants: Vec<Want<'_>> = quantities.iter().map(|quantity| want(&rose, *quantity)).collect();
            assert_eq!(short_of(&run(&wants, &mode(StockMode::Require), chosen, promised)), expected);
        };
    check(&[7], &[], &[], &[]);
    check(&[8], &[], &[], &[(8, 7, 0)]);
    check(&[4, 4], &[], &[], &[(8, 7, 0)]);
    check(&[3], &["1"], &[], &[]);
    check(&[4], &["1"], &[], &[(4, 3, 0)]);
    check(&[5], &[], &[("1", 2)], &[]);
    check(&[6], &[], &[("1", 2)], &[(6, 7, 2)]);
}

#[test]
fn every_line_knows_its_shelf_and_what_its_variant_lacks_over_all_lines() {
    let (rose, thorn) = (variant(1, &[("1", 3), ("2", 4), ("3", 90)]), variant(2, &[("1", -2)]));
    let mut sold_by_weight = variant(3, &[]);
    sold_by_weight.tracked = false;
    let wants = [want(&rose, 4), want(&thorn, 1), want(&rose, 2), want(&sold_by_weight, 9)];
    let found = |effective: &Effective, chosen: &[&str]| -> Vec<Option<(i64, i64, i64)>> {
        let mut settings = settings();
        settings.orders.stock_locations = chosen.iter().map(|id| location(id)).collect();
        let promised = Promised([(rose.id.clone(), 2)].into());
        let levels = levels(&wants, effective, &settings, &places(), &promised);
        let numbers = |level: Level| (level.available, level.promised, level.missing);
        levels.into_iter().map(|level| level.map(numbers)).collect()
    };
    let (all, few) = (Some((7, 2, 1)), Some((3, 2, 5)));
    assert_eq!(found(&mode(StockMode::Require), &[]), [all, Some((0, 0, 1)), all, None]);
    assert_eq!(found(&mode(StockMode::Require), &["1"]), [few, Some((0, 0, 1)), few, None]);
    // Nothing is short where nothing is checked.
    let unchecked = Some((7, 2, 0));
    assert_eq!(found(&mode(StockMode::Bypass), &[]), [unchecked, Some((-2, 0, 0)), unchecked, None]);
    // Enough in the shop, and too little where the order is to leave from.
    let one = [want(&rose, 4)];
    let assigned = Effective { fulfilment: Fulfilment::Assigned(location("1")), ..mode(StockMode::Require) };
    let at = levels(&one, &assigned, &settings(), &places(), &Promised::default());
    assert_eq!(at, [Some(Level { available: 3, promised: 0, missing: 1 })]);
}

#[test]
fn units_at_inactive_locations_and_negative_levels_do_not_help() {
    let rose = variant(1, &[("1", -2), ("2", 4), ("3", 90)]);
    assert_eq!(short_of(&run(&[want(&rose, 3)], &mode(StockMode::Require), &[], &[])), [(3, 2, 0)]);
    let below = variant(2, &[("1", -2)]);
    assert_eq!(short_of(&run(&[want(&below, 1)], &mode(StockMode::Require), &[], &[])), [(1, 0, 0)]);
}

#[test]
fn the_modes_differ_in_what_they_check_promise_and_claim() {
    let mut rose = variant(1, &[("1", 0)]);
    rose.when_sold_out = WhenSoldOut::Continue;
    for (stock, is_short, promises, claims) in [
        (StockMode::Require, true, true, Claim::ObeyingPolicy),
        (StockMode::FollowPolicy, false, true, Claim::ObeyingPolicy),
        (StockMode::AlwaysClaim, false, true, Claim::IgnoringPolicy),
        (StockMode::Bypass, false, false, Claim::Nothing),
    ] {
        let checked = run(&[want(&rose, 2)], &mode(stock), &[], &[]);
        assert_eq!(!short_of(&checked).is_empty(), is_short, "{stock:?}");
        assert_eq!(!checked.promise.is_empty(), promises, "{stock:?}");
        assert_eq!(claim(stock), claims);
    }
    rose.when_sold_out = WhenSoldOut::Stop;
    assert!(!short_of(&run(&[want(&rose, 2)], &mode(StockMode::FollowPolicy), &[], &[])).is_empty());
}

#[test]
fn untracked_items_are_said_and_not_promised() {
    let mut rose = variant(1, &[]);
    rose.tracked = false;
    let checked = run(&[want(&rose, 2)], &mode(StockMode::Require), &[], &[]);
    assert_eq!((checked.problems.len(), checked.promise.len()), (0, 0));
    assert!(matches!(checked.marks.as_slice(), [Problem::StockUntracked { lines }] if lines.len() == 1));
    assert_eq!(run(&[want(&rose, 2)], &mode(StockMode::Bypass), &[], &[]).marks, []);
}

#[test]
fn an_assigned_location_must_stock_the_items_and_have_enough() {
    let both = variant(1, &[("1", 9), ("2", 1)]);
    let one = variant(2, &[("1", 9)]);
    let at = |id: &str, stock| Effective { fulfilment: Fulfilment::Assigned(location(id)), ..mode(stock) };
    let checked = run(&[want(&both, 2)], &at("2", StockMode::Require), &[], &[]);
    assert!(matches!(checked.problems.as_slice(), [Problem::StockShort { place, .. }] if place == "Reno"));
    let checked = run(&[want(&one, 2)], &at("2", StockMode::AlwaysClaim), &[], &[]);
    assert!(
        matches!(checked.problems.as_slice(), [Problem::StockNotHeldAtLocation { location, .. }] if location == "Reno")
    );
    assert_eq!(run(&[want(&one, 2)], &at("2", StockMode::Bypass), &[], &[]).problems, []);
    assert_eq!(run(&[want(&one, 2)], &at("1", StockMode::Require), &[], &[]).problems, []);
}

#[test]
fn locations_that_are_gone_or_off_hold_the_order() {
    let rose = variant(1, &[("1", 9)]);
    let at = |id: &str| Effective {
        fulfilment: Fulfilment::Fulfilled(Some(location(id))),
        ..mode(StockMode::Bypass)
    };
    let problems =
        |effective: &Effective, chosen: &[&str]| run(&[want(&rose, 2)], effective, chosen, &[]).problems;
    assert_eq!(problems(&at("9"), &[]), [Problem::LocUnmapped { location: "9".to_owned() }]);
    assert_eq!(problems(&at("3"), &[]), [Problem::LocInactive { location: "Closed".to_owned() }]);
    let somewhere = Effective { fulfilment: Fulfilment::Fulfilled(None), ..mode(StockMode::Bypass) };
    assert_eq!(problems(&somewhere, &[]), [Problem::LocUnmapped { location: String::new() }]);
    let stock = mode(StockMode::Require);
    assert_eq!(problems(&stock, &["1", "3"]), [Problem::LocInactive { location: "Closed".to_owned() }]);
    assert_eq!(problems(&mode(StockMode::Bypass), &["3"]), []);
}

#[test]
fn the_first_matching_rule_wins_for_each_setting() {
    let rule = |name: &str, when: RuleWhen| Rule { name: name.to_owned(), when, ..Rule::default() };
    let words = |word: &str| vec![word.to_owned()];
    let mut settings = settings();
    let spring = RuleWhen { season: words("spring"), country: words("US"), ..RuleWhen::default() };
    let linesheet = RuleWhen { linesheet: words("core"), ..RuleWhen::default() };
    settings.rules = vec![
        Rule { stock: Some(StockMode::Bypass), ..rule("spring in the US", spring) },
        Rule {
            stock: Some(StockMode::AlwaysClaim),
            fulfilment: Some(Fulfilment::Assigned(location("2"))),
            ..rule("core", linesheet)
        },
        Rule {
            skip: true,
            ..rule("other warehouse", RuleWhen { warehouse: words("W2"), ..RuleWhen::default() })
        },
    ];
    let mut order = order();
    let check = |order: &Order, stock, fulfilment, skip: Option<&str>| {
        let expected = Effective { stock, fulfilment, skip: skip.map(str::to_owned) };
        assert_eq!(effective(order, &settings), expected);
    };
    check(&order, StockMode::Require, Fulfilment::Unfulfilled, None);
    order.linesheet.name = "CORE ".to_owned();
    check(&order, StockMode::AlwaysClaim, Fulfilment::Assigned(location("2")), None);
    order.season.code = "SPRING".to_owned();
    check(&order, StockMode::Bypass, Fulfilment::Assigned(location("2")), None);
    order.bill_to.country = "Canada".to_owned();
    check(&order, StockMode::AlwaysClaim, Fulfilment::Assigned(location("2")), None);
    order.warehouse.code = "w2".to_owned();
    check(&order, StockMode::AlwaysClaim, Fulfilment::Assigned(location("2")), Some("other warehouse"));
    order.linesheet.code = " mto".to_owned();
    check(&order, StockMode::Bypass, Fulfilment::Assigned(location("2")), Some("other warehouse"));
}

#[test]
fn scarce_units_go_by_approval_and_number_or_by_ship_window() {
    let sorted = |scarce: ScarceOrder| {
        let mut settings = settings();
        settings.orders.scarce = scarce;
        let mut orders: Vec<Order> =
            [("10", Some(5), Some(1)), ("9", Some(5), None), ("8", Some(6), Some(2)), ("7", None, Some(1))]
                .map(|(id, approved, window)| {
                    let mut order = order();
                    order.id = crate::ids::JoorOrderId::new(id);
                    order.approved = approved.map(|day| date(2026, 11, day));
                    order.window_start = window.map(|month| date(2027, month, 1));
                    order
                })
                .to_vec();
        orders.sort_by_cached_key(|order| scarce_key(&settings, order));
        orders.iter().map(|order| order.id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(sorted(ScarceOrder::Approval), ["9", "10", "8", "7"]);
    assert_eq!(sorted(ScarceOrder::ShipWindow), ["10", "7", "8", "9"]);
}
