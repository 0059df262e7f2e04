//! The sections `[schedule]`, `[tax]`, `[note]`, `[tags]`, `[attributes]` and `[alerts]`.

use super::Trial;
use super::reader::{Section, quoted};
use super::values::{duration_text, parse_country, parse_email, parse_pause, parse_rate};
use super::words::OTHERWISE;
use domain::orders::note::{DEFAULT_NOTE, Template};
use domain::settings::{
    Alerts, INTERVAL_FLOOR, QUIET_TIME_DEFAULT, QUIET_TIME_FLOOR, Schedule, TaxOtherwise, TaxRule,
    TaxSettings,
};
use std::collections::BTreeMap;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
const SILENCE_DEFAULT: Duration = Duration::from_secs(6 * 3600);
const SILENCE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
const NAME_CHARS_MAX: usize = 100;

const KEEP_DAYS_FLOOR: i64 = 90;
const KEEP_DAYS_MAX: i64 = 3650;

pub fn schedule(section: &Section<'_>) -> Schedule {
    let floor = |least| match section.trial() {
        Trial::Off => least,
        Trial::On => Duration::ZERO,
    };
    let interval = section.duration(
        "interval",
        INTERVAL_FLOOR,
        [floor(INTERVAL_FLOOR), DAY],
        ", since JOOR's own limit is not published and this is what its budget surely bears",
    );
    let quiet_time = section.duration(
        "quiet_time",
        QUIET_TIME_DEFAULT,
        [floor(QUIET_TIME_FLOOR), DAY],
        ", since an order may appear in Shopify that long after a lost answer",
    );
    let pause = section.parsed("pause", parse_pause);
    let exported_since = section.date("exported_since");
    let include_start_day = section.flag("include_start_day", false);
    let keep_days = keep_days(section);
    section.finish();
    Schedule { interval, pause, quiet_time, exported_since, include_start_day, keep_days }
}

/// Proof and re-exports compare with what was sent for as long as Shopify shows it to every app.
fn keep_days(section: &Section<'_>) -> Option<u16> {
    let days = section.number("keep_days", 0, 0..=KEEP_DAYS_MAX);
    if (1..KEEP_DAYS_FLOOR).contains(&days) {
        let allowed =
            format!("0 for ever, or at least {KEEP_DAYS_FLOOR} days: proof compares with what was sent");
        section.refuse("keep_days", days.to_string(), allowed);
    }
    u16::try_from(days).ok().filter(|days| *days > 0)
}

pub fn tax(section: &Section<'_>) -> TaxSettings {
    let otherwise = section.choice("otherwise", OTHERWISE, TaxOtherwise::Hold);
    let mut rules = BTreeMap::new();
    for (name, rule) in section.named_sections("rules") {
        let country =
            parse_country(&name).map_err(|allowed| rule.refuse_self("an unknown country", allowed)).ok();
        let read = tax_rule(&rule);
        if let (Some(country), Some(read)) = (country, read)
            && rules.insert(country, read).is_some()
        {
            rule.refuse_self("the same country again", "each country once");
        }
    }
    section.finish();
    TaxSettings { rules, otherwise }
}

fn tax_rule(section: &Section<'_>) -> Option<TaxRule> {
    let name = section.required("name", "the name of the tax as it stands on the order, such as \"VAT\"");
    if name.chars().count() > NAME_CHARS_MAX {
        section.refuse("name", quoted(&name), format!("at most {NAME_CHARS_MAX} characters"));
    }
    let allowed = "a rate between 0% and 100%, written as \"20%\" or \"0.2\"; in quotes";
    let rate = section.required_parsed("rate", allowed, parse_rate);
    let on_shipping = section.flag("on_shipping", false);
    section.finish();
    Some(TaxRule { name, rate: rate?, on_shipping })
}

pub fn note(section: &Section<'_>) -> Template {
    let source = section.long_text("template").unwrap_or_else(|| DEFAULT_NOTE.to_owned());
    let note = template(section, "template", &source);
    section.finish();
    note.unwrap_or_else(empty_template)
}

pub fn tags(section: &Section<'_>) -> Vec<Template> {
    let sources = section.texts("templates").unwrap_or_default();
    let tags = sources.iter().filter_map(|source| template(section, "templates", source)).collect();
    section.finish();
    tags
}

pub fn attributes(section: &Section<'_>) -> Vec<(String, Template)> {
    let mut attributes = Vec::new();
    for (name, source) in section.named_texts() {
        if name.trim().is_empty()
            || name.chars().count() > NAME_CHARS_MAX
            || name.chars().any(char::is_control)
        {
            section.refuse(&name, quoted(&name), format!("a name of 1 to {NAME_CHARS_MAX} characters"));
        }
        if let Some(template) = template(section, &name, &source) {
            attributes.push((name, template));
        }
    }
    attributes
}

fn template(section: &Section<'_>, key: &str, source: &str) -> Option<Template> {
    Template::parse(source).map_err(|refused| section.refuse(key, quoted(source), refused.reason)).ok()
}

/// Stands in only while errors are gathered; a document with an error is refused as a whole.
fn empty_template() -> Template {
    Template::parse("").expect("an empty template names no field")
}

pub fn alerts(section: &Section<'_>, schedule: &Schedule) -> Alerts {
    let daily_hour = u8::try_from(section.number("daily_hour", 6, 0..=23)).unwrap_or(0);
    let silence = section.duration("silence", SILENCE_DEFAULT, [Duration::ZERO, SILENCE_MAX], "");
    if silence < schedule.interval.saturating_mul(2) {
        let value = format!("{} with {}", duration_text(silence), duration_text(schedule.interval));
        let allowed = "a silence of at least two intervals, else every pause between cycles is an alarm";
        section.contradiction(["silence", "schedule.interval"], value, allowed);
    }
    let alerts = Alerts {
        outages: section.parsed_list("outages", parse_email),
        orders: section.parsed_list("orders", parse_email),
        daily: section.parsed_list("daily", parse_email),
        daily_hour,
        silence,
    };
    section.finish();
    alerts
}
