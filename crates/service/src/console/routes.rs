//! Every address of the console with who may use it, in one table. The router is made from it, and so is the test that
//! walks all of it with every role.

use super::api::{self, Operation};
use super::guard::{guard, headers};
use super::sure::Asks;
use super::{
    Console, activity, assets, connections, linking, me, new_connection, news, order, orders, overview,
    pending, people, problems, proof, settings, sign_in, sure,
};
use adapters::ledger::records::Role;
use axum::Router;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Open,
    /// This role, and those above it.
    Role(Role),
}

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    /// Of a route of the API: what is published of it. It is for programs with a token, every other one for browsers.
    pub operation: Option<Operation>,
    handler: MethodRouter<Arc<Console>>,
    /// What is asked before a form is carried out.
    asks: Option<Asks>,
}

impl Route {
    fn asking(self, asks: Asks) -> Route {
        Route { asks: Some(asks), ..self }
    }
}

pub const VIEWER: Access = Access::Role(Role::Viewer);
pub const OPERATOR: Access = Access::Role(Role::Operator);
pub const ADMIN: Access = Access::Role(Role::Admin);

/// All of them.
pub fn all() -> Vec<Route> {
    pages().into_iter().chain(api::routes()).collect()
}

fn pages() -> Vec<Route> {
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
    Route { method: Method::GET, path, access, operation: None, handler: get(handler), asks: None }
}

fn form<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Arc<Console>>,
    T: 'static,
{
    Route { method: Method::POST, path, access, operation: None, handler: post(handler), asks: None }
}

impl Route {
    pub fn of_api<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        handler: H,
        operation: Operation,
    ) -> Route
    where
        H: Handler<T, Arc<Console>>,
        T: 'static,
    {
        let filter =
            MethodFilter::try_from(method.clone()).expect("the table names methods that routers know");
        Route { method, path, access, operation: Some(operation), handler: on(filter, handler), asks: None }
    }
}

pub fn router(console: Arc<Console>) -> Router {
    let mut router = Router::new();
    for Route { path, access, operation, handler, asks, .. } in all() {
        let handler = match asks {
            Some(asks) => handler.layer(from_fn_with_state((console.clone(), asks), sure::sure)),
            None => handler,
        };
        let state = (console.clone(), access);
        let guarded = match operation {
            Some(_) => handler.layer(from_fn_with_state(state, api::admit)),
            None => handler.layer(from_fn_with_state(state, guard)),
        };
        router = router.route(path, guarded);
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
        // Half of a page's way is its size. What forms carry is hidden anew on every page, see `form_token`; whoever wanted
        // to guess other words of a page by its size would need the cookie, which browsers send for what a person opens only.
        .layer(CompressionLayer::new())
        .with_state(console)
}

#[cfg(test)]
#[path = "routes_tests.rs"]
pub mod tests;
