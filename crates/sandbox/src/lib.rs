//! A pretended outside world for tests and the demo: JOOR v4, Shopify's Admin GraphQL API and a mail server, all on
//! loopback, with state, rules and scripted faults. It shares no type with the program and imports none of its crates.

pub mod brand;
pub mod clock;
pub mod faults;
pub mod joor;
pub mod judge;
pub mod mailbox;
pub mod server;
pub mod shopify;

use std::net::SocketAddr;

pub use clock::SandboxClock;
pub use faults::{Fault, Faults, Service, When};
pub use joor::{Joor, JoorOptions};
pub use mailbox::{Mail, Mailbox, MailboxOptions};
pub use shopify::{Shop, ShopOptions};

use server::Server;

/// How the outside world behaves.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub joor: JoorOptions,
    pub shop: ShopOptions,
    pub mailbox: MailboxOptions,
    pub clock: SandboxClock,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            joor: JoorOptions::default(),
            shop: ShopOptions::default(),
            mailbox: MailboxOptions::default(),
            clock: SandboxClock::new(),
        }
    }
}

/// All servers together. They stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    pub joor: Joor,
    pub shop: Shop,
    pub mailbox: Mailbox,
    pub faults: Faults,
    pub clock: SandboxClock,
    joor_server: Server,
    shop_server: Server,
}

impl Sandbox {
    /// Starts everything on free loopback ports. Must run inside a tokio runtime.
    pub async fn start(options: SandboxOptions) -> std::io::Result<Sandbox> {
        let SandboxOptions { joor, shop, mailbox, clock } = options;
        let faults = Faults::default();
        let joor = Joor::new(clock.clone(), faults.clone(), joor);
        let shop = Shop::new(clock.clone(), faults.clone(), shop);
        let joor_server = Server::start(joor.router()).await?;
        let shop_server = Server::start(shop.router()).await?;
        let mailbox = Mailbox::start(faults.clone(), mailbox).await?;
        Ok(Sandbox { joor, shop, mailbox, faults, clock, joor_server, shop_server })
    }

    pub fn joor_api_url(&self) -> String {
        format!("http://{}/v4", self.joor_server.address())
    }

    pub fn joor_token_url(&self) -> String {
        format!("http://{}/auth/", self.joor_server.address())
    }

    pub fn shopify_url(&self) -> String {
        format!("http://{}", self.shop_server.address())
    }

    pub fn smtp_address(&self) -> SocketAddr {
        self.mailbox.address()
    }
}
