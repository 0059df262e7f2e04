//! Problems and the news about them.

use super::*;

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
async fn every_problem_of_the_catalogue_comes_back_as_it_was_told() {
    let Some(desk) = Desk::new().await else { return };
    let mut told: Vec<Told> = Problem::samples().iter().map(|problem| problem.told("7")).collect();
    told.sort_by_key(|told| told.code);
    told.dedup_by_key(|told| told.code);
    desk.commit(&[problems(Some("7"), &told)]).await;
    let stored: Vec<Told> = desk.open_problems().await.into_iter().map(|problem| problem.told).collect();
    assert_eq!(stored, told);
}
