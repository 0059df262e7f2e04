//! Walks the whole table: nobody gets further than the table says, however they ask. What is special about the routes of
//! the API is in `api_tests`.

use super::*;
use crate::compose::House;
use crate::config::Config;
use crate::console::Door;
use crate::console::form_token::masked;
use adapters::clock::SystemChance;
use adapters::ledger::Ledger;
use adapters::ledger::records::SessionRecord;
use adapters::passwords::{self, Key};
use adapters::ports::Clock;
use adapters::settings::Trial;
use adapters::vault::{Secret, Vault};
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{Request, Response, header};
use std::net::SocketAddr;
use std::time::Duration;
use tower::ServiceExt;

pub const HOST: &str = "127.0.0.1:8470";
pub const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

pub struct Walk {
    pub router: Router,
    pub house: Arc<House>,
    _folder: tempfile::TempDir,
}

/// How a request is made.
#[derive(Default)]
struct By<'a> {
    cookie: Option<&'a Key>,
    csrf: Option<String>,
    headers: &'a [(&'static str, &'a str)],
    host: Option<&'a str>,
}

impl Walk {
    pub async fn start() -> Walk {
        Walk::through(Door::Locked).await
    }

    pub async fn through(door: Door) -> Walk {
        Walk::at(door, None).await
    }

    /// With a clock of the test's own.
    pub async fn at(door: Door, clock: Option<Arc<dyn Clock>>) -> Walk {
        Walk::with(door, clock, &[]).await
    }

    /// The same with settings of the process by their names in the environment.
    async fn with(door: Door, clock: Option<Arc<dyn Clock>>, environment: &[(&str, &str)]) -> Walk {
        let folder = tempfile::tempdir().unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::load(folder.path(), environment, Trial::On).unwrap();
        drop(Vault::create(&config.key_file).unwrap());
        Ledger::make(&config.ledger).await.unwrap().0.close().await;
        let house = House::open(config, Trial::On).await.unwrap();
        let clock = clock.unwrap_or_else(|| house.clock.clone());
        let house = Arc::new(House { clock, ..house });
        for role in ROLES {
            let now = house.clock.now();
            house.ledger.create_person(role.word(), role, "no hash", "test", now).await.unwrap();
        }
        let console = Console::new(house.clone(), house.config.console.clone(), door);
        let from = MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000)));
        Walk { router: router(Arc::new(console)).layer(from), house, _folder: folder }
    }

    /// A new session, since some routes end the one they are asked with.
    pub async fn session(&self, role: Role) -> Key {
        let (key, now) = (Key::new(&SystemChance), self.house.clock.now());
        let session = SessionRecord {
            hash: key.hash(),
            person: role.word().to_owned(),
            created: now,
            seen: now,
            expires: now.plus(Duration::from_secs(3600)),
            agent: String::new(),
            address: String::new(),
        };
        self.house.ledger.create_session(&session).await.unwrap();
        key
    }

    async fn ask(&self, route: &Route, by: By<'_>) -> Response<Body> {
        let path =
            route.path.replace("{name}", "brand").replace("{connection}", "brand").replace("{id}", "7");
        let path = path.replace("{code}", "STOCK_SHORT").replace("{verb}", "retry").replace("{n}", "1.1.3");
        let path = path.replace("{order}", "7").replace("{command}", "7");
        assert!(!path.contains('{'), "{path}: say what stands here in the walk");
        let mut request = Request::builder().method(route.method.clone()).uri(path);
        request = request.header(header::HOST, by.host.unwrap_or(HOST));
        if let Some(key) = by.cookie {
            request = request.header(header::COOKIE, format!("joor_shopify={}", key.text()));
        }
        for (name, value) in by.headers {
            request = request.header(*name, *value);
        }
        let body = by.csrf.map(|csrf| format!("csrf={csrf}")).unwrap_or_default();
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        must_be_guarded(route, &answer);
        answer
    }
}

/// What forms on a page of this session carry.
fn carried(key: &Key) -> String {
    masked(&key.form_token(), &SystemChance)
}

/// Whatever is answered, the browser is told to do nothing else with it.
pub fn must_be_guarded(route: &Route, answer: &Response<Body>) {
    let text =
        |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let at = format!("{} {}", route.method, route.path);
    let policy = text("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{at}: {policy}");
    for directive in ["style-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"]
    {
        assert!(policy.split("; ").any(|one| one == directive), "{at}: {directive}");
    }
    assert_eq!(text("x-content-type-options"), "nosniff", "{at}");
    assert_eq!(text("x-frame-options"), "DENY", "{at}");
    assert_eq!(text("referrer-policy"), "same-origin", "{at}");
    assert_eq!(text("cross-origin-opener-policy"), "same-origin", "{at}");
    let kept = answer.status() == StatusCode::OK && route.path.starts_with("/assets/");
    assert!(kept || text("cache-control").starts_with("no-"), "{at}: {}", text("cache-control"));
}

fn leads_to_sign_in(answer: &Response<Body>) -> bool {
    let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap()).unwrap_or_default();
    answer.status() == StatusCode::SEE_OTHER && (to == "/sign-in" || to.starts_with("/sign-in?"))
}

fn least(route: &Route) -> Option<Role> {
    match route.access {
        Access::Open => None,
        Access::Role(role) => Some(role),
    }
}

fn is_form(route: &Route) -> bool {
    route.method != Method::GET
}

#[tokio::test]
async fn nobody_gets_further_than_the_table_says() {
    let walk = Walk::start().await;
    for route in &pages() {
        let at = format!("{} {}", route.method, route.path);
        let open = walk.ask(route, By::default()).await;
        let Some(least) = least(route) else {
            assert!(!leads_to_sign_in(&open), "{at} is open");
            continue;
        };
        assert!(leads_to_sign_in(&open), "{at} without a sign-in: {}", open.status());
        let forged = Key::new(&SystemChance);
        let by = By { cookie: Some(&forged), csrf: Some(carried(&forged)), ..By::default() };
        assert!(leads_to_sign_in(&walk.ask(route, by).await), "{at} with a key of nobody");
        for role in ROLES {
            let key = walk.session(role).await;
            let by = By { cookie: Some(&key), csrf: Some(carried(&key)), ..By::default() };
            let answer = walk.ask(route, by).await;
            if role < least {
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{at} as {}", role.word());
            } else {
                assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{at} as {}", role.word());
                assert!(route.path == "/sign-out" || !leads_to_sign_in(&answer), "{at} as {}", role.word());
                assert!(answer.status() != StatusCode::INTERNAL_SERVER_ERROR, "{at} as {}", role.word());
            }
        }
    }
}

#[tokio::test]
async fn a_form_is_taken_from_a_page_of_the_same_session_only() {
    let walk = Walk::start().await;
    for route in pages().iter().filter(|route| is_form(route) && least(route).is_some()) {
        let at = format!("{} {}", route.method, route.path);
        let (key, other) = (walk.session(Role::Admin).await, walk.session(Role::Admin).await);
        let own = || Some(carried(&key));
        for (why, csrf, headers) in [
            ("no token", None, &[][..]),
            ("token of another session", Some(carried(&other)), &[]),
            ("the token as it is kept", Some(key.form_token()), &[]),
            ("the key itself as token", Some(key.text().to_owned()), &[]),
            ("from another site", own(), &[("sec-fetch-site", "cross-site")]),
            ("from a neighbour", own(), &[("sec-fetch-site", "same-site")]),
            ("of another origin", own(), &[("origin", "https://evil.example")]),
            ("of another port here", own(), &[("origin", "http://127.0.0.1:9999")]),
            ("of no origin", own(), &[("origin", "null")]),
        ] {
            let answer = walk.ask(route, By { cookie: Some(&key), csrf, headers, host: None }).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{at}: {why}");
        }
        assert!(
            walk.house.ledger.session(&key.hash(), walk.house.clock.now()).await.unwrap().is_some(),
            "{at}"
        );
        let headers = &[("origin", "http://127.0.0.1:8470"), ("sec-fetch-site", "same-origin")];
        let answer = walk.ask(route, By { cookie: Some(&key), csrf: own(), headers, host: None }).await;
        assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{at} from its own page");
    }
}

#[tokio::test]
async fn only_the_own_host_is_answered_whoever_asks() {
    let walk = Walk::start().await;
    let key = walk.session(Role::Admin).await;
    for route in &all() {
        for host in ["evil.example", "127.0.0.1.evil.example:8470", ""] {
            let by = By { cookie: Some(&key), csrf: Some(carried(&key)), host: Some(host), ..By::default() };
            let answer = walk.ask(route, by).await;
            assert_eq!(
                answer.status(),
                StatusCode::MISDIRECTED_REQUEST,
                "{} {} of {host}",
                route.method,
                route.path
            );
        }
    }
}

#[tokio::test]
async fn in_the_demo_everybody_is_admin_from_its_own_pages_only_and_nobody_has_a_password() {
    let walk = Walk::through(Door::Demo).await;
    let people = pages().into_iter().find(|route| route.path == "/people").unwrap();
    let answer = walk.ask(&people, By::default()).await;
    let page = axum::body::to_bytes(answer.into_body(), 100_000).await.unwrap();
    let page = String::from_utf8_lossy(&page).into_owned();
    let token = page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    for route in &pages() {
        let at = format!("{} {}", route.method, route.path);
        let csrf = || Some(token.clone());
        let answer = walk.ask(route, By { csrf: csrf(), ..By::default() }).await;
        let is_own_account = is_form(route) && route.path.starts_with("/me/");
        assert!(!is_own_account || answer.status() == StatusCode::CONFLICT, "{at}: {}", answer.status());
        assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{at}");
        if is_form(route) {
            let headers = &[("origin", "https://evil.example")];
            let answer = walk.ask(route, By { csrf: csrf(), headers, ..By::default() }).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{at} from elsewhere");
        }
    }
    let me = pages().into_iter().find(|route| route.path == "/me").unwrap();
    let answer = walk.ask(&me, By::default()).await;
    let page = axum::body::to_bytes(answer.into_body(), 100_000).await.unwrap();
    assert!(String::from_utf8_lossy(&page).contains("In the demo nobody signs in"));
}

#[test]
fn whoever_may_only_read_changes_nothing_but_their_own_sign_in() {
    for route in pages().iter().filter(|route| is_form(route)) {
        let of_oneself = route.path.starts_with("/me/") || ["/sign-in", "/sign-out"].contains(&route.path);
        let least = least(route);
        assert!(of_oneself || least.is_some_and(|role| role > Role::Viewer), "POST {}", route.path);
        assert!(!route.path.starts_with("/people") || least == Some(Role::Admin), "POST {}", route.path);
    }
}

#[tokio::test]
async fn pages_travel_compressed_and_what_their_forms_carry_is_never_the_same_twice() {
    let walk = Walk::start().await;
    let key = walk.session(Role::Admin).await;
    let route = pages().into_iter().find(|route| route.path == "/people").unwrap();
    let mut tokens = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let page = walk.ask(&route, By { cookie: Some(&key), ..By::default() }).await;
        assert_eq!(page.headers().get(header::CONTENT_ENCODING), None, "not asked for");
        let page = axum::body::to_bytes(page.into_body(), 200_000).await.unwrap();
        let page = String::from_utf8_lossy(&page).into_owned();
        tokens.insert(
            page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned(),
        );
        let headers = &[("accept-encoding", "gzip, br")];
        let small = walk.ask(&route, By { cookie: Some(&key), headers, ..By::default() }).await;
        assert_eq!(small.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(small.headers()[header::VARY].to_str().unwrap().contains("accept-encoding"));
        let small = axum::body::to_bytes(small.into_body(), 200_000).await.unwrap();
        assert!(small.len() * 2 < page.len(), "{} of {}", small.len(), page.len());
    }
    assert_eq!(tokens.len(), 2);
}

#[tokio::test]
async fn behind_https_the_cookie_is_for_that_host_alone_and_only_encrypted() {
    let https = [("JOOR_SHOPIFY_CONSOLE__URL", "https://orders.brand.example")];
    let walk = Walk::with(Door::Locked, None, &https).await;
    let own = "three blue herons at dawn";
    let hash = passwords::hash(&Secret::new(own.to_owned()), &SystemChance).unwrap();
    let now = walk.house.clock.now();
    walk.house.ledger.set_password("admin", &hash, None, "test", now).await.unwrap();
    let ask = async |method: &str, path: &str, cookie: &str, body: String| {
        let request =
            Request::builder().method(method).uri(path).header(header::HOST, "orders.brand.example");
        let request = request.header(header::COOKIE, cookie);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        walk.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    };
    let password = own.replace(' ', "+");
    let inside = ask("POST", "/sign-in", "", format!("name=admin&password={password}")).await;
    assert_eq!(inside.status(), StatusCode::SEE_OTHER);
    let year = inside.headers()[header::STRICT_TRANSPORT_SECURITY].to_str().unwrap();
    assert_eq!(year, "max-age=31536000");
    let cookie = inside.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-joor_shopify="), "{cookie}");
    // What `__Host-` promises, browsers take only with these.
    for flag in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(flag), "{flag} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(ask("GET", "/", pair, String::new()).await.status(), StatusCode::OK);
    // A cookie of the other name, as a neighbour of the host could set it, opens nothing.
    let planted = pair.replace("__Host-", "");
    assert!(leads_to_sign_in(&ask("GET", "/", &planted, String::new()).await));
    let plain = Walk::start().await;
    let page = pages().into_iter().find(|route| route.path == "/sign-in").unwrap();
    let answer = plain.ask(&page, By::default()).await;
    assert!(
        !answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY),
        "over plain HTTP it would lie"
    );
}
