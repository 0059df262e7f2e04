//! Problems and the news about them.

use super::*;
use domain::problem::{LineRef, Subject, SubjectKind};

#[tokio::test]
async fn replacing_problems_closes_the_others_and_keeps_when_the_known_ones_opened() {
    let Some(desk) = Desk::new().await else { return };
    desk.commit(&[problems(Some("7"), &[short(), empty()]), problems(None, &[empty()])]).await;
    let reworded = Told { sentence: "Other words".to_owned(), severity: Severity::Warning, ..short() };
    desk.commit_at(LATER, &[problems(Some("7"), std::slice::from_ref(&reworded))]).await;
    let found =
        desk.ledger.problems("shop", &ProblemQuery { order: Some(id("7")), open_only: false }).await.unwrap();
    let seen: Vec<_> = found.iter().map(|p| (p.told.clone(), p.opened, p.closed)).collect();
    assert_eq!(seen, [(reworded, NOW, None), (empty(), NOW, Some(LATER))]);
    let open = desk.open_problems().await;
    assert_eq!(open.len(), 2, "the connection's own problem is untouched");
    assert_eq!(open[1].order, None);
    desk.commit(&[problems(Some("7"), &[empty()])]).await;
    let one = ProblemQuery { order: Some(id("7")), open_only: true };
    assert_eq!(desk.ledger.problems("shop", &one).await.unwrap().len(), 1, "a new opening of the same code");
}

#[tokio::test]
async fn two_problems_of_one_code_are_one_with_both_sentences() {
    let Some(desk) = Desk::new().await else { return };
    let first = Told { sentence: "A".to_owned(), severity: Severity::Warning, ..short() };
    let second = Told { sentence: "B".to_owned(), ..short() };
    desk.commit(&[problems(Some("7"), &[first, second])]).await;
    let open = desk.open_problems().await;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].told.sentence.as_str(), open[0].told.severity), ("A; B", short().severity));
}

#[tokio::test]
async fn one_code_opens_and_closes_without_touching_others() {
    let Some(desk) = Desk::new().await else { return };
    let opened = |told: Told| Change::ProblemOpened { order: Some(id("7")), told };
    desk.commit(&[opened(short()), opened(empty()), opened(short())]).await;
    assert_eq!(desk.open_problems().await.len(), 2);
    desk.commit(&[Change::ProblemClosed { order: Some(id("7")), code: short().code }]).await;
    desk.commit(&[Change::ProblemClosed { order: Some(id("8")), code: empty().code }]).await;
    let open = desk.open_problems().await;
    assert_eq!(open.iter().map(|p| p.told.code).collect::<Vec<_>>(), [empty().code]);
}

#[tokio::test]
async fn the_same_news_is_never_told_twice() {
    let Some(desk) = Desk::new().await else { return };
    let warning = Told { severity: Severity::Warning, ..short() };
    let code = warning.code;
    desk.commit(&[problems(Some("7"), std::slice::from_ref(&warning))]).await;
    assert_eq!(desk.news_codes().await, [(code, true)]);
    let problem = desk.open_problems().await[0].id;
    let told = |opened: Vec<i64>, closed: Vec<i64>| Change::ProblemsMailed { opened, closed };
    desk.commit(&[told(vec![problem], vec![])]).await;
    assert_eq!(desk.news_codes().await, []);
    assert_eq!(desk.open_problems().await[0].mailed.as_deref(), Some("warning"));

    desk.commit(&[problems(Some("7"), &[Told { severity: Severity::Notice, ..short() }])]).await;
    assert_eq!(desk.news_codes().await, [], "milder is no news");
    desk.commit(&[problems(Some("7"), &[Told { severity: Severity::Outage, ..short() }])]).await;
    assert_eq!(desk.news_codes().await, [(code, true)], "worse is news");
    desk.commit(&[told(vec![problem], vec![])]).await;
    desk.commit(&[problems(Some("7"), &[])]).await;
    assert_eq!(desk.news_codes().await, [(code, false)], "being over is news");
    desk.commit(&[problems(Some("7"), std::slice::from_ref(&warning))]).await;
    assert_eq!(desk.news_codes().await, [], "back before anybody heard that it was over");
    assert_eq!(desk.open_problems().await[0].id, problem);

    desk.commit(&[problems(Some("7"), &[]), told(vec![], vec![problem])]).await;
    assert_eq!(desk.news_codes().await, []);
    desk.commit(&[problems(Some("7"), &[warning])]).await;
    assert_eq!(desk.news_codes().await, [(code, true)], "back after people heard that it was over");
    desk.commit(&[problems(Some("7"), &[])]).await;
    assert_eq!(desk.news_codes().await, [], "what nobody heard of needs no end");
}

#[tokio::test]
async fn another_thing_to_do_about_a_problem_is_news_and_other_figures_are_not() {
    let Some(desk) = Desk::new().await else { return };
    let code = short().code;
    let told = |opened: Vec<i64>| Change::ProblemsMailed { opened, closed: vec![] };
    desk.commit(&[problems(Some("7"), &[short()])]).await;
    let problem = desk.open_problems().await[0].id;
    desk.commit(&[told(vec![problem])]).await;
    let other_words = Told { sentence: "4 of 9 are missing".to_owned(), ..short() };
    desk.commit(&[problems(Some("7"), std::slice::from_ref(&other_words))]).await;
    assert_eq!(desk.news_codes().await, []);
    let reworded = Told { resolution: "The same in other words".to_owned(), ..other_words };
    desk.commit(&[problems(Some("7"), std::slice::from_ref(&reworded))]).await;
    assert_eq!(desk.news_codes().await, [], "as after an upgrade");
    let subjects =
        vec![Subject { kind: SubjectKind::Country, id: "FR".to_owned(), label: "France".to_owned() }];
    let elsewhere = Told { resolution: "Put it right elsewhere".to_owned(), subjects, ..reworded };
    desk.commit(&[problems(Some("7"), std::slice::from_ref(&elsewhere))]).await;
    assert_eq!(desk.news_codes().await, [(code, true)]);
    desk.commit(&[problems(Some("7"), &[])]).await;
    assert_eq!(desk.news_codes().await, [(code, false)], "people heard of it once, so they hear of its end");
    desk.commit(&[problems(Some("7"), std::slice::from_ref(&elsewhere)), told(vec![problem])]).await;
    assert_eq!(desk.news_codes().await, []);
}

#[tokio::test]
async fn every_problem_of_the_catalogue_comes_back_as_it_was_told() {
    let Some(desk) = Desk::new().await else { return };
    let mut told: Vec<Told> = Problem::samples().iter().map(|problem| problem.told("7")).collect();
    told.sort_by_key(|told| told.code);
    told.dedup_by_key(|told| told.code);
    desk.commit(&[problems(Some("7"), &told)]).await;
    let stored: Vec<Told> = desk.open_problems().await.into_iter().map(|problem| problem.told).collect();
    assert_eq!(stored, told);
}

fn without_stock(styles: &[&str]) -> Told {
    let line = |style: &&str| LineRef { label: (*style).to_owned(), ..LineRef::default() };
    Problem::StockUntracked { lines: styles.iter().map(line).collect() }.told("7")
}

#[tokio::test]
async fn two_problems_of_one_code_are_about_the_things_of_both() {
    let Some(desk) = Desk::new().await else { return };
    desk.commit(&[problems(Some("7"), &[without_stock(&["Rose"]), without_stock(&["Lily", "Rose"])])]).await;
    let about = async || {
        let open = desk.open_problems().await;
        open[0].told.subjects.iter().map(|subject| subject.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(about().await, ["Rose", "Lily"]);
    // One of them is there again.
    desk.commit(&[problems(Some("7"), &[without_stock(&["Lily"])])]).await;
    assert_eq!(about().await, ["Lily"]);
}

#[tokio::test]
async fn of_a_cause_all_orders_are_known_and_which_of_them_were_refused_and_how_many_were_released() {
    let Some(desk) = Desk::new().await else { return };
    let refusal = |number: &str, generation| Change::RefusalNoted {
        key: export(number, generation, 1).key,
        refusal: Some(RefusalRecord { fingerprint: "f".to_owned(), times: 1, at: NOW, told: short() }),
    };
    for number in ["7", "8", "9"] {
        desk.open_order(number).await;
        desk.commit(&[problems(Some(number), &[short()]), refusal(number, 1)]).await;
    }
    desk.commit(&[
        problems(None, &[short()]),
        Change::RefusalNoted { key: export("8", 1, 1).key, refusal: None },
    ])
    .await;
    // Of an earlier generation: it says why the earlier order still stands.
    let next = OrderRecord { generation: 2, ..order("9") };
    desk.commit(&[Change::Order(Box::new(next)), Change::ExportOpened(export("9", 2, 1))]).await;
    let code = short().code;
    let orders = async |limit| desk.ledger.orders_of_cause("shop", code, limit).await.unwrap();
    assert_eq!(orders(9).await, [id("7"), id("8"), id("9")]);
    assert_eq!(orders(2).await, [id("7"), id("8")]);
    assert_eq!(desk.ledger.refused_of_cause("shop", code, 9).await.unwrap(), [export("7", 1, 1).key]);
    assert_eq!(desk.ledger.refused_of_cause("shop", empty().code, 9).await.unwrap(), []);

    let released = async |since| desk.ledger.solved_counts(since).await.unwrap();
    assert!(released(NOW).await.is_empty());
    let solved = |number| problems(Some(number), &[]);
    desk.commit_at(LATER, &[solved("7"), solved("8"), problems(None, &[])]).await;
    let count = |number| [(("shop".to_owned(), code), number)].into_iter().collect();
    assert_eq!(released(LATER).await, count(2));
    assert!(released(LATER.plus(TTL)).await.is_empty());
    desk.commit_at(LATER, &[problems(Some("8"), &[short()])]).await;
    assert_eq!(released(LATER).await, count(1), "one of them waits on it again");
}
