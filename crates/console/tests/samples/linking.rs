//! Sample data of the pages on which a customer or an item is linked.

use super::{ago, frame};
use console::Place;
use console::look::{Link, Tone};
use console::pages::linking::{Chosen, Customer, Item, LinkCustomer, LinkItem, Linked, Search, Variant};
use console::pages::order::Fact;

fn fact(name: &'static str, value: String) -> Fact {
    Fact { name, value }
}

fn admin(path: &str) -> Option<Link> {
    Some(Link::outside("Open in Shopify", format!("https://admin.shopify.com/{path}")))
}

pub fn customer(text: &str) -> LinkCustomer {
    let customer = |number: &str, name: &str, is_linked| Customer {
        number: number.to_owned(),
        name: format!("{name}{text}"),
        email: format!("buying@rose.example{text}"),
        place: format!("Rose Ltd, Bath, GB{text}"),
        orders: "1,204".to_owned(),
        admin: admin("customers/4711"),
        is_linked,
    };
    LinkCustomer {
        frame: frame(Place::Orders),
        order: "7100412".to_owned(),
        href: "/orders/main/7100412".to_owned(),
        retailer: format!("Rose & Thorn{text}"),
        facts: vec![
            fact("Name", format!("Rose & Thorn{text}")),
            fact("Code", format!("R-77{text}")),
            fact("E-mail", format!("ada@rose.example{text}")),
            fact("Ships to", format!("12 Bleecker St, New York, NY 10012, USA{text}")),
        ],
        joor_failed: Some(format!("JOOR does not answer, so only what is known already is shown.{text}")),
        linked: Some(format!("Rose & Thorn is linked to customer 4712.{text}")),
        releases: format!("3 orders of Rose & Thorn wait on this: 7100412, 7100413 and 7100420.{text}"),
        search: Search {
            text: format!("rose{text}"),
            words: format!("2 customers hold “rose”.{text}"),
            failed: None,
        },
        found: vec![
            customer("4711", "Rose & Thorn", false),
            customer("4712", "Rose and Thorn Limited", true),
        ],
    }
}

pub fn nobody(text: &str) -> LinkCustomer {
    let mut page = customer(text);
    page.found.clear();
    page.search.failed = Some(format!("Shopify: no answer.{text}"));
    page
}

pub fn item(text: &str) -> LinkItem {
    let item = |label: &str, tone, linked: Option<Linked>| Item {
        label: format!("{label}{text}"),
        detail: format!("BAG-27 · 400638{text}"),
        quantity: 12,
        tone,
        words: format!("Nothing on the line leads to Shopify.{text}"),
        linked,
        waiting: if tone == Tone::Bad { 3 } else { 0 },
        href: "/orders/main/7100412/item?line=1".to_owned(),
        is_chosen: tone == Tone::Bad,
    };
    let linked = Linked {
        variant: "44900".to_owned(),
        by: format!("ada{text}"),
        when: ago(3600),
        sku: "MHw=".to_owned(),
    };
    let variant = |number: &str, state: &str, is_archived: bool| Variant {
        number: number.to_owned(),
        name: format!("Sample Bag Natural{text}"),
        sku: format!("BAG-27-N{text}"),
        barcode: format!("4006381333931{text}"),
        stock: (!is_archived).then_some(14),
        state: state.to_owned(),
        is_archived,
        admin: admin("products/1/variants/44"),
        is_linked: false,
    };
    LinkItem {
        frame: frame(Place::Orders),
        order: "7100412".to_owned(),
        href: "/orders/main/7100412".to_owned(),
        retailer: format!("Rose & Thorn{text}"),
        lines: vec![
            item("Sample Bag Natural OS", Tone::Bad, None),
            item("Harrow Poplin Shirt Ecru M", Tone::Good, Some(linked)),
        ],
        lines_failed: Some(format!("JOOR does not answer.{text}")),
        chosen: Some(Chosen {
            line: format!("1{text}"),
            label: format!("Sample Bag Natural OS{text}"),
            facts: vec![fact("UPC", format!("400638{text}")), fact("SKU", format!("BAG-27{text}"))],
            item: format!("Sample Bag Natural OS (BAG-27){text}"),
            releases: format!("3 orders wait on Sample Bag Natural OS: 7100412, 7100415, 7100420.{text}"),
            search: Search {
                text: format!("Sample Bag{text}"),
                words: format!("2 variants hold “Sample Bag”.{text}"),
                failed: None,
            },
            found: vec![variant("44901", "", false), variant("44902", "Archived", true)],
        }),
    }
}

pub fn items(text: &str) -> LinkItem {
    LinkItem { chosen: None, lines_failed: None, ..item(text) }
}
