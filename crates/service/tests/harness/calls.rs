//! Every call of the program to the outside that a story kills it during. A variant that no story uses is a warning, and
//! `crash` compares the list with what the program can ask: a new call cannot be forgotten.

use sandbox::Service;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    JoorToken,
    JoorOrders,
    JoorLines,
    JoorSkus,
    JoorPriceTypes,
    JoorReport,
    ShopToken,
    ShopCheck,
    MetafieldDefinitions,
    CreateMetafieldDefinition,
    Variants,
    VariantsBySearch,
    Customers,
    CustomersById,
    CustomersBySearch,
    CustomerSet,
    CustomerUpdateDefaultAddress,
    FindOrders,
    OrdersBySource,
    OrdersSince,
    OrdersState,
    OrderCreate,
    OrderToCancel,
    OrderCancel,
    OrderDelete,
    FulfillmentCancel,
    MoveFulfillmentOrder,
    Mail,
}

impl Call {
    pub fn service(self) -> Service {
        match self {
            Call::JoorToken => Service::JoorToken,
            Call::JoorOrders | Call::JoorLines | Call::JoorSkus | Call::JoorPriceTypes | Call::JoorReport => {
                Service::Joor
            }
            Call::ShopToken => Service::ShopifyToken,
            Call::Mail => Service::Smtp,
            Call::ShopCheck
            | Call::MetafieldDefinitions
            | Call::CreateMetafieldDefinition
            | Call::Variants
            | Call::VariantsBySearch
            | Call::Customers
            | Call::CustomersById
            | Call::CustomersBySearch
            | Call::CustomerSet
            | Call::CustomerUpdateDefaultAddress
            | Call::FindOrders
            | Call::OrdersBySource
            | Call::OrdersSince
            | Call::OrdersState
            | Call::OrderCreate
            | Call::OrderToCancel
            | Call::OrderCancel
            | Call::OrderDelete
            | Call::FulfillmentCancel
            | Call::MoveFulfillmentOrder => Service::Shopify,
        }
    }

    /// As the sandbox calls it; for Shopify the name of the document.
    pub fn name(self) -> &'static str {
        match self {
            Call::JoorToken | Call::ShopToken => "token",
            Call::JoorOrders => "GET orders",
            Call::JoorLines => "GET sku_line_items",
            Call::JoorSkus => "GET skus",
            Call::JoorPriceTypes => "GET price_types",
            Call::JoorReport => "POST bulk_update",
            Call::ShopCheck => "ShopCheck",
            Call::MetafieldDefinitions => "MetafieldDefinitions",
            Call::CreateMetafieldDefinition => "CreateMetafieldDefinition",
            Call::Variants => "Variants",
            Call::VariantsBySearch => "VariantsBySearch",
            Call::Customers => "Customers",
            Call::CustomersById => "CustomersById",
            Call::CustomersBySearch => "CustomersBySearch",
            Call::CustomerSet => "CustomerSet",
            Call::CustomerUpdateDefaultAddress => "CustomerUpdateDefaultAddress",
            Call::FindOrders => "FindOrders",
            Call::OrdersBySource => "OrdersBySource",
            Call::OrdersSince => "OrdersSince",
            Call::OrdersState => "OrdersState",
            Call::OrderCreate => "OrderCreate",
            Call::OrderToCancel => "OrderToCancel",
            Call::OrderCancel => "OrderCancel",
            Call::OrderDelete => "OrderDelete",
            Call::FulfillmentCancel => "FulfillmentCancel",
            Call::MoveFulfillmentOrder => "MoveFulfillmentOrder",
            Call::Mail => "rcpt",
        }
    }
}
