//! The settings file of the story's connection: sections of keys with raw TOML values, changed one by one.

use sandbox::Sandbox;
use std::collections::BTreeMap;

/// A TOML text in quotes.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[derive(Clone, Debug)]
pub struct Settings {
    sections: BTreeMap<String, BTreeMap<String, String>>,
    rules: Vec<String>,
}

impl Settings {
    /// A connection to this sandbox that exports everything of the last thirty days and waits as little as possible.
    pub fn to(sandbox: &Sandbox) -> Settings {
        let mut settings = Settings { sections: BTreeMap::new(), rules: Vec::new() };
        let joor = sandbox.joor.options();
        for (key, text) in [
            ("environment", "sandbox".to_owned()),
            ("api_url", sandbox.joor_api_url()),
            ("token_url", sandbox.joor_token_url()),
            ("account", joor.account),
            ("client_id", joor.client_id),
            ("client_secret", joor.client_secret),
            ("username", joor.username),
            ("password", joor.password),
        ] {
            settings.text("joor", key, &text);
        }
        settings.text("shopify", "shop_url", &sandbox.shopify_url());
        settings.text("shopify", "access_token", "shpat_sandbox");
        settings.text("schedule", "interval", "1s");
        settings.text("schedule", "quiet_time", "1s");
        let start = sandbox.clock.today().saturating_sub(jiff::ToSpan::days(30));
        settings.text("schedule", "exported_since", &start.to_string());
        settings.set("orders", "currencies", r#"["USD", "EUR", "GBP", "JPY"]"#);
        settings.set("alerts", "outages", r#"["it@brand.example.com"]"#);
        settings.set("alerts", "orders", r#"["wholesale@brand.example.com"]"#);
        settings.set("alerts", "daily", r#"["daily@brand.example.com"]"#);
        settings
    }

    /// A key with its value as TOML.
    pub fn set(&mut self, section: &str, key: &str, raw: &str) -> &mut Settings {
        self.sections.entry(section.to_owned()).or_default().insert(key.to_owned(), raw.to_owned());
        self
    }

    pub fn text(&mut self, section: &str, key: &str, text: &str) -> &mut Settings {
        self.set(section, key, &quoted(text))
    }

    pub fn remove(&mut self, section: &str, key: &str) -> &mut Settings {
        if let Some(keys) = self.sections.get_mut(section) {
            keys.remove(key);
        }
        self
    }

    /// One `[[orders.rules]]`, its lines as TOML.
    pub fn rule(&mut self, lines: &str) -> &mut Settings {
        self.rules.push(lines.to_owned());
        self
    }

    pub fn tax(&mut self, country: &str, name: &str, rate: &str, on_shipping: bool) -> &mut Settings {
        let section = format!("tax.rules.{country}");
        self.text(&section, "name", name).text(&section, "rate", rate);
        self.set(&section, "on_shipping", if on_shipping { "true" } else { "false" })
    }

    pub fn toml(&self) -> String {
        let mut text = String::new();
        for (section, keys) in &self.sections {
            text.push_str(&format!("[{section}]\n"));
            for (key, raw) in keys {
                text.push_str(&format!("{key} = {raw}\n"));
            }
            if section == "orders" {
                for rule in &self.rules {
                    text.push_str(&format!("[[orders.rules]]\n{rule}\n"));
                }
            }
        }
        text
    }
}
