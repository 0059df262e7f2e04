//! A type for each identifier, so that none can be taken for another. No look-ups here.

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> $name {
                $name(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(/** The name of a connection: one JOOR account joined to one Shopify shop. */ ConnectionName);
text_id!(/** JOOR's order number, shown in its pages as the PO number. */ JoorOrderId);
text_id!(/** The id of a line of a JOOR order. */ JoorLineId);
text_id!(/** JOOR's id of a SKU (style, colour and size). */ JoorSkuId);
text_id!(/** JOOR's id of a style. */ JoorStyleId);
text_id!(/** JOOR's id of a price type. */ PriceTypeId);
text_id!(/** A Shopify order, as its global id `gid://shopify/Order/1`. */ ShopOrderId);
text_id!(/** A Shopify product variant, as its global id. */ VariantId);
text_id!(/** A Shopify product, as its global id. */ ProductId);
text_id!(/** A Shopify location, as its global id. */ LocationId);
text_id!(/** A Shopify customer, as its global id. */ CustomerId);

macro_rules! numeric_gid {
    ($name:ident, $kind:literal) => {
        impl $name {
            /// From the number that Shopify's pages show; `None` unless it is all digits and not zero.
            pub fn from_number(text: &str) -> Option<$name> {
                let text = text.trim();
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let number = text.parse::<i64>().ok().filter(|number| digits && *number > 0)?;
                Some($name(format!(concat!("gid://shopify/", $kind, "/{}"), number)))
            }

            /// The number at the end of the global id, as Shopify's pages show it.
            pub fn number(&self) -> &str {
                self.0.rsplit('/').next().unwrap_or(&self.0)
            }
        }
    };
}

numeric_gid!(ShopOrderId, "Order");
numeric_gid!(VariantId, "ProductVariant");
numeric_gid!(ProductId, "Product");
numeric_gid!(LocationId, "Location");
numeric_gid!(CustomerId, "Customer");

/// Which export of an order: 1 is the first, each honoured "set to re-export" adds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

/// Which part of a split order; 1 unless the order is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(pub u32);

/// The fence of a connection: grows with every lease taken, named by every write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub i64);

/// What one export is: an order of a connection, in one generation and part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportKey {
    pub order: JoorOrderId,
    pub generation: Generation,
    pub part: Part,
}

impl std::fmt::Display for ExportKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.order, self.generation.0, self.part.0)
    }
}

/// The token that travels inside the create call, as custom id and as source identifier:
/// `<joor environment>-<account>-<order id>-<generation>-<part>`. Letters, digits and `-` only; never cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(String);

/// An id that cannot stand in a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} `{value}` has other characters than letters and digits, so no export token can be made of it"
)]
pub struct TokenRefused {
    pub what: &'static str,
    pub value: String,
}

impl Token {
    pub fn new(environment: &str, account: &str, key: &ExportKey) -> Result<Token, TokenRefused> {
        for (what, value) in [
            ("JOOR environment", environment),
            ("JOOR account", account),
            ("JOOR order id", key.order.as_str()),
        ] {
            if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(TokenRefused { what, value: value.to_owned() });
            }
        }
        Ok(Token(format!("{environment}-{account}-{}-{}-{}", key.order, key.generation.0, key.part.0)))
    }

    /// A token read back from the ledger or from Shopify.
    pub fn stored(text: impl Into<String>) -> Token {
        Token(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which export of this environment and account the token belongs to; `None` if it is no token of theirs.
    pub fn key(&self, environment: &str, account: &str) -> Option<ExportKey> {
        let rest =
            self.0.strip_prefix(environment)?.strip_prefix('-')?.strip_prefix(account)?.strip_prefix('-')?;
        let mut pieces = rest.split('-');
        let order = JoorOrderId::new(pieces.next()?);
        let generation = Generation(pieces.next()?.parse().ok()?);
        let part = Part(pieces.next()?.parse().ok()?);
        let key = ExportKey { order, generation, part };
        let whole = Token::new(environment, account, &key).ok()?;
        (whole == *self).then_some(key)
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_names_environment_account_order_generation_and_part() {
        let key = ExportKey { order: JoorOrderId::new("7100412"), generation: Generation(2), part: Part(1) };
        let token = Token::new("production", "42", &key).unwrap();
        assert_eq!(token.as_str(), "production-42-7100412-2-1");
        assert_eq!(token.key("production", "42"), Some(key));
    }

    #[test]
    fn texts_that_are_no_token_of_this_account_name_no_export() {
        for text in [
            "",
            "production-42-7-1",
            "production-42-7-01-1",
            "production-42-7-1-1-1",
            "production-4-7-1-1",
            "x",
        ] {
            assert_eq!(Token::stored(text).key("production", "42"), None, "{text}");
        }
    }

    #[test]
    fn token_refuses_ids_that_could_collide_or_break_a_search() {
        for bad in ["", "7-1", "7 1", "é", "7\"1"] {
            let key = ExportKey { order: JoorOrderId::new(bad), generation: Generation(1), part: Part(1) };
            assert!(Token::new("sandbox", "42", &key).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_numbers_become_shopify_ids() {
        assert_eq!(VariantId::from_number(" 0044 ").unwrap().as_str(), "gid://shopify/ProductVariant/44");
        for bad in ["", "0", "12a", "-3", "1.5", "123456789012345678901"] {
            assert!(VariantId::from_number(bad).is_none(), "{bad:?}");
        }
    }
}
