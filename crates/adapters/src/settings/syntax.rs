//! A file that is not TOML: which line, and what should stand there, in words for people who do not write TOML every
//! day. What stands there is not repeated, since it may be a secret.

use super::SettingError;

/// What the library says, and what we say instead. Anything else is passed on as the library has it: its messages hold
/// no text of the file.
const WORDS: [(&str, &str, &str); 10] = [
    (
        "must be quoted",
        "a value is missing, or a text without quotes",
        "key = \"text\"; only numbers, true and false stand without quotes",
    ),
    ("expected newline", "something behind the value", "one key = \"text\" on a line, and comments behind #"),
    ("expected `=`", "a line without =", "key = \"text\", or the name of a section as [section]"),
    ("keys cannot be empty", "no key before =", "key = \"text\""),
    ("unclosed table", "the name of a section without its ]", "[section]"),
    ("invalid basic string", "a text whose closing quote is missing", "the text in quotes: \"text\""),
    ("invalid literal string", "a text whose closing quote is missing", "the text in quotes: 'text'"),
    ("escaped value", "a \\ with another meaning inside double quotes", BACKSLASH),
    ("unicode", "a \\ with another meaning inside double quotes", BACKSLASH),
    ("invalid boolean", "neither true nor false", "true or false, in small letters"),
];
const BACKSLASH: &str = "single quotes, which take \\ as it is: 'C:\\mail', or \\\\ for each \\";

pub fn syntax_error(file: &str, text: &str, error: &toml::de::Error) -> SettingError {
    let span = error.span().unwrap_or_default();
    let line = text.get(..span.start).unwrap_or_default().matches('\n').count() + 1;
    let message = error.message();
    let (what, allowed) = if message == "duplicate key" {
        (twice(text.get(span).unwrap_or_default()), "each key and each [section] once".to_owned())
    } else {
        match WORDS.iter().find(|(part, ..)| message.contains(part)) {
            Some((_, what, allowed)) => ((*what).to_owned(), (*allowed).to_owned()),
            None => (
                message.to_owned(),
                "lines such as key = \"text\" under a [section]; each key once, texts in quotes".to_owned(),
            ),
        }
    };
    SettingError {
        file: file.to_owned(),
        key: format!("line {line}"),
        value: format!("not readable as TOML: {what}"),
        allowed,
    }
}

fn twice(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.len() <= 60 && name.chars().all(plain) {
        format!("`{name}` stands here a second time")
    } else {
        "a name stands here a second time".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says(text: &str, line: &str, what: &str, allowed: &str) {
        let error = text.parse::<toml::Table>().expect_err(text);
        let told = syntax_error("config.toml", text, &error);
        assert_eq!((told.file.as_str(), told.key.as_str()), ("config.toml", line), "{told}");
        assert!(told.value.contains(what) && told.allowed.contains(allowed), "{told}");
        assert!(!told.to_string().contains("hunter2"), "{told}");
    }

    /// Asserts the words of the library too: a release of it that says otherwise is noticed here.
    #[test]
    fn a_file_that_is_no_toml_names_line_and_form_and_repeats_no_value() {
        says("[smtp]\nhost = hunter2.example\n", "line 2", "without quotes", "key = \"text\"");
        says("[smtp]\nhost = \n", "line 2", "value is missing", "key = \"text\"");
        says("[smtp]\n\npassword = hunter2 = x\n", "line 3", "behind the value", "on a line");
        says("[smtp]\npassword: \"hunter2\"\n", "line 2", "without =", "key = \"text\"");
        says("[smtp]\n= \"hunter2\"\n", "line 2", "no key before", "key = \"text\"");
        says("[smtp\nhost = \"x\"\n", "line 1", "without its ]", "[section]");
        says("[smtp]\npassword = \"hunter2\n", "line 2", "closing quote", "\"text\"");
        says("[smtp]\npassword = 'hunter2\n", "line 2", "closing quote", "'text'");
        says("[smtp]\npassword = \"hunter2\\q\"\n", "line 2", "a \\ with", "single quotes");
        says("[smtp]\npassword_file = \"C:\\users\\pw\"\n", "line 2", "a \\ with", "single quotes");
        says("[smtp]\ntrust_network = True\n", "line 2", "neither", "true or false");
        says("[smtp]\nhost = \"a\"\nhost = \"b\"\n", "line 3", "`host` stands here a second", "once");
        says("[smtp]\n[smtp]\n", "line 2", "`smtp` stands here a second", "once");
        says("[smtp]\n\"hunter2\\u0020\" = 1\n\"hunter2 \" = 2\n", "line 3", "a name stands", "once");
        says("[smtp]\nhost = [\"a\"\n", "line 2", "not readable as TOML", "key = \"text\"");
    }
}
