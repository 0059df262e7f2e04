//! Orders and lines by id: how many at once, and whom a broken answer belongs to.

use super::*;

#[tokio::test]
async fn batches_learn_how_many_ids_are_taken_and_remember_it() {
    for refusal in [400, 414] {
        let world = new_world(move |seen, _| {
            let ids = seen.ids("order_ids");
            if ids.len() > 20 { answer(refusal, "too many") } else { data(ids.iter().map(order)) }
        });
        let rows = world.joor.orders_by_id(&ids(0..100)).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 100);
        let before = world.calls().len();
        world.joor.orders_by_id(&ids(0..24)).await.unwrap();
        assert_eq!(world.calls().len() - before, 2, "HTTP {refusal}");
    }
}

#[tokio::test]
async fn orders_by_id_are_all_read_once_and_no_page_is_asked_for_after_the_last_of_them() {
    let full = new_world(|seen, _| data(seen.ids("order_ids").iter().map(order)));
    assert_eq!(full.joor.orders_by_id(&ids(0..100)).await.unwrap().len(), 100);
    assert_eq!(full.calls().len(), 1);
    // Fifty rows may be all that a server shows at once, as long as somebody is missing.
    let capped = new_world(|seen, _| {
        let page: usize = seen.query["page"].parse().unwrap();
        data(seen.ids("order_ids").iter().skip((page - 1) * 50).take(50).map(order))
    });
    assert_eq!(capped.joor.orders_by_id(&ids(0..100)).await.unwrap().len(), 100);
    assert_eq!(capped.calls().len(), 2);
    // Other orders are no reason to stop.
    let other = new_world(|seen, _| {
        let page: usize = seen.query["page"].parse().unwrap();
        data((0..200).skip((page - 1) * 50).take(50).map(order))
    });
    let rows = other.joor.orders_by_id(&ids(140..150)).await.unwrap();
    let ours = rows.iter().flatten().filter(|row| ids(140..150).contains(&row.order.id));
    assert_eq!((ours.count(), other.calls().len()), (10, 3));
}

#[tokio::test]
async fn an_order_that_joor_refuses_alone_is_broken_and_the_others_are_read() {
    let world = new_world(|seen, _| {
        let ids = seen.ids("order_ids");
        if ids.iter().any(|id| id == "33") {
            answer(400, r#"{"errors": ["cannot show 33"]}"#)
        } else {
            data(ids.iter().map(order))
        }
    });
    let mut asked = ids(0..60);
    asked.push(JoorOrderId::new("1,2"));
    let rows = world.joor.orders_by_id(&asked).await.unwrap();
    let broken: Vec<&str> =
        rows.iter().filter_map(|row| row.as_ref().err()?.order.as_ref()).map(JoorOrderId::as_str).collect();
    assert_eq!(broken, ["1,2", "33"]);
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 59);
}

#[tokio::test]
async fn an_order_that_joor_does_not_know_is_absent() {
    let world = new_world(|_, _| {
        let missing = r#"{"status": "NOT_FOUND", "message": "no", "details": {"id": "2"}}"#;
        answer(200, format!(r#"{{"data": [{}], "errors": [{missing}]}}"#, order(1)))
    });
    let rows = world.joor.orders_by_id(&ids(1..3)).await.unwrap();
    assert_eq!((rows.len(), rows[0].as_ref().unwrap().order.id.as_str()), (1, "1"));
}

#[tokio::test]
async fn lines_are_given_to_their_orders_and_an_order_without_lines_has_none() {
    let world = new_world(|_, _| data([line(1, "5"), line(2, "7"), line(3, "5")]));
    let lines = world.joor.lines(&ids(5..8)).await.unwrap();
    let counts: Vec<(&str, usize)> =
        lines.iter().map(|(id, lines)| (id.as_str(), lines.as_ref().unwrap().len())).collect();
    assert_eq!(counts, [("5", 2), ("6", 0), ("7", 1)]);
    assert_eq!((world.calls().len(), world.calls()[0].path.as_str()), (1, "/v4/orders/sku_line_items"));
}

#[tokio::test]
async fn a_broken_line_breaks_its_order_only() {
    let world = new_world(|_, _| {
        let broken = r#"{"id": 9, "order_id": 6, "quantity": "many", "line_item_sku": {}}"#.to_owned();
        data([line(1, "5"), broken, line(2, "6")])
    });
    let lines = world.joor.lines(&ids(5..7)).await.unwrap();
    assert!(lines[&JoorOrderId::new("5")].is_ok());
    let broken = lines[&JoorOrderId::new("6")].as_ref().unwrap_err();
    assert_eq!((broken.field.as_str(), broken.found.as_str()), ("quantity", "\"many\""));
}

#[tokio::test]
async fn a_line_or_an_error_without_an_order_is_traced_to_it_by_asking_alone() {
    for error_instead in [false, true] {
        let world = new_world(move |seen, _| {
            let asked = seen.ids("order_ids");
            let mut rows: Vec<String> = asked.iter().map(|id| line(id, id)).collect();
            let odd = asked.iter().any(|id| id == "3");
            if odd && !error_instead {
                rows.push(line("x", ""));
            }
            let errors = if odd && error_instead { r#"{"message": "something"}"# } else { "" };
            answer(200, format!(r#"{{"data": [{}], "errors": [{errors}]}}"#, rows.join(",")))
        });
        let lines = world.joor.lines(&ids(0..8)).await.unwrap();
        let broken: Vec<&str> =
            lines.iter().filter(|(_, lines)| lines.is_err()).map(|(id, _)| id.as_str()).collect();
        assert_eq!((lines.len(), broken), (8, vec!["3"]));
    }
}

#[tokio::test]
async fn lines_that_come_in_pages_are_all_read_and_unpaged_ones_cost_no_more_after_one_look() {
    let paged = new_world(|seen, _| {
        let page: usize = seen.query.get("page").map_or(1, |page| page.parse().unwrap());
        data((0..250).skip((page - 1) * 100).take(100).map(|number| line(number, "1")))
    });
    for _ in 0..2 {
        let lines = paged.joor.lines(&ids(1..2)).await.unwrap();
        assert_eq!(lines[&JoorOrderId::new("1")].as_ref().unwrap().len(), 250);
    }
    for second_page in [200, 400] {
        let unpaged = new_world(move |seen, _| {
            if second_page == 400 && seen.query.contains_key("page") {
                return answer(400, "unknown parameter");
            }
            data((0..500).map(|number| line(number, "1")))
        });
        for _ in 0..3 {
            let lines = unpaged.joor.lines(&ids(1..2)).await.unwrap();
            assert_eq!(lines[&JoorOrderId::new("1")].as_ref().unwrap().len(), 500);
        }
        assert_eq!(unpaged.calls().len(), 4, "one look at a second page, once");
    }
}
