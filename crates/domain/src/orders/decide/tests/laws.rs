//! What holds for any order.

use super::*;
use crate::orders::order::{Address, Retailer};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Numbers {
    code: &'static str,
    lines: Vec<(u32, i64, u32)>,
    discount: Option<(bool, i64)>,
    shipping: Option<i64>,
    rate: Option<(i64, bool)>,
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let line = (1_u32..1000, 0_i64..5_000_000, 0_u32..5);
    let lines = prop_oneof![
        4 => proptest::collection::vec(line.clone(), 1..20),
        1 => proptest::collection::vec(line, 245..260),
    ];
    (
        prop_oneof![Just("USD"), Just("EUR"), Just("JPY"), Just("KWD")],
        lines,
        proptest::option::of((any::<bool>(), 0_i64..=10_000)),
        proptest::option::of(0_i64..100_000),
        proptest::option::of((0_i64..30_000, any::<bool>())),
    )
        .prop_map(|(code, lines, discount, shipping, rate)| Numbers {
            code,
            lines,
            discount,
            shipping,
            rate,
        })
}

fn world_of(numbers: &Numbers) -> World {
    let mut world = World::new();
    world.currency = Some(currency(numbers.code));
    world.lines.clear();
    world.settings.orders.stock = StockMode::AlwaysClaim;
    world.settings.orders.splitting = Splitting::Split;
    world.prices_confirmed = true;
    for (index, (quantity, price, places)) in numbers.lines.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap();
        let mut line = line(number, &quantity.to_string(), "0");
        line.item_price = Some(Decimal::new(*price, *places));
        world.add(line, variant(number, &[]));
    }
    world.order.shipping_price = numbers.shipping.map(|price| Decimal::new(price, 3));
    world.order.discount.parts = match numbers.discount {
        // Up to 100 %, in hundredths of a percent.
        Some((true, part)) => vec![DiscountPart::Percentage(Decimal::new(part, 2))],
        Some((false, part)) => vec![DiscountPart::Amount(Decimal::new(part, 3))],
        None => Vec::new(),
    };
    if let Some((rate, on_shipping)) = numbers.rate {
        let rule = TaxRule { name: "Tax".to_owned(), rate: Decimal::new(rate, 5), on_shipping };
        world.settings.tax.rules.insert("US".to_owned(), rule);
    }
    world
}

/// The total by another way than the rules: exact decimals, each sum rounded once.
fn total_of(numbers: &Numbers) -> Decimal {
    let currency = currency(numbers.code);
    let exact = |(quantity, price, places): &(u32, i64, u32)| {
        Decimal::from(*quantity) * Decimal::new(*price, *places)
    };
    let goods: Decimal = numbers.lines.iter().map(|line| currency.round(exact(line))).sum();
    let exact_goods: Decimal = numbers.lines.iter().map(exact).sum();
    let discount = match numbers.discount {
        Some((true, part)) => currency.round(exact_goods * Decimal::new(part, 4)),
        Some((false, part)) => currency.round(Decimal::new(part, 3)),
        None => Decimal::ZERO,
    };
    let shipping = currency.round(numbers.shipping.map_or(Decimal::ZERO, |price| Decimal::new(price, 3)));
    let net = goods - discount;
    let tax = numbers.rate.map_or(Decimal::ZERO, |(rate, on_shipping)| {
        currency.round(Decimal::new(rate, 5) * if on_shipping { net + shipping } else { net })
    });
    net + shipping + tax
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_shopify_computes_for_all_parts_is_the_total_to_the_minor_unit(numbers in numbers()) {
        let mut world = world_of(&numbers);
        let currency = currency(numbers.code);
        match world.decide() {
            Decision::Export { drafts, .. } => {
                prop_assert_eq!(drafts.iter().map(shopify_total).sum::<Decimal>(), total_of(&numbers));
                prop_assert_eq!(drafts.iter().map(|draft| draft.expected.amount).sum::<Decimal>(), total_of(&numbers));
                let units: i64 = numbers.lines.iter().map(|(quantity, ..)| i64::from(*quantity)).sum();
                prop_assert_eq!(drafts.iter().map(|draft| draft.units).sum::<i64>(), units);
                for draft in &drafts {
                    prop_assert!(draft.lines.len() <= LINES_MAX && draft.tags.len() <= LINES_MAX);
                    prop_assert!(currency.is_exact(draft.discount) && draft.discount >= Decimal::ZERO);
                    let goods: Decimal =
                        draft.lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity)).sum();
                    prop_assert!(draft.discount <= goods);
                    for line in &draft.lines {
                        prop_assert!(line.quantity > 0 && currency.is_exact(line.unit_price));
                        prop_assert!(line.unit_price >= Decimal::ZERO);
                        prop_assert!(line.tax.as_ref().is_none_or(|tax| currency.is_exact(tax.amount)));
                    }
                }
            }
            Decision::Held(problems) => {
                // Prices of zero may not be meant, and a fixed discount may exceed what the goods cost.
                let zero = numbers.lines.iter().any(|(_, price, _)| *price == 0);
                let fixed = matches!(numbers.discount, Some((false, _)))
                    || matches!(numbers.discount, Some((true, part)) if part > 9_900);
                prop_assert!(zero || fixed, "{:?}", problems);
            }
            Decision::Skipped(problems) => prop_assert!(false, "{:?}", problems),
        }
    }

    #[test]
    fn no_unit_is_promised_twice_over_any_sequence_of_orders(
        shelf in proptest::collection::vec((-3_i64..30, -3_i64..30), 1..5),
        orders in proptest::collection::vec(proptest::collection::vec((0_usize..5, 1_i64..12), 1..5), 1..30),
        chosen in any::<bool>(),
        assigned in any::<bool>(),
    ) {
        let mut world = World::new();
        if chosen {
            world.settings.orders.stock_locations = vec![location("1")];
        }
        if assigned {
            world.settings.orders.fulfilment = Fulfilment::Assigned(location("2"));
        }
        let variants: Vec<Variant> = shelf
            .iter()
            .zip(1_u32..)
            .map(|((one, two), number)| variant(number, &[("1", *one), ("2", *two)]))
            .collect();
        let mut sold: BTreeMap<VariantId, i64> = BTreeMap::new();
        for wanted in &orders {
            world.lines.clear();
            for (index, quantity) in wanted {
                let variant = &variants[index % variants.len()];
                let number: u32 = variant.id.number().parse().unwrap();
                world.add(line(number, &quantity.to_string(), "20"), variant.clone());
            }
            let before = world.promised.clone();
            match world.decide() {
                Decision::Export { drafts, .. } => {
                    for line in drafts.iter().flat_map(|draft| &draft.lines) {
                        *sold.entry(line.variant.clone()).or_insert(0) += line.quantity;
                    }
                }
                Decision::Held(_) | Decision::Skipped(_) => prop_assert_eq!(&world.promised, &before),
            }
        }
        for variant in &variants {
            let one = variant.available[&location("1")];
            let two = variant.available[&location("2")];
            let pool = if chosen { one } else { one + two };
            let sold = sold.get(&variant.id).copied().unwrap_or(0);
            prop_assert!(sold <= pool.max(0));
            prop_assert!(!assigned || sold <= two.max(0));
            prop_assert_eq!(world.promised.0.get(&variant.id).copied().unwrap_or(0), sold);
        }
    }

    #[test]
    fn hostile_text_in_any_field_never_panics_and_never_gets_out(text in hostile()) {
        let mut world = World::new();
        let named = || Named { name: text.clone(), code: text.clone() };
        let order = &mut world.order;
        for field in [
            &mut order.comments, &mut order.internal_comments, &mut order.buyer_name, &mut order.po_number,
            &mut order.tax_number, &mut order.export_description,
        ] {
            field.clone_from(&text);
        }
        for thing in [
            &mut order.shipping_method, &mut order.payment_method, &mut order.linesheet, &mut order.season,
            &mut order.warehouse, &mut order.sales_rep, &mut order.event, &mut order.door, &mut order.order_type,
        ] {
            *thing = named();
        }
        order.ship_to.line_2.clone_from(&text);
        order.ship_to.phone.clone_from(&text);
        order.ship_to.company.clone_from(&text);
        for template in ["{{ comments }}", "{{ season }} {{ po_number }}"] {
            world.settings.tags.push(Template::parse(template).unwrap());
        }
        for line in &mut world.lines {
            line.style_name.clone_from(&text);
            line.color = named();
        }
        let (drafts, _) = world.drafts();
        for draft in &drafts {
            let address = [&draft.ship_to, &draft.bill_to].map(|address| {
                [&address.first_name, &address.last_name, &address.company, &address.line_2, &address.phone].map(Clone::clone)
            });
            let mut single: Vec<String> = address.concat();
            single.extend(draft.tags.iter().cloned());
            single.extend(draft.attributes.iter().map(|(_, value)| value.clone()));
            single.push(draft.po_number.clone());
            single.extend(draft.shipping.iter().flat_map(|shipping| [shipping.title.clone(), shipping.code.clone()]));
            for text in &single {
                prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
                prop_assert!(text.chars().count() <= 255);
            }
            prop_assert!(draft.tags.iter().all(|tag| tag.chars().count() <= TAG_CHARS_MAX && !tag.contains(',')));
            prop_assert!(!draft.note.chars().any(|character| character.is_control() && character != '\n'));
            prop_assert!(draft.note.chars().count() <= NOTE_CHARS_MAX);
        }
    }

    #[test]
    fn hostile_text_in_a_field_that_decides_holds_the_order_or_changes_nothing(text in hostile(), place in 0_usize..12) {
        let mut world = World::new();
        let order = &mut world.order;
        match place {
            0 => order.retailer = Retailer { joor_id: text.clone(), code: text.clone(), name: text.clone() },
            1 => order.buyer_email = text,
            2 => order.ship_to = all_of(&text),
            3 => order.bill_to.country = text,
            4 => order.bill_to.region = text,
            5 => order.linesheet.code = text,
            6 => world.lines[0].style_identifier = text,
            7 => world.lines[0].sku_identifier = text,
            8 => order.id = crate::ids::JoorOrderId::new(text),
            9 => order.ship_to.email = text,
            10 => {
                let external_id = text.clone();
                let sku = SkuIdentifiers { upc: text.clone(), external_id, sku_identifier: text };
                world.skus.insert(world.lines[0].sku.clone(), sku);
                world.settings.orders.item_keys =
                    vec![ItemKey::UpcVariantId, ItemKey::ExternalVariantId, ItemKey::Sku, ItemKey::Barcode];
            }
            _ => order.bill_to.postcode = text,
        }
        match world.decide() {
            Decision::Export { drafts, .. } => prop_assert_eq!(shopify_total(&drafts[0]), decimal("87.00")),
            Decision::Held(problems) => {
                for problem in problems {
                    let told = problem.told(world.order.id.as_str());
                    prop_assert!(told.sentence.len() < 20_000);
                }
            }
            Decision::Skipped(problems) => prop_assert!(false, "{:?}", problems),
        }
    }
}

fn all_of(text: &str) -> Address {
    let text = || text.to_owned();
    Address {
        code: text(),
        name: text(),
        company: text(),
        line_1: text(),
        line_2: text(),
        city: text(),
        region: text(),
        postcode: text(),
        country: text(),
        phone: text(),
        email: text(),
    }
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{{ order }}{% for x in order %}".to_owned()),
        Just("a\u{0}b\r\nc\u{1b}[2J\u{202e}d, e".to_owned()),
        Just("🧵👩‍👩‍👧".repeat(50)),
        Just("n".repeat(10_000)),
        Just("9".repeat(10_000)),
        Just("\"><script>alert(1)</script>; drop table orders".to_owned()),
        "\\PC{0,40}",
        any::<String>(),
    ]
}
