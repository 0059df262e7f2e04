//! Decisions over whole orders, with laws over all inputs.

use super::testing::*;
use super::*;
use crate::orders::draft::{Claim, DraftFulfilment, shopify_total};
use crate::orders::note::Template;
use crate::orders::order::{DiscountPart, Named, OrderDiscount};
use crate::settings::*;
use jiff::civil::date;

/// The names of the problems after a change to an order that passes, or `exported`.
fn check(expected: &[&str], change: impl FnOnce(&mut World)) -> Decision {
    let mut world = World::new();
    change(&mut world);
    let before = world.promised.clone();
    let decision = world.decide();
    let names: Vec<String> = match &decision {
        Decision::Export { marks, .. } => {
            assert!(marks.iter().all(|mark| !mark.blocks()), "{marks:?}");
            std::iter::once("exported".to_owned()).chain(marks.iter().map(name)).collect()
        }
        Decision::Held(problems) | Decision::Skipped(problems) => {
            assert_eq!(world.promised, before, "only an exported order is promised anything");
            problems.iter().map(name).collect()
        }
    };
    assert_eq!(names, expected, "{decision:?}");
    decision
}

fn name(problem: &Problem) -> String {
    let text = format!("{problem:?}");
    text.split([' ', '{']).next().unwrap().to_owned()
}

#[test]
fn an_order_without_trouble_becomes_one_draft() {
    let mut world = World::new();
    let (drafts, marks) = world.drafts();
    let [draft] = drafts.as_slice() else { panic!("{drafts:?}") };
    assert_eq!(marks, []);
    assert_eq!(draft.expected.to_string(), "87.00 USD");
    assert_eq!(shopify_total(draft), decimal("87.00"));
    assert_eq!((draft.units, draft.lines.len()), (5, 2));
    assert_eq!(draft.token.as_str(), "production-42-7100412-1-1");
    assert_eq!(draft.tags, ["JOOR 7100412"]);
    assert_eq!(draft.note, "Shipping method: UPS Ground");
    assert_eq!(draft.source_url, "https://joor.example/orders/7100412");
    assert_eq!((draft.po_number.as_str(), draft.email.as_str()), ("PO-1", "ada@rose.example"));
    assert_eq!((draft.payment, draft.claim), (Payment::Pending, Claim::ObeyingPolicy));
    assert_eq!(draft.fulfilment, DraftFulfilment::Unfulfilled);
    assert_eq!(draft.customer.as_ref().unwrap().number(), "77");
    let shipping = draft.shipping.as_ref().unwrap();
    assert_eq!((shipping.title.as_str(), shipping.code.as_str()), ("UPS Ground", "UPS"));
    assert_eq!(draft.processed_on, Some(date(2026, 11, 20)));
    let promised: Vec<i64> = world.promised.0.values().copied().collect();
    assert_eq!(promised, [3, 2]);
}

#[test]
fn a_look_sees_what_the_decision_sees_whatever_that_was() {
    let mut world = World::new();
    world.add(line(3, "4", "1.005"), variant(3, &[("1", 5), ("2", 1)]));
    world.promised.0.insert(world.variants.keys().next().unwrap().clone(), 8);
    world.promised.0.insert(VariantId::from_number("3").unwrap(), 1);
    world.order.discount = OrderDiscount { amount: Some(decimal("5.00")), parts: Vec::new() };
    let held = world.decide();
    assert!(matches!(&held, Decision::Held(problems) if name(&problems[0]) == "StockShort"), "{held:?}");
    let seen = world.look();
    let lines: Vec<_> = seen.lines.iter().map(|line| (line.quantity, line.level)).collect();
    let level = |available, promised, missing| Some(Level { available, promised, missing });
    assert_eq!(lines, [(3, level(10, 8, 1)), (2, level(2, 0, 0)), (4, level(6, 1, 0))]);
    assert_eq!(seen.lines[0].identifier, "SKU-1");
    let sums = seen.sums.unwrap();
    assert_eq!((sums.base.goods, sums.base.discount), (decimal("78.52"), decimal("5.00")));
    assert_eq!(sums.total(), decimal("86.02"));

    // The same parts that the draft is made of, and none where the lines cannot be counted.
    world.promised = Promised::default();
    assert_eq!(world.drafts().0[0].expected.amount, sums.total());
    world.lines[0].quantity = decimal("1.5");
    assert_eq!(world.look().sums, None);
    // A line that leads nowhere has no shelf, and takes none of another line.
    let mut world = World::new();
    world.skus.clear();
    world.lines[0].style_identifier = String::new();
    assert_eq!(world.look().lines.iter().map(|line| line.level).collect::<Vec<_>>(), [None, None]);
}

#[test]
fn orders_that_are_not_ours_are_skipped_with_the_reason() {
    use crate::orders::order::OrderStatus;
    check(&["OrdNotApproved"], |world| world.order.status = OrderStatus::Cancelled);
    check(&["OrdNotApproved"], |world| world.order.status = OrderStatus::Unknown("weird\u{7}".to_owned()));
    check(&["OrdBeforeStart"], |world| world.order.approved = Some(date(2026, 10, 31)));
    let rule = || Rule { name: "samples".to_owned(), skip: true, ..Rule::default() };
    check(&["OrdRuledOut"], |world| world.settings.rules.push(rule()));
    check(&["exported"], |world| {
        world.settings.rules.push(rule());
        world.order.approved = Some(date(2020, 1, 1));
        world.export_anyway = true;
    });
    check(&["OrdNotApproved"], |world| {
        world.order.status = OrderStatus::Pending;
        world.export_anyway = true;
    });
}

#[test]
fn the_start_day_itself_waits_for_a_word() {
    check(&["OrdOnStartDay"], |world| world.order.approved = Some(START));
    check(&["exported"], |world| {
        world.order.approved = Some(START);
        world.settings.schedule.include_start_day = true;
    });
    check(&["exported"], |world| {
        world.order.approved = Some(START);
        world.export_anyway = true;
    });
    check(&["SrcFieldMissing"], |world| world.order.approved = None);
}

/// A brand in Los Angeles goes live in the evening, when it is the next day in UTC: orders of that evening carry the day
/// before the start. In Tokyo it is the other way round.
#[test]
fn where_going_live_is_the_start_a_day_around_it_waits_for_a_word_too() {
    let (before, after) = (START.yesterday().unwrap(), START.tomorrow().unwrap());
    let decided = |wanted: &str, day: Date, was_there_before: bool, change: fn(&mut World)| {
        check(&[wanted], |world| {
            world.order.approved = Some(day);
            world.start = Start::moment(START, was_there_before);
            change(world);
        });
    };
    let nothing = |_: &mut World| {};
    // Not there yet when the connection went live.
    decided("OrdBeforeStart", before.yesterday().unwrap(), false, nothing);
    decided("OrdOnStartDay", before, false, nothing);
    decided("OrdOnStartDay", START, false, nothing);
    decided("exported", after, false, nothing);
    // Seen in the preview: approved before that.
    decided("OrdBeforeStart", before, true, nothing);
    decided("OrdOnStartDay", START, true, nothing);
    decided("OrdOnStartDay", after, true, nothing);
    decided("exported", after.tomorrow().unwrap(), true, nothing);
    // Whoever wants the start day wants no day before it.
    let with_start_day = |world: &mut World| world.settings.schedule.include_start_day = true;
    decided("OrdOnStartDay", before, false, with_start_day);
    decided("exported", START, false, with_start_day);
    decided("exported", after, true, with_start_day);
    decided("exported", before, false, |world| world.export_anyway = true);
}

#[test]
fn the_date_of_the_order_is_never_in_the_future() {
    let mut world = World::new();
    world.order.approved = Some(date(2026, 12, 24));
    assert_eq!(world.drafts().0[0].processed_on, Some(TODAY));
}

#[test]
fn required_fields_and_currency_are_checked() {
    check(&["SrcFieldMissing"], |world| {
        world.settings.orders.required_fields =
            ["season", "warehouse_code", "po_number"].map(str::to_owned).to_vec();
    });
    check(&["MoneyCurrency"], |world| world.currency = Some(currency("GBP")));
    let unknown = check(&["MoneyCurrency"], |world| world.currency = None);
    assert!(format!("{unknown:?}").contains("DOGE"));
}

#[test]
fn all_problems_are_told_together() {
    check(
        &[
            "SrcFieldMissing",
            "MoneyCurrency",
            "CustEmailInvalid",
            "CustAmbiguous",
            "AddrIncomplete",
            "PricePlaceholder",
            "ItemNotFound",
            "StockShort",
            "DiscountUnmappable",
        ],
        |world| {
            world.settings.orders.required_fields = vec!["season".to_owned()];
            world.currency = Some(currency("GBP"));
            world.order.buyer_email = "nobody".to_owned();
            world.customer = CustomerMatch::Several(vec!["a".to_owned(), "b".to_owned()]);
            world.order.ship_to.city.clear();
            world.lines[0].wholesale_price = Some(Decimal::ONE);
            world.lines[0].quantity = decimal("300");
            world.add(line(3, "1", "5"), variant(3, &[]));
            world.variants.remove(&VariantId::from_number("3").unwrap());
            world.order.discount.amount = Some(decimal("-1"));
        },
    );
}

#[test]
fn numbers_that_cannot_be_an_order_are_held() {
    for quantity in ["-1", "1.5", "99999999999"] {
        check(&["SrcBadPayload"], |world| world.lines[0].quantity = decimal(quantity));
    }
    for price in ["-0.01", "79228162514264337593543950335"] {
        check(&["SrcBadPayload"], |world| world.lines[0].wholesale_price = Some(decimal(price)));
    }
    for price in ["-1", "79228162514264337593543950335"] {
        check(&["SrcBadPayload"], |world| world.order.shipping_price = Some(decimal(price)));
    }
    check(&["SrcBadPayload"], |world| {
        world.settings.orders.stock = StockMode::Bypass;
        world.lines[0].quantity = decimal("1000000");
        world.lines[0].wholesale_price = Some(decimal("1000000000000"));
    });
    check(&["SrcBadPayload"], |world| world.order.id = crate::ids::JoorOrderId::new("7-1"));
    check(&["SrcBadPayload"], |world| world.order.id = crate::ids::JoorOrderId::new("7".repeat(31)));
    check(&["OrdEmpty"], |world| {
        world.lines[0].cancelled = true;
        world.lines[1].quantity = Decimal::ZERO;
    });
    check(&["MoneyTotalDiffers"], |world| world.order.total_units = Some(decimal("6")));
    check(&["exported"], |world| world.order.total_units = Some(decimal("5.00")));
    check(&["SrcBadPayload"], |world| world.without_total = true);
}

#[test]
fn cancelled_and_zero_rows_are_left_out_whatever_they_say() {
    check(&["exported"], |world| {
        let mut cancelled = line(9, "-4", "-1");
        cancelled.cancelled = true;
        cancelled.style_identifier = "made in JOOR".to_owned();
        world.lines.push(cancelled);
        world.lines.push(line(8, "0", "1.00"));
        world.order.total_units = Some(decimal("5"));
    });
}

#[test]
fn stand_in_prices_wait_until_a_person_confirms_them() {
    let price = |price: &str| {
        let price = decimal(price);
        move |world: &mut World| world.lines[0].item_price = Some(price)
    };
    check(&["PricePlaceholder"], price("1.000"));
    check(&["PricePlaceholder"], price("0"));
    check(&["exported"], |world| {
        price("1")(world);
        world.prices_confirmed = true;
    });
    check(&["exported"], |world| {
        price("0")(world);
        world.settings.orders.allow_zero_price = true;
    });
    check(&["PricePlaceholder"], |world| {
        world.lines[0].wholesale_price = None;
        world.prices_confirmed = true;
    });
}

#[test]
fn a_missing_customer_is_created_first_and_other_matches_hold() {
    let decision = check(&["exported"], |world| world.customer = CustomerMatch::ToCreate);
    let Decision::Export { drafts, create_customer: Some(new), .. } = decision else {
        panic!("{decision:?}")
    };
    assert_eq!(drafts[0].customer, None);
    assert_eq!((new.custom_id.as_str(), new.email.as_str()), ("production-42-555", "ada@rose.example"));
    assert_eq!(
        (new.first_name.as_str(), new.last_name.as_str(), new.phone.as_str()),
        ("Ada", "Lovelace", "+12125550147")
    );
    assert_eq!(new.tags, ["wholesale"]);
    check(&["CustNotFound"], |world| {
        world.customer = CustomerMatch::ToCreate;
        world.custom_id = None;
    });
    check(&["CustNotFound"], |world| world.customer = CustomerMatch::NotFound { tried: vec![] });
    check(&["CustLinkDead"], |world| {
        world.customer = CustomerMatch::LinkDead(CustomerId::from_number("5").unwrap())
    });
    check(&["CustContactTaken"], |world| {
        world.customer = CustomerMatch::Taken { field: "e-mail".to_owned() }
    });
}

#[test]
fn what_is_left_out_of_an_address_is_kept_beside_the_order() {
    let decision = check(&["exported", "AddrPhoneInvalid", "AddrRegionUnknown"], |world| {
        world.order.ship_to.phone = "call Bob".to_owned();
        world.order.bill_to.country = "Germany".to_owned();
        world.order.bill_to.region = "Nowhere".to_owned();
        world.order.bill_to.phone.clear();
        world.order.door = Named { name: "Soho".to_owned(), code: "D1".to_owned() };
    });
    let Decision::Export { drafts, .. } = decision else { panic!("{decision:?}") };
    let attributes: Vec<(&str, &str)> =
        drafts[0].attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        attributes,
        [
            ("JOOR door", "Soho"),
            ("JOOR door code", "D1"),
            ("JOOR phone", "call Bob"),
            ("JOOR billing region", "Nowhere")
        ]
    );
    check(&["AddrRegionUnknown"], |world| world.order.ship_to.region = "Nowhere".to_owned());
}

#[test]
fn tax_is_shared_over_lines_and_shipping_and_conflicts_hold() {
    let vat = |world: &mut World| {
        let rule = TaxRule { name: "VAT".to_owned(), rate: decimal("0.2"), on_shipping: true };
        world.settings.tax.rules.insert("US".to_owned(), rule);
    };
    let mut world = World::new();
    vat(&mut world);
    world.order.discount.parts = vec![DiscountPart::Percentage(decimal("10"))];
    let draft = world.drafts().0.remove(0);
    // 74.50 − 7.45 + 12.50 = 79.55, of which 20 % is 15.91.
    assert_eq!((draft.discount, draft.expected.amount), (decimal("7.45"), decimal("95.46")));
    assert_eq!(shopify_total(&draft), decimal("95.46"));
    assert_eq!(draft.shipping.unwrap().tax.unwrap().amount, decimal("2.50"));
    check(&["TaxConflict"], |world| {
        vat(world);
        world.order.tax_amount = Some(decimal("1"));
    });
    check(&["TaxConflict"], |world| {
        vat(world);
        let CustomerMatch::Known(customer) = &mut world.customer else { panic!() };
        customer.tax_exempt = true;
    });
    check(&["TaxRuleMissing"], |world| {
        vat(world);
        world.order.bill_to.country = "Canada".to_owned();
        world.order.bill_to.region = "ON".to_owned();
    });
}

#[test]
fn prices_finer_than_the_minor_unit_keep_the_sum() {
    let decision = check(&["exported", "MoneyRounded"], |world| {
        world.lines[0].item_price = Some(decimal("19.997"));
        world.order.shipping_price = None;
        world.order.shipping_method = Named::default();
    });
    let Decision::Export { drafts, .. } = decision else { panic!("{decision:?}") };
    let lines: Vec<(i64, String)> =
        drafts[0].lines.iter().map(|line| (line.quantity, line.unit_price.to_string())).collect();
    assert_eq!(
        lines,
        [(1, "19.99"), (2, "20.00"), (2, "7.25")].map(|(units, price)| (units, price.to_owned()))
    );
    assert_eq!((drafts[0].expected.amount, drafts[0].shipping.clone()), (decimal("74.49"), None));
}

fn many_lines(world: &mut World) {
    world.lines.clear();
    for number in 1..=501 {
        world.add(line(number, "2", "3.33"), variant(number, &[("1", 2)]));
    }
    world.order.discount = OrderDiscount { amount: Some(decimal("100.01")), parts: Vec::new() };
}

#[test]
fn more_lines_than_shopify_takes_are_held_or_split_into_parts_that_sum_to_the_whole() {
    check(&["OrdTooManyLines"], many_lines);
    let mut world = World::new();
    many_lines(&mut world);
    world.settings.orders.splitting = Splitting::Split;
    world.settings.tax.rules.insert(
        "US".to_owned(),
        TaxRule { name: "Tax".to_owned(), rate: decimal("0.08875"), on_shipping: false },
    );
    let (drafts, _) = world.drafts();
    assert_eq!(drafts.iter().map(|draft| draft.lines.len()).collect::<Vec<_>>(), [250, 250, 1]);
    let tokens: Vec<&str> = drafts.iter().map(|draft| draft.token.as_str()).collect();
    assert_eq!(
        tokens,
        ["production-42-7100412-1-1", "production-42-7100412-1-2", "production-42-7100412-1-3"]
    );
    // 3336.66 − 100.01 = 3236.65; 8.875 % of it is 287.25; shipping is 12.50.
    let totals: Decimal = drafts.iter().map(shopify_total).sum();
    assert_eq!(totals, decimal("3536.40"));
    let discounts: Decimal = drafts.iter().map(|draft| draft.discount).sum();
    assert_eq!(discounts, decimal("100.01"));
    let shipping: Vec<Decimal> = drafts.iter().map(|draft| draft.shipping.as_ref().unwrap().price).collect();
    assert_eq!(shipping, [decimal("12.50"), Decimal::ZERO, Decimal::ZERO]);
    for (index, draft) in drafts.iter().enumerate() {
        let number = index + 1;
        assert_eq!(draft.expected.amount, shopify_total(draft));
        assert!(
            draft.note.starts_with(&format!("Part {number} of 3 of JOOR order 7100412\n")),
            "{}",
            draft.note
        );
        assert!(draft.tags.contains(&format!("JOOR part {number} of 3")), "{:?}", draft.tags);
    }
}

#[test]
fn texts_are_cut_to_what_shopify_takes_and_the_full_tag_is_kept() {
    let decision = check(&["exported", "MapTooLong", "MapTooLong"], |world| {
        world.settings.tags = vec![
            Template::parse("{{ season }}, {{ season }}").unwrap(),
            Template::parse("{{ event }}").unwrap(),
        ];
        world.settings.note = Template::parse("{{ comments }}").unwrap();
        world.settings.attributes = vec![("Season".to_owned(), Template::parse("{{ season }}").unwrap())];
        world.order.season.name = "Autumn Winter twentytwentysix".to_owned();
        world.order.comments = "x".repeat(6000);
    });
    let Decision::Export { drafts, marks, .. } = decision else { panic!("{decision:?}") };
    let draft = &drafts[0];
    assert_eq!(draft.note.chars().count(), 5000);
    assert_eq!(draft.tags, ["JOOR 7100412", "Autumn Winter twentytwentysix  Autumn Wi"]);
    assert_eq!(
        draft.attributes[0],
        ("JOOR tag 1".to_owned(), "Autumn Winter twentytwentysix  Autumn Winter twentytwentysix".to_owned())
    );
    assert_eq!(draft.attributes[1], ("Season".to_owned(), "Autumn Winter twentytwentysix".to_owned()));
    assert_eq!(marks[1], Problem::MapTooLong { target: "Tag 1".to_owned(), limit: 40 });
}

#[test]
fn a_template_that_fails_on_an_order_names_its_place() {
    let decision = check(&["MapTemplate"], |world| {
        world.settings.tags =
            vec![Template::parse("{% if po_number == 'PO-1' %}{{ season + 1 }}{% endif %}").unwrap()];
    });
    assert!(format!("{decision:?}").contains("tag 1"), "{decision:?}");
}

#[test]
fn fulfilment_follows_the_settings_and_the_rules() {
    let check = |fulfilment: Fulfilment, expected: DraftFulfilment| {
        let mut world = World::new();
        world.settings.orders.fulfilment = fulfilment;
        assert_eq!(world.drafts().0[0].fulfilment, expected);
    };
    check(Fulfilment::Unfulfilled, DraftFulfilment::Unfulfilled);
    check(Fulfilment::Fulfilled(Some(location("1"))), DraftFulfilment::Fulfilled(Some(location("1"))));
    check(Fulfilment::AssignedFulfilled(location("1")), DraftFulfilment::Fulfilled(Some(location("1"))));
    check(Fulfilment::Assigned(location("1")), DraftFulfilment::MoveTo(location("1")));
    let mut world = World::new();
    world.settings.orders.fulfilment = Fulfilment::Fulfilled(None);
    world.locations.pop();
    assert_eq!(world.drafts().0[0].fulfilment, DraftFulfilment::Fulfilled(Some(location("1"))));
}

mod laws;

#[test]
fn a_linked_line_is_sent_as_the_variant_that_a_person_chose_at_the_price_of_joor() {
    let mut world = World::new();
    let mut made_in_joor = line(7, "2", "10.00");
    made_in_joor.style_identifier = "BAG-27".to_owned();
    world.lines.push(made_in_joor.clone());
    let Decision::Held(problems) = world.decide() else { panic!("nothing says which variant it is") };
    assert!(matches!(&problems[..], [Problem::ItemNotFromShopify { lines, total: 3 }] if lines.len() == 1));

    let chosen = variant(9, &[("1", 2)]);
    let link = crate::orders::linked::ItemLink { variant: chosen.id.clone(), by: "ada".to_owned() };
    world.item_links.items.insert(made_in_joor.sku, link);
    let Decision::Held(problems) = world.decide() else { panic!("the variant is not there") };
    assert!(matches!(&problems[..], [Problem::ItemLinkDead { .. }]), "{problems:?}");

    world.variants.insert(chosen.id.clone(), chosen.clone());
    let (drafts, _) = world.drafts();
    let sent = drafts[0].lines.iter().find(|line| line.variant == chosen.id).unwrap();
    assert_eq!((sent.quantity, sent.unit_price), (2, decimal("10.00")));
    let linked: Vec<Option<String>> = world.look().lines.into_iter().map(|line| line.linked_by).collect();
    assert_eq!(linked, [None, None, Some("ada".to_owned())]);
    // It takes its units like any other.
    world.promised = Promised::default();
    world.lines.last_mut().unwrap().quantity = decimal("3");
    let Decision::Held(problems) = world.decide() else { panic!("two of three are there") };
    assert!(matches!(&problems[..], [Problem::StockShort { .. }]), "{problems:?}");
}
