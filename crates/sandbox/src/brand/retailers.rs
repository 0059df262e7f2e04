//! The brand's retailers: forty shops in ten countries, and how Shopify knows each of them.

use crate::joor::{Address, Customer, Named};

/// How a retailer is found in Shopify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// JOOR's customer code is this Shopify customer.
    ByCode(u64),
    /// JOOR has a code of its own; the e-mail is this Shopify customer's.
    ByEmail(u64),
    /// Not there yet.
    Nowhere,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retailer {
    pub joor_id: String,
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub street: String,
    pub city: String,
    pub state: String,
    pub zip: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: String,
    pub known: Known,
}

/// Name, first and last name, street, city, state, zip, country, phone.
type Row = [&'static str; 9];

#[rustfmt::skip]
const ROWS: [Row; 40] = [
    ["Juniper & Oak", "Marta", "Ellison", "118 Congress St", "Portland", "ME", "04101", "US", "+1 207 555 0111"],
    ["Redbird Dry Goods", "Cal", "Whitaker", "900 Magnolia Ave", "Nashville", "TN", "37203", "US", "+1 615 555 0123"],
    ["Salt House Supply", "Priya", "Raman", "41 Spring St", "Newport", "RI", "02840", "US", "+1 401 555 0134"],
    ["The Paper Lantern", "Owen", "Castellan", "2210 Bush St", "San Francisco", "California", "94115", "US", "+1 415 555 0145"],
    ["Field Notes Mercantile", "Dana", "Osterman", "77 W Lake St", "Chicago", "IL", "60601", "US", "+1 312 555 0156"],
    ["Cinder Lane", "Theo", "Marchetti", "350 Broadway", "Denver", "CO", "80203", "US", "+1 303 555 0167"],
    ["Blue Heron Outfitters", "Lena", "Fairbanks", "14 Dock St", "Annapolis", "MD", "21401", "US", "+1 410 555 0178"],
    ["Maple Street Market", "Joss", "Abernathy", "612 Maple St", "Burlington", "VT", "05401", "US", "+1 802 555 0189"],
    ["Sunday Best Co", "Imani", "Rhodes", "1805 Congress Ave", "Austin", "TX", "78701", "US", "+1 512 555 0112"],
    ["Wildrye", "Asa", "Lindholm", "230 Main St", "Bozeman", "MT", "59715", "US", "+1 406 555 0121"],
    ["Harbor Thread", "Nell", "Pruitt", "55 Pike Pl", "Seattle", "WA", "98101", "US", "+1 206 555 0132"],
    ["Orchard & Vine", "Rafael", "Dominguez", "19 First St", "Napa", "CA", "94559", "US", "+1 707 555 0143"],
    ["Little Meridian", "Bea", "Thackeray", "401 King St", "Charleston", "SC", "29403", "US", "+1 843 555 0154"],
    ["Tallgrass Trading", "Wes", "Okonkwo", "88 Delaware St", "Kansas City", "MO", "64105", "US", "+1 816 555 0165"],
    ["Northbound Goods", "Sylvie", "Tremblay", "1204 Queen St W", "Toronto", "ON", "M6J 1J2", "CA", "+1 416 555 0113"],
    ["Cedar & Tide", "Graham", "Nakamura", "340 Water St", "Vancouver", "BC", "V6B 1B6", "CA", "+1 604 555 0124"],
    ["Atelier Boreal", "Maude", "Gagnon", "77 Rue Saint-Paul", "Montreal", "Quebec", "H2Y 1Z1", "CA", "+1 514 555 0135"],
    ["Prairie Loft", "Noel", "Anders", "10229 Jasper Ave", "Edmonton", "AB", "T5J 1Z8", "CA", "+1 780 555 0146"],
    ["Fox & Ferry", "Harriet", "Bellamy", "22 Lamb's Conduit St", "London", "", "WC1N 3LZ", "GB", "+44 20 7946 0111"],
    ["Gull Cottage Stores", "Rowan", "Pengelly", "5 Fore St", "St Ives", "", "TR26 1AB", "GB", "+44 20 7946 0122"],
    ["The Linen Press", "Fiona", "Carrick", "31 Broughton St", "Edinburgh", "Scotland", "EH1 3JU", "GB", "+44 20 7946 0133"],
    ["Copper Kettle Clothing", "Idris", "Vaughan", "8 Castle Arcade", "Cardiff", "", "CF10 1BU", "GB", "+44 20 7946 0144"],
    ["Ashby Row", "Tamsin", "Holroyd", "60 Corn St", "Bristol", "", "BS1 1JQ", "GB", "+44 20 7946 0155"],
    ["Lindenhof Mode", "Anke", "Reuter", "Torstr. 112", "Berlin", "Berlin", "10119", "DE", "+49 30 23125 111"],
    ["Kontor Nord", "Jonas", "Petersen", "Marktstr. 9", "Hamburg", "", "20357", "DE", "+49 30 23125 122"],
    ["Studio Amsel", "Katrin", "Vogel", "Gertraudenstr. 4", "Koln", "", "50667", "DE", "+49 30 23125 133"],
    ["Haus Isar", "Lukas", "Brandl", "Reichenbachstr. 21", "Munchen", "Nirgendwo", "80469", "DE", "+49 30 23125 144"],
    ["Maison Tilleul", "Claire", "Aubert", "14 Rue Charlot", "Paris", "", "75003", "FR", "+33 1 99 00 53 11"],
    ["Galerie du Port", "Hugo", "Lemaire", "3 Quai de Rive Neuve", "Marseille", "", "13007", "FR", "+33 4 65 71 89 22"],
    ["Hinoki Select", "Yuki", "Tanabe", "2-14-5 Jingumae", "Shibuya-ku", "Tokyo", "150-0001", "JP", "+81 3 5550 0111"],
    ["Kitano Zakka", "Haru", "Mizuno", "3-1-9 Kitanocho", "Kobe", "JP-28", "650-0002", "JP", "+81 3 5550 0122"],
    ["Shiro Market", "Sora", "Ishikawa", "1-8-2 Minamisemba", "Osaka", "Osaka", "542-0081", "JP", "+81 3 5550 0133"],
    ["Bondi Homestead", "Kirra", "Donovan", "160 Hall St", "Bondi Beach", "NSW", "2026", "AU", "+61 2 5550 0111"],
    ["Laneway Fitzroy", "Angus", "Mercer", "288 Brunswick St", "Fitzroy", "Victoria", "3065", "AU", "+61 3 5550 0122"],
    ["De Gouden Naald", "Sanne", "Visser", "Prinsengracht 402", "Amsterdam", "", "1016 JB", "NL", "+31 20 794 0111"],
    ["Werkplaats Zuid", "Bram", "de Wit", "Witte de Withstraat 30", "Rotterdam", "", "3012 BP", "NL", "+31 20 794 0122"],
    ["Skogsbo", "Elin", "Lindqvist", "Nytorgsgatan 23", "Stockholm", "", "116 40", "SE", "+46 8 465 004 11"],
    ["Havet & Hem", "Oskar", "Berglund", "Magasinsgatan 17", "Goteborg", "", "411 18", "SE", "+46 8 465 004 22"],
    ["Nyhavn Atelier", "Freja", "Kjeldsen", "Elmegade 12", "Copenhagen", "", "2200", "DK", "+45 33 12 41 11"],
    ["Klit og Kyst", "Mads", "Thorsen", "Volden 8", "Aarhus", "", "8000", "DK", "+45 33 12 41 22"],
];

/// The country as JOOR writes it.
fn country_name(code: &str) -> &str {
    match code {
        "US" => "United States",
        "CA" => "Canada",
        "GB" => "United Kingdom",
        "DE" => "Germany",
        "FR" => "France",
        "JP" => "Japan",
        "AU" => "Australia",
        "NL" => "Netherlands",
        "SE" => "Sweden",
        "DK" => "Denmark",
        other => other,
    }
}

pub fn all() -> Vec<Retailer> {
    ROWS.iter().enumerate().map(|(index, row)| retailer(index, row)).collect()
}

fn retailer(index: usize, row: &Row) -> Retailer {
    let [name, first_name, last_name, street, city, state, zip, country, phone] = row.map(str::to_owned);
    let slug: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let shop_id = 7_090_800_000_000 + index as u64 * 65_537;
    let known = match index % 5 {
        0 | 1 => Known::ByCode(shop_id),
        2 | 3 => Known::ByEmail(shop_id),
        _ => Known::Nowhere,
    };
    let email = format!("{}@{slug}.example.com", first_name.to_lowercase());
    let joor_id = format!("{}", 812_000 + index * 7);
    Retailer { joor_id, name, first_name, last_name, email, street, city, state, zip, country, phone, known }
}

impl Retailer {
    /// The id of the price type in which this retailer buys, and its currency.
    pub fn price_type(&self) -> (&'static str, &'static str) {
        match self.country.as_str() {
            "GB" => ("503", "GBP"),
            "JP" => ("504", "JPY"),
            "DE" | "FR" | "NL" | "SE" | "DK" => ("502", "EUR"),
            _ => ("501", "USD"),
        }
    }

    /// The region as Shopify keeps it. `None`: there is none, or the text names none.
    pub fn province_code(&self) -> Option<String> {
        let code = match self.state.as_str() {
            "" | "Nirgendwo" => return None,
            "California" => "CA",
            "Quebec" => "QC",
            "Scotland" => "SCT",
            "Berlin" => "BE",
            "Tokyo" => "13",
            "JP-28" => "28",
            "Osaka" => "27",
            "Victoria" => "VIC",
            code => code,
        };
        Some(code.to_owned())
    }

    pub fn customer(&self) -> Customer {
        let code = match self.known {
            Known::ByCode(id) => id.to_string(),
            Known::ByEmail(_) => format!("R-{}", self.joor_id),
            Known::Nowhere => String::new(),
        };
        let group = match self.country.as_str() {
            "US" | "CA" => Named::new("1", "BTQ-NA", "Boutiques North America"),
            "JP" | "AU" => Named::new("2", "BTQ-AP", "Boutiques Asia Pacific"),
            _ => Named::new("3", "BTQ-EU", "Boutiques Europe"),
        };
        Customer {
            id: self.joor_id.clone(),
            code,
            name: self.name.clone(),
            buyer_name: format!("{} {}", self.first_name, self.last_name),
            buyer_email: self.email.clone(),
            group,
        }
    }

    pub fn address(&self) -> Address {
        Address {
            code: format!("{}-1", self.joor_id),
            name: self.name.clone(),
            company: self.name.clone(),
            line_1: self.street.clone(),
            line_2: String::new(),
            city: self.city.clone(),
            state: self.state.clone(),
            zip: self.zip.clone(),
            country: country_name(&self.country).to_owned(),
            phone: self.phone.clone(),
            email: self.email.clone(),
        }
    }
}
