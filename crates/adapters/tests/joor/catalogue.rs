//! SKUs and price types, kept for an hour.

use super::*;

#[tokio::test]
async fn skus_are_asked_for_once_an_hour_and_only_those_asked_for_are_kept() {
    let world = new_world(|seen, _| {
        let row = |style: &str| {
            format!(
                r#"{{"id": "sku-{style}", "product_id": "{style}", "identifiers": [{{"type": "upc", "value": "44"}}]}}"#
            )
        };
        data(seen.ids("product_ids").iter().map(|style| row(style)).chain([row("99")]))
    });
    let style = |id: &str| JoorStyleId::new(id);
    let found = world.joor.sku_identifiers(&[style("1"), style("2"), style("1")]).await.unwrap();
    assert_eq!((found.known.len(), found.unreadable.len(), world.calls().len()), (2, 0, 1));
    assert!(found.known.values().all(|identifiers| identifiers.upc == "44"));
    world.joor.sku_identifiers(&[style("2")]).await.unwrap();
    assert_eq!(world.calls().len(), 1);
    world.joor.sku_identifiers(&[style("2"), style("99")]).await.unwrap();
    assert_eq!(world.calls()[1].ids("product_ids"), ["99"]);
    world.clock.advance(Duration::from_secs(3600));
    world.joor.sku_identifiers(&[style("2")]).await.unwrap();
    assert_eq!(world.calls().len(), 3);
}

/// A SKU that cannot be read makes its style doubtful and no other, however many were asked for at once; the style is asked
/// for again until it can be read.
#[tokio::test]
async fn a_sku_that_cannot_be_read_is_told_with_its_style() {
    let world = new_world(|seen, _| {
        let good = |style: &str| format!(r#"{{"id": "sku-{style}", "product_id": "{style}"}}"#);
        let odd = |style: &str| match style {
            "2" => r#"{"id": "sku-2", "product_id": "2", "external_id": {"a": 1}}"#.to_owned(),
            "3" => r#"{"id": "sku-3", "product_id": ["3"]}"#.to_owned(),
            style => good(style),
        };
        data(seen.ids("product_ids").iter().map(|style| odd(style)))
    });
    let styles = ["1", "2", "3", "4"].map(JoorStyleId::new);
    for _ in 0..2 {
        let found = world.joor.sku_identifiers(&styles).await.unwrap();
        let known: Vec<&str> = found.known.keys().map(|sku| sku.as_str()).collect();
        assert_eq!(known, ["sku-1", "sku-4"]);
        let told: Vec<(&str, &str)> =
            found.unreadable.iter().map(|(style, broken)| (style.as_str(), broken.field.as_str())).collect();
        assert_eq!(told, [("2", "skus.external_id"), ("3", "skus.product_id")]);
        assert!(found.unreadable.values().all(|broken| broken.raw.contains("product_id")));
    }
}

/// An error beside the data is about one of the styles; which one, only asking for it alone can tell.
#[tokio::test]
async fn a_style_that_joor_has_an_error_for_is_doubtful_and_one_that_it_does_not_have_is_not() {
    let world = new_world(|seen, _| {
        let styles = seen.ids("product_ids");
        let errors: Vec<&str> = styles
            .iter()
            .filter_map(|style| match style.as_str() {
                "2" => Some(r#"{"status": "INTERNAL", "message": "no luck", "details": {"product_id": 2}}"#),
                "3" => Some(r#"{"status": "NOT_FOUND", "message": "gone", "details": {"product_id": 3}}"#),
                _ => None,
            })
            .collect();
        let there = styles.iter().filter(|style| !["2", "3"].contains(&style.as_str()));
        let rows: Vec<String> =
            there.map(|style| format!(r#"{{"id": "sku-{style}", "product_id": "{style}"}}"#)).collect();
        answer(200, format!(r#"{{"data": [{}], "errors": [{}]}}"#, rows.join(","), errors.join(",")))
    });
    let styles = ["1", "2", "3", "4"].map(JoorStyleId::new);
    let found = world.joor.sku_identifiers(&styles).await.unwrap();
    let known: Vec<&str> = found.known.keys().map(|sku| sku.as_str()).collect();
    let doubtful: Vec<&str> = found.unreadable.keys().map(|style| style.as_str()).collect();
    assert_eq!((known, doubtful), (vec!["sku-1", "sku-4"], vec!["2"]));
    assert!(found.unreadable.values().all(|broken| broken.found.contains("no luck")));
}

#[tokio::test]
async fn price_types_are_kept_for_an_hour() {
    let world = new_world(|_, _| {
        data([r#"{"id": 4, "name": "USD-1", "currency_code": "USD"}"#.to_owned(), "[]".to_owned()])
    });
    for (wait, calls) in [(0, 1), (3599, 1), (1, 2)] {
        world.clock.advance(Duration::from_secs(wait));
        let types = world.joor.price_types().await.unwrap();
        assert_eq!(
            (types.len(), &types[0].id, types[0].currency_code.as_str()),
            (1, &PriceTypeId::new("4"), "USD")
        );
        assert_eq!(world.calls().len(), calls);
    }
}
