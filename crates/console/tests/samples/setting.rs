//! The settings of a connection, and one that is being made.

use super::{ago, frame};
use console::Place;
use console::look::{State, Tone};
use console::pages::connections::{
    Begun, Change, Field, FieldKind, Finding, FormRow, Group, LookedOrder, NewConnection, Note, Origin,
    PreviewedOrder, Rows, Settings, SettingsLook, SettingsPreview, Step, Word, Wrong,
};

fn word(value: &str, chosen: bool) -> Word {
    Word { value: value.to_owned(), words: value.replace('_', " "), chosen }
}

fn origin(text: &str) -> Origin {
    Origin { version: 3, by: format!("ada@brand.example{text}"), when: ago(4000) }
}

fn field(name: &str, text: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        label: format!("Label of {name}"),
        hint: "How orders arrive in Shopify.".to_owned(),
        default: "unfulfilled".to_owned(),
        origin: Some(origin(text)),
        in_row: name.contains('['),
        value: text.to_owned(),
        kind,
        wrong: vec![format!("“sometimes”{text} does not go. Possible is so and so.")],
    }
}

fn row(number: usize, text: &str) -> FormRow {
    let name = format!("orders.rules[{number}]");
    let named = |key: &str| format!("{name}.{key}");
    FormRow {
        number,
        fields: vec![
            field(&named("name"), text, FieldKind::Line),
            field(&named("when.linesheet"), text, FieldKind::Lines),
        ],
        name,
    }
}

pub fn settings(text: &str) -> Settings {
    let group = |key: &str, title: &str, fields, rows| Group {
        key: key.to_owned(),
        title: title.to_owned(),
        hint: "How an order is carried over.".to_owned(),
        fields,
        rows,
    };
    let words = || vec![word("unfulfilled", true), word("assigned_fulfilled", false)];
    Settings {
        frame: frame(Place::Connections),
        connection: "main".to_owned(),
        version: 3,
        groups: vec![
            group(
                "orders",
                "Orders",
                vec![
                    field("orders.fulfilment", text, FieldKind::Choice(words())),
                    field("orders.item_keys", text, FieldKind::Ranked(vec![words(), words()])),
                    field("orders.location", text, FieldKind::Line),
                    field("orders.currencies", text, FieldKind::Lines),
                    field("alerts.daily_hour", text, FieldKind::Number),
                    field("schedule.include_start_day", "true", FieldKind::Check),
                    field(
                        "joor.password",
                        "",
                        FieldKind::Secret {
                            there: format!("kept; type to replace{text}"),
                            sealed: "v1:sealed".to_owned(),
                        },
                    ),
                ],
                None,
            ),
            group(
                "orders.rules",
                "Rules",
                Vec::new(),
                Some(Rows {
                    origin: Some(origin(text)),
                    rows: vec![row(1, text), row(2, text)],
                    more: vec![row(3, "")],
                    is_ordered: true,
                }),
            ),
            group(
                "note",
                "Note",
                vec![field(
                    "note.template",
                    &format!("Season: {{{{ season }}}}{text}"),
                    FieldKind::Template("/connections/main/settings/note".to_owned()),
                )],
                None,
            ),
        ],
        wrong: vec![Wrong {
            href: "#orders.stock".to_owned(),
            label: "Orders: Stock".to_owned(),
            words: format!("“sometimes”{text} does not go."),
        }],
        refused: Some(format!("ada@brand.example{text} changed the settings meanwhile.")),
        preview: Some(SettingsPreview {
            words: "Of the last 10 orders 1 would change and 9 would stay as they are.".to_owned(),
            failed: false,
            orders: vec![PreviewedOrder {
                id: "7100412".to_owned(),
                href: "/orders/main/7100412".to_owned(),
                retailer: format!("Maison Verte{text}"),
                before: State::of("held"),
                after: State::of("ready"),
                changes: vec![
                    Change {
                        what: "Note".to_owned(),
                        before: format!("Season: SS27{text}"),
                        after: format!("Season: SS27{text}\nPO: 4711"),
                    },
                    Change { what: "Tags".to_owned(), before: String::new(), after: text.to_owned() },
                ],
            }],
        }),
        seen: "4711".to_owned(),
        last: "10".to_owned(),
        last_max: 50,
        note: Note {
            orders: vec![Word {
                value: "7100412".to_owned(),
                words: format!("7100412, Maison Verte{text}"),
                chosen: true,
            }],
            shown: format!("Season: SS27{text}"),
            fields: vec![("retailer".to_owned(), format!("Maison Verte{text}"))],
            default: "{{ season }}".to_owned(),
        },
        may_change: true,
    }
}

pub fn new_connection(text: &str) -> NewConnection {
    let step = |words: &str, is_done, is_current| Step {
        words: words.to_owned(),
        href: if is_done { "/connections/new?name=brand&step=joor".to_owned() } else { String::new() },
        is_done,
        is_current,
    };
    NewConnection {
        frame: frame(Place::Connections),
        name: "brand".to_owned(),
        named: String::new(),
        steps: vec![step("JOOR", true, false), step("Shopify", false, true), step("Orders", false, false)],
        step: "shopify".to_owned(),
        title: "Shopify".to_owned(),
        words: "Where the shop is, and who we are there.".to_owned(),
        button: "Test and go on".to_owned(),
        fields: vec![
            field("shopify.shop_url", text, FieldKind::Line),
            field(
                "shopify.access_token",
                "",
                FieldKind::Secret { there: "type it here".to_owned(), sealed: String::new() },
            ),
        ],
        wrong: vec![Wrong {
            href: "#shopify.shop_url".to_owned(),
            label: "Shopify: Shop address".to_owned(),
            words: format!("“x”{text} does not go."),
        }],
        refused: Some(format!("Shopify does not know this token.{text}")),
        findings: vec![Finding {
            tone: Tone::Bad,
            word: "bad".to_owned(),
            what: "scopes".to_owned(),
            why: format!("write_orders is missing{text}"),
            fix: "Give the app the permission in Shopify, then install it again.".to_owned(),
        }],
        look: Some(SettingsLook {
            words: "Of the last 10 approved orders 9 would be sent.".to_owned(),
            orders: vec![LookedOrder {
                id: "7100412".to_owned(),
                retailer: format!("Maison Verte{text}"),
                state: State::of("held"),
                total: "1,240.50 USD".to_owned(),
                words: vec![format!("Not enough stock: ROSE-M{text}")],
            }],
        }),
        begun: vec![Begun {
            name: "other".to_owned(),
            href: "/connections/new?name=other".to_owned(),
            by: format!("ada@brand.example{text}"),
            when: ago(400),
            words: "JOOR answers; Shopify is next.".to_owned(),
        }],
    }
}
