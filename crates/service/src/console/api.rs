//! The JSON API: the verbs of the command line for a brand's own programs. They sign in with a token instead of a cookie,
//! and are answered in JSON always, refusals too. The description of it all is made from the same table as the routes.

mod acts;
mod admit;
mod answers;
mod commands;
mod connections;
mod given;
mod history;
mod making;
mod openapi;
mod operation;
mod orders;
mod problems;
mod proof;
mod search;
mod settings;

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;

pub use admit::{Rates, admit};
pub use answers::reworded;
pub use openapi::text as description;
pub use operation::Operation;

use super::Console;
use super::routes::{ADMIN, Access, OPERATOR, Route, VIEWER};
use super::visit::Visit;
use crate::show::shapes::{PreviewShape, ProofShape, ReplaceShape, StoryShape};
use axum::extract::{Extension, State};
use axum::handler::Handler;
use axum::http::Method;
use given::{At, Given};
use operation::{answers, noted};
use std::sync::Arc;

/// What every address of the API begins with.
pub const ROOT: &str = "/api/";

/// All of them.
pub fn routes() -> Vec<Route> {
    let mut all = about_connections();
    all.extend(about_settings());
    all.extend(about_searching());
    all.extend(about_orders());
    all.extend(about_verbs());
    all.extend(about_problems());
    all
}

/// Reads, for everybody who has a token.
fn read<H, T>(path: &'static str, handler: H, operation: Operation) -> Route
where
    H: Handler<T, Arc<Console>>,
    T: 'static,
{
    Route::of_api(Method::GET, path, VIEWER, handler, operation)
}

fn act<H, T>(path: &'static str, access: Access, handler: H, operation: Operation) -> Route
where
    H: Handler<T, Arc<Console>>,
    T: 'static,
{
    Route::of_api(Method::POST, path, access, handler, operation)
}

fn about_connections() -> Vec<Route> {
    vec![
        Route::of_api(
            Method::GET,
            "/api/v1/openapi.json",
            Access::Open,
            openapi::openapi,
            answers::<serde_json::Value>("description", "This description of the API."),
        ),
        read(
            "/api/v1/connections",
            connections::list,
            answers::<connections::ConnectionList>("listConnections", "Every connection with its state."),
        ),
        act(
            "/api/v1/connections",
            ADMIN,
            making::make,
            answers::<connections::ConnectionShape>(
                "makeConnection",
                "Checks a whole settings document with its secrets and makes a connection of it, in preview: orders are \
                 read and checked, and nothing is sent before `go-live`. All errors come back at once, with status 422.",
            )
            .body::<making::NewConnection>(),
        ),
        read(
            "/api/v1/connections/{connection}",
            connections::one,
            answers::<connections::ConnectionShape>("showConnection", "One connection with its state."),
        ),
        act(
            "/api/v1/connections/{connection}/check",
            OPERATOR,
            connections::check,
            answers::<connections::Check>(
                "checkConnection",
                "Checks credentials, scopes and settings against JOOR and Shopify now, as `connection test` does.",
            ),
        ),
        act(
            "/api/v1/connections/{connection}/pause",
            ADMIN,
            connections::pause,
            noted("pauseConnection", "Stops reading and sending until it is resumed; nothing is lost."),
        ),
        act(
            "/api/v1/connections/{connection}/resume",
            ADMIN,
            connections::resume,
            noted("resumeConnection", "Goes on after a pause."),
        ),
        act(
            "/api/v1/connections/{connection}/go-live",
            ADMIN,
            connections::go_live,
            noted("goLive", "Ends the preview: from now on orders are sent to Shopify.")
                .body::<connections::GoLive>(),
        ),
    ]
}

fn about_settings() -> Vec<Route> {
    vec![
        read(
            "/api/v1/connections/{connection}/settings",
            settings::show,
            answers::<settings::SettingsShape>(
                "showSettings",
                "The settings in force. Secrets are never returned, only the names of those that are kept.",
            ),
        ),
        Route::of_api(
            Method::PUT,
            "/api/v1/connections/{connection}/settings",
            ADMIN,
            settings::change,
            noted(
                "changeSettings",
                "Checks a whole settings document and puts it in force. All errors come back at once, with status 422. No \
                 file is read: a `…_file` key is refused, and secrets stand in `secrets`.",
            )
            .body::<settings::NewSettings>()
            .or_at_once(),
        ),
        act(
            "/api/v1/connections/{connection}/settings/preview",
            ADMIN,
            history::preview,
            answers::<history::SettingsPreview>(
                "previewSettings",
                "Decides over the orders approved last twice, with the settings in force and with those of the document, \
                 and says what is different. Stores and sends nothing.",
            )
            .body::<history::Previewed>(),
        ),
        read(
            "/api/v1/connections/{connection}/settings/history",
            history::history,
            answers::<history::SettingsHistory>("listSettingsVersions", "Who changed the settings, newest first."),
        ),
        act(
            "/api/v1/connections/{connection}/settings/undo",
            ADMIN,
            history::undo,
            noted("undoSettings", "Puts an older version in force again, with the secrets that are kept.")
                .body::<history::Undo>(),
        ),
    ]
}

/// What is asked of JOOR and Shopify at once; it takes of their budgets.
fn about_searching() -> Vec<Route> {
    vec![
        Route::of_api(
            Method::GET,
            "/api/v1/connections/{connection}/customers",
            OPERATOR,
            search::customers,
            answers::<search::Customers>(
                "searchCustomers",
                "Customers of the shop by name, e-mail, phone or number.",
            )
            .query::<search::Wanted>(),
        ),
        Route::of_api(
            Method::GET,
            "/api/v1/connections/{connection}/items",
            OPERATOR,
            search::items,
            answers::<search::Items>("searchItems", "Variants of the shop by title, SKU, barcode or number.")
                .query::<search::Wanted>(),
        ),
        read(
            "/api/v1/connections/{connection}/pending",
            search::pending,
            answers::<search::PendingOrders>(
                "checkPending",
                "What would become of orders that are not approved yet. Stores and sends nothing.",
            ),
        ),
    ]
}

fn about_orders() -> Vec<Route> {
    vec![
        read(
            "/api/v1/orders",
            orders::list,
            answers::<orders::OrderList>(
                "listOrders",
                "Orders, searched, filtered and sorted as on the page.",
            )
            .query::<orders::Wanted>(),
        ),
        read(
            "/api/v1/orders/{connection}/{order}",
            orders::one,
            answers::<StoryShape>("showOrder", "Everything about one order."),
        ),
        read(
            "/api/v1/orders/{connection}/{order}/preview",
            orders::preview,
            answers::<PreviewShape>(
                "previewOrder",
                "Reads the order and today's stock, and says what would be sent. Stores and sends nothing.",
            ),
        ),
        read(
            "/api/v1/orders/{connection}/{order}/re-export/preview",
            orders::re_export_preview,
            answers::<ReplaceShape>(
                "previewReExport",
                "Reads the earlier Shopify order, the order and today's stock, and says what a re-export with \
                 `cancel_previous` would cancel and send. Stores, cancels and sends nothing; 409 says why it is not possible.",
            ),
        ),
        read(
            "/api/v1/commands",
            commands::list,
            answers::<commands::CommandList>("listCommands", "What was asked for, newest first.")
                .query::<commands::Wanted>(),
        ),
        read(
            "/api/v1/commands/{command}",
            commands::one,
            answers::<commands::CommandShape>("showCommand", "What became of something that was asked for."),
        ),
    ]
}

/// What may be asked for of one order.
fn about_verbs() -> Vec<Route> {
    let verb = |path, verb: acts::Verb, operation| {
        let run = move |state: State<Arc<Console>>, visit: Extension<Visit>, at: At<_>, given: Given| {
            acts::act(state, visit, at, given, verb)
        };
        act(path, OPERATOR, run, operation)
    };
    vec![
        verb(
            "/api/v1/orders/{connection}/{order}/retry",
            acts::retry,
            noted("retryOrder", "Checks the order again in the next cycle.").body::<acts::Retry>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/link-customer",
            acts::link_customer,
            noted("linkCustomer", "This retailer is that Shopify customer, from now on.")
                .body::<acts::LinkCustomer>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/link-order",
            acts::link_order,
            noted("linkOrder", "That Shopify order is the export of this order.").body::<acts::LinkOrder>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/link-item",
            acts::link_item,
            noted("linkItem", "This line's SKU is that Shopify variant, from now on.")
                .body::<acts::LinkItem>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/unlink-item",
            acts::unlink_item,
            noted("unlinkItem", "Takes the link of a line's SKU back; what was exported with it stays.")
                .body::<acts::UnlinkItem>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/not-there",
            acts::not_there,
            noted("notThere", "Somebody searched Shopify: there is no order for this export, send it again."),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/re-export",
            acts::re_export,
            noted("reExport", "Exports the order once more.").body::<acts::ReExport>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/give-up",
            acts::give_up,
            noted("giveUp", "Gives up a re-export that waits: the earlier Shopify order stays the export."),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/close",
            acts::close,
            noted("closeOrder", "Settles the order by hand: it is not exported any more.")
                .body::<acts::Close>(),
        ),
        verb(
            "/api/v1/orders/{connection}/{order}/reopen",
            acts::reopen,
            noted("reopenOrder", "Takes a closing back: the order is checked again."),
        ),
    ]
}

fn about_problems() -> Vec<Route> {
    vec![
        read(
            "/api/v1/problems",
            problems::list,
            answers::<problems::ProblemList>("listProblems", "Problems with what to do, the worst first.")
                .query::<problems::Wanted>(),
        ),
        act(
            "/api/v1/problems/{connection}/{code}/retry",
            OPERATOR,
            problems::retry_all,
            noted(
                "retryProblem",
                "Checks every order again on which this problem is open, in the next cycle.",
            )
            .answered_by::<problems::Retried>(),
        ),
        read(
            "/api/v1/proof",
            proof::proof,
            answers::<ProofShape>("proof", "Compares JOOR, this program and Shopify for a period now.")
                .query::<proof::Wanted>(),
        ),
    ]
}
