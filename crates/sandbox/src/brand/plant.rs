//! Puts the brand into both sides of a sandbox.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::retailers::{Known, Retailer};
use super::styles::{Role, Style};
use super::{Brand, ROOMS};
use crate::Sandbox;
use crate::shopify::{Address, CustomerSeed, LocationSeed, Policy, ProductSeed, Shop, VariantSeed};

pub fn plant(brand: &Brand, sandbox: &Sandbox, today: Date) {
    for room in ROOMS {
        sandbox.shop.add_location(LocationSeed {
            id: room.id,
            name: room.name.to_owned(),
            active: room.active,
        });
    }
    for style in brand.styles.iter().filter(|style| style.role != Role::Vanished) {
        plant_style(style, &sandbox.shop);
    }
    for (index, retailer) in brand.retailers.iter().enumerate() {
        plant_retailer(index, retailer, &sandbox.shop);
    }
    for price_type in &brand.price_types {
        sandbox.joor.add_price_type(price_type.clone());
    }
    for planned in &brand.orders {
        sandbox.joor.add_order(planned.on(today));
    }
}

fn plant_style(style: &Style, shop: &Shop) {
    shop.add_product(ProductSeed { id: style.product_id, title: style.name.clone() });
    let policy = if style.role == Role::ContinuesSelling { Policy::Continue } else { Policy::Deny };
    for variant in &style.variants {
        shop.add_variant(VariantSeed {
            product_id: style.product_id,
            variant_id: variant.variant_id,
            sku: Some(variant.sku.clone()),
            barcode: Some(format!("20{:011}", variant.variant_id % 100_000_000_000)),
            title: format!("{} / {}", variant.color, variant.size),
            // What the shop's own customers pay.
            price: (style.price * Decimal::new(22, 1)).round_dp(2),
            policy,
            tracked: style.role != Role::Untracked,
            stock: ROOMS.iter().zip(variant.stock).map(|(room, units)| (room.id, units)).collect(),
        });
    }
    if style.role == Role::Archived {
        shop.archive_product(style.product_id);
    }
}

fn plant_retailer(index: usize, retailer: &Retailer, shop: &Shop) {
    let (id, email) = match retailer.known {
        // Found by its code alone: its e-mail there is another one.
        Known::ByCode(id) => (id, retailer.email.replacen(&retailer.first_name.to_lowercase(), "office", 1)),
        Known::ByEmail(id) => (id, retailer.email.clone()),
        Known::Nowhere => return,
    };
    let mut address = Address {
        first_name: Some(retailer.first_name.clone()),
        last_name: Some(retailer.last_name.clone()),
        company: Some(retailer.name.clone()),
        address1: Some(retailer.street.clone()),
        city: Some(retailer.city.clone()),
        province_code: retailer.province_code(),
        country_code: Some(retailer.country.clone()),
        zip: Some(retailer.zip.clone()),
        ..Address::default()
    };
    // Every second one is registered elsewhere than it takes deliveries.
    if index % 2 == 1 {
        address.address1 = Some(format!("Registered office, {} 2nd floor", retailer.street));
    }
    shop.add_customer(CustomerSeed {
        id,
        email: Some(email),
        first_name: Some(retailer.first_name.clone()),
        last_name: Some(retailer.last_name.clone()),
        tags: vec!["wholesale".to_owned()],
        default_address: Some(address),
        ..CustomerSeed::default()
    });
}
