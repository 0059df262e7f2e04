//! Metafield definitions: creating them and refusing what the capability rules forbid.

use serde_json::{Value, json};

use super::gid;
use super::order_input::{flag, given};
use super::roots::UserError;
use super::state::{Definition, State, text};

const DEFINITIONS_MAX: usize = 256;

impl State {
    pub(crate) fn definition_create(&mut self, input: &Value) -> Value {
        match self.try_definition_create(input) {
            Ok(id) => json!({ "createdDefinition": gid::gid("MetafieldDefinition", id), "userErrors": [] }),
            Err(error) => json!({ "createdDefinition": null, "userErrors": [error.object()] }),
        }
    }

    fn try_definition_create(&mut self, input: &Value) -> Result<u64, UserError> {
        let part = |name: &str| text(input, name).unwrap_or_default();
        let (owner, namespace, key, kind) = (part("ownerType"), part("namespace"), part("key"), part("type"));
        let asked_unique = given(input, "capabilities")
            .and_then(|found| given(found, "uniqueValues"))
            .map(|found| flag(found, "enabled"));
        if !(3..=255).contains(&namespace.chars().count()) {
            return Err(UserError::new(
                "TOO_SHORT",
                &["definition", "namespace"],
                "Namespace must be 3-255 characters long.",
            ));
        }
        if !(2..=64).contains(&key.chars().count()) {
            return Err(UserError::new(
                "TOO_SHORT",
                &["definition", "key"],
                "Key must be 2-64 characters long.",
            ));
        }
        let strange = |text: &str| {
            !text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_$:".contains(letter))
        };
        if strange(&namespace) || strange(&key) {
            return Err(UserError::new(
                "INVALID_CHARACTER",
                &["definition", "key"],
                "Key contains one or more invalid characters.",
            ));
        }
        if kind == "id" && asked_unique == Some(false) {
            let message = "Capability unique_values is required for type id but is disabled";
            return Err(UserError::new("CAPABILITY_REQUIRED_BUT_DISABLED", &["definition"], message));
        }
        let known =
            |found: &&Definition| found.owner == owner && found.namespace == namespace && found.key == key;
        if self.definitions.iter().any(|found| known(&found)) {
            let message = format!("Key is in use for {owner} metafields on the '{namespace}' namespace.");
            return Err(UserError::new("TAKEN", &["definition", "key"], message));
        }
        if self.definitions.iter().filter(|found| found.owner == owner).count() >= DEFINITIONS_MAX {
            let message = "Stores can only have 256 definitions for each store resource.";
            return Err(UserError::new("RESOURCE_TYPE_LIMIT_EXCEEDED", &["definition"], message));
        }
        let unique = kind == "id" || asked_unique.unwrap_or_default();
        let id = self.new_id();
        self.definitions.push(Definition { id, namespace, key, owner, kind, unique });
        Ok(id)
    }
}
