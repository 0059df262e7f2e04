//! An order as `orders show --json` tells it.

use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Shown(pub Value);

impl Shown {
    pub fn state(&self) -> &str {
        self.0["state"].as_str().unwrap_or_default()
    }

    /// Codes of the open problems.
    pub fn problems(&self) -> Vec<&str> {
        self.0["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The sentence of an open problem.
    pub fn sentence(&self, code: &str) -> String {
        self.detail(code)["sentence"].as_str().unwrap_or_default().to_owned()
    }

    pub fn detail(&self, code: &str) -> Value {
        let found = self.0["details"].as_array().into_iter().flatten().find(|told| told["code"] == code);
        found.cloned().unwrap_or_else(|| panic!("no open problem {code}: {:#}", self.0))
    }

    /// The name of the Shopify order of the current generation.
    pub fn shopify_order(&self) -> Option<&str> {
        self.0["shopify_order"].as_str()
    }

    pub fn generation(&self) -> u64 {
        self.0["generation"].as_u64().unwrap_or_default()
    }

    /// Words of the history, oldest first.
    pub fn events(&self) -> Vec<&str> {
        self.0["events"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|event| event["event"].as_str())
            .collect()
    }

    /// Create requests written down, over all generations and parts.
    pub fn requests(&self) -> u64 {
        self.0["exports"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|export| export["requests"].as_u64())
            .sum()
    }

    #[track_caller]
    pub fn must_be(&self, state: &str, problems: &[&str]) {
        let mut found = self.problems();
        found.sort_unstable();
        let mut wanted = problems.to_vec();
        wanted.sort_unstable();
        assert!(
            self.state() == state && found == wanted,
            "should be {state} with {problems:?}: {:#}",
            self.0
        );
    }
}
