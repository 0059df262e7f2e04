//! Whom mail over TLS trusts: the authorities that the settings name beside the public ones, and in words why a
//! certificate was refused. Nothing here can switch the look at a certificate off.

use crate::http::certificate;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, RootCertStore};
use std::error::Error;

/// What the library says of a certificate for which there are no words here.
const REASON_CHARS_MAX: usize = 80;

/// Certificates of authorities that are trusted beside the public ones.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authorities(Vec<CertificateDer<'static>>);

/// Why a file names no authorities.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesRefused {
    #[error("there is no certificate in it")]
    None,
    /// Counted from one.
    #[error("its certificate number {0} is damaged")]
    Damaged(usize),
}

impl Authorities {
    /// Every certificate of a PEM text; all of them must be usable.
    pub fn from_pem(pem: &[u8]) -> Result<Authorities, AuthoritiesRefused> {
        let mut usable = RootCertStore::empty();
        let mut certificates = Vec::new();
        for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let damaged = AuthoritiesRefused::Damaged(index + 1);
            let certificate = certificate.map_err(|_| damaged.clone())?;
            usable.add(certificate.clone()).map_err(|_| damaged)?;
            certificates.push(certificate);
        }
        if certificates.is_empty() { Err(AuthoritiesRefused::None) } else { Ok(Authorities(certificates)) }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn parameters(&self, host: &str) -> Result<TlsParameters, lettre::transport::smtp::Error> {
        let mut builder: TlsParametersBuilder = TlsParameters::builder(host.to_owned());
        for certificate in &self.0 {
            builder = builder.add_root_certificate(Certificate::from_der(certificate.to_vec())?);
        }
        builder.build()
    }
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}

/// The words about a refused certificate with what to do; `None` if the error is about something else.
pub(super) fn refusal(error: &(dyn Error + 'static), host: &str) -> Option<String> {
    Some(match certificate::refused(error)? {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "the certificate of {host} comes from an authority that is not trusted here; if it is your own, name the \
             file with its certificate as `smtp.ca_file`"
        ),
        CertificateError::NotValidForName => other_names(host, &[]),
        CertificateError::NotValidForNameContext { presented, .. } => other_names(host, presented),
        CertificateError::Expired => expired(host, None),
        CertificateError::ExpiredContext { not_after, .. } => expired(host, Some(not_after.as_secs())),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
            "the certificate of {host} is not valid yet; compare the clock of this machine with that of the mail server"
        ),
        // What `openssl req -x509` makes, named as its own authority; the library has no name for it.
        other if other.to_string().contains("CaUsedAsEndEntity") => format!(
            "the certificate of {host} says that it is an authority; make one for the mail server alone (CA:FALSE)"
        ),
        // The library may learn more reasons.
        other => format!(
            "the certificate of {host} cannot be used ({}); give the mail server one that an authority made for it",
            super::one_line(&other.to_string(), REASON_CHARS_MAX)
        ),
    })
}

fn other_names(host: &str, presented: &[String]) -> String {
    let names = certificate::names(presented);
    let names = if names.is_empty() { "no name at all".to_owned() } else { names };
    format!(
        "the certificate of the mail server is for {names}, not for {host}; set `smtp.host` to a name that it is for, \
         or give the server a certificate for {host}"
    )
}

fn expired(host: &str, seconds: Option<u64>) -> String {
    format!("the certificate of {host} expired{}; renew it on the mail server", certificate::on_day(seconds))
}
