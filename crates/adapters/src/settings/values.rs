//! Small values inside settings: durations, web addresses, countries, amounts, rates. Each parser answers a value or
//! what is allowed, in words.

use super::Trial;
use domain::cycle::PauseWindow;
use domain::ids::LocationId;
use domain::money::Decimal;
use jiff::SignedDuration;
use jiff::civil::Date;
use std::str::FromStr;
use std::time::Duration;
use url::{Host, Url};

/// What a parser says when it refuses: the words behind "allowed:".
pub type Parsed<T> = Result<T, String>;

/// A time with its unit: `60s`, `5m`, `1h 30m`.
pub fn parse_duration(text: &str) -> Parsed<Duration> {
    let allowed = || "a time with its unit, such as \"60s\", \"5m\" or \"6h\"".to_owned();
    let signed = SignedDuration::from_str(text.trim()).map_err(|_| allowed())?;
    Duration::try_from(signed).map_err(|_| allowed())
}

/// The same time as people write it; [`parse_duration`] reads it back.
pub fn duration_text(span: Duration) -> String {
    match SignedDuration::try_from(span) {
        Ok(signed) => format!("{signed:#}"),
        Err(_) => format!("{}s", span.as_secs()),
    }
}

pub enum UrlPath {
    /// Only scheme, host and port.
    None,
    Any,
}

/// A base URL. Without trial only HTTPS; in a trial only this machine, with or without TLS.
pub fn parse_url(text: &str, path: &UrlPath, trial: Trial) -> Parsed<String> {
    let allowed = match trial {
        Trial::Off => "an https:// address without user, query or fragment",
        Trial::On => "in a trial only http:// or https:// addresses of this machine (127.0.0.1, localhost)",
    };
    let url = Url::parse(text).map_err(|_| allowed.to_owned())?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let scheme = match trial {
        Trial::Off => url.scheme() == "https",
        Trial::On => matches!(url.scheme(), "http" | "https") && is_loopback(&url),
    };
    if !bare || !scheme || url.host().is_none() {
        return Err(allowed.to_owned());
    }
    match path {
        UrlPath::None if url.path() != "/" => Err("only the address of the shop, without a path".to_owned()),
        UrlPath::None => Ok(url.as_str().trim_end_matches('/').to_owned()),
        UrlPath::Any => Ok(url.as_str().to_owned()),
    }
}

/// Does the address name this machine and nothing else? Names other than `localhost` are not looked up.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// A Shopify location: its number, or its global id.
pub fn parse_location(text: &str) -> Parsed<LocationId> {
    let number = text.trim().strip_prefix("gid://shopify/Location/").unwrap_or(text);
    LocationId::from_number(number).ok_or_else(|| {
        "the number of a Shopify location, or its id such as \"gid://shopify/Location/1\"".to_owned()
    })
}

/// ISO 3166-1 alpha-2 in capitals.
pub fn parse_country(text: &str) -> Parsed<String> {
    let code = text.trim().to_uppercase();
    match rust_iso3166::from_alpha2(&code) {
        Some(_) => Ok(code),
        None => Err("a country code of two letters (ISO 3166-1), such as US, GB or DE".to_owned()),
    }
}

/// A rate as `20%` or as the fraction `0.2`.
pub fn parse_rate(text: &str) -> Parsed<Decimal> {
    let allowed = || "a rate between 0% and 100%, written as \"20%\" or \"0.2\"".to_owned();
    let trimmed = text.trim();
    let rate = match trimmed.strip_suffix('%') {
        Some(percent) => Decimal::from_str(percent.trim()).map_err(|_| allowed())? / Decimal::ONE_HUNDRED,
        None => Decimal::from_str(trimmed).map_err(|_| allowed())?,
    };
    let in_range = rate >= Decimal::ZERO && rate <= Decimal::ONE;
    // Shopify keeps rates as floating point; six places are more than any tax law uses and survive the trip.
    (in_range && rate.normalize().scale() <= 6).then(|| rate.normalize()).ok_or_else(allowed)
}

/// A rate as people write it; [`parse_rate`] reads it back.
pub fn rate_text(rate: Decimal) -> String {
    format!("{}%", (rate * Decimal::ONE_HUNDRED).normalize())
}

pub fn parse_amount(text: &str) -> Parsed<Decimal> {
    Decimal::from_str(text.trim())
        .ok()
        .filter(|amount| *amount >= Decimal::ZERO && amount.scale() <= 6)
        .ok_or_else(|| "an amount written as text, such as \"1.00\"".to_owned())
}

pub fn parse_date(text: &str) -> Parsed<Date> {
    text.parse::<Date>().map_err(|_| "a day such as 2026-11-01".to_owned())
}

/// A time of day such as `22:00-06:00`.
pub fn parse_pause(text: &str) -> Parsed<PauseWindow> {
    let minute = |clock: &str| {
        let (hours, minutes) = clock.trim().split_once(':')?;
        let part = |digits: &str, limit: u32| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u32>().ok().filter(|number| plain && *number < limit)
        };
        Some(part(hours, 24)? * 60 + part(minutes, 60)?)
    };
    let window = || {
        let (from, to) = text.split_once('-')?;
        PauseWindow::new(minute(from)?, minute(to)?)
    };
    window().ok_or_else(|| "two different times of day in UTC, such as \"22:00-06:00\"".to_owned())
}

/// `YYYY-MM` of a quarter, as Shopify names its versions.
pub fn parse_api_version(text: &str) -> Parsed<String> {
    let quarter = |month: &str| matches!(month, "01" | "04" | "07" | "10");
    let shaped = text.split_once('-').is_some_and(|(year, month)| {
        year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && quarter(month)
    });
    shaped
        .then(|| text.to_owned())
        .ok_or_else(|| "a version of Shopify's Admin API, such as \"2026-07\"".to_owned())
}

pub fn parse_email(text: &str) -> Parsed<String> {
    text.parse::<lettre::Address>()
        .map(|_| text.to_owned())
        .map_err(|_| "an e-mail address such as \"ops@brand.example\"".to_owned())
}

/// The page of an order in JOOR: empty, or an address with `{order}` where the number goes.
pub fn parse_order_page(text: &str) -> Parsed<String> {
    let allowed = || {
        "empty, or an https:// address with {order} in it once, such as https://…/review/{order}".to_owned()
    };
    if text.is_empty() {
        return Ok(String::new());
    }
    let filled = text.replacen("{order}", "1", 1);
    let good = filled != text
        && !filled.contains(['{', '}'])
        && Url::parse(&filled).is_ok_and(|url| url.scheme() == "https" && url.host().is_some());
    good.then(|| text.to_owned()).ok_or_else(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_back_as_written_and_has_two_times() {
        for text in ["22:00-06:00", "00:00-23:59", "12:05-12:06"] {
            assert_eq!(parse_pause(text).map(|window| window.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(parse_pause("22:00 - 06:00"), parse_pause("22:00-06:00"));
        for bad in
            ["", "22:00", "22:00-22:00", "24:00-06:00", "22:60-06:00", "9:00-10:00", "+9:00-10:00", "22-06"]
        {
            assert!(parse_pause(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn durations_are_read_back_as_written() {
        for seconds in [0, 1, 59, 60, 61, 300, 3600, 5400, 21_600, 86_400] {
            let span = Duration::from_secs(seconds);
            assert_eq!(parse_duration(&duration_text(span)), Ok(span), "{}", duration_text(span));
        }
        for bad in ["", "60", "-5m", "soon", "5 parsecs"] {
            assert!(parse_duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn rates_are_percentages_or_fractions() {
        for (text, rate) in [("20%", "0.2"), ("0.2", "0.2"), ("0", "0"), ("7.7 %", "0.077"), ("100%", "1")] {
            assert_eq!(parse_rate(text).map(|r| r.to_string()).as_deref(), Ok(rate));
            let read = parse_rate(text).unwrap();
            assert_eq!(parse_rate(&rate_text(read)), Ok(read));
        }
        for bad in ["20", "", "-1%", "101%", "a%", "0.00000001"] {
            assert!(parse_rate(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_trial_stays_on_this_machine_and_everything_else_needs_tls() {
        let url = |text, trial| parse_url(text, &UrlPath::Any, trial).is_ok();
        assert!(url("https://brand.myshopify.com", Trial::Off));
        assert!(!url("http://brand.myshopify.com", Trial::Off));
        assert!(!url("http://127.0.0.1:80", Trial::Off));
        for here in ["http://127.0.0.1:8080/v4", "http://localhost:1", "http://[::1]:9", "https://127.8.8.8"]
        {
            assert!(url(here, Trial::On), "{here}");
        }
        for elsewhere in
            ["https://brand.myshopify.com", "http://127.0.0.1.nip.io", "http://10.0.0.1", "ftp://localhost"]
        {
            assert!(!url(elsewhere, Trial::On), "{elsewhere}");
        }
        for odd in ["https://user:pw@x.example", "https://x.example/?a=1", "https://x.example/#a", "https://"]
        {
            assert!(!url(odd, Trial::Off), "{odd}");
        }
    }
}
