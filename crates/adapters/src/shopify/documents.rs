//! The GraphQL documents, one file an operation. Nothing is decided here; a test checks each against the schema.

/// An operation with the text of its file.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// The operation's name, also used in errors and for its learned cost.
    pub name: &'static str,
    text: &'static str,
}

macro_rules! documents {
    ($($constant:ident = $name:literal),* $(,)?) => {
        $(pub const $constant: Document =
            Document { name: $name, text: include_str!(concat!("documents/", $name, ".graphql")) };)*

        /// All operations, for checks against the schema.
        pub const ALL: &[Document] = &[$($constant),*];
    };
}

documents! {
    SHOP_CHECK = "ShopCheck",
    LOCATIONS = "Locations",
    METAFIELD_DEFINITIONS = "MetafieldDefinitions",
    CREATE_METAFIELD_DEFINITION = "CreateMetafieldDefinition",
    FIND_ORDERS = "FindOrders",
    ORDERS_BY_SOURCE = "OrdersBySource",
    ORDERS_SINCE = "OrdersSince",
    ORDER_CREATE = "OrderCreate",
    ORDER_DELETE = "OrderDelete",
    ORDERS_STATE = "OrdersState",
    ORDER_TO_CANCEL = "OrderToCancel",
    ORDER_CANCEL = "OrderCancel",
    FULFILLMENT_CANCEL = "FulfillmentCancel",
    VARIANTS = "Variants",
    VARIANTS_BY_SEARCH = "VariantsBySearch",
    FIND_VARIANTS = "FindVariants",
    PRODUCTS = "Products",
    INVENTORY_LEVELS = "InventoryLevels",
    CUSTOMERS = "Customers",
    CUSTOMERS_BY_ID = "CustomersById",
    CUSTOMERS_BY_SEARCH = "CustomersBySearch",
    FIND_CUSTOMERS = "FindCustomers",
    CUSTOMER_SET = "CustomerSet",
    MOVE_FULFILLMENT_ORDER = "MoveFulfillmentOrder",
    CUSTOMER_UPDATE_DEFAULT_ADDRESS = "CustomerUpdateDefaultAddress",
}

impl Document {
    /// The document as it is sent: without comments, and with blanks collapsed.
    pub fn query(&self) -> String {
        compact(self.text)
    }

    /// The document with the variable and the line of `alias` repeated `count` times: `e0` becomes `e0 … e49`.
    pub fn widened(&self, alias: char, count: usize) -> String {
        let first = format!("{alias}0");
        let mut wide = String::with_capacity(self.text.len() + count * 80);
        for line in self.text.lines() {
            if line.trim_start().starts_with(&format!("{first}:")) {
                for index in 0..count {
                    wide.push_str(&line.replace(&first, &format!("{alias}{index}")));
                    wide.push('\n');
                }
            } else if let Some((head, rest)) =
                line.split_once(&format!("(${first}:")).filter(|_| !line.starts_with('#'))
            {
                let kind = rest.split(')').next().unwrap_or(rest).trim();
                let variables: Vec<String> =
                    (0..count).map(|index| format!("${alias}{index}: {kind}")).collect();
                wide.push_str(&format!("{head}({}) {{\n", variables.join(", ")));
            } else {
                wide.push_str(line);
                wide.push('\n');
            }
        }
        compact(&wide)
    }
}

fn compact(text: &str) -> String {
    let words =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_repeated_with_their_variables() {
        let query = FIND_ORDERS.widened('e', 3);
        assert!(query.starts_with(
            "query FindOrders($e0: OrderIdentifierInput!, $e1: OrderIdentifierInput!, $e2: OrderIdentifierInput!) { \
             e0: orderByIdentifier(identifier: $e0) { ...Found } e1: orderByIdentifier(identifier: $e1) { ...Found } e2:"
        ), "{query}");
    }

    #[test]
    fn every_document_holds_the_one_operation_of_its_name() {
        for document in ALL {
            let query = document.query();
            let names = query.matches(&format!("query {}", document.name)).count()
                + query.matches(&format!("mutation {}", document.name)).count();
            assert_eq!(names, 1, "{}", document.name);
            assert!(!query.contains('#'), "{}", document.name);
        }
    }
}
