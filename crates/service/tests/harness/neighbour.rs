//! A second brand in the same ledger, with a JOOR account and a shop of its own.

use super::{Settings, World};
use sandbox::{Sandbox, SandboxOptions};

impl World {
    /// Its connection has this name and is live.
    pub async fn neighbour(&self, name: &str) -> Sandbox {
        let mut options = SandboxOptions { clock: self.sandbox.clock.clone(), ..SandboxOptions::default() };
        options.joor.account = "424243".to_owned();
        options.shop.shop_number = 2;
        let neighbour = Sandbox::start(options).await.expect("the sandbox starts");
        self.brand.plant(&neighbour, neighbour.clock.today());
        let mut settings = Settings::to(&neighbour);
        settings.set("alerts", "outages", r#"["neighbour@brand.example.com"]"#);
        let file = self.write_file("neighbour.toml", &settings.toml());
        self.run(&["connection", "apply", &file, "--name", name]).await.must_end_with(0);
        let live = ["--yes", "connection", "go-live", name, "--confirm-previous-off"];
        self.run(&live).await.must_end_with(0);
        neighbour
    }
}
