//! Every address of the console with who may use it, in one table. The router is made from it, and so is the test that
//! walks all of it with every role.

use super::guard::{guard, headers};
use super::sure::Asks;
use super::{
    Console, activity, assets, connections, linking, me, new_connection, news, order, orders, overview,
    pending, people, problems, proof, settings, sign_in, sure,
};
use adapters::ledger::records::Role;
use axum::Router;
use axum::handler::Handler;
#[cfg(test)]
use axum::http::Method;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Open,
    /// This role, and those above it.
    Role(Role),
}

struct Route {
    #[cfg(test)]
    method: Method,
    path: &'static str,
    access: Access,
    handler: MethodRouter<Arc<Console>>,
    /// What is asked before a form is carried out.
    asks: Option<Asks>,
}

impl Route {
    fn asking(self, asks: Asks) -> Route {
        Route { asks: Some(asks), ..self }
    }
}

const VIEWER: Access = Access::Role(Role::Viewer);
const OPERATOR: Access = Access::Role(Role::Operator);
const ADMIN: Access = Access::Role(Role::Admin);

/// All of them.
fn routes() -> Vec<Route> {
    vec![
        page("/assets/{name}", Access::Open, assets::asset),
        page("/sign-in", Access::Open, sign_in::ask),
        form("/sign-in", Access::Open, sign_in::sign_in),
        form("/sign-out", VIEWER, sign_in::sign_out),
        page("/events", VIEWER, news::events),
        page("/", VIEWER, overview::overview),
        page("/orders", VIEWER, orders::list),
        page("/orders/{connection}/{id}", VIEWER, order::one),
        page("/orders/{connection}/{id}/wire/{n}", VIEWER, order::wire),
        page("/orders/{connection}/{id}/preview", VIEWER, order::preview::preview),
        page("/orders/{connection}/{id}/again", VIEWER, order::again::again),
        form("/orders/{connection}/{id}/again", OPERATOR, order::again::ask),
        page("/orders/{connection}/{id}/customer", OPERATOR, linking::customer),
        form("/orders/{connection}/{id}/customer", OPERATOR, linking::link_customer),
        page("/orders/{connection}/{id}/item", OPERATOR, linking::item),
        form("/orders/{connection}/{id}/item", OPERATOR, linking::link_item),
        form("/orders/{connection}/{id}/item/unlink", OPERATOR, linking::unlink_item),
        form("/orders/{connection}/{id}/{verb}", OPERATOR, order::act::act).asking(sure::of_order),
        page("/problems", VIEWER, problems::all),
        page("/problems/{connection}/{code}", VIEWER, problems::cause),
        form("/problems/{connection}/{code}/retry", OPERATOR, problems::retry_all),
        page("/activity", VIEWER, activity::activity),
        page("/me", VIEWER, me::me),
        form("/me/password", VIEWER, me::password),
        form("/me/sign-out", VIEWER, me::sign_out),
        form("/me/sign-out-everywhere", VIEWER, me::sign_out_everywhere),
        page("/pending", VIEWER, pending::pending),
        page("/proof", VIEWER, proof::proof),
        page("/proof.csv", VIEWER, proof::csv),
        page("/connections", VIEWER, connections::all),
        page("/connections/new", ADMIN, new_connection::ask),
        form("/connections/new", ADMIN, new_connection::act),
        page("/connections/{name}", VIEWER, connections::one),
        page("/connections/{name}/settings", VIEWER, settings::show),
        form("/connections/{name}/settings", ADMIN, settings::act),
        form("/connections/{name}/settings/note", ADMIN, settings::note_text),
        form("/connections/{name}/{verb}", ADMIN, connections::act).asking(sure::of_connection),
        page("/people", ADMIN, people::all),
        form("/people/add", ADMIN, people::add),
        form("/people/role", ADMIN, people::role),
        form("/people/password", ADMIN, people::password),
        form("/people/sign-out", ADMIN, people::sign_out),
        form("/people/disable", ADMIN, people::disable).asking(sure::of_keeping_out),
        form("/people/enable", ADMIN, people::enable),
        form("/people/tokens", ADMIN, people::make_token),
        form("/people/tokens/revoke", ADMIN, people::revoke_token).asking(sure::of_revoking),
    ]
}

fn page<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Arc<Console>>,
    T: 'static,
{
    Route {
        #[cfg(test)]
        method: Method::GET,
        path,
        access,
        handler: get(handler),
        asks: None,
    }
}

fn form<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Arc<Console>>,
    T: 'static,
{
    Route {
        #[cfg(test)]
        method: Method::POST,
        path,
        access,
        handler: post(handler),
        asks: None,
    }
}

pub fn router(console: Arc<Console>) -> Router {
    let mut router = Router::new();
    for Route { path, access, handler, asks, .. } in routes() {
        let handler = match asks {
            Some(asks) => handler.layer(from_fn_with_state((console.clone(), asks), sure::sure)),
            None => handler,
        };
        let guarded = from_fn_with_state((console.clone(), access), guard);
        router = router.route(path, handler.layer(guarded));
    }
    router
        .fallback(async || {
            super::answers::lone(
                StatusCode::NOT_FOUND,
                "This page is not here",
                "The address may be mistyped, or what it was about is gone.",
            )
        })
        .layer(from_fn_with_state(console.clone(), headers))
        .with_state(console)
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
