//! Mail over TLS: nothing of value leaves before the server has proved who it is, and whoever cannot prove it is told
//! apart in words.
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

use crate::tls_mail::{Authority, Begins, Identity, PASSWORD, TlsMail, USER, Years};
use adapters::ports::{Letter, Post, PostError};
use adapters::post::{
    Authorities, AuthoritiesRefused, Password, Plain, Security, SmtpConfig, SmtpPost, SmtpRefused,
};
use rcgen::{BasicConstraints, IsCa};
use std::time::Duration;

const VALID: Years = Years(2020, 2090);
const BOTH: [(Begins, Security); 2] =
    [(Begins::Plain, Security::StartTls), (Begins::Encrypted, Security::Tls)];

fn config(port: u16, security: Security, trusted: &str) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".to_owned(),
        port,
        security,
        plain: Plain::LoopbackOnly,
        authorities: Authorities::from_pem(trusted.as_bytes()).unwrap_or_default(),
        user: Some(USER.to_owned()),
        password: Some(Password::new(PASSWORD)),
        from: "JOOR to Shopify <sync@brand.example>".to_owned(),
        timeout: Duration::from_secs(10),
    }
}

async fn send(config: &SmtpConfig) -> Result<(), PostError> {
    let letter = Letter {
        to: vec!["ops@brand.example".to_owned()],
        subject: "1 order is held".to_owned(),
        body: "Order 85001 waits for stock.\n".to_owned(),
        id: "news-brand-x-1".to_owned(),
    };
    SmtpPost::new(config).unwrap().send(&letter).await
}

#[tokio::test]
async fn mail_is_delivered_and_signed_in_for_only_inside_tls() {
    let (ours, another) = (Authority::new("ours"), Authority::new("another"));
    let certified = ours.certify("localhost", VALID);
    let alone = Identity::of_its_own("localhost", IsCa::ExplicitNoCa);
    // The right authority may stand anywhere in the file, and a certificate may vouch for itself.
    let bundle = format!("# two authorities\n{}{}", another.pem, ours.pem);
    for (identity, trusted) in [(&certified, &ours.pem), (&certified, &bundle), (&alone, &alone.pem)] {
        for (begins, security) in BOTH {
            let server = TlsMail::start(begins, identity).await;
            assert_eq!(send(&config(server.port, security, trusted)).await, Ok(()), "{begins:?}");
            let readable: &[&str] = if begins == Begins::Plain { &["EHLO", "STARTTLS"] } else { &[] };
            assert_eq!(server.readable(), readable);
            // The server takes a mail only after the right user and password.
            let mails = server.mails();
            assert!(mails.len() == 1 && mails[0].contains("Order 85001 waits for stock."), "{mails:?}");
        }
    }
}

/// A way in which a certificate can be wrong, and what the error must say about it.
struct Wrong {
    identity: Identity,
    trusted: String,
    words: [&'static str; 2],
}

fn wrong_certificates() -> [Wrong; 7] {
    let ours = Authority::new("ours");
    let own = Identity::of_its_own("localhost", IsCa::Ca(BasicConstraints::Unconstrained));
    let own_pem = own.pem.clone();
    let for_us = |years| ours.certify("localhost", years);
    let wrong = |identity, trusted: &str, words| Wrong { identity, trusted: trusted.to_owned(), words };
    [
        wrong(for_us(VALID), "", ["not trusted here", "`smtp.ca_file`"]),
        wrong(for_us(VALID), &Authority::new("another").pem, ["not trusted here", "`smtp.ca_file`"]),
        // The same name over another key, as after an authority was made anew.
        wrong(for_us(VALID), &Authority::new("ours").pem, ["not trusted here", "`smtp.ca_file`"]),
        wrong(
            ours.certify("mail.other.example", VALID),
            &ours.pem,
            ["is for mail.other.example, not for localhost", "set `smtp.host`"],
        ),
        wrong(for_us(Years(2020, 2021)), &ours.pem, ["expired on 2021-01-01", "renew it"]),
        wrong(for_us(Years(2089, 2090)), &ours.pem, ["not valid yet", "clock"]),
        wrong(own, &own_pem, ["says that it is an authority", "CA:FALSE"]),
    ]
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_keeps_sign_in_and_mail_at_home_and_says_what_to_do() {
    for Wrong { identity, trusted, words } in wrong_certificates() {
        for (begins, security) in BOTH {
            let server = TlsMail::start(begins, &identity).await;
            let config = config(server.port, security, &trusted);
            let sent = send(&config).await;
            // The mail is not at fault and waits.
            let Err(PostError::Later(reason)) = &sent else { panic!("{words:?}: {sent:?}") };
            assert!(words.iter().all(|word| reason.contains(word)), "{words:?} in {reason}");
            assert!(!reason.contains(PASSWORD), "{reason}");
            assert_eq!(SmtpPost::new(&config).unwrap().greet().await, sent, "`doctor` says the same");
            let readable: &[&str] = if begins == Begins::Plain { &["EHLO", "STARTTLS"] } else { &[] };
            assert_eq!(server.readable(), readable.repeat(2));
            assert!(server.heard().iter().all(|heard| !heard.encrypted), "{:?}", server.heard());
            assert_eq!(server.mails(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_file_of_authorities_holds_certificates_and_each_of_them_can_be_used() {
    let ours = Authority::new("ours").pem;
    let read = |text: &str| Authorities::from_pem(text.as_bytes());
    assert!(read(&ours).is_ok_and(|authorities| !authorities.is_empty()));
    let key = ours.replace("CERTIFICATE", "PRIVATE KEY");
    for empty in ["", "our authority\n", key.as_str()] {
        assert_eq!(read(empty), Err(AuthoritiesRefused::None), "{empty}");
    }
    let cut = ours.replace("-----END CERTIFICATE-----", "");
    let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for damaged in [cut.as_str(), garbled, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        assert_eq!(read(&format!("{ours}{damaged}")), Err(AuthoritiesRefused::Damaged(2)), "{damaged}");
    }
    let plain = config(25, Security::None, &ours);
    assert_eq!(SmtpPost::new(&plain).err(), Some(SmtpRefused::AuthoritiesWithoutTls));
}
