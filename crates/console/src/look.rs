//! Small things that every page shows: moments, amounts, states, problems. Each has its macro in `templates/parts.html`.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// A moment, said relative to now, with the exact time beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    pub at: Timestamp,
    pub now: Timestamp,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl When {
    pub fn new(at: Timestamp, now: Timestamp) -> When {
        When { at, now }
    }

    pub fn iso(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    pub fn exact(&self) -> String {
        self.at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string()
    }

    /// "just now", "5 minutes ago", "in 2 hours"; the day itself beyond a week.
    pub fn relative(&self) -> String {
        let seconds = self.now.as_second() - self.at.as_second();
        let (far, past) = (seconds.abs(), seconds >= 0);
        let counted = |number: i64, noun: &str| {
            let s = if number == 1 { "" } else { "s" };
            match past {
                true => format!("{number} {noun}{s} ago"),
                false => format!("in {number} {noun}{s}"),
            }
        };
        match far {
            0..45 if past => "just now".to_owned(),
            0..45 => "in a moment".to_owned(),
            45..HOUR => counted((far + 30) / MINUTE, "minute"),
            HOUR..DAY => counted(far / HOUR, "hour"),
            _ if far < 7 * DAY => counted(far / DAY, "day"),
            _ => self.at.strftime("%-d %b %Y").to_string(),
        }
    }
}

/// A day as JOOR shows it; JOOR tells no time of day.
pub fn day(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// A span as people say it: "< 1 s", "40 s", "12 min", "3.5 h", "2 days".
pub fn span(seconds: i64) -> String {
    match seconds {
        ..0 => "–".to_owned(),
        0 => "< 1 s".to_owned(),
        1..90 => format!("{seconds} s"),
        90..5400 => format!("{} min", (seconds + 30) / 60),
        5400..172_800 => format!("{}.{} h", seconds / HOUR, seconds % HOUR * 10 / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}

/// An amount of money, its figure grouped by thousands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    pub figure: String,
    pub currency: String,
}

impl Amount {
    /// From a plain decimal such as `-1240.50`.
    pub fn new(decimal: &str, currency: &str) -> Amount {
        Amount { figure: grouped(decimal), currency: currency.to_owned() }
    }
}

/// `1234567.5` as `1,234,567.5`.
pub fn grouped(decimal: &str) -> String {
    let (sign, rest) = match decimal.strip_prefix('-') {
        Some(rest) => ("−", rest),
        None => ("", decimal),
    };
    let (whole, fraction) = match rest.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (rest, String::new()),
    };
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{fraction}")
}

pub fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// "1 order", "1,200 orders".
pub fn counted(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// How good or bad something is; always said in words or by a shape as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Wait,
    Bad,
    Idle,
}

impl Tone {
    /// The shape that says it without its colour.
    pub fn shape(&self) -> &'static str {
        let shape = match self {
            Tone::Good => Shape::Full,
            Tone::Wait => Shape::Ring,
            Tone::Bad => Shape::Block,
            Tone::Idle => Shape::Dash,
        };
        shape.word()
    }

    pub fn word(&self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Wait => "wait",
            Tone::Bad => "bad",
            Tone::Idle => "idle",
        }
    }
}

/// A window that begins within so many days begins soon.
const SOON_DAYS: i64 = 3;

/// How near the ship window of an order that is not in Shopify is; the most urgent is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The window begins in days.
    Soon,
    /// The window is open.
    Open,
    /// The window is over.
    Late,
}

impl Urgency {
    pub fn of(ships: Option<Date>, ends: Option<Date>, today: Date) -> Option<Urgency> {
        let soon = today.saturating_add(SOON_DAYS.days());
        match (ships, ends) {
            (_, Some(ends)) if ends < today => Some(Urgency::Late),
            (Some(ships), _) if ships <= today => Some(Urgency::Open),
            (Some(ships), _) if ships <= soon => Some(Urgency::Soon),
            _ => None,
        }
    }

    pub fn words(&self) -> &'static str {
        match self {
            Urgency::Soon => "ships soon",
            Urgency::Open => "window open",
            Urgency::Late => "late",
        }
    }

    pub fn tone(&self) -> Tone {
        match self {
            Urgency::Soon | Urgency::Open => Tone::Wait,
            Urgency::Late => Tone::Bad,
        }
    }
}

/// The shapes of `templates/shapes.html`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Full,
    Half,
    Ring,
    Block,
    Dash,
    Hand,
}

impl Shape {
    pub fn word(&self) -> &'static str {
        match self {
            Shape::Full => "full",
            Shape::Half => "half",
            Shape::Ring => "ring",
            Shape::Block => "block",
            Shape::Dash => "dash",
            Shape::Hand => "hand",
        }
    }
}

/// The state of an order or export: a word and a shape, and a colour that only helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub word: &'static str,
    pub shape: Shape,
    pub tone: Tone,
}

impl State {
    /// By the ledger's word. An unknown word is shown as one that nobody needs to act on.
    pub fn of(word: &str) -> State {
        let (word, shape, tone) = match word {
            "exported" => ("Exported", Shape::Full, Tone::Good),
            "held" => ("Held", Shape::Block, Tone::Bad),
            "waiting" => ("Waiting", Shape::Ring, Tone::Wait),
            "unconfirmed" => ("Uncertain", Shape::Half, Tone::Wait),
            "sending" => ("Being sent", Shape::Half, Tone::Wait),
            "ready" => ("Ready", Shape::Ring, Tone::Idle),
            "seen" => ("New", Shape::Ring, Tone::Idle),
            "skipped" => ("Skipped", Shape::Dash, Tone::Idle),
            "closed_by_hand" => ("Closed by hand", Shape::Hand, Tone::Idle),
            "given_up" => ("Given up", Shape::Hand, Tone::Idle),
            "cancelled" => ("Cancelled", Shape::Dash, Tone::Idle),
            _ => ("Unknown", Shape::Dash, Tone::Idle),
        };
        State { word, shape, tone }
    }
}

/// Where a fix is made: a place of this console, or a page of JOOR or Shopify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub words: String,
    pub href: String,
    pub outside: bool,
    /// Something beside the way, that nobody has to do.
    pub quiet: bool,
}

impl Link {
    pub fn here(words: &str, href: String) -> Link {
        Link { words: words.to_owned(), href, outside: false, quiet: false }
    }

    pub fn quietly(self) -> Link {
        Link { quiet: true, ..self }
    }

    pub fn outside(words: &str, href: String) -> Link {
        Link { words: words.to_owned(), href, outside: true, quiet: false }
    }
}

/// A text by what is code in it and what is not; the catalogue marks names of settings and commands by backticks.
pub fn pieces(text: &str) -> Vec<(bool, &str)> {
    // A backtick without its partner, as a stranger may write one, marks nothing.
    if text.matches('`').count() % 2 == 1 {
        return vec![(false, text)];
    }
    text.split('`').enumerate().map(|(index, piece)| (index % 2 == 1, piece)).collect()
}

/// A problem with its fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A few words of the catalogue, such as "Not enough stock".
    pub title: String,
    pub sentence: String,
    pub resolution: String,
    pub who: String,
    pub code: String,
    pub tone: Tone,
    pub since: Option<When>,
    pub links: Vec<Link>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(seconds: i64) -> String {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        When::new(Timestamp::from_second(1_800_000_000 - seconds).unwrap(), now).relative()
    }

    #[test]
    fn moments_are_said_as_people_say_them() {
        let said: Vec<String> =
            [0, 44, 60, 120, 3599, 3600, 7200, 86_400, 3 * 86_400, -30, -300, -7200].map(when).to_vec();
        assert_eq!(
            said,
            [
                "just now",
                "just now",
                "1 minute ago",
                "2 minutes ago",
                "60 minutes ago",
                "1 hour ago",
                "2 hours ago",
                "1 day ago",
                "3 days ago",
                "in a moment",
                "in 5 minutes",
                "in 2 hours"
            ]
        );
        assert_eq!(when(30 * 86_400), "16 Dec 2026");
    }

    #[test]
    fn only_an_order_whose_ship_window_is_over_is_late() {
        let day = |number: i8| Some(jiff::civil::date(2026, 11, number));
        let today = jiff::civil::date(2026, 11, 20);
        for (ships, ends, words) in [
            (None, None, None),
            (day(24), day(30), None),
            (day(23), day(30), Some("ships soon")),
            (day(21), None, Some("ships soon")),
            (day(20), day(30), Some("window open")),
            (day(1), day(20), Some("window open")),
            (day(1), None, Some("window open")),
            (None, day(20), None),
            (day(1), day(19), Some("late")),
            (None, day(19), Some("late")),
        ] {
            let urgency = Urgency::of(ships, ends, today);
            assert_eq!(urgency.map(|one| one.words()), words, "{ships:?} to {ends:?}");
        }
        assert!(Urgency::Late > Urgency::Open && Urgency::Open > Urgency::Soon);
    }

    #[test]
    fn what_the_catalogue_marks_is_code_and_a_single_backtick_is_a_backtick() {
        let marked = pieces("set `orders.stock`, or `orders.rules`");
        assert_eq!(marked[..3], [(false, "set "), (true, "orders.stock"), (false, ", or ")]);
        assert_eq!(pieces("a ` b"), [(false, "a ` b")]);
    }

    #[test]
    fn figures_are_grouped_by_thousands() {
        let cases = [("0", "0"), ("999.00", "999.00"), ("1000", "1,000"), ("-1234567.891", "−1,234,567.891")];
        for (plain, shown) in cases {
            assert_eq!(grouped(plain), shown);
        }
        assert_eq!((span(-1), span(0)), ("–".into(), "< 1 s".into()));
        assert_eq!((span(40), span(600), span(5400)), ("40 s".into(), "10 min".into(), "1.5 h".into()));
    }
}
