//! JOOR's JSON as it comes: a lenient reader of values that keeps their own text, the envelope of an answer, and the
//! words of JOOR's fields. What the fields mean for us is in `read.rs` and `write.rs`.
//!
//! Amounts never pass through floats: a value is a slice of the answer's text until somebody asks what it is.

use domain::money::Decimal;
use jiff::civil::Date;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why a value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Dotted path within the row.
    pub field: String,
    pub expected: &'static str,
    /// The beginning of what was there.
    pub found: String,
}

/// How much of an unreadable value is shown beside the problem; the whole row is kept elsewhere.
const FOUND_CHARS_MAX: usize = 60;

/// A value as it stands in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    text: &'a str,
}

impl<'a> Value<'a> {
    /// A whole body; `None` if it is not JSON.
    pub fn parse(body: &'a str) -> Option<Value<'a>> {
        serde_json::from_str::<&RawValue>(body).ok().map(Value::of)
    }

    /// The text of a value that was already parsed as part of an answer.
    pub fn kept(text: &'a str) -> Value<'a> {
        Value { text: text.trim() }
    }

    fn of(raw: &'a RawValue) -> Value<'a> {
        Value { text: raw.get().trim() }
    }

    /// The value's own JSON text.
    pub fn raw(self) -> &'a str {
        self.text
    }

    fn found(self) -> String {
        if self.text.chars().count() <= FOUND_CHARS_MAX {
            return self.text.to_owned();
        }
        self.text.chars().take(FOUND_CHARS_MAX).chain(['…']).collect()
    }

    /// Nothing is said in many ways: `null`, `""`, and `[]` from a language where an empty object is an empty list.
    fn is_nothing(self) -> bool {
        match self.text.as_bytes() {
            b"null" | b"\"\"" => true,
            [b'[', inner @ .., b']'] => inner.iter().all(u8::is_ascii_whitespace),
            [b'"', ..] => self.string().is_some_and(|text| text.trim().is_empty()),
            _ => false,
        }
    }

    fn string(self) -> Option<Cow<'a, str>> {
        if !self.text.starts_with('"') {
            return None;
        }
        if let Ok(text) = serde_json::from_str::<&'a str>(self.text) {
            return Some(Cow::Borrowed(text));
        }
        serde_json::from_str::<String>(self.text).ok().map(Cow::Owned)
    }

    /// A text, or a number or truth value as written. Trimmed: JOOR pads codes [O].
    pub fn text(self) -> Option<String> {
        match self.text.as_bytes().first()? {
            b'"' => self.string().map(|text| text.trim().to_owned()),
            b'-' | b'0'..=b'9' | b't' | b'f' => Some(self.text.to_owned()),
            _ => None,
        }
    }

    pub fn object(self) -> Option<BTreeMap<Cow<'a, str>, Value<'a>>> {
        if !self.text.starts_with('{') {
            return None;
        }
        let fields: BTreeMap<Key<'a>, &'a RawValue> = serde_json::from_str(self.text).ok()?;
        Some(fields.into_iter().map(|(key, raw)| (key.0, Value::of(raw))).collect())
    }

    /// A list; one element may stand without its list [I], nothing is the empty list [O], and a list with holes may
    /// come as an object whose keys are numbers.
    pub fn list(self) -> Vec<Value<'a>> {
        if self.is_nothing() {
            return Vec::new();
        }
        if self.text.starts_with('[') {
            let items: Vec<&'a RawValue> = serde_json::from_str(self.text).unwrap_or_default();
            return items.into_iter().map(Value::of).collect();
        }
        match self.object() {
            Some(fields)
                if fields.keys().all(|key| key.bytes().all(|byte| byte.is_ascii_digit()))
                    && fields.values().all(|value| value.text.starts_with('{')) =>
            {
                let mut numbered: Vec<(u64, Value<'a>)> =
                    fields.into_iter().map(|(key, value)| (key.parse().unwrap_or(u64::MAX), value)).collect();
                numbered.sort_by_key(|(number, _)| *number);
                numbered.into_iter().map(|(_, value)| value).collect()
            }
            Some(_) | None => vec![self],
        }
    }
}

/// A key that borrows where the text allows it.
#[derive(PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object with its path, for reading fields by name.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    path: String,
    fields: BTreeMap<Cow<'a, str>, Value<'a>>,
}

impl<'a> Object<'a> {
    pub fn row(value: Value<'a>) -> Result<Object<'a>, Fault> {
        let fields = value.object().ok_or_else(|| Fault {
            field: "(row)".to_owned(),
            expected: "an object",
            found: value.found(),
        })?;
        Ok(Object { path: String::new(), fields })
    }

    /// The field, unless it says nothing.
    fn get(&self, key: &str) -> Option<Value<'a>> {
        self.fields.get(key).copied().filter(|value| !value.is_nothing())
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn fault(&self, key: &str, expected: &'static str) -> Fault {
        let found = self.fields.get(key).map_or_else(|| "nothing".to_owned(), |value| value.found());
        Fault { field: self.path_of(key), expected, found }
    }

    /// A text; empty if nothing is said.
    pub fn text(&self, key: &str) -> Result<String, Fault> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(value) => value.text().ok_or_else(|| self.fault(key, "a text")),
        }
    }

    /// The first of several names of one thing that says something.
    pub fn text_of(&self, keys: &[&str]) -> Result<String, Fault> {
        let key = keys.iter().find(|key| self.has(key)).or(keys.first());
        key.map_or_else(|| Ok(String::new()), |key| self.text(key))
    }

    /// A text that must be there.
    pub fn required(&self, key: &str, expected: &'static str) -> Result<String, Fault> {
        let text = self.text(key)?;
        if text.is_empty() { Err(self.fault(key, expected)) } else { Ok(text) }
    }

    /// A number, written as a number or as a text [O].
    pub fn decimal(&self, key: &str) -> Result<Option<Decimal>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let text = if matches!(value.text, "true" | "false") { None } else { value.text() };
        let number = text.and_then(|text| decimal(&text));
        number.map(Some).ok_or_else(|| self.fault(key, "a decimal number"))
    }

    /// Yes or no; nothing is no.
    pub fn flag(&self, key: &str) -> Result<bool, Fault> {
        let Some(value) = self.get(key) else { return Ok(false) };
        match value.text().unwrap_or_default().to_ascii_lowercase().as_str() {
            "true" | "1" | "y" | "yes" => Ok(true),
            "false" | "0" | "n" | "no" => Ok(false),
            _ => Err(self.fault(key, "true or false")),
        }
    }

    /// A calendar day, alone [D] or at the beginning of a timestamp.
    pub fn date(&self, key: &str) -> Result<Option<Date>, Fault> {
        let text = self.text(key)?;
        if text.is_empty() || text.starts_with("0000-00-00") {
            return Ok(None);
        }
        let day = text
            .split_at_checked(10)
            .filter(|(_, rest)| rest.is_empty() || rest.starts_with(['T', ' ', 't']))
            .and_then(|(day, _)| day.parse::<Date>().ok());
        day.map(Some).ok_or_else(|| self.fault(key, "a date as YYYY-MM-DD"))
    }

    /// An object inside; a list of one object is taken as that object [I].
    pub fn inner(&self, key: &str) -> Result<Option<Object<'a>>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let only = match value.text.as_bytes().first() {
            Some(b'[') => match value.list().as_slice() {
                [only] => Some(*only),
                _ => None,
            },
            _ => Some(value),
        };
        let fields = only.and_then(Value::object).ok_or_else(|| self.fault(key, "an object"))?;
        Ok(Some(Object { path: self.path_of(key), fields }))
    }

    /// A list of objects inside.
    pub fn inner_list(&self, key: &str) -> Result<Vec<Object<'a>>, Fault> {
        let values = self.get(key).map(Value::list).unwrap_or_default();
        let mut objects = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let path = self.path_of(&format!("{key}.{index}"));
            let fields = value.object().ok_or_else(|| Fault {
                field: path.clone(),
                expected: "an object",
                found: value.found(),
            })?;
            objects.push(Object { path, fields });
        }
        Ok(objects)
    }
}

/// A number from its text, exactly: digits with `.`, and an exponent if there is one. `None` if it is no such number
/// or has more digits than can be kept.
pub fn decimal(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start_matches('+').parse::<i32>().ok()?),
        None => (text, 0),
    };
    let plain = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let mut number = Decimal::from_str_exact(digits).ok()?;
    for _ in 0..exponent.max(0) {
        number = if exponent > 28 { return None } else { number.checked_mul(Decimal::TEN)? };
    }
    if exponent < 0 {
        let scale = number.scale().checked_add(exponent.unsigned_abs())?;
        number.set_scale(scale).ok()?;
    }
    Some(number)
}

/// One entry of `errors`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    pub status: String,
    pub message: String,
    /// What `details` names, by field.
    pub details: BTreeMap<String, String>,
}

impl ApiError {
    fn read(value: Value<'_>) -> ApiError {
        let Ok(entry) = Object::row(value) else {
            return ApiError {
                message: value.text().unwrap_or_else(|| value.found()),
                ..ApiError::default()
            };
        };
        let text = |keys: &[&str]| entry.text_of(keys).unwrap_or_default();
        let details = match entry.inner("details") {
            Ok(Some(details)) => details
                .fields
                .iter()
                .filter_map(|(key, value)| Some((key.to_string(), value.text()?)))
                .collect(),
            Ok(None) | Err(_) => BTreeMap::new(),
        };
        ApiError { status: text(&["status", "code"]), message: text(&["message", "error"]), details }
    }

    /// The order that the error is about [O: details echo identifying fields].
    pub fn order(&self) -> Option<&str> {
        ["order_id", "id"].iter().find_map(|key| self.details.get(*key)).map(String::as_str)
    }

    /// JOOR's own words.
    pub fn words(&self) -> String {
        let both = [self.status.as_str(), self.message.as_str()];
        both.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(": ")
    }
}

/// `{"data": …, "errors": …}` [D]; both may be full at once.
#[derive(Debug, Default)]
pub struct Envelope<'a> {
    pub data: Vec<Value<'a>>,
    pub errors: Vec<ApiError>,
}

impl<'a> Envelope<'a> {
    /// `None` if the body is not JSON or has neither of the two.
    pub fn read(body: &'a str) -> Option<Envelope<'a>> {
        let value = Value::parse(body)?;
        let Some(fields) = value.object() else {
            let list = value.text.starts_with('[');
            return list.then(|| Envelope { data: value.list(), errors: Vec::new() });
        };
        if !fields.contains_key("data") && !fields.contains_key("errors") {
            return None;
        }
        let list = |key: &str| fields.get(key).map(|value| value.list()).unwrap_or_default();
        Some(Envelope {
            data: list("data"),
            errors: list("errors").into_iter().map(ApiError::read).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Object<'_> {
        Object::row(Value::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn numbers_are_read_exactly_from_their_text() {
        for (text, expected) in [
            ("0.1", Some("0.1")),
            ("100.00", Some("100")),
            ("-3", Some("-3")),
            ("1e3", Some("1000")),
            ("1.5E+2", Some("150")),
            ("25e-1", Some("2.5")),
            ("0.30000000000000004", Some("0.30000000000000004")),
            ("12345678901234567890.12", Some("12345678901234567890.12")),
            ("1e29", None),
            ("1e-40", None),
            ("0.00000000000000000000000000001", None),
            ("1,250.00", None),
            ("1_000", None),
            ("$5", None),
            ("NaN", None),
            ("e3", None),
            (".", None),
            ("", None),
            ("1e99999999999", None),
        ] {
            let expected = expected.map(|number| number.parse::<Decimal>().unwrap());
            assert_eq!(decimal(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_come_as_numbers_texts_or_nothing() {
        let row = row(
            r#"{"a": 1.10, "b": " 1.10 ", "c": "", "d": null, "e": [], "f": true, "g": "x", "h": {"n": 1}}"#,
        );
        let number = Some("1.10".parse::<Decimal>().unwrap());
        assert_eq!((row.decimal("a").unwrap(), row.decimal("b").unwrap()), (number, number));
        for nothing in ["c", "d", "e", "missing"] {
            assert_eq!(row.decimal(nothing).unwrap(), None, "{nothing}");
        }
        for wrong in ["f", "g", "h"] {
            assert_eq!(row.decimal(wrong).unwrap_err().expected, "a decimal number", "{wrong}");
        }
    }

    #[test]
    fn texts_are_trimmed_and_numbers_are_taken_as_texts() {
        let row =
            row(r#"{"a": "  A-1\t", "b": 7100412, "c": null, "d": {"x": 1}, "e": "\u00fc\n\"", "f": [" "]}"#);
        assert_eq!(row.text("a").unwrap(), "A-1");
        assert_eq!(row.text("b").unwrap(), "7100412");
        assert_eq!(row.text("c").unwrap(), "");
        assert_eq!(row.text("e").unwrap(), "ü\n\"");
        let fault = row.text("d").unwrap_err();
        assert_eq!(
            (fault.field.as_str(), fault.expected, fault.found.as_str()),
            ("d", "a text", r#"{"x": 1}"#)
        );
        assert!(row.text("f").is_err());
    }

    #[test]
    fn dates_come_alone_or_before_a_time() {
        let row = row(
            r#"{"a": "2026-10-05", "b": "2026-10-05T23:59:59.123Z", "c": "2026-10-05 01:02:03", "d": "", "e": "0000-00-00",
                "f": "2026-13-01", "g": "10/05/2026", "h": "2026-10-05x", "i": 20261005, "j": "é026-10-055"}"#,
        );
        for good in ["a", "b", "c"] {
            assert_eq!(row.date(good).unwrap(), Some("2026-10-05".parse().unwrap()), "{good}");
        }
        for nothing in ["d", "e", "missing"] {
            assert_eq!(row.date(nothing).unwrap(), None, "{nothing}");
        }
        for wrong in ["f", "g", "h", "i", "j"] {
            assert!(row.date(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lists_come_as_lists_as_one_element_as_numbered_objects_or_as_nothing() {
        let row = row(
            r#"{"a": [{"n": 1}, {"n": 2}], "b": {"n": 1}, "c": "", "d": {"10": {"n": 2}, "9": {"n": 1}}, "e": [1], "f": {}}"#,
        );
        let numbers = |key: &str| -> Vec<String> {
            row.inner_list(key).unwrap().iter().map(|item| item.text("n").unwrap()).collect()
        };
        assert_eq!(
            (numbers("a"), numbers("b")),
            (vec!["1".to_owned(), "2".to_owned()], vec!["1".to_owned()])
        );
        assert_eq!(
            (numbers("c").len(), numbers("d"), numbers("f").len()),
            (0, vec!["1".to_owned(), "2".to_owned()], 0)
        );
        assert_eq!(row.inner_list("e").unwrap_err().field, "e.0");
        assert_eq!(row.inner("a").unwrap_err().expected, "an object");
        assert!(row.inner("c").unwrap().is_none());
    }

    #[test]
    fn envelopes_are_read_with_data_errors_both_or_as_a_bare_list() {
        let both = Envelope::read(
            r#"{"data": [{"id": 1}], "errors": {"status": "NOT_FOUND", "message": "gone", "details": {"id": 7}}, "new": 1}"#,
        );
        let both = both.unwrap();
        assert_eq!((both.data.len(), both.errors[0].order()), (1, Some("7")));
        assert_eq!(both.errors[0].words(), "NOT_FOUND: gone");
        assert_eq!(Envelope::read(r#"[{"id": 1}]"#).unwrap().data.len(), 1);
        assert_eq!(Envelope::read(r#"{"data": "", "errors": null}"#).unwrap().data.len(), 0);
        assert_eq!(Envelope::read(r#"{"errors": ["broken"]}"#).unwrap().errors[0].words(), "broken");
        for bad in
            ["", "{}", "null", "7", "<html>", r#"{"data": [{"id": 1}"#, r#"{"response": {"code": 401}}"#]
        {
            assert!(Envelope::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn deep_nesting_is_an_unreadable_row_and_does_not_overflow() {
        let deep = format!("{{\"data\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let envelope = Envelope::read(&deep).unwrap();
        assert!(Object::row(envelope.data[0]).is_err());
    }
}
