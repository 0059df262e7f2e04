//! What exactly a problem is about: a style, a retailer, a country, a setting. Orders whose problems share a subject wait
//! on the same fix. Where a subject is put right is known elsewhere.

use super::words::{UnknownWord, among, phrases, said};
use super::{LineRef, Problem};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Of one problem. An order of three hundred unknown styles needs another remedy than a list of them.
const SUBJECTS_MAX: usize = 50;

/// What kind of thing the id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A Shopify variant: the numbers of its product and its own, as `PRODUCT/VARIANT`.
    Variant,
    /// A Shopify product, by its number.
    Product,
    /// A style or SKU of JOOR that leads to nothing in Shopify, by its identifier.
    Item,
    /// A retailer of JOOR, by name.
    Retailer,
    /// A Shopify customer, by its number.
    Customer,
    /// A Shopify order, by its number, or by its name where only that is known.
    ShopOrder,
    /// A place of the shop, by its number or name.
    Location,
    Country,
    Currency,
    /// A piece of data in JOOR, such as a field or an address.
    JoorField,
    /// A rule, a template or another part of the settings.
    Setting,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub kind: SubjectKind,
    /// The same for every order that waits on it.
    pub id: String,
    /// As people call it.
    pub label: String,
}

impl SubjectKind {
    pub const ALL: [SubjectKind; 11] = [
        SubjectKind::Variant,
        SubjectKind::Product,
        SubjectKind::Item,
        SubjectKind::Retailer,
        SubjectKind::Customer,
        SubjectKind::ShopOrder,
        SubjectKind::Location,
        SubjectKind::Country,
        SubjectKind::Currency,
        SubjectKind::JoorField,
        SubjectKind::Setting,
    ];

    /// The word in the ledger and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            SubjectKind::Variant => "variant",
            SubjectKind::Product => "product",
            SubjectKind::Item => "item",
            SubjectKind::Retailer => "retailer",
            SubjectKind::Customer => "customer",
            SubjectKind::ShopOrder => "shop_order",
            SubjectKind::Location => "location",
            SubjectKind::Country => "country",
            SubjectKind::Currency => "currency",
            SubjectKind::JoorField => "joor_field",
            SubjectKind::Setting => "setting",
        }
    }
}

impl FromStr for SubjectKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<SubjectKind, UnknownWord> {
        among("subject", word, &SubjectKind::ALL, SubjectKind::word)
    }
}

impl Subject {
    fn new(kind: SubjectKind, id: &str, label: &str) -> Subject {
        Subject { kind, id: said(id), label: said(label) }
    }

    /// One whose name is all that is known of it.
    fn named(kind: SubjectKind, name: &str) -> Subject {
        Subject::new(kind, name, name)
    }

    /// The item behind a line: as exact as it is known.
    pub fn of_line(line: &LineRef) -> Subject {
        let label = phrases::line(line);
        let (kind, id) = match (&line.product, &line.variant) {
            (Some(product), Some(variant)) => {
                (SubjectKind::Variant, format!("{}/{}", product.number(), variant.number()))
            }
            (Some(product), None) => (SubjectKind::Product, product.number().to_owned()),
            (None, _) => {
                let named = [&line.identifier, &line.style_number, &line.label];
                let id = named.into_iter().find(|text| !text.trim().is_empty());
                (SubjectKind::Item, id.cloned().unwrap_or_default())
            }
        };
        Subject { kind, id: said(&id), label }
    }
}

fn lines<'a>(all: impl IntoIterator<Item = &'a LineRef>) -> Vec<Subject> {
    all.into_iter().map(Subject::of_line).collect()
}

fn all_named(kind: SubjectKind, names: &[String]) -> Vec<Subject> {
    names.iter().map(|name| Subject::named(kind, name)).collect()
}

impl Problem {
    /// What exactly stands in the way, each thing once; empty where the problem is about the order alone.
    pub fn subjects(&self) -> Vec<Subject> {
        let once: BTreeSet<Subject> = self.all_subjects().into_iter().collect();
        once.into_iter().take(SUBJECTS_MAX).collect()
    }

    fn all_subjects(&self) -> Vec<Subject> {
        let one = |kind, name: &str| vec![Subject::named(kind, name)];
        match self {
            Problem::SrcFieldMissing { fields } => all_named(SubjectKind::JoorField, fields),
            Problem::OrdRuledOut { rule } => one(SubjectKind::Setting, rule),
            Problem::CustNotFound { retailer, .. }
            | Problem::CustAmbiguous { retailer, .. }
            | Problem::CustContactTaken { retailer, .. }
            | Problem::CustLinkDead { retailer, .. } => one(SubjectKind::Retailer, retailer),
            Problem::CustEmailInvalid { email } => one(SubjectKind::JoorField, email),
            Problem::CustDefaultAddressChanged { customer, .. } => one(SubjectKind::Customer, customer),
            Problem::AddrIncomplete { parts, .. } => all_named(SubjectKind::JoorField, parts),
            Problem::AddrRegionUnknown { region, country, .. } => {
                one(SubjectKind::JoorField, &format!("{region}, {country}"))
            }
            Problem::AddrPhoneInvalid { phone } => one(SubjectKind::JoorField, phone),
            Problem::ItemNotFromShopify { lines: all, .. }
            | Problem::ItemNotFound { lines: all, .. }
            | Problem::ItemRemoved { lines: all }
            | Problem::StockNotHeldAtLocation { lines: all, .. }
            | Problem::StockUntracked { lines: all }
            | Problem::MoneyRounded { lines: all } => lines(all),
            Problem::ItemAmbiguous { lines: all }
            | Problem::ItemIdsDisagree { lines: all }
            | Problem::ItemLinkDead { lines: all } => lines(all.iter().map(|(line, _)| line)),
            Problem::PricePlaceholder { lines: all } => lines(all.iter().map(|(line, _)| line)),
            Problem::StockShort { short, .. } => lines(short.iter().map(|short| &short.line)),
            Problem::LocUnmapped { location } if location.is_empty() => Vec::new(),
            Problem::LocUnmapped { location }
            | Problem::LocInactive { location }
            | Problem::LocAssignFailed { location, .. } => one(SubjectKind::Location, location),
            Problem::MoneyCurrency { found, .. } => one(SubjectKind::Currency, found),
            Problem::TaxRuleMissing { country } => one(SubjectKind::Country, country),
            Problem::MapTemplate { target, .. } | Problem::MapTooLong { target, .. } => {
                one(SubjectKind::Setting, target)
            }
            Problem::DupLiveExport { shop_orders } => all_named(SubjectKind::ShopOrder, shop_orders),
            Problem::DupFoundUnledgered { shop_order, id, .. } => {
                vec![Subject::new(SubjectKind::ShopOrder, id.number(), shop_order)]
            }
            Problem::DestReadbackDiffers { shop_order, .. }
            | Problem::ChgJoorReapproved { shop_order }
            | Problem::ChgJoorCancelled { shop_order } => one(SubjectKind::ShopOrder, shop_order),
            // About one order, a connection or the program itself.
            #[rustfmt::skip]
            Problem::ConnJoorAuth { .. } | Problem::ConnShopifyAuth { .. } | Problem::ConnShopifyToken { .. }
            | Problem::ConnShopifyScope { .. } | Problem::ConnShopUnavailable { .. }
            | Problem::ConnApiVersion { .. } | Problem::ConnWrongAccount { .. } | Problem::ConnSettings { .. }
            | Problem::SrcUnavailable { .. } | Problem::SrcRateLimit { .. } | Problem::SrcBadPayload { .. }
            | Problem::SrcOrderVanished { .. } | Problem::SrcMissedOrder { .. } | Problem::OrdNotApproved { .. }
            | Problem::OrdBeforeStart { .. } | Problem::OrdOnStartDay { .. } | Problem::OrdEmpty { .. }
            | Problem::OrdTooManyLines { .. } | Problem::StockClaimFailed | Problem::MoneyTotalDiffers { .. }
            | Problem::DiscountUnmappable { .. } | Problem::TaxConflict { .. } | Problem::DestRateLimit { .. }
            | Problem::DestOrderQuota { .. } | Problem::DestUnavailable { .. } | Problem::DestUnconfirmed { .. }
            | Problem::DestRejected { .. } | Problem::DestDateInvalid { .. } | Problem::DupLookupBlind { .. }
            | Problem::DupSecondExporter { .. } | Problem::ChgJoorEdited { .. }
            | Problem::ChgShopifyCancelled { .. } | Problem::BackStatusFailed { .. } | Problem::SysSilence { .. }
            | Problem::SysStore { .. } | Problem::SysClock { .. } | Problem::SysUnexpected { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ProductId, VariantId};
    use crate::problem::Shortage;

    fn line(identifier: &str) -> LineRef {
        LineRef {
            label: "Rose Dress Red M".to_owned(),
            identifier: identifier.to_owned(),
            ..LineRef::default()
        }
    }

    fn short(line: LineRef) -> Shortage {
        Shortage { line, ordered: 6, available: 4, promised_before: 0 }
    }

    #[test]
    fn a_line_is_named_as_exactly_as_it_is_known() {
        let (product, variant) = (ProductId::from_number("44"), VariantId::from_number("51"));
        let known = LineRef { product: product.clone(), variant, ..line("ROSE-M") };
        let styled = LineRef { product, ..line("ROSE-M") };
        for (line, kind, id) in [
            (known, SubjectKind::Variant, "44/51"),
            (styled, SubjectKind::Product, "44"),
            (line("ROSE-M"), SubjectKind::Item, "ROSE-M"),
            (line(" "), SubjectKind::Item, "Rose Dress Red M"),
        ] {
            let subject = Subject::of_line(&line);
            assert_eq!((subject.kind, subject.id.as_str()), (kind, id));
            assert!(subject.label.starts_with("Rose Dress Red M"), "{}", subject.label);
        }
    }

    #[test]
    fn each_subject_stands_once_is_bounded_and_is_carried_by_what_is_told() {
        let twice = vec![short(line("ROSE-M")), short(line("ROSE-M")), short(line("LILY-S"))];
        let problem = Problem::StockShort { short: twice, lines: 3, place: "Lyon".to_owned() };
        let ids: Vec<String> = problem.told("7").subjects.into_iter().map(|subject| subject.id).collect();
        assert_eq!(ids, ["LILY-S", "ROSE-M"]);
        let many: Vec<LineRef> = (0..300).map(|number| line(&number.to_string())).collect();
        assert_eq!(Problem::ItemRemoved { lines: many }.subjects().len(), SUBJECTS_MAX);
    }

    #[test]
    fn the_words_of_kinds_are_read_back_and_foreign_texts_are_made_harmless() {
        for kind in SubjectKind::ALL {
            assert_eq!(kind.word().parse::<SubjectKind>(), Ok(kind));
        }
        assert!("nothing".parse::<SubjectKind>().is_err());
        let retailer = "Rosa\nVidal\u{202e}".to_owned();
        let subjects = Problem::CustNotFound { retailer, tried: Vec::new() }.subjects();
        assert_eq!((subjects[0].kind, subjects[0].id.as_str()), (SubjectKind::Retailer, "Rosa Vidal"));
    }
}
