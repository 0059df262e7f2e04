//! One row a problem: code, severity, whose move, retry policy, sentence, resolution. Codes are for ever. A resolution
//! names a place that exists and nothing that changes from one check to the next, since news are told apart by it.

use super::phrases::{
    address, all_said, are, counted, line, lines, lines_of, lines_with, listed, no_location, order_first,
    said, said_at_length, shortages, span, the_order, when,
};
use crate::problem::Problem;
use crate::problem::Retry::{self, Ask, BackOff, OnChange, Verify, Window};
use crate::problem::Severity::{self, Blocker, Notice, Outage, Partial, Warning};
use crate::problem::Who::{self, BrandInJoor, BrandInShopify, Nobody, Settings};

/// Makes the readers of the table. A problem without a row does not compile.
macro_rules! table {
    (|$order:ident| $($name:ident { $($field:tt)* } =>
        $code:literal, $severity:expr, $who:expr, $retry:expr; $sentence:expr; $resolution:expr;)*) => {
        impl Problem {
            /// Every code, in the order of the table.
            pub const CODES: &[&str] = &[$($code),*];

            /// The permanent name: the same in ledger, mail, page, metric, JOOR and manual.
            pub fn code(&self) -> &'static str {
                match self { $(Problem::$name { .. } => $code,)* }
            }

            #[allow(unused_variables, reason = "a row names its facts once, for all readers")]
            pub fn severity(&self) -> Severity {
                match self { $(Problem::$name { $($field)* } => $severity,)* }
            }

            #[allow(unused_variables, reason = "a row names its facts once, for all readers")]
            pub fn who(&self) -> Who {
                match self { $(Problem::$name { $($field)* } => $who,)* }
            }

            pub fn retry(&self) -> Retry {
                match self { $(Problem::$name { .. } => $retry,)* }
            }

            /// What happened, in one sentence without a full stop. `number` is the JOOR order number, or empty for a
            /// problem of a connection.
            #[allow(unused_variables, reason = "a row names its facts once, for all readers")]
            pub fn sentence(&self, number: &str) -> String {
                let $order = number;
                match self { $(Problem::$name { $($field)* } => $sentence.to_string(),)* }
            }

            /// What to do, and where.
            #[allow(unused_variables, reason = "a row names its facts once, for all readers")]
            pub fn resolution(&self) -> String {
                match self { $(Problem::$name { $($field)* } => $resolution.to_string(),)* }
            }
        }
    };
}

table! { |order|
    // Connections
    ConnJoorAuth { status, endpoint } => "CONN_JOOR_AUTH", Outage, Settings, OnChange;
        format!("JOOR refuses this connection's credentials (HTTP {status} from {}), so no order can be read", said(endpoint));
        "Put valid credentials under `joor` in the connection's file, then run `joor-shopify connection apply FILE` and `joor-shopify connection test NAME`; nothing approved meanwhile is lost";
    ConnShopifyAuth { shop, status } => "CONN_SHOPIFY_AUTH", Outage, Settings, OnChange;
        format!("Shopify no longer lets this app into {} (HTTP {status}), so orders keep arriving from JOOR but wait here", said(shop));
        "Install or authorise the app again, put its credentials under `shopify` in the connection's file, then run `joor-shopify connection apply FILE` and `joor-shopify connection test NAME`";
    ConnShopifyToken { since, reason } => "CONN_SHOPIFY_TOKEN", Outage, Nobody, BackOff;
        format!("The access token for Shopify could not be renewed since {}: {}", when(*since), said(reason));
        "Usually nothing, since renewal is tried again by itself; if this stays, check `shopify.client_id` and `shopify.client_secret` and run `joor-shopify connection test NAME`";
    ConnShopifyScope { missing, purpose } => "CONN_SHOPIFY_SCOPE", Outage, Settings, OnChange;
        format!("The Shopify app lacks the permission {}, needed to {}", all_said(missing), said(purpose));
        format!("Grant {} to the app, approve the update in Shopify, then run `joor-shopify connection test NAME`", all_said(missing));
    ConnShopUnavailable { shop, answer } => "CONN_SHOP_UNAVAILABLE", Outage, BrandInShopify, OnChange;
        format!("Shopify reports that {} is not active, so orders cannot be created: {}", said(shop), said(answer));
        "Open the Shopify admin and settle the plan or billing notice shown there";
    ConnApiVersion { asked, answered } => "CONN_API_VERSION", Outage, Settings, OnChange;
        format!("The API version does not fit this release: {} was asked for and {} answered", said(asked), said(answered));
        "Set `shopify.api_version` to a version that this release knows, or install the release that fits, then run `joor-shopify connection test NAME`";
    ConnWrongAccount { was, is } => "CONN_WRONG_ACCOUNT", Outage, Settings, Ask;
        format!("These credentials belong to {}, but the history of this connection was built with {}", said(is), said(was));
        "If it is a mistake, apply the right credentials with `joor-shopify connection apply FILE`; if it is meant, make a new connection, so that the two histories never mix";
    ConnSettings { reason } => "CONN_SETTINGS", Outage, Settings, OnChange;
        format!("This connection cannot be worked on, so nothing is read or sent: {}", said(reason));
        "Run `joor-shopify doctor`; put the connection's file right, with all its credentials in it, and run `joor-shopify connection apply FILE`; a lost key file is enough to be restored from its backup; nothing approved meanwhile is lost";

    // Reading from JOOR
    SrcUnavailable { endpoint, reason } => "SRC_UNAVAILABLE", Outage, Nobody, BackOff;
        format!("JOOR does not answer at the moment ({}: {}), and reading is tried again", said(endpoint), said(reason));
        "Nothing to do if it worked before; look at JOOR's status page if it lasts more than 30 minutes, and on a new connection at `joor.api_url` and `joor.token_url`";
    SrcRateLimit { until } => "SRC_RATE_LIMIT", Notice, Nobody, Window;
        format!("JOOR's request budget of this account is spent until {}", when(*until));
        "Nothing to do; if it happens daily, look for another integration on this JOOR account or make `schedule.interval` longer";
    SrcBadPayload { field, expected, found } => "SRC_BAD_PAYLOAD", Blocker, Settings, OnChange;
        format!("{} came from JOOR in a form that this release does not understand: {} should be {} but is \"{}\"", order_first(order), said(field), said(expected), said(found));
        "Correct the field in JOOR if it can be corrected there, else report the field with this sentence; an order whose SKU cannot be read goes once `joor-shopify orders link-item ID --line LINE --variant VARIANT` names its variant, and one that is urgent can be entered in Shopify by hand and closed with `joor-shopify orders close ID --note …`";
    SrcFieldMissing { fields } => "SRC_FIELD_MISSING", Blocker, BrandInJoor, OnChange;
        format!("{} lacks {}, which the settings require", order_first(order), all_said(fields));
        format!("Fill {} on the order or on the connection in JOOR, or take it out of `orders.required_fields`", all_said(fields));
    SrcOrderVanished { seen } => "SRC_ORDER_VANISHED", Blocker, BrandInJoor, OnChange;
        format!("{} was approved when it was seen at {} but can no longer be found in JOOR", order_first(order), when(*seen));
        "Look in JOOR whether the order was deleted; if it was, run `joor-shopify orders close ID --note …`; if it comes back, it goes on by itself";
    SrcMissedOrder { approved } => "SRC_MISSED_ORDER", Warning, Nobody, OnChange;
        match approved {
            Some(day) => format!("{}, approved on {day}, was found only by the daily comparison and is being processed now", order_first(order)),
            None => format!("{} was found only by the daily comparison and is being processed now", order_first(order)),
        };
        "Nothing for the order; if it repeats, report it, because the right number is zero";

    // Is it to be exported?
    OrdNotApproved { status } => "ORD_NOT_APPROVED", Notice, BrandInJoor, OnChange;
        format!("{} is {} in JOOR now, so it is not sent", order_first(order), said(status));
        "Approve the order again in JOOR when it is final";
    OrdBeforeStart { approved, start } => "ORD_BEFORE_START", Notice, Settings, OnChange;
        match approved {
            Some(day) => format!("{} was approved on {day}, before the start on {start}, and is left alone", order_first(order)),
            None => format!("{} has no day of approval, so it counts as before the start on {start} and is left alone", order_first(order)),
        };
        "Move `schedule.exported_since` to an earlier day if older orders are to be exported too";
    OrdOnStartDay { start, approved } => "ORD_ON_START_DAY", Blocker, Settings, Ask;
        if approved == start {
            format!("{} was approved on {start}, the day of the start itself, so the earlier integration may have exported it already", order_first(order))
        } else {
            format!("{} was approved on {approved}, so close to the start on {start} that the earlier integration may have exported it already: JOOR's days need not begin when those of UTC do", order_first(order))
        };
        format!("Look in Shopify whether the order is there; if it is, run `joor-shopify orders close ID --note …`; if it is not, run `joor-shopify orders retry ID --export-anyway`{}", if approved < start { "" } else { "; if none of that day is there, set `schedule.include_start_day = true`" });
    OrdRuledOut { rule } => "ORD_RULED_OUT", Notice, Settings, OnChange;
        format!("{} is not exported because of the rule \"{}\"", order_first(order), said(rule));
        format!("Nothing if it is meant; otherwise change the rule \"{}\" in `orders.rules`", said(rule));
    OrdEmpty { rows } => "ORD_EMPTY", Blocker, BrandInJoor, OnChange;
        match rows {
            0 => format!("{} has no lines", order_first(order)),
            rows => format!("{} has no units to ship: {} cancelled or zero", order_first(order), are(*rows, "row")),
        };
        "Add units to the order in JOOR, or cancel it there";
    OrdTooManyLines { lines, limit } => "ORD_TOO_MANY_LINES", Blocker, Settings, OnChange;
        format!("{} has {}, and Shopify takes {limit} in one order", order_first(order), counted(*lines, "line"));
        "Set `orders.splitting = \"split\"` to export it as several Shopify orders, or split the order in JOOR";

    // Customer and address
    CustNotFound { retailer, tried } => "CUST_NOT_FOUND", Blocker, BrandInShopify, OnChange;
        format!("No Shopify customer matches {} (tried: {})", said(retailer), all_said(tried));
        "Create the customer in Shopify with the retailer's e-mail, or say which customer it is with `joor-shopify orders retry ID --link-customer CUSTOMER`, which is remembered for the retailer, or write the Shopify customer id as the retailer's code in JOOR, or set `orders.create_customers = true`";
    CustAmbiguous { retailer, candidates } => "CUST_AMBIGUOUS", Blocker, BrandInShopify, Ask;
        format!("{} Shopify customers could be {}, and a guess could put the order on the wrong account: {}", candidates.len(), said(retailer), all_said(candidates));
        "Choose the right one with `joor-shopify orders retry ID --link-customer CUSTOMER`, which is remembered for the retailer; or write its id as the retailer's code in JOOR, or merge the customers in Shopify if they are one";
    CustContactTaken { retailer, field } => "CUST_CONTACT_TAKEN", Blocker, BrandInShopify, OnChange;
        format!("The {} of {} already belongs to another Shopify customer", said(field), said(retailer));
        "If that customer is the same business, run `joor-shopify orders retry ID --link-customer CUSTOMER`, which is remembered; otherwise correct the contact in JOOR or in Shopify";
    CustEmailInvalid { email } => "CUST_EMAIL_INVALID", Blocker, BrandInJoor, OnChange;
        format!("The e-mail \"{}\" on {} is not accepted", said(email), the_order(order));
        "Correct the buyer's e-mail in JOOR";
    CustLinkDead { retailer, customer } => "CUST_LINK_DEAD", Blocker, BrandInJoor, OnChange;
        format!("The Shopify customer {} that was linked to {} no longer exists", said(customer), said(retailer));
        "Run `joor-shopify orders retry ID --link-customer CUSTOMER`, which is remembered, or write the id of the right Shopify customer as the retailer's code in JOOR";
    CustDefaultAddressChanged { customer, reason } => "CUST_DEFAULT_ADDRESS_CHANGED", Partial, Nobody, BackOff;
        format!("{} changed the default address of customer {} in Shopify, and the former one could not be put back yet: {}", order_first(order), said(customer), said(reason));
        "Usually nothing, since it is tried again; if it stays, choose the default address of the customer in Shopify, or set `orders.keep_default_address = false`";
    AddrIncomplete { kind, parts } => "ADDR_INCOMPLETE", Blocker, BrandInJoor, OnChange;
        format!("The {} address of {} lacks {}", address(*kind), the_order(order), all_said(parts));
        format!("Complete the {} address on the order or on the connection in JOOR", address(*kind));
    // Where the country's addresses do without a region it is only left out.
    AddrRegionUnknown { kind, region, country } => "ADDR_REGION_UNKNOWN",
        if crate::orders::address::needs_region(country) { Blocker } else { Warning }, BrandInJoor, OnChange;
        format!("\"{}\" in the {} address of {} is not a known region of {}", said(region), address(*kind), the_order(order), said(country));
        format!("Correct the region of the {} address in JOOR", address(*kind));
    AddrPhoneInvalid { phone } => "ADDR_PHONE_INVALID", Warning, BrandInJoor, OnChange;
        format!("The phone number \"{}\" is left out of {}, because Shopify would not accept it", said(phone), the_order(order));
        "Correct the number in JOOR, with its country code, if the carrier needs it";

    // Items
    ItemNotFromShopify { lines: all, total } => "ITEM_NOT_FROM_SHOPIFY", Blocker, BrandInJoor, OnChange;
        format!("{} of {} of {} did not come from Shopify: {}", all.len(), counted(*total, "line"), the_order(order), lines(all));
        "Replace the styles in JOOR by those that came from Shopify, or write the Shopify product id as style identifier and the variant id as UPC in JOOR, or say which variant it is with `joor-shopify orders link-item ID --line LINE --variant VARIANT`, which is remembered for the item";
    ItemNotFound { lines: all, total } => "ITEM_NOT_FOUND", Blocker, BrandInShopify, OnChange;
        format!("No Shopify variant matches {} of {} of {}: {}", all.len(), counted(*total, "line"), the_order(order), lines(all));
        "Restore the SKU or barcode in Shopify, or correct the identifiers in JOOR, or say which variant it is with `joor-shopify orders link-item ID --line LINE --variant VARIANT`, which is remembered for the item; which identifiers count is `orders.item_keys`";
    ItemAmbiguous { lines: all } => "ITEM_AMBIGUOUS", Blocker, BrandInShopify, Ask;
        format!("Several Shopify variants share one identifier, and a guess could ship the wrong goods: {}", lines_with(all));
        "Make the SKU or barcode unique in Shopify, or put the variant id into the UPC in JOOR, or choose with `joor-shopify orders link-item ID --line LINE --variant VARIANT`, which is remembered for the item";
    ItemIdsDisagree { lines: all } => "ITEM_IDS_DISAGREE", Blocker, BrandInJoor, Ask;
        format!("{} identifiers that point to different variants: {}", lines_of(all.len(), order, "has", "have"), lines_with(all));
        "Correct the identifier that is wrong, in JOOR or in Shopify; a link that is wrong is taken back with `joor-shopify orders unlink-item ID --line LINE`; which identifiers count is `orders.item_keys`";
    ItemRemoved { lines: all } => "ITEM_REMOVED", Blocker, BrandInShopify, OnChange;
        format!("{} no longer for sale in Shopify: {}", lines_of(all.len(), order, "is", "are"), lines(all));
        "Restore the product in Shopify or take it out of the archive, or cancel the line in JOOR with the retailer's consent";
    ItemLinkDead { lines: all } => "ITEM_LINK_DEAD", Blocker, BrandInShopify, OnChange;
        format!("{} linked to a variant that Shopify does not have any more: {}", lines_of(all.len(), order, "is", "are"), lines_with(all));
        "Link the item to another variant with `joor-shopify orders link-item ID --line LINE --variant VARIANT`, or take the link back with `joor-shopify orders unlink-item ID --line LINE`, or restore the variant in Shopify";

    // Stock and location
    StockShort { short, lines, place } => "STOCK_SHORT", Blocker, BrandInShopify, OnChange;
        format!("{} of {} of {} {} short of stock at {}: {}", short.len(), counted(*lines, "line"), the_order(order), if short.len() == 1 { "is" } else { "are" }, said(place), shortages(short));
        "Add or move stock in Shopify, or reduce the units in JOOR, or choose another `orders.stock`, for all orders or for some in `orders.rules`";
    StockClaimFailed {} => "STOCK_CLAIM_FAILED", Blocker, Nobody, OnChange;
        format!("The stock for {} was taken by another sale in the same moment", the_order(order));
        "Nothing to do: the stock is checked again in the next cycle";
    StockNotHeldAtLocation { lines: all, location } => "STOCK_NOT_HELD_AT_LOCATION", Blocker, BrandInShopify, OnChange;
        format!("{} not stocked at {}: {}", are(all.len(), "item"), said(location), lines(all));
        format!("Stock the items at {} in Shopify, or choose another `orders.location`", said(location));
    StockUntracked { lines: all } => "STOCK_UNTRACKED", Warning, Settings, OnChange;
        format!("{} without a stock check, because Shopify does not track the stock: {}", lines_of(all.len(), order, "goes", "go"), lines(all));
        "Nothing if it is meant; otherwise let Shopify track the stock of these items";
    LocUnmapped { location } => "LOC_UNMAPPED", Blocker, Settings, OnChange;
        no_location(location);
        "Set `orders.location` or `orders.stock_locations`, or the location in `orders.rules`, to one that `joor-shopify connection test NAME` lists";
    LocInactive { location } => "LOC_INACTIVE", Blocker, BrandInShopify, OnChange;
        format!("The location {} is switched off in Shopify", said(location));
        format!("Activate {} in Shopify, or choose another one in `orders.location`, `orders.stock_locations` or `orders.rules`", said(location));
    LocAssignFailed { shop_order, location, reason } => "LOC_ASSIGN_FAILED", Partial, Nobody, BackOff;
        format!("{} was created for {} but is not assigned to {} yet: {}", said(shop_order), the_order(order), said(location), said(reason));
        "Usually nothing, since it is tried again; if it stays, move the order to the location in Shopify";

    // Money
    MoneyCurrency { found, allowed } => "MONEY_CURRENCY", Blocker, Settings, OnChange;
        format!("{} is in the currency \"{}\", and this connection exports {}", order_first(order), said(found), listed(allowed.iter().map(ToString::to_string)));
        "Add the currency to `orders.currencies` if the shop sells in it, or correct the price type in JOOR; amounts are never converted";
    MoneyTotalDiffers { what, joor, built } => "MONEY_TOTAL_DIFFERS", Blocker, Settings, OnChange;
        format!("The {} of {} would be {} in Shopify but is {} in JOOR", said(what), the_order(order), said(built), said(joor));
        "Compare both with `joor-shopify orders preview ID`, then save the order again in JOOR or correct the settings that make the difference, such as `tax.rules`";
    MoneyRounded { lines: all } => "MONEY_ROUNDED", Notice, Nobody, OnChange;
        format!("{} split in two, because the price is finer than the currency's smallest unit: {}", lines_of(all.len(), order, "is", "are"), lines(all));
        "Nothing to do: the sum of the two lines is the sum in JOOR";
    PricePlaceholder { lines: all } => "PRICE_PLACEHOLDER", Blocker, BrandInJoor, OnChange;
        format!("{} a price that looks like a stand-in: {}", lines_of(all.len(), order, "has", "have"),
            listed(all.iter().map(|(one, price)| format!("{} {}", line(one), price.map_or_else(|| "without a price".to_owned(), |price| format!("at {price}"))))));
        "Correct the price in JOOR and save the order; or, if it is meant, run `joor-shopify orders retry ID --confirm-prices`; which price is a stand-in is `orders.stand_in_price`, and whether zero is meant is `orders.allow_zero_price`";
    DiscountUnmappable { readings } => "DISCOUNT_UNMAPPABLE", Blocker, BrandInJoor, OnChange;
        format!("The discount of {} can be read in different ways: {}", the_order(order), all_said(readings));
        "Enter the discount again in JOOR, as one percentage or as one amount, and save the order";
    TaxRuleMissing { country } => "TAX_RULE_MISSING", Blocker, Settings, OnChange;
        format!("There is no tax rule for {}, and {} waits rather than going out with a guessed rate", said(country), the_order(order));
        format!("Add `tax.rules.{}` with name and rate (rate 0 for tax free), or set `tax.otherwise = \"none\"`", said(country));
    TaxConflict { first, second } => "TAX_CONFLICT", Blocker, Settings, Ask;
        format!("Two sources disagree about the tax of {}: {}, but {}", the_order(order), said(first), said(second));
        "Correct the one that is wrong: the order in JOOR, the tax exemption of the customer in Shopify, or `tax.rules`";

    // Texts
    MapTemplate { target, reason } => "MAP_TEMPLATE", Blocker, Settings, OnChange;
        format!("The template of {} fails on {}: {}", said(target), the_order(order), said(reason));
        format!("Correct the template of {} in `note`, `tags` or `attributes` and see the result with `joor-shopify orders preview ID`", said(target));
    MapTooLong { target, limit } => "MAP_TOO_LONG", Warning, Settings, OnChange;
        format!("{} of {} was cut to {limit} characters", said(target), the_order(order));
        "Shorten the template in `note` or `tags`, or move the value to `attributes`";

    // Shopify
    DestRateLimit { until } => "DEST_RATE_LIMIT", Notice, Nobody, Window;
        format!("Shopify asks to slow down until {}, and nothing was created", when(*until));
        "Nothing to do";
    DestOrderQuota { until } => "DEST_ORDER_QUOTA", Notice, Nobody, Window;
        format!("This is a test shop, for which Shopify takes only a few new orders a minute: the next try is at {}", when(*until));
        "Nothing to do; a paid shop has no such limit";
    DestUnavailable { reason } => "DEST_UNAVAILABLE", Outage, Nobody, BackOff;
        format!("Shopify does not answer at the moment, and orders wait in line: {}", said_at_length(reason));
        "Nothing to do; look at Shopify's status page if this lasts more than 30 minutes";
    DestUnconfirmed { token, since, looks } => "DEST_UNCONFIRMED", Blocker, Nobody, Verify;
        format!("It is not certain whether {} was created at {}: it is looked up ({} so far) and not sent again before that is clear (custom id {})",
            the_order(order), when(*since), counted(usize::try_from(*looks).unwrap_or(usize::MAX), "look"), said(token.as_str()));
        "Nothing for the first 15 minutes; after that search the orders in Shopify for the tag `JOOR ID`: if it is there, run `joor-shopify orders retry ID --link-order ORDER`, if it is not, run `joor-shopify orders retry ID --not-there`";
    DestRejected { message, field } => "DEST_REJECTED", Blocker, Settings, OnChange;
        match field.trim() {
            "" => format!("Shopify refused {}: \"{}\"", the_order(order), said(message)),
            field => format!("Shopify refused {}: \"{}\" at {}", the_order(order), said(message), said(field)),
        };
        "Follow what Shopify says, in JOOR or in the settings, and see the request with `joor-shopify orders preview ID`; then run `joor-shopify orders retry ID`; report the sentence, so that it gets a code of its own";
    DestDateInvalid { date } => "DEST_DATE_INVALID", Blocker, Settings, OnChange;
        format!("Shopify does not accept the date {} for {}", said(date), the_order(order));
        "Check the clock of this server with `joor-shopify doctor`, then run `joor-shopify orders retry ID`";
    DestReadbackDiffers { shop_order, sent, found, differences } => "DEST_READBACK_DIFFERS", Partial, BrandInShopify, Ask;
        format!("{} exists in Shopify for {} but differs from what was sent: {}", said(shop_order), the_order(order),
            listed(match (sent, found) {
                (Some(sent), Some(found)) if sent != found => Some(format!("total {found} instead of {sent}")),
                (Some(_) | None, Some(_) | None) => None,
            }.into_iter().chain(differences.iter().map(|one| said(one)))));
        "Correct the order or the stock in Shopify, which another app or a rule of the shop may have changed, and run `joor-shopify orders close ID --note …`; or cancel the order there and run `joor-shopify orders re-export ID`";

    // Duplicates
    DupLiveExport { shop_orders } => "DUP_LIVE_EXPORT", Blocker, BrandInShopify, Ask;
        format!("{} is to be exported again but is still alive in Shopify as {}, so sending it would make a second one", order_first(order), all_said(shop_orders));
        "Cancel the earlier order in Shopify, or let this program do it with `joor-shopify orders re-export ID --cancel-previous`, then the export goes on by itself; or give it up with `joor-shopify orders re-export ID --give-up`";
    DupFoundUnledgered { shop_order, id, cancelled } => "DUP_FOUND_UNLEDGERED", Blocker, BrandInShopify, Ask;
        match cancelled {
            true => format!("{} was in Shopify already as {} ({}), which is cancelled there, so it is not known whether it is to be exported again", order_first(order), said(shop_order), said(id.number())),
            false => format!("Shopify already has {} ({}) for {}, and it equals nothing that this program sent", said(shop_order), said(id.number()), the_order(order)),
        };
        match cancelled {
            true => "If it is to be in Shopify, run `joor-shopify orders re-export ID`; if it is not, run `joor-shopify orders close ID --note …`",
            false => "Compare the two orders; if it is the right one, run `joor-shopify orders retry ID --link-order ORDER`; if it is not, cancel it in Shopify, take its custom id away and run `joor-shopify orders retry ID`",
        };
    DupLookupBlind { token, reason } => "DUP_LOOKUP_BLIND", Blocker, Settings, OnChange;
        format!("{} may already be in Shopify but cannot be looked up, so it is not sent: {} (custom id {})", order_first(order), said(reason), said(token.as_str()));
        "Grant the app the permission `read_all_orders` and run `joor-shopify connection test NAME`; or search the orders in Shopify for the tag `JOOR ID`, and if it is there, run `joor-shopify orders retry ID --link-order ORDER`";
    DupSecondExporter { description } => "DUP_SECOND_EXPORTER", Outage, Settings, Ask;
        format!("Something else exports orders of this JOOR account, and two exporters mean double orders: {}", said(description));
        "Switch the other integration off; orders that it exported can be closed here with `joor-shopify orders close ID --note …`";

    // After the export
    ChgJoorEdited { shop_order, changes } => "CHG_JOOR_EDITED", Warning, BrandInShopify, Ask;
        format!("{} was changed in JOOR after its export as {}: {}", order_first(order), said(shop_order), all_said(changes));
        "Make the same changes in Shopify by hand, or leave the order as it is, and run `joor-shopify orders close ID --note …`; or cancel the order in Shopify and run `joor-shopify orders re-export ID`";
    ChgJoorReapproved { shop_order } => "CHG_JOOR_REAPPROVED", Blocker, Settings, Ask;
        format!("{} was set to re-export after its export as {}, and it was or may have been approved again, which alone exports nothing", order_first(order), said(shop_order));
        "If a new Shopify order is wanted, run `joor-shopify orders re-export ID`; if not, run `joor-shopify orders close ID --note …`; what happens by itself in this case is `orders.after_reapproval`";
    ChgJoorCancelled { shop_order } => "CHG_JOOR_CANCELLED", Warning, BrandInShopify, Ask;
        format!("{} was cancelled in JOOR, but {} is still open in Shopify", order_first(order), said(shop_order));
        "Cancel the order in Shopify, or keep it if the goods are still to be shipped, and run `joor-shopify orders close ID --note …`";
    ChgShopifyCancelled { shop_order } => "CHG_SHOPIFY_CANCELLED", Warning, BrandInJoor, Ask;
        format!("{} was cancelled or deleted in Shopify, while JOOR still shows {} as approved", said(shop_order), the_order(order));
        "Cancel the order in JOOR too, or run `joor-shopify orders re-export ID`; to leave it as it is, run `joor-shopify orders close ID --note …`";
    BackStatusFailed { reason, status_changed } => "BACK_STATUS_FAILED",
        if status_changed.is_some() { Outage } else { Partial }, if status_changed.is_some() { BrandInJoor } else { Nobody }, BackOff;
        match status_changed {
            Some(change) => format!("The status of {} changed in JOOR while its result was written there: {}", the_order(order), said(change)),
            None => format!("The result of {} is not in JOOR yet, and the export itself is not affected: {}", the_order(order), said(reason)),
        };
        match status_changed {
            Some(_) => "Set the status that is right on the order in JOOR, today",
            None => "Nothing at first; if it stays, check that the JOOR user of this connection may write, with `joor-shopify connection test NAME`",
        };

    // The integration itself
    SysSilence { since, for_at_least } => "SYS_SILENCE", Outage, Settings, OnChange;
        format!("No cycle of this connection has been good since {}, for at least {}", when(*since), span(*for_at_least));
        "Run `joor-shopify doctor` and `joor-shopify problems` on the server; the alarm comes after `alerts.silence`";
    SysStore { reason } => "SYS_STORE", Outage, Settings, OnChange;
        format!("The ledger cannot be written, so nothing is sent, since that would risk duplicates: {}", said(reason));
        "Free disk space, end any other program that keeps the ledger locked, restore the database, or start the newest release that used it; then run `joor-shopify doctor`";
    SysClock { seconds } => "SYS_CLOCK", Warning, Settings, OnChange;
        format!("The clock of this server is {} off", counted(usize::try_from(seconds.unsigned_abs()).unwrap_or(usize::MAX), "second"));
        "Turn on time synchronisation on the server";
    SysUnexpected { id, step } => "SYS_UNEXPECTED", Blocker, Settings, Ask;
        format!("{} hit a fault in this program at {} (id {}), and other orders go on", order_first(order), said(step), said(id));
        "Report the id; run `joor-shopify orders retry ID` after an upgrade, or enter the order by hand and run `joor-shopify orders close ID --note …`";
}
