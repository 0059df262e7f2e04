//! Every way from a problem to a setting ends at a field that is there.

use super::*;
use crate::console::settings::keys::{groups, key};
use crate::console::settings::{Origins, Showing, Wrongs, table_of};
use crate::console::words::Places;
use askama::Template;
use console::pages::connections::{Note, Settings};
use console::{Frame, Place};
use domain::ids::JoorOrderId;
use domain::problem::{Problem, Who};
use std::collections::{BTreeMap, BTreeSet};

const LEAST: &str = "[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n\
    [shopify]\nshop_url = \"https://brand.myshopify.com\"\n[orders]\ncurrencies = [\"USD\"]\n";
const ROWS: &str = "[[orders.rules]]\nname = \"gifts\"\nskip = true\nwhen = { country = [\"GB\"] }\n\
    [[orders.rules]]\nname = \"samples\"\nskip = true\nwhen = { season = [\"s\"] }\n\
    [tax.rules.GB]\nname = \"VAT\"\nrate = \"20%\"\n\
    [tags]\ntemplates = [\"{{ season }}\", \"{{ po_number }}\"]\n\
    [attributes]\nDoor = \"{{ season }}\"\nSeason = \"{{ season }}\"\n";

fn form(more: &str) -> Form {
    Form::of(&table_of(&format!("{LEAST}{more}")))
}

/// Every id of the page on which these settings are changed.
fn anchors(form: &Form) -> BTreeSet<String> {
    let (nothing, origins) = (BTreeMap::new(), Origins::default());
    let showing = Showing {
        form,
        wrongs: &Wrongs::default(),
        origins: &origins,
        kept: &nothing,
        sealed: &nothing,
        note_from: "",
    };
    let page = Settings {
        frame: Frame::new(Place::Connections, None, ""),
        connection: "brand".to_owned(),
        version: 1,
        groups: showing.groups(),
        wrong: Vec::new(),
        refused: None,
        preview: None,
        seen: String::new(),
        last: String::new(),
        last_max: 1,
        note: Note { orders: Vec::new(), shown: String::new(), fields: Vec::new(), default: String::new() },
        may_change: true,
    };
    let html = page.render().unwrap();
    let (_, form) = html.split_once("<form method=\"post\" action=\"/connections/brand/settings\"").unwrap();
    let ids = form.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    ids.map(str::to_owned).collect()
}

#[test]
fn every_link_from_a_problem_to_a_setting_leads_to_a_field_that_is_in_the_form() {
    let order = JoorOrderId::new("9");
    for more in ["", ROWS] {
        let form = form(more);
        let (anchors, places) = (anchors(&form), Places::with(form));
        assert!(anchors.contains("orders.stock") && anchors.len() > 60, "{anchors:?}");
        let mut led = 0;
        for problem in Problem::samples() {
            let told = problem.told("9");
            let mut links = places.problem(&told, Some(&order), None).links;
            links.extend(places.general(&told, None));
            for subject in &told.subjects {
                links.extend(places.of_subject(subject, told.code, &order));
            }
            let to_settings =
                links.iter().filter_map(|link| link.href.strip_prefix("/connections/brand/settings"));
            let to_settings: Vec<&str> = to_settings.collect();
            for fragment in &to_settings {
                let id = fragment.strip_prefix('#').unwrap_or_default();
                assert!(anchors.contains(id), "{}: {fragment:?} leads nowhere", told.code);
            }
            let names_one = quoted_pieces(&told.resolution)
                .any(|quoted| key(quoted.split(" = ").next().unwrap()).is_some());
            assert!(!names_one || !to_settings.is_empty(), "{}: no way to its setting", told.code);
            led += usize::from(!to_settings.is_empty());
        }
        assert!(led >= 25, "{led}");
    }
}

/// What somebody who keeps the settings must do elsewhere; all the rest of it is done at a field.
#[test]
fn what_the_settings_put_right_leads_there_and_only_few_things_do_not() {
    let nowhere: Vec<&str> = Problem::samples()
        .iter()
        .map(|problem| problem.told("9"))
        .filter(|told| told.who == Who::Settings && fields_of(told, &form("")).is_empty())
        .map(|told| told.code)
        .collect();
    assert_eq!(
        nowhere,
        [
            "CONN_SHOPIFY_SCOPE",
            "SYS_STORE",
            "SYS_CLOCK",
            "SYS_UNEXPECTED",
            "SRC_BAD_PAYLOAD",
            "STOCK_UNTRACKED",
            "DEST_REJECTED",
            "DEST_DATE_INVALID",
            "DUP_LOOKUP_BLIND",
            "DUP_SECOND_EXPORTER",
        ]
    );
}

#[test]
fn a_problem_leads_to_the_very_field_or_row_that_it_is_about() {
    let reason =
        |keys: &str| Problem::ConnSettings { reason: format!("its stored settings are refused: {keys}") };
    let rule = |name: &str| Problem::OrdRuledOut { rule: name.to_owned() };
    let long = |target: &str| Problem::MapTooLong { target: target.to_owned(), limit: 40 };
    let broken =
        |target: &str| Problem::MapTemplate { target: target.to_owned(), reason: "it is".to_owned() };
    let tax = |country: &str| Problem::TaxRuleMissing { country: country.to_owned() };
    let cases: Vec<(Problem, &[&str])> = vec![
        (rule("samples"), &["orders.rules[2].name"]),
        (rule("gone by now"), &["orders.rules[1].name"]),
        (tax("FR"), &["tax.rules[2].country", "tax.otherwise"]),
        (tax("GB"), &["tax.rules[1].country", "tax.otherwise"]),
        (broken("note"), &["note.template"]),
        (long("The note"), &["note.template"]),
        (broken("tag 2"), &["tags.templates[2].template"]),
        (long("Tag 7"), &["tags.templates[1].template"]),
        (broken("attribute Season"), &["attributes[2].name"]),
        (long("Attribute é"), &["attributes[1].name"]),
        (Problem::MoneyCurrency { found: "EUR".to_owned(), allowed: Vec::new() }, &["orders.currencies"]),
        (
            reason("orders.stock, alerts.silence + schedule.interval"),
            &["orders.stock", "alerts.silence", "schedule.interval"],
        ),
        (reason("tax.rules.GB.rate, orders.rules[2].stock"), &["tax.rules[1].rate", "orders.rules[2].stock"]),
        (reason("shopify.client_secret_file"), &["shopify.client_secret"]),
        (reason("the key file is gone"), &["joor", "shopify"]),
    ];
    let form = form(ROWS);
    let anchors = anchors(&form);
    for (problem, ids) in cases {
        let found: Vec<String> =
            fields_of(&problem.told("9"), &form).into_iter().map(|place| place.id).collect();
        assert_eq!(found, ids, "{problem:?}");
        assert!(found.iter().all(|id| anchors.contains(id)), "{problem:?}: {found:?}");
    }
}

#[test]
fn a_place_is_called_as_the_form_calls_it() {
    let labels = |problem: Problem| -> Vec<String> {
        let found = fields_of(&problem.told("9"), &form(ROWS));
        found.into_iter().map(|place| place.label).collect()
    };
    let rule = Problem::OrdRuledOut { rule: "samples".to_owned() };
    assert_eq!(labels(rule), ["Rules 2: Name"]);
    assert_eq!(
        labels(Problem::TaxRuleMissing { country: "FR".to_owned() }),
        ["Tax".to_owned(), format!("{}: {}", groups()[5].title, key("tax.otherwise").unwrap().label)]
    );
    // A stranger's words lead nowhere.
    let odd = Problem::OrdRuledOut { rule: "`orders.stock`\"><script>".to_owned() };
    let found = fields_of(&odd.told("9"), &form(""));
    assert!(found.iter().all(|place| !place.id.contains(['<', '"', '>'])), "{found:?}");
}
