//! Texts that users write over an order: note, tags, attributes. Strict templates with a limit on work; checked when
//! saved. Also the cleaning of every text that leaves. Not here: which templates a connection has.

use crate::ids::JoorOrderId;
use crate::money::Decimal;
use crate::orders::order::{Named, Order, OrderStatus, Retailer};
use jiff::civil::Date;
use minijinja::{Environment, UndefinedBehavior, Value};

/// The fields of an order that templates and the list of required fields can name.
pub const FIELDS: &[&str] = &[
    "order",
    "po_number",
    "retailer",
    "retailer_code",
    "buyer",
    "buyer_email",
    "payment_terms",
    "payment_terms_code",
    "shipping_method",
    "shipping_method_code",
    "linesheet",
    "linesheet_code",
    "season",
    "season_code",
    "ship_start",
    "ship_end",
    "warehouse",
    "warehouse_code",
    "customer_group",
    "customer_group_code",
    "company_number",
    "company_number_code",
    "sales_rep",
    "sales_rep_code",
    "event",
    "event_code",
    "order_type",
    "order_type_code",
    "door",
    "door_code",
    "comments",
    "internal_comments",
    "tax_number",
    "approved",
    "units",
];

/// One line for each thing that the people who ship an order ask for; empty ones are left out.
pub const DEFAULT_NOTE: &str = "\
{% if payment_terms %}Payment terms: {{ payment_terms }}
{% endif %}
{% if shipping_method %}Shipping method: {{ shipping_method }}
{% endif %}
{% if linesheet %}Linesheet: {{ linesheet }}
{% endif %}
{% if season or season_code %}Season: {{ season or season_code }}
{% endif %}
{% if ship_start or ship_end %}Ship window: {{ ship_start }} to {{ ship_end }}
{% endif %}
{% if sales_rep %}Sales rep: {{ sales_rep }}
{% endif %}
{% if comments %}Comments: {{ comments }}
{% endif %}";

const SOURCE_CHARS_MAX: usize = 5000;
/// Steps of the template engine; the default note takes about a hundred.
const FUEL: u64 = 20_000;
/// Only choices: loops and assignments could multiply text without end, and an order has nothing to loop over.
const BLOCKS: [&str; 4] = ["if", "elif", "else", "endif"];
const FILTERS: &str = "upper, lower, default(text), cut(characters)";

/// A template that was checked: it parses, and every field it names exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TemplateRefused {
    pub reason: String,
}

impl Template {
    pub fn parse(source: &str) -> Result<Template, TemplateRefused> {
        let refused = |reason: String| Err(TemplateRefused { reason });
        if source.chars().count() > SOURCE_CHARS_MAX {
            return refused(format!("the template is longer than {SOURCE_CHARS_MAX} characters"));
        }
        if let Some(block) = foreign_block(source) {
            return refused(format!("`{{% {block} %}}` is not available; blocks are: {}", BLOCKS.join(", ")));
        }
        let environment = environment();
        let compiled = environment.template_from_str(source).map_err(|error| explained(&error))?;
        let mut unknown: Vec<String> = compiled
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !FIELDS.contains(&name.as_str()))
            .map(|name| format!("`{name}`"))
            .collect();
        if !unknown.is_empty() {
            unknown.sort();
            return refused(format!(
                "unknown field {}; fields are: {}",
                unknown.join(", "),
                FIELDS.join(", ")
            ));
        }
        let template = Template { source: source.to_owned() };
        // A full and an empty order together walk most choices, so what fails on orders fails here.
        template.render(&sample("text"))?;
        template.render(&sample(""))?;
        Ok(template)
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text over this order, without control characters. What JOOR's texts contain is never taken as a template.
    pub fn render(&self, order: &Order) -> Result<String, TemplateRefused> {
        let fields: Value =
            FIELDS.iter().map(|name| (*name, Value::from(field(order, name).unwrap_or_default()))).collect();
        let text = environment().render_str(&self.source, fields).map_err(|error| explained(&error))?;
        Ok(clean(&text))
    }
}

/// What an order says in the named field, cleaned; `None` if there is no such field.
pub fn field(order: &Order, name: &str) -> Option<String> {
    let day = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let text = match name {
        "order" => order.id.as_str().to_owned(),
        "po_number" => order.po_number.clone(),
        "retailer" => order.retailer.name.clone(),
        "retailer_code" => order.retailer.code.clone(),
        "buyer" => order.buyer_name.clone(),
        "buyer_email" => order.buyer_email.clone(),
        "ship_start" => day(order.window_start),
        "ship_end" => day(order.window_end),
        "comments" => return Some(clean(&order.comments)),
        "internal_comments" => return Some(clean(&order.internal_comments)),
        "tax_number" => order.tax_number.clone(),
        "approved" => day(order.approved),
        "units" => order.total_units.map(|units| units.normalize().to_string()).unwrap_or_default(),
        name => named_field(order, name)?,
    };
    Some(one_line(&text))
}

fn named_field(order: &Order, name: &str) -> Option<String> {
    let (named, code) = match name.strip_suffix("_code") {
        Some(thing) => (thing, true),
        None => (name, false),
    };
    let thing: &Named = match named {
        "payment_terms" => &order.payment_method,
        "shipping_method" => &order.shipping_method,
        "linesheet" => &order.linesheet,
        "season" => &order.season,
        "warehouse" => &order.warehouse,
        "customer_group" => &order.customer_group,
        "company_number" => &order.company_number,
        "sales_rep" => &order.sales_rep,
        "event" => &order.event,
        "order_type" => &order.order_type,
        "door" => &order.door,
        _ => return None,
    };
    Some(if code { thing.code.clone() } else { thing.name.clone() })
}

/// Text for one line of a form: control characters and marks that turn the direction of writing are removed, line
/// breaks and tabs become spaces.
pub fn one_line(text: &str) -> String {
    let spaced: String =
        clean(text).chars().map(|character| if character == '\n' { ' ' } else { character }).collect();
    spaced.trim().to_owned()
}

/// The same for text of several lines: line breaks stay.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    let kept: String =
        text.chars().filter(|character| *character == '\n' || !is_hidden(*character)).collect();
    kept.trim().to_owned()
}

/// Controls, and format characters that hide or reorder text (embeddings, overrides, isolates, byte order mark).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// At most `limit` characters, and whether something was cut off.
pub fn capped(text: &str, limit: usize) -> (String, bool) {
    match text.char_indices().nth(limit) {
        None => (text.to_owned(), false),
        Some((at, _)) => (text[..at].trim_end().to_owned(), true),
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_trim_blocks(true);
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment
        .add_filter("default", |text: String, other: String| if text.is_empty() { other } else { text });
    environment.add_filter("cut", |text: String, characters: usize| capped(&text, characters).0);
    environment
}

/// The first block word that is not a choice. Looks at the plain text, so it also refuses one inside a string.
fn foreign_block(source: &str) -> Option<String> {
    source.split("{%").skip(1).find_map(|rest| {
        let word: String = rest
            .trim_start_matches(['-', '+'])
            .trim_start()
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .take(30)
            .collect();
        (!BLOCKS.contains(&word.as_str())).then_some(word)
    })
}

fn explained(error: &minijinja::Error) -> TemplateRefused {
    use minijinja::ErrorKind;
    let place = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let detail = error.detail().map(one_line).unwrap_or_default();
    let reason = match error.kind() {
        ErrorKind::OutOfFuel => format!("the template takes too many steps{place}"),
        ErrorKind::UnknownFilter => format!("{detail}{place}; filters are: {FILTERS}"),
        kind if detail.is_empty() => format!("{kind}{place}"),
        kind => format!("{kind}{place}: {detail}"),
    };
    TemplateRefused { reason: capped(&reason, 500).0 }
}

/// An order whose every text is `text`.
pub fn sample(text: &str) -> Order {
    let named = || Named { name: text.to_owned(), code: text.to_owned() };
    let text = || text.to_owned();
    let day = (!text().is_empty()).then(|| jiff::civil::date(2026, 1, 2));
    Order {
        id: JoorOrderId::new("1"),
        status: OrderStatus::Approved,
        export_state: None,
        export_guess: None,
        export_description: text(),
        total_units: day.map(|_| Decimal::ONE),
        created: day,
        approved: day,
        modified: day,
        comments: text(),
        internal_comments: text(),
        retailer: Retailer { joor_id: text(), code: text(), name: text() },
        buyer_name: text(),
        buyer_email: text(),
        ship_to: crate::orders::order::Address::default(),
        bill_to: crate::orders::order::Address::default(),
        shipping_method: named(),
        payment_method: named(),
        linesheet: named(),
        season: named(),
        warehouse: named(),
        customer_group: named(),
        company_number: named(),
        sales_rep: named(),
        event: named(),
        order_type: named(),
        door: named(),
        shipping_price: None,
        po_number: text(),
        window_start: day,
        window_end: day,
        price_type: None,
        discount: crate::orders::order::OrderDiscount::default(),
        tax_amount: None,
        tax_number: text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let mut order = sample("");
        order.id = JoorOrderId::new("7100412");
        order.retailer.name = "Rose & <Thorn>".to_owned();
        order.payment_method = Named { name: "Net 30".to_owned(), code: "N30".to_owned() };
        order.comments = "{{ order }}\r\n{% if %}\u{0} fragile\u{202e}".to_owned();
        let text = Template::parse(source)
            .unwrap_or_else(|refused| panic!("{source}: {refused}"))
            .render(&order)
            .unwrap();
        assert_eq!(text, expected, "{source}");
    }

    fn check_refused(source: &str, word: &str) {
        let refused = Template::parse(source).expect_err(source);
        assert!(refused.reason.contains(word), "{source}: {refused}");
    }

    #[test]
    fn fields_filters_and_choices_work_and_nothing_is_escaped() {
        check("JOOR {{ order }}", "JOOR 7100412");
        check("{{ retailer }}", "Rose & <Thorn>");
        check("{{ payment_terms|upper }} {{ payment_terms_code|lower }}", "NET 30 n30");
        check("{{ season|default('no season') }}", "no season");
        check("{{ retailer|cut(4) }}", "Rose");
        check("{% if season %}S{% elif order == '7100412' %}ours{% else %}other{% endif %}", "ours");
    }

    #[test]
    fn text_of_an_order_is_data_and_never_a_template() {
        check("{{ comments }}", "{{ order }}\n{% if %} fragile");
    }

    #[test]
    fn the_default_note_leaves_out_what_is_empty() {
        check(DEFAULT_NOTE, "Payment terms: Net 30\nComments: {{ order }}\n{% if %} fragile");
        let full = Template::parse(DEFAULT_NOTE).unwrap().render(&sample("text")).unwrap();
        assert_eq!(
            full,
            "Payment terms: text\nShipping method: text\nLinesheet: text\nSeason: text\n\
             Ship window: 2026-01-02 to 2026-01-02\nSales rep: text\nComments: text"
        );
    }

    #[test]
    fn what_cannot_work_is_refused_when_saved() {
        check_refused("{{ ordr }}", "unknown field `ordr`; fields are: order, po_number");
        check_refused("{{ order.total }}", "undefined");
        check_refused("{{ order", "syntax error");
        check_refused("{{ order|shout }}", "filters are: upper");
        check_refused("{{ units / 2 }}", "invalid operation");
        check_refused("{% for x in order %}{% endfor %}", "`{% for %}` is not available");
        check_refused("{%- set a = order %}", "`{% set %}` is not available");
        check_refused("{% include 'note' %}", "not available");
        check_refused(&"{{ order }}".repeat(500), "longer than 5000");
        check_refused("{{ range(10) }}", "unknown field `range`");
    }

    #[test]
    fn every_field_of_the_list_exists_and_no_other() {
        for name in FIELDS {
            let filled = field(&sample("text"), name).unwrap_or_else(|| panic!("{name}"));
            assert!(!filled.is_empty(), "{name}");
        }
        for name in ["", "_code", "total", "order_code", "comments_code", "Season"] {
            assert_eq!(field(&sample("text"), name), None, "{name}");
        }
    }

    #[test]
    fn cleaning_keeps_what_people_wrote() {
        for (text, line) in [
            ("  a\tb\r\nc ", "a b c"),
            ("a\u{7}\u{1b}[31mb", "a[31mb"),
            ("👩‍👩‍👧 Zoë", "👩‍👩‍👧 Zoë"),
            ("\u{feff}\u{202e}x", "x"),
        ] {
            assert_eq!(one_line(text), line);
        }
        assert_eq!(capped("Zoë Zoë", 3), ("Zoë".to_owned(), true));
        assert_eq!(capped("Zoë", 3), ("Zoë".to_owned(), false));
    }
}
