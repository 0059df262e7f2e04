//! Every page is rendered whole, is harmless whatever its texts are, and stays small.

use crate::samples::{self, again, linking, more, orders, problems, setting};
use askama::Template;
use console::html;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Every page, with this text in every place where JOOR, Shopify or a person may put one.
fn all(text: &str) -> Vec<(&'static str, String)> {
    fn of(page: impl Template) -> String {
        page.render().unwrap()
    }
    vec![
        ("overview", of(samples::overview(text))),
        ("welcome", of(samples::empty_overview())),
        ("orders", of(orders::orders(50, text))),
        ("many-orders", of(orders::orders(200, text))),
        ("no-orders", of(orders::orders(0, text))),
        ("order", of(orders::order(text))),
        ("wire", of(orders::wire(text))),
        ("link-customer", of(linking::customer(text))),
        ("link-customer-failed", of(linking::nobody(text))),
        ("link-item", of(linking::item(text))),
        ("link-items", of(linking::items(text))),
        ("problems", of(problems::problems(text))),
        ("problem", of(problems::cause(text))),
        ("problem-solved", of(problems::solved_cause(text))),
        ("confirm", of(again::confirm(text))),
        ("preview", of(again::preview(text))),
        ("again", of(again::again(text))),
        ("again-not", of(again::no_again(text))),
        ("proof", of(more::proof(text))),
        ("pending", of(more::pending(text))),
        ("activity", of(more::activity(text))),
        ("people", of(more::people(text))),
        ("me", of(more::me(text))),
        ("connections", of(more::connections(text))),
        ("connection", of(more::connection(text))),
        ("settings", of(setting::settings(text))),
        ("new-connection", of(setting::new_connection(text))),
        ("sign-in", of(samples::sign_in(text))),
        ("message", of(samples::message(text))),
    ]
}

#[test]
fn every_page_is_made_whole_and_has_what_a_page_needs() {
    let folder = std::env::var_os("CONSOLE_PAGES").map(std::path::PathBuf::from);
    for (name, page) in all("") {
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{name}");
        for needed in ["<html lang=\"en\">", "<title>", "<main", "name=\"viewport\""] {
            assert!(page.contains(needed), "{name} lacks {needed}");
        }
        assert_eq!(page.matches("<h1").count(), 1, "{name} has one headline");
        assert!(!page.contains("style=") && !page.contains("onclick="), "{name} keeps to the policy");
        if let Some(folder) = &folder {
            let page = page.replace("/assets/", "assets/");
            std::fs::create_dir_all(folder.join("assets")).unwrap();
            std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
            std::fs::write(folder.join("assets/console.css"), console::assets::STYLE).unwrap();
            std::fs::write(folder.join("assets/console.js"), console::assets::SCRIPT).unwrap();
        }
    }
}

#[test]
fn every_field_of_a_form_is_one_that_a_browser_knows() {
    for (name, page) in all("") {
        for wrong in ["<inputid", "<selectid", "<textareaid", "\"id=", "\"name="] {
            assert!(!page.contains(wrong), "{name}: {wrong}");
        }
        for (start, end) in [("<select", "</select>"), ("<textarea", "</textarea>")] {
            let tags = page.match_indices(start).filter(|(at, _)| page[at + start.len()..].starts_with(' '));
            assert_eq!(tags.count(), page.matches(end).count(), "{name}: {start}");
        }
    }
}

#[test]
fn hostile_texts_are_only_texts() {
    for (name, page) in all(samples::HOSTILE) {
        assert!(!page.contains("<script>alert"), "{name}");
        assert!(!page.contains("<img src=x"), "{name}");
        assert!(!page.contains("onerror=alert(1)>\""), "{name}");
    }
}

#[test]
fn what_is_good_or_bad_is_said_by_a_shape_too_and_no_page_has_two_main_actions() {
    let mut seen = 0;
    for (name, page) in all("") {
        let main = page.matches(r#"class="main""#).count() + page.matches(r#"class="button main""#).count();
        assert!(main <= 1, "{name} has {main} main actions");
        for of_tone in ["good", "wait", "bad", "idle"] {
            for kind in ["state", "pill"] {
                let start = format!(r#"class="{kind} {of_tone}">"#);
                for (at, _) in page.match_indices(&start) {
                    let inside = &page[at + start.len()..];
                    let words = inside.split("</").next().unwrap_or_default();
                    let by_word =
                        ["in force", "this one", "disabled", "revoked", "late", "window open", "ships soon"];
                    let is_plain = kind == "pill"
                        && (by_word.contains(&words) || words.ends_with(" short") || words == "Archived");
                    assert!(is_plain || inside.starts_with("<svg"), "{name}: {words}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn every_chart_has_a_text_and_a_table_that_say_the_same() {
    let mut charts = 0;
    for (name, page) in all("") {
        for chart in page.split(r#"<svg class="chart""#).skip(1) {
            let (tag, rest) = chart.split_once('>').unwrap();
            assert!(tag.contains(r#" role="img""#), "{name}: {tag}");
            let label =
                tag.split_once(r#"aria-label=""#).and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
            assert!(!label.is_empty(), "{name}");
            let (figure, _) = rest.split_once("</figure>").unwrap();
            let (drawn, table) = figure.split_once("<table>").expect("a table");
            assert!(drawn.contains(&format!("<figcaption class=\"small\">{label}</figcaption>")), "{name}");
            assert_eq!(table.matches("<tr><td>").count(), drawn.matches("<rect ").count(), "{name}");
            charts += 1;
        }
    }
    assert!(charts >= 2, "{charts}");
}

#[test]
fn a_search_among_the_orders_of_a_cause_keeps_the_chosen_style() {
    let page = problems::cause("").render().unwrap();
    let (_, form) = page.split_once(r#"role="search">"#).unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    assert!(form.contains(r#"<input type="hidden" name="on" value="variant:1/2">"#), "{form}");
}

#[test]
fn the_token_of_an_export_is_named() {
    let page = orders::order("").render().unwrap();
    assert!(page.contains(r#"custom id in Shopify <span class="mono">joor-shopify:12:7100412:1:1</span>"#));
}

/// Bytes on the way to a browser: everything is sent compressed.
fn travelling(text: &str) -> usize {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap().len()
}

#[test]
fn whatever_is_needed_to_show_a_page_first_is_small() {
    let assets = [console::assets::STYLE, console::assets::SCRIPT, console::assets::ICON];
    let rest: usize = assets.into_iter().map(travelling).sum();
    for (name, page) in all("") {
        let page = travelling(&page);
        assert!(page + rest < 50_000, "{name}: {page} bytes and {rest} of style, script and icon");
    }
    assert_eq!(html(&samples::message("")), samples::message("").render().unwrap());
}
