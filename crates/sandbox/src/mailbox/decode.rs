//! Reads a mail: headers with their folds and encoded words, and the plain text part in its transfer encoding. Only as
//! much of the mail standards as programs write; no sockets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Mail;

/// Parts within parts; more than this is nobody's honest mail.
const DEPTH_MAX: usize = 8;

pub fn mail(from: String, to: Vec<String>, raw: String) -> Mail {
    let (headers, body) = split(&raw);
    let subject = words(&header(&headers, "subject").unwrap_or_default());
    let body_text = plain_text(&headers, body, DEPTH_MAX).unwrap_or_default();
    Mail { from, to, subject, body_text, raw }
}

type Headers = Vec<(String, String)>;

fn split(raw: &str) -> (Headers, &str) {
    let (head, body) = raw.split_once("\r\n\r\n").or_else(|| raw.split_once("\n\n")).unwrap_or((raw, ""));
    // A part without headers begins with its empty line.
    let (head, body) = match raw.strip_prefix("\r\n").or_else(|| raw.strip_prefix('\n')) {
        Some(body) => ("", body),
        None => (head, body),
    };
    let mut headers: Headers = Vec::new();
    for line in head.lines() {
        match headers.last_mut() {
            Some((_, value)) if line.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            Some(_) | None => {
                if let Some((name, value)) = line.split_once(':') {
                    headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    (headers, body)
}

fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The first part that is plain text. `None`: there is none.
fn plain_text(headers: &Headers, body: &str, depth: usize) -> Option<String> {
    let kind = header(headers, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        let boundary = format!("--{}", boundary(&kind)?);
        return body
            .split(boundary.as_str())
            .skip(1)
            .filter(|part| depth > 0 && !part.starts_with("--"))
            .find_map(|part| {
                let part = part.strip_prefix("\r\n").or_else(|| part.strip_prefix('\n')).unwrap_or(part);
                let (headers, body) = split(part);
                plain_text(&headers, body, depth - 1)
            });
    }
    lower.starts_with("text/plain").then(|| {
        let encoding = header(headers, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
        let bytes = match encoding.as_str() {
            "quoted-printable" => quoted_printable(body),
            "base64" => base64_bytes(body),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
    })
}

fn boundary(kind: &str) -> Option<&str> {
    let at = kind.to_ascii_lowercase().find("boundary=")?;
    let value = &kind[at + "boundary=".len()..];
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([';', ' ']).next(),
    }
}

fn base64_bytes(text: &str) -> Vec<u8> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(compact).unwrap_or_default()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "").replace("=\n", "");
    hex_escapes(joined.as_bytes(), b'=')
}

fn hex_escapes(bytes: &[u8], mark: u8) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match escape.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[at] == mark => {
                decoded.push(byte);
                at += 3;
            }
            Some(_) | None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

/// Encoded words (`=?utf-8?Q?…?=`, `=?utf-8?B?…?=`) read as UTF-8; the blank between two of them is not part of the
/// text.
fn words(text: &str) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    let mut after_word = false;
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        let Some((decoded, tail)) = word(&rest[start..]) else {
            let (plain, tail) = rest.split_at(start + 2);
            bytes.extend_from_slice(plain.as_bytes());
            rest = tail;
            after_word = false;
            continue;
        };
        let between = &rest[..start];
        if !(after_word && between.trim().is_empty()) {
            bytes.extend_from_slice(between.as_bytes());
        }
        bytes.extend(decoded);
        rest = tail;
        after_word = true;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One encoded word at the start of the text, and what follows it.
fn word(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let _charset = parts.next()?;
    let encoding = parts.next()?;
    let (content, tail) = parts.next()?.split_once("?=")?;
    let decoded = match encoding {
        "Q" | "q" => hex_escapes(content.replace('_', " ").as_bytes(), b'='),
        "B" | "b" => base64_bytes(content),
        _ => return None,
    };
    Some((decoded, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, subject: &str, body: &str) {
        let mail =
            mail("a@example.com".to_owned(), vec!["b@example.com".to_owned()], raw.replace('\n', "\r\n"));
        assert_eq!((mail.subject.as_str(), mail.body_text.as_str()), (subject, body));
    }

    #[test]
    fn plain_mail_is_read_as_it_is() {
        check("Subject: 3 orders held\n\nHello\nyou\n", "3 orders held", "Hello\nyou\n");
    }

    #[test]
    fn subject_in_encoded_words_is_joined() {
        check("Subject: =?utf-8?B?wqM=?=\n =?utf-8?Q?12_=E2=82=AC?= held\n\n", "£12 € held", "");
        check("Subject: what =? is this\n\nx", "what =? is this", "x");
    }

    #[test]
    fn quoted_printable_and_base64_bodies_are_decoded() {
        check(
            "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na=3Db =\nc =E2=9C=93",
            "x",
            "a=b c ✓",
        );
        check("Subject: x\nContent-Transfer-Encoding: base64\n\naMOp\nbGxv", "x", "héllo");
    }

    #[test]
    fn the_plain_part_of_many_is_taken() {
        check(
            "Subject: x\nContent-Type: multipart/alternative; boundary=\"b1\"\n\n--b1\nContent-Type: text/html\n\n<p>no</p>\n--b1\nContent-Type: text/plain\n\nyes\n--b1--\n",
            "x",
            "yes\n",
        );
    }
}
