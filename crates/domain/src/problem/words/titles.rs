//! Each problem in a few words, for headings and lists. The whole sentence stands beside it wherever there is room.

/// A few words for the problem of this code; the code itself if it is none of ours.
pub fn title(code: &str) -> &str {
    TITLES.iter().find(|(known, _)| *known == code).map_or(code, |(_, title)| title)
}

const TITLES: &[(&str, &str)] = &[
    ("CONN_JOOR_AUTH", "JOOR refuses the credentials"),
    ("CONN_SHOPIFY_AUTH", "Shopify refuses the app"),
    ("CONN_SHOPIFY_TOKEN", "The Shopify token could not be renewed"),
    ("CONN_SHOPIFY_SCOPE", "The Shopify app lacks a permission"),
    ("CONN_SHOP_UNAVAILABLE", "The shop is not active"),
    ("CONN_API_VERSION", "The API version does not fit"),
    ("CONN_WRONG_ACCOUNT", "The credentials belong to another shop"),
    ("CONN_SETTINGS", "The settings cannot be used"),
    ("SRC_UNAVAILABLE", "JOOR does not answer"),
    ("SRC_RATE_LIMIT", "JOOR's request budget is spent"),
    ("SRC_BAD_PAYLOAD", "An order that cannot be read"),
    ("SRC_FIELD_MISSING", "A field that the settings require is missing"),
    ("SRC_ORDER_VANISHED", "An order that is gone from JOOR"),
    ("SRC_MISSED_ORDER", "Found only by the daily comparison"),
    ("ORD_NOT_APPROVED", "Not approved in JOOR any more"),
    ("ORD_BEFORE_START", "Approved before the start"),
    ("ORD_ON_START_DAY", "Approved on the day of the start"),
    ("ORD_RULED_OUT", "Left out by a rule"),
    ("ORD_EMPTY", "Nothing to ship"),
    ("ORD_TOO_MANY_LINES", "More lines than Shopify takes"),
    ("CUST_NOT_FOUND", "No Shopify customer for the retailer"),
    ("CUST_AMBIGUOUS", "Several Shopify customers could be the retailer"),
    ("CUST_CONTACT_TAKEN", "The retailer's e-mail belongs to another customer"),
    ("CUST_EMAIL_INVALID", "The retailer's e-mail is not accepted"),
    ("CUST_LINK_DEAD", "The linked Shopify customer is gone"),
    ("CUST_DEFAULT_ADDRESS_CHANGED", "A customer's default address was changed"),
    ("ADDR_INCOMPLETE", "The address is incomplete"),
    ("ADDR_REGION_UNKNOWN", "The region of the address is not known"),
    ("ADDR_PHONE_INVALID", "The phone number is left out"),
    ("ITEM_NOT_FROM_SHOPIFY", "Styles that did not come from Shopify"),
    ("ITEM_NOT_FOUND", "No Shopify variant for a line"),
    ("ITEM_AMBIGUOUS", "Several variants share one identifier"),
    ("ITEM_IDS_DISAGREE", "Identifiers point to different variants"),
    ("ITEM_REMOVED", "No longer for sale in Shopify"),
    ("ITEM_LINK_DEAD", "The linked variant is gone"),
    ("STOCK_SHORT", "Not enough stock"),
    ("STOCK_CLAIM_FAILED", "Stock taken by another sale"),
    ("STOCK_NOT_HELD_AT_LOCATION", "Not stocked at the location"),
    ("STOCK_UNTRACKED", "Stock is not tracked"),
    ("LOC_UNMAPPED", "The location is not in the shop"),
    ("LOC_INACTIVE", "The location is switched off"),
    ("LOC_ASSIGN_FAILED", "Not assigned to the location yet"),
    ("MONEY_CURRENCY", "A currency that is not exported"),
    ("MONEY_TOTAL_DIFFERS", "The totals would differ"),
    ("MONEY_ROUNDED", "A line split because of its price"),
    ("PRICE_PLACEHOLDER", "Prices that look like stand-ins"),
    ("DISCOUNT_UNMAPPABLE", "A discount that can be read in two ways"),
    ("TAX_RULE_MISSING", "No tax rule for the country"),
    ("TAX_CONFLICT", "Two sources disagree about the tax"),
    ("MAP_TEMPLATE", "A template fails"),
    ("MAP_TOO_LONG", "A text was cut"),
    ("DEST_RATE_LIMIT", "Shopify asks to slow down"),
    ("DEST_ORDER_QUOTA", "A test shop takes few orders a minute"),
    ("DEST_UNAVAILABLE", "Shopify does not answer"),
    ("DEST_UNCONFIRMED", "Not certain whether it was created"),
    ("DEST_REJECTED", "Shopify refused the order"),
    ("DEST_DATE_INVALID", "Shopify does not accept the date"),
    ("DEST_READBACK_DIFFERS", "The Shopify order differs from what was sent"),
    ("DUP_LIVE_EXPORT", "The earlier Shopify order is still alive"),
    ("DUP_FOUND_UNLEDGERED", "Shopify already has an order for it"),
    ("DUP_LOOKUP_BLIND", "It cannot be looked up in Shopify"),
    ("DUP_SECOND_EXPORTER", "Something else exports orders too"),
    ("CHG_JOOR_EDITED", "Changed in JOOR after the export"),
    ("CHG_JOOR_REAPPROVED", "Approved again after the export"),
    ("CHG_JOOR_CANCELLED", "Cancelled in JOOR, open in Shopify"),
    ("CHG_SHOPIFY_CANCELLED", "Cancelled in Shopify, approved in JOOR"),
    ("BACK_STATUS_FAILED", "The result is not in JOOR yet"),
    ("SYS_SILENCE", "No good cycle for hours"),
    ("SYS_STORE", "The ledger cannot be written"),
    ("SYS_CLOCK", "The clock of the server is wrong"),
    ("SYS_UNEXPECTED", "A fault in this program"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    #[test]
    fn every_problem_has_a_title_of_its_own_that_is_short() {
        for code in Problem::CODES {
            let title = title(code);
            assert!(title != *code && title.chars().count() <= 50, "{code}: {title}");
        }
        let distinct: std::collections::BTreeSet<&str> = TITLES.iter().map(|(_, title)| *title).collect();
        assert_eq!((distinct.len(), TITLES.len()), (Problem::CODES.len(), Problem::CODES.len()));
        assert_eq!(title("NO_SUCH_CODE"), "NO_SUCH_CODE");
    }
}
