//! One exchange with an outside that drips, breaks off or proves nothing: it ends in its time, says in words what was
//! wrong, and nothing of value has left.

use crate::tls_mail::{Authority, Begins, Identity, TlsMail, Years};
use adapters::clock::StoppedClock;
use adapters::http::{BaseUrl, HttpOptions, HttpTransport, Method, Mode, Request, SendError, Transport};
use adapters::ports::{CallError, Created, Frozen, Letter, Post, PostError, Shop};
use adapters::post::{Authorities, Plain, Security, SmtpConfig, SmtpPost};
use adapters::shopify::{Credentials, ShopClient, ShopConfig};
use adapters::vault::Secret;
use domain::ids::Token;
use domain::money::{Currency, Decimal, Money};
use domain::time::Moment;
use rcgen::IsCa;
use sandbox::{Fault, Sandbox, SandboxOptions, Service, When};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// For an exchange that gives up after half a second.
const SOON: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_millis(500);
const DRIP: Duration = Duration::from_millis(50);

/// The address of a server that does this to its one caller.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || serve(listener.accept().unwrap().0));
    format!("http://{address}/create")
}

async fn sent(mode: Mode, address: &str, patience: Duration) -> SendError {
    let request = Request::new(Method::Post, Url::parse(address).unwrap(), patience)
        .header("x-shopify-access-token", "shpat_secret")
        .json("{\"who\":\"secret-person\"}");
    let transport = HttpTransport::new(HttpOptions::new(mode)).unwrap();
    let answer = tokio::time::timeout(SOON, transport.send(request)).await;
    let error = answer.expect("it ends in its time").unwrap_err();
    let said = error.to_string();
    assert!(!said.contains("shpat_secret") && !said.contains("secret-person"), "{said}");
    error
}

#[tokio::test]
async fn an_answer_that_drips_or_breaks_off_is_lost_in_its_time_and_says_so() {
    let drips = [
        "HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nx-long: ",
        "HTTP/1.1 2",
    ];
    for begins in drips {
        let address = server(move |mut stream| {
            let mut next = begins.bytes().chain(std::iter::repeat(b'1'));
            stream.write_all(&next.by_ref().take(begins.len()).collect::<Vec<u8>>()).unwrap();
            while next.next().is_some_and(|byte| stream.write_all(&[byte]).is_ok()) {
                std::thread::sleep(DRIP);
            }
        });
        let error = sent(Mode::Trial, &address, PATIENCE).await;
        assert!(matches!(&error, SendError::Lost { .. }), "{begins:?}: {error:?}");
    }
    // Closed with a part of the request unread, a socket resets its connection instead of ending it.
    let address = server(|mut stream| {
        stream.read_exact(&mut [0; 10]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":").unwrap();
        std::thread::sleep(DRIP * 2);
    });
    let error = sent(Mode::Trial, &address, SOON).await;
    assert!(matches!(&error, SendError::Lost { reason } if reason.contains("reset")), "{error:?}");
}

#[tokio::test]
async fn a_server_that_proves_nothing_gets_no_request() {
    let nobody = Authority::new("an authority that no machine trusts");
    let certified = nobody.certify("localhost", Years(2020, 2090));
    let alone = Identity::of_its_own("localhost", IsCa::ExplicitNoCa);
    for identity in [certified, alone] {
        let server = TlsMail::start(Begins::Encrypted, &identity).await;
        for (mode, host) in [(Mode::Real, "localhost"), (Mode::Trial, "localhost"), (Mode::Real, "127.0.0.1")]
        {
            let error = sent(mode, &format!("https://{host}:{}/create", server.port), SOON).await;
            let SendError::NotSent { reason } = &error else { panic!("{host}: {error:?}") };
            assert!(reason.contains(&format!("the certificate of {host}")), "{reason}");
            assert!(reason.contains("not trusted here"), "{reason}");
        }
        assert_eq!(server.heard(), []);
    }
}

/// What was to be created there surely does not exist.
#[tokio::test]
async fn a_shop_whose_name_nobody_knows_gets_no_order_and_is_told_in_words() {
    let base_url = BaseUrl::parse("https://shop.no-such-host.invalid", Mode::Real).unwrap();
    let config = ShopConfig::new(base_url, Credentials::Static(Secret::new("shpat_secret")));
    let transport = Arc::new(HttpTransport::new(HttpOptions::new(Mode::Real)).unwrap());
    let shop = ShopClient::new(config, transport, Arc::new(StoppedClock::at(Moment(1_790_856_000_000))));
    let request = Frozen {
        token: Token::stored("sandbox-42-7-1-1"),
        body: "{}".to_owned(),
        fingerprint: String::new(),
        expected: Money::new(Decimal::ONE, Currency::from_code("USD").unwrap()),
        units: 1,
    };
    let created = tokio::time::timeout(SOON, shop.create_order(&request, SOON)).await;
    let Created::NotExecuted(error) = created.expect("it ends in its time") else {
        panic!("nobody was there to execute it")
    };
    let read = tokio::time::timeout(SOON, shop.facts()).await.expect("it ends in its time").unwrap_err();
    for error in [error, read] {
        let said = error.to_string();
        assert!(matches!(error, CallError::NoAnswer { .. }), "{error:?}");
        assert!(said.contains("shop.no-such-host.invalid") && said.contains("dns error"), "{said}");
        assert!(!said.contains("shpat_secret"), "{said}");
    }
}

#[tokio::test]
async fn a_mail_server_that_drips_is_left_in_time_and_the_mail_waits() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let config = SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: sandbox.smtp_address().port(),
        security: Security::None,
        plain: Plain::LoopbackOnly,
        authorities: Authorities::default(),
        user: None,
        password: None,
        from: "JOOR to Shopify <sync@brand.example>".to_owned(),
        timeout: PATIENCE,
    };
    let letter = Letter {
        to: vec!["ops@brand.example".to_owned()],
        subject: "1 order is held".to_owned(),
        body: "Order 85001 waits for stock.\n".to_owned(),
        id: "news-brand-x-1".to_owned(),
    };
    let post = SmtpPost::new(&config).unwrap();
    for operation in ["connect", "rcpt", "data"] {
        sandbox.faults.script(Service::Smtp, operation, When::Next, Fault::Drip(DRIP));
        let sent = tokio::time::timeout(SOON, post.send(&letter)).await.expect("it ends in its time");
        assert!(matches!(&sent, Err(PostError::Later(_))), "{operation}: {sent:?}");
        assert_eq!(sandbox.mailbox.mails().len(), 0, "{operation}");
    }
    assert_eq!(post.send(&letter).await, Ok(()));
    assert_eq!(sandbox.mailbox.mails().len(), 1);
}
