//! JOOR over real HTTP: sign-in, lists, batches, reports, credits, and each kind of fault.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rust_decimal::Decimal;
use sandbox::clock::SandboxClock;
use sandbox::faults::{Fault, Faults, Service, When};
use sandbox::joor::{ExportState, Joor, JoorOptions, LineSeed, OrderSeed, PriceType, Status};
use sandbox::server::Server;
use serde_json::{Value, json};

struct House {
    joor: Joor,
    clock: SandboxClock,
    faults: Faults,
    base: String,
    http: Client,
    _server: Server,
}

impl House {
    async fn new(options: JoorOptions) -> House {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = SandboxClock::starting_at("2026-10-05T10:00:00Z".parse().unwrap());
        let faults = Faults::default();
        let joor = Joor::new(clock.clone(), faults.clone(), options);
        let server = Server::start(joor.router()).await.unwrap();
        let base = format!("http://{}", server.address());
        let http = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        House { joor, clock, faults, base, http, _server: server }
    }

    fn sign_in(&self, password: &str) -> RequestBuilder {
        self.http.post(format!("{}/auth/", self.base)).form(&[
            ("client_id", "sandbox-client"),
            ("client_secret", "sandbox-client-secret"),
            ("grant_type", "password"),
            ("username", "integration@brand.example.com"),
            ("password", password),
        ])
    }

    async fn token(&self) -> String {
        let answer: Value = body(self.sign_in("sandbox-password").send().await.unwrap()).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, call: &str) -> RequestBuilder {
        let glue = if call.contains('?') { '&' } else { '?' };
        let address = format!("{}/v4/{call}{glue}account=424242", self.base);
        self.http.get(address).bearer_auth(self.token().await)
    }

    async fn get(&self, call: &str) -> Response {
        self.ask(call).await.send().await.unwrap()
    }

    async fn ids(&self, call: &str) -> Vec<String> {
        let answer = body(self.get(call).await).await;
        let rows = answer["data"].as_array().unwrap_or_else(|| panic!("no list in {answer}"));
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn report(&self, items: Value) -> RequestBuilder {
        let address = format!("{}/v4/orders/bulk_update?account=424242", self.base);
        self.http.post(address).bearer_auth(self.token().await).json(&items)
    }
}

async fn body(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn money(value: &Value) -> Decimal {
    value.to_string().trim_matches('"').parse().unwrap()
}

fn order(id: &str) -> OrderSeed {
    OrderSeed::new(id).line(LineSeed::of_variant(8_001, 44_001, "TWT-ECRU-M", 3, Decimal::new(4550, 2)))
}

#[tokio::test]
async fn token_is_given_for_all_five_fields_in_both_encodings_and_for_nothing_else() {
    let house = House::new(JoorOptions::default()).await;
    let answer = body(house.sign_in("sandbox-password").send().await.unwrap()).await;
    assert_eq!(answer["expires_in"], 36_000);
    assert_eq!(answer["token_type"], "Bearer");

    let wrong = house.sign_in("guess").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body(wrong).await["error"], "invalid_grant");

    let fields = [
        ("client_id", "sandbox-client"),
        ("client_secret", "sandbox-client-secret"),
        ("grant_type", "password"),
        ("username", "integration@brand.example.com"),
        ("password", "sandbox-password"),
    ];
    let mut form = String::new();
    for (name, value) in fields {
        form.push_str(&format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    form.push_str("--x--\r\n");
    let request = house.http.post(format!("{}/auth/", house.base));
    let answer =
        request.header("content-type", "multipart/form-data; boundary=x").body(form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(house.joor.tokens_given(), 2);
}

#[tokio::test]
async fn tokens_expire_and_can_be_taken_back_while_a_newer_one_works() {
    let house = House::new(JoorOptions::default()).await;
    let (first, second) = (house.token().await, house.token().await);
    let call = |token: String| {
        let request = house.http.get(format!("{}/v4/orders?account=424242", house.base)).bearer_auth(token);
        async move { request.send().await.unwrap().status() }
    };
    assert_eq!(call(first.clone()).await, StatusCode::OK);
    assert_eq!(call(second.clone()).await, StatusCode::OK);
    assert_eq!(call("made-up".to_owned()).await, StatusCode::UNAUTHORIZED);
    house.joor.expire_tokens();
    assert_eq!(call(second).await, StatusCode::UNAUTHORIZED);
    let third = house.token().await;
    house.clock.advance(Duration::from_secs(36_001));
    assert_eq!(call(third).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn account_is_required_and_must_be_ours() {
    let house = House::new(JoorOptions::default()).await;
    let token = house.token().await;
    for (query, expected) in [("", StatusCode::BAD_REQUEST), ("?account=7", StatusCode::FORBIDDEN)] {
        let request = house.http.get(format!("{}/v4/orders{query}", house.base)).bearer_auth(&token);
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let house = House::new(JoorOptions::default()).await;
    for day in 1..=4_i8 {
        let date = jiff::civil::date(2026, 10, day);
        house.joor.add_order(order(&format!("{}", 98 + day)).approved_on(date));
    }
    house.joor.add_order(order("200").status(Status::Pending));
    house.joor.add_order(order("201").exported(ExportState::Failed, Some("no [STOCK_SHORT]")));
    let cases = [
        ("orders?status=APPROVED&export_status=UNDEFINED", vec!["99", "100", "101", "102"]),
        ("orders?export_status=FAILED", vec!["201"]),
        ("orders?date_approved_start=2026-10-02&date_approved_end=2026-10-03", vec!["100", "101"]),
        ("orders?last_modified=2026-10-04&status=APPROVED", vec!["102", "201"]),
        ("orders?order_ids=101,99,999", vec!["99", "101"]),
        ("orders?page_size=2&page=1", vec!["99", "100"]),
        ("orders?page_size=4&page=2", vec!["200", "201"]),
        ("orders?page_size=4&page=3", vec![]),
        ("orders?page_size=2&sort_by=date_approved&sort_order=DESCENDING", vec!["201", "200"]),
    ];
    for (call, expected) in cases {
        assert_eq!(house.ids(call).await, expected, "{call}");
    }
    for call in
        ["orders?page_size=201", "orders?page=0", "orders?status=OPEN", "orders?last_modified=yesterday"]
    {
        assert_eq!(house.get(call).await.status(), StatusCode::BAD_REQUEST, "{call}");
    }
}

#[tokio::test]
async fn batches_of_ids_have_a_limit_that_can_be_learned() {
    let options = JoorOptions { line_order_ids_max: 2, sku_product_ids_max: 1, ..JoorOptions::default() };
    let house = House::new(options).await;
    for id in ["1", "2", "3"] {
        house.joor.add_order(order(id));
    }
    let lines = body(house.get("orders/sku_line_items?order_ids=1,3").await).await;
    assert_eq!(lines["data"].as_array().unwrap().len(), 2);
    assert_eq!(lines["data"][1]["order_id"], "3");
    assert_eq!(money(&lines["data"][0]["line_item_sku"]["item_price"]), Decimal::new(4550, 2));
    let refused = house.get("orders/sku_line_items?order_ids=1,2,3").await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(refused).await["errors"][0]["status"], "INVALID");
    let product = lines["data"][0]["line_item_sku"]["product"]["id"].as_str().unwrap().to_owned();
    let skus = body(house.get(&format!("skus?product_ids={product}")).await).await;
    assert_eq!(skus["data"][0]["identifiers"], json!([{ "type": "upc", "value": "44001" }]));
    assert_eq!(house.get(&format!("skus?product_ids={product},9")).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn price_types_are_listed() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_price_type(PriceType::new("501", "USD", "1"));
    let answer = body(house.get("price_types").await).await;
    assert_eq!(answer["data"][0]["currency_code"], "USD");
    assert_eq!(answer["data"][0]["name"], "USD-1");
}

#[tokio::test]
async fn report_is_applied_item_by_item() {
    let house = House::new(JoorOptions::default()).await;
    let approved = jiff::civil::date(2026, 10, 1);
    house.joor.add_order(order("1").approved_on(approved));
    house.joor.add_order(order("2").approved_on(approved));
    house.joor.add_order(order("3").approved_on(approved));
    let items = json!([
        { "id": "1", "status": "APPROVED", "export_status": "SUCCESS", "export_description": "Shopify order #1001" },
        { "id": "9", "status": "APPROVED", "export_status": "SUCCESS" },
        { "id": "2", "export_status": "SUCCESS" },
        { "id": "2", "status": "APPROVED", "export_status": "FAILED", "export_description": "x".repeat(256) },
        { "id": "3", "status": "PENDING", "export_status": "FAILED", "export_description": "x".repeat(255) },
    ]);
    let answer = body(house.report(items).await.send().await.unwrap()).await;
    let applied: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(applied, ["1", "3"]);
    let words: Vec<&Value> =
        answer["errors"].as_array().unwrap().iter().map(|error| &error["status"]).collect();
    assert_eq!(words, ["NOT_FOUND", "INVALID", "INVALID"]);
    assert_eq!(answer["errors"][0]["details"]["id"], "9");

    let first = house.joor.order("1").unwrap();
    assert_eq!(first.export_status, ExportState::Success);
    assert!(first.exported_on.unwrap().starts_with("2026-10-05T10:0"));
    assert_eq!(first.date_modified, Some(jiff::civil::date(2026, 10, 5)));
    assert_eq!(first.date_approved, Some(approved));
    assert_eq!(house.joor.order("2").unwrap().export_status, ExportState::Undefined);
    assert_eq!(house.joor.order("3").unwrap().status, Status::Pending, "the status of a report is applied");
}

#[tokio::test]
async fn hands_of_people_change_what_is_read() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_order(order("1").status(Status::Pending).approved_on(jiff::civil::date(2026, 9, 1)));
    house.joor.approve("1");
    house.joor.edit_quantity("1", 0, 5);
    house.joor.edit_price("1", 0, Decimal::new(4000, 2));
    let row = &body(house.get("orders?order_ids=1").await).await["data"][0];
    assert_eq!((&row["total"], &row["date_approved"]), (&json!(5), &json!("2026-10-05")));
    house.joor.write_success_by_somebody_else("1");
    assert_eq!(house.ids("orders?export_status=SUCCESS").await, ["1"]);
    house.joor.set_to_reexport("1");
    let order = house.joor.order("1").unwrap();
    assert_eq!((order.export_status, order.exported_on), (ExportState::Undefined, None));
    house.joor.cancel("1");
    assert_eq!(house.ids("orders?status=CANCELLED").await, ["1"]);
    house.joor.remove("1");
    assert_eq!(house.ids("orders").await, Vec::<String>::new());
}

#[tokio::test]
async fn credits_run_out_and_come_back_with_the_next_window() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_order(order("1"));
    for _ in 0..59 {
        let items = json!([{ "id": "1", "status": "APPROVED" }]);
        assert_eq!(house.report(items).await.send().await.unwrap().status(), StatusCode::OK);
    }
    let answer = house.get("orders").await;
    assert_eq!(answer.headers()["x-throttling-account-id"], "424242");
    assert_eq!(answer.headers()["x-throttling-remaining"], "4");
    let items = json!([{ "id": "1", "status": "CANCELLED" }]);
    let refused = house.report(items).await.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(house.joor.order("1").unwrap().status, Status::Approved);
    assert_eq!(house.joor.credits_used(), 296);
    house.clock.advance(Duration::from_secs(301));
    assert_eq!(house.get("orders").await.status(), StatusCode::OK);
    assert_eq!(house.joor.credits_left(), 299);
}

#[tokio::test]
async fn lagging_list_shows_the_order_of_before_while_its_id_shows_it_fresh() {
    let house = House::new(JoorOptions { list_lag: Duration::from_secs(60), ..JoorOptions::default() }).await;
    house.joor.add_order(order("1"));
    house.joor.cancel("1");
    assert_eq!(house.ids("orders?status=APPROVED").await, ["1"]);
    assert_eq!(body(house.get("orders?order_ids=1").await).await["data"][0]["status"], "CANCELLED");
    house.clock.advance(Duration::from_secs(61));
    assert_eq!(house.ids("orders?status=APPROVED").await, Vec::<String>::new());
}

#[tokio::test]
async fn both_kinds_of_export_state_and_the_ignored_filter_can_be_played() {
    let options =
        JoorOptions { integer_export_state: true, ignores_export_filter: true, ..JoorOptions::default() };
    let house = House::new(options).await;
    house.joor.add_order(order("1").exported(ExportState::Success, None));
    let answer = body(house.get("orders?export_status=UNDEFINED").await).await;
    assert_eq!(answer["data"][0]["export_status"], 1);
}

#[tokio::test]
async fn oddities_of_real_answers_can_be_played() {
    let house = House::new(JoorOptions { oddities: true, ..JoorOptions::default() }).await;
    house.joor.add_order(order("1"));
    let answer = body(house.get("orders?order_ids=1").await).await;
    let row = &answer["data"];
    assert_eq!(row["total"], "3", "one element, not a list, and a number as text: {answer}");
    assert_eq!(row["shipping_address"]["line1"], "48 Cannery Lane");
    assert_eq!(row["shipping_address"]["code"], " SH1 ");
    assert_eq!(row["tracking_number"], "");
    assert_eq!(row["discount"]["details"], "");
    let line = &body(house.get("orders/sku_line_items?order_ids=1").await).await["data"];
    assert_eq!(line["quantity"], "3");
    assert!(line["line_item_sku"]["item_price"].is_string());
    assert_eq!(money(&line["line_item_sku"]["item_price"]), Decimal::new(4550, 2));
}

#[tokio::test]
async fn lost_reply_is_executed_and_closes_the_connection() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_order(order("1"));
    house.faults.script(Service::Joor, "POST bulk_update", When::Next, Fault::LoseReply);
    let items = json!([{ "id": "1", "status": "APPROVED", "export_status": "SUCCESS" }]);
    let lost = house.report(items).await.send().await;
    assert!(lost.is_err_and(|error| !error.is_connect() && !error.is_timeout()));
    assert_eq!(house.joor.order("1").unwrap().export_status, ExportState::Success);
}

#[tokio::test]
async fn late_act_happens_after_the_connection_is_gone() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_order(order("1"));
    let late = Fault::ActLate(Duration::from_millis(150));
    house.faults.script(Service::Joor, "POST bulk_update", When::Next, late);
    let items = json!([{ "id": "1", "status": "APPROVED", "export_status": "SUCCESS" }]);
    assert!(house.report(items).await.send().await.is_err());
    assert_eq!(house.joor.order("1").unwrap().export_status, ExportState::Undefined);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if house.joor.order("1").unwrap().export_status == ExportState::Success {
            return;
        }
    }
    panic!("the late act never happened");
}

#[tokio::test]
async fn refused_before_execution_changes_nothing() {
    let refusals = [
        (Fault::DropBefore, None),
        (Fault::Html { code: 502 }, Some(502)),
        (Fault::Throttled, Some(429)),
        (
            Fault::Status {
                code: 503,
                body: String::new(),
                headers: vec![("retry-after".into(), "7".into())],
            },
            Some(503),
        ),
    ];
    for (fault, expected) in refusals {
        let house = House::new(JoorOptions::default()).await;
        house.joor.add_order(order("1"));
        house.faults.script(Service::Joor, "POST bulk_update", When::Next, fault.clone());
        let items = json!([{ "id": "1", "status": "APPROVED", "export_status": "SUCCESS" }]);
        let answered = house.report(items).await.send().await.ok().map(|answer| answer.status().as_u16());
        assert_eq!(answered, expected, "{fault:?}");
        assert_eq!(house.joor.order("1").unwrap().export_status, ExportState::Undefined, "{fault:?}");
        assert_eq!(house.faults.hits().len(), 1);
    }
}

#[tokio::test]
async fn spoilt_bodies_reach_the_caller_spoilt() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_order(order("1"));
    let spoil = |fault| house.faults.script(Service::Joor, "GET orders", When::Next, fault);

    spoil(Fault::CutBody { keep: 10 });
    let cut = house.get("orders").await;
    assert_eq!(cut.status(), StatusCode::OK);
    assert!(cut.bytes().await.is_err(), "the connection breaks inside the body");

    spoil(Fault::Garbage);
    let garbage = house.get("orders").await.bytes().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&garbage).is_err());

    spoil(Fault::Oversized(100_000));
    assert!(house.get("orders").await.bytes().await.unwrap().len() > 100_000);

    spoil(Fault::ReplaceBody("[]".to_owned()));
    assert_eq!(body(house.get("orders").await).await, json!([]));

    spoil(Fault::ExecuteThenStatus { code: 500, body: "oops".to_owned() });
    assert_eq!(house.get("orders").await.status(), StatusCode::INTERNAL_SERVER_ERROR);

    spoil(Fault::BrokenRow { order_id: "1".to_owned(), field: "customer.name".to_owned(), value: json!(17) });
    assert_eq!(body(house.get("orders").await).await["data"][0]["customer"]["name"], 17);
}

#[tokio::test]
async fn slow_call_is_executed_though_its_caller_gave_up() {
    let house = House::new(JoorOptions::default()).await;
    house.joor.add_order(order("1"));
    house.faults.script(
        Service::Joor,
        "POST bulk_update",
        When::Next,
        Fault::Slow(Duration::from_millis(200)),
    );
    let items = json!([{ "id": "1", "status": "APPROVED", "export_status": "SUCCESS" }]);
    let request = house.report(items).await.timeout(Duration::from_millis(50));
    assert!(request.send().await.is_err_and(|error| error.is_timeout()));
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if house.joor.order("1").unwrap().export_status == ExportState::Success {
            return;
        }
    }
    panic!("the slow call never happened");
}
