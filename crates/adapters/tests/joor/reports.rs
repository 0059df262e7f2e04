//! Reports: the status repeated, batches, refusals one by one.

use super::*;

#[tokio::test]
async fn a_report_repeats_the_status_and_is_judged_item_by_item() {
    let world = new_world(|_, _| {
        answer(
            200,
            r#"{"data": [{"id": 1, "export_status": "SUCCESS"}, {"id": "2", "export_status": "UNDEFINED"}, {"id": "9"}],
                "errors": [{"status": "NOT_FOUND", "message": "gone", "details": {"id": 3}}]}"#,
        )
    });
    let mut reports: Vec<Report> = (1..5).map(report).collect();
    reports[1].description = "é".repeat(300);
    let reported = world.joor.report(&reports).await.unwrap();
    assert_eq!(reported.acknowledged, BTreeSet::from([JoorOrderId::new("1")]));
    assert_eq!(reported.refused, BTreeMap::from([(JoorOrderId::new("3"), "NOT_FOUND: gone".to_owned())]));
    let seen = &world.calls()[0];
    assert_eq!((seen.method, seen.path.as_str()), ("POST", "/v4/orders/bulk_update"));
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let first = serde_json::json!({"id": "1", "status": "APPROVED", "export_status": "SUCCESS",
        "export_description": "Shopify order #1001"});
    assert_eq!((body.as_array().unwrap().len(), &body[0]), (4, &first));
    assert_eq!(body[1]["export_description"].as_str().unwrap().chars().count(), 255);
    assert_eq!(world.joor.usage().credits, 5);
}

#[tokio::test]
async fn reports_go_in_batches_of_fifty_and_what_is_lost_in_between_is_unclear() {
    let echo = |seen: &Seen| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&seen.body).unwrap();
        data(rows.iter().map(ToString::to_string))
    };
    let world =
        new_world(
            move |seen, number| {
                if number == 2 { Err(SendError::Lost { reason: "reset".to_owned() }) } else { echo(seen) }
            },
        );
    let reports: Vec<Report> = (0..120).map(report).collect();
    let reported = world.joor.report(&reports).await.unwrap();
    assert_eq!((reported.acknowledged.len(), reported.refused.len(), world.calls().len()), (50, 0, 2));
    let lost = new_world(|_, _| Err(SendError::Lost { reason: "reset".to_owned() }));
    assert!(matches!(lost.joor.report(&reports).await, Err(CallError::NoAnswer { .. })));
    assert_eq!(lost.calls().len(), 1, "an unclear report is not repeated");
    let large = new_world(|_, _| Err(SendError::TooLarge { limit: 1 }));
    assert!(matches!(large.joor.report(&reports).await, Err(CallError::Garbled { .. })));
    assert_eq!(large.calls().len(), 1, "it was written, so it is not repeated in smaller batches");
}

#[tokio::test]
async fn one_report_that_joor_refuses_does_not_stop_the_others() {
    let world = new_world(|seen, _| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&seen.body).unwrap();
        if rows.iter().any(|row| row["id"] == "5") {
            return answer(422, r#"{"errors": [{"status": "INVALID", "message": "no buyer"}]}"#);
        }
        data(rows.iter().map(ToString::to_string))
    });
    let reported = world.joor.report(&(0..8).map(report).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(reported.acknowledged.len(), 7);
    assert_eq!(reported.refused, BTreeMap::from([(JoorOrderId::new("5"), "INVALID: no buyer".to_owned())]));
}
