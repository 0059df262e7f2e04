//! The brand's styles: names, colours, sizes, prices, stock, and the few that are prepared for trouble. No orders.

use rust_decimal::Decimal;

use super::chance::Chance;
use crate::joor::LineSeed;

const MAKES: [(&str, &str); 12] = [
    ("Harrow", "HAR"),
    ("Wren", "WRE"),
    ("Osier", "OSI"),
    ("Loam", "LOA"),
    ("Tansy", "TAN"),
    ("Brine", "BRI"),
    ("Fallow", "FAL"),
    ("Quill", "QUI"),
    ("Marl", "MAR"),
    ("Sorrel", "SOR"),
    ("Heath", "HEA"),
    ("Cove", "COV"),
];

/// Name, code and base price in US dollars.
const GARMENTS: [(&str, &str, i64); 9] = [
    ("Poplin Shirt", "PS", 46),
    ("Linen Trouser", "LT", 64),
    ("Wrap Dress", "WD", 78),
    ("Chore Jacket", "CJ", 112),
    ("Rib Cardigan", "RC", 72),
    ("Boxy Tee", "BT", 24),
    ("Pleated Skirt", "PL", 58),
    ("Twill Overshirt", "TO", 88),
    ("Knit Vest", "KV", 42),
];

const COLOURS: [(&str, &str); 10] = [
    ("Ecru", "ECR"),
    ("Ink", "INK"),
    ("Moss", "MOS"),
    ("Clay", "CLA"),
    ("Slate", "SLA"),
    ("Saffron", "SAF"),
    ("Bone", "BON"),
    ("Plum", "PLU"),
    ("Sky", "SKY"),
    ("Tobacco", "TOB"),
];

const SIZES: [&str; 5] = ["XS", "S", "M", "L", "XL"];

/// What a style is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Ordinary,
    /// Archived in Shopify after it was ordered.
    Archived,
    /// Its first two variants share one SKU.
    Twins,
    /// Shopify does not count its stock.
    Untracked,
    /// Ten units of each variant, and several who want them.
    Scarce,
    /// Its units lie at the location that is closed.
    ClosedRoom,
    /// Six units at each of the two open locations.
    TwoRooms,
    /// Nothing there, and it continues selling.
    ContinuesSelling,
    /// JOOR knows Shopify ids for it that Shopify does not know.
    Vanished,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub variant_id: u64,
    pub sku: String,
    pub color: String,
    pub size: String,
    /// Units at the two open locations and at the closed one.
    pub stock: [i64; 3],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    pub product_id: u64,
    pub joor_id: String,
    pub name: String,
    pub number: String,
    /// Wholesale, US dollars.
    pub price: Decimal,
    pub role: Role,
    pub variants: Vec<Variant>,
}

impl Style {
    /// The wholesale price in a currency of the brand's price types.
    pub fn price_in(&self, currency: &str) -> Decimal {
        let hundredths = |factor: i64| (self.price * Decimal::new(factor, 2)).round_dp(2);
        match currency {
            "EUR" => hundredths(92),
            "GBP" => hundredths(79),
            "CHF" => hundredths(90),
            // Whole tens of yen.
            "JPY" => (self.price * Decimal::from(15)).round() * Decimal::TEN,
            _ => self.price,
        }
    }

    pub fn line(&self, variant: usize, quantity: i64, currency: &str) -> LineSeed {
        let Variant { variant_id, sku, color, size, .. } = &self.variants[variant];
        let mut line =
            LineSeed::of_variant(self.product_id, *variant_id, sku, quantity, self.price_in(currency))
                .named(&self.name, color, size);
        line.product_id.clone_from(&self.joor_id);
        line.style_number.clone_from(&self.number);
        line
    }
}

/// Gives out the ids of both worlds.
struct Numbers {
    styles: u64,
    variants: u64,
}

/// All styles: 12 × 9 ordinary ones, then one for each other role.
pub fn all(chance: &mut Chance) -> Vec<Style> {
    let mut numbers = Numbers { styles: 0, variants: 0 };
    let mut styles = Vec::new();
    for (make, make_code) in MAKES {
        for (garment, garment_code, base) in GARMENTS {
            let name = format!("{make} {garment}");
            let number = format!("{make_code}-{garment_code}");
            let price = Decimal::new((base + chance.between(-4, 6)) * 100 + *chance.pick(&[0, 0, 50]), 2);
            styles.push(style(&mut numbers, chance, (name, number), price, Role::Ordinary));
        }
    }
    let special = [
        ("Gorse Field Coat", "GOR-FC", Role::Archived),
        ("Gorse Bandana", "GOR-BA", Role::Twins),
        ("Gorse Gift Wrap", "GOR-GW", Role::Untracked),
        ("Gorse Shearling Gilet", "GOR-SG", Role::Scarce),
        ("Gorse Waxed Hat", "GOR-WH", Role::ClosedRoom),
        ("Gorse Moleskin Jacket", "GOR-MJ", Role::TwoRooms),
        ("Gorse Made Smock", "GOR-MS", Role::ContinuesSelling),
        ("Gorse Lost Jumper", "GOR-LJ", Role::Vanished),
    ];
    for (name, number, role) in special {
        let price = Decimal::from(chance.between(40, 90));
        styles.push(style(&mut numbers, chance, (name.to_owned(), number.to_owned()), price, role));
    }
    styles
}

/// Two ordinary styles with plenty of stock.
pub fn few(chance: &mut Chance) -> Vec<Style> {
    let mut numbers = Numbers { styles: 0, variants: 0 };
    let shirt = ("Wren Poplin Shirt".to_owned(), "WRE-PS".to_owned());
    let jacket = ("Cove Chore Jacket".to_owned(), "COV-CJ".to_owned());
    vec![
        style(&mut numbers, chance, shirt, Decimal::new(4550, 2), Role::Ordinary),
        style(&mut numbers, chance, jacket, Decimal::new(11_000, 2), Role::Ordinary),
    ]
}

fn style(
    numbers: &mut Numbers,
    chance: &mut Chance,
    (name, number): (String, String),
    price: Decimal,
    role: Role,
) -> Style {
    numbers.styles += 1;
    let product_id = 8_400_120_000_000 + numbers.styles * 8_191;
    let joor_id = format!("{}", 3_300_000 + numbers.styles * 17);
    let first = chance.below(COLOURS.len());
    let mut variants = Vec::new();
    for step in 0..3 {
        // Three different ones: 3 and 10 share no factor.
        let (color, color_code) = COLOURS[(first + step * 3) % COLOURS.len()];
        for size in SIZES {
            numbers.variants += 1;
            variants.push(Variant {
                variant_id: 46_700_300_000_000 + numbers.variants * 32_768 + chance.below(9) as u64,
                sku: format!("{number}-{color_code}-{size}"),
                color: color.to_owned(),
                size: size.to_owned(),
                stock: stock(role, chance),
            });
        }
    }
    if role == Role::Twins {
        variants[1].sku = variants[0].sku.clone();
    }
    Style { product_id, joor_id, name, number, price, role, variants }
}

fn stock(role: Role, chance: &mut Chance) -> [i64; 3] {
    match role {
        Role::Ordinary | Role::Archived | Role::Twins => {
            [chance.between(600, 900), chance.between(100, 300), 0]
        }
        Role::Untracked | Role::ContinuesSelling | Role::Vanished => [0, 0, 0],
        Role::Scarce => [10, 0, 0],
        Role::ClosedRoom => [0, 0, 50],
        Role::TwoRooms => [6, 6, 0],
    }
}
