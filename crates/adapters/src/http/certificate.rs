//! Why the certificate of a server was refused: the reason inside an error, and the words about it for HTTP. Whom to
//! trust is not decided here.

use rustls::CertificateError;
use std::error::Error;

/// Names of a server's certificate in our errors.
const NAMES_CHARS_MAX: usize = 80;

/// The words about a refused certificate; `None` if the error is about something else.
pub(super) fn refusal(error: &(dyn Error + 'static), host: &str) -> Option<String> {
    Some(match refused(error)? {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "the certificate of {host} comes from an authority that is not trusted here, as where a proxy reads along; \
             add the authority to those of this machine only if it is your own"
        ),
        CertificateError::NotValidForName => other_names(host, &[]),
        CertificateError::NotValidForNameContext { presented, .. } => other_names(host, presented),
        CertificateError::Expired => expired(host, None),
        CertificateError::ExpiredContext { not_after, .. } => expired(host, Some(not_after.as_secs())),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet by the clock of this machine")
        }
        // The library may learn more reasons.
        other => format!("the certificate of {host} cannot be used ({other})"),
    })
}

/// The reason may lie inside an I/O error, which does not count it among its sources.
pub(crate) fn refused<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CertificateError> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(rustls::Error::InvalidCertificate(reason)) = cause.downcast_ref::<rustls::Error>() {
            return Some(reason);
        }
        let inside = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inside {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => cause.source(),
        };
    }
    None
}

/// The names that a certificate is for, as people write them; empty if it names none.
pub(crate) fn names(presented: &[String]) -> String {
    // The library says `DnsName("mail.example")` and `IpAddress(192.0.2.1)`.
    let bare = |name: &String| {
        let mut pieces = name.split(['(', ')', '"']).filter(|piece| !piece.is_empty());
        pieces.nth(1).unwrap_or(name).to_owned()
    };
    let names: Vec<String> = presented.iter().map(bare).collect();
    names.join(", ").chars().filter(|char| !char.is_control()).take(NAMES_CHARS_MAX).collect()
}

/// ` on 2026-11-30`, or nothing where the library does not say when.
pub(crate) fn on_day(seconds: Option<u64>) -> String {
    seconds
        .and_then(|seconds| i64::try_from(seconds).ok())
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map(|end| format!(" on {}", end.strftime("%Y-%m-%d")))
        .unwrap_or_default()
}

fn other_names(host: &str, presented: &[String]) -> String {
    let names = names(presented);
    let names = if names.is_empty() { "no name at all".to_owned() } else { names };
    format!("the certificate that {host} shows is for {names}, so this may be somebody else")
}

fn expired(host: &str, seconds: Option<u64>) -> String {
    format!("the certificate of {host} expired{} by the clock of this machine", on_day(seconds))
}
