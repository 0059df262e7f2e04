//! The real transport against raw sockets that misbehave: what an error proves decides over double orders.

use adapters::http::{Answer, HttpOptions, HttpTransport, Method, Mode, Request, SendError, Transport};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use url::Url;

fn options() -> HttpOptions {
    HttpOptions { body_bytes_max: 10_000, ..HttpOptions::new(Mode::Trial) }
}

fn post(address: &str, timeout_millis: u64) -> Request {
    let url = Url::parse(&format!("http://{address}/create?who=secret-person")).unwrap();
    Request::new(Method::Post, url, Duration::from_millis(timeout_millis)).json("{\"a\":1}")
}

/// Reads one request up to the end of its body; `false` if the client has gone.
fn read_request(stream: &mut TcpStream) -> bool {
    let mut text = Vec::new();
    let mut buffer = [0u8; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(count) => text.extend_from_slice(&buffer[..count]),
        }
        if text.ends_with(b"{\"a\":1}") {
            return true;
        }
    }
}

/// A server that hands each connection to `serve`; counts connections.
fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            seen.fetch_add(1, Ordering::SeqCst);
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    (address, count)
}

/// A server that answers every request of a connection with these bytes, then closes.
fn answering(bytes: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    server(move |mut stream| {
        if read_request(&mut stream) {
            let _ = stream.write_all(&bytes);
        }
    })
}

async fn send(address: &str, timeout_millis: u64) -> Result<Answer, SendError> {
    HttpTransport::new(options()).unwrap().send(post(address, timeout_millis)).await
}

fn body(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

#[tokio::test]
async fn a_refused_connection_proves_that_nothing_was_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let error = send(&closed, 2000).await.unwrap_err();
    assert!(matches!(error, SendError::NotSent { .. }), "{error:?}");
    assert!(!error.to_string().contains("secret-person"), "{error}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_not_sent_and_other_hosts_are_not_called_in_trials() {
    let transport = HttpTransport::new(HttpOptions::new(Mode::Real)).unwrap();
    let url = Url::parse("https://no-such-host.invalid/").unwrap();
    let request = Request::new(Method::Get, url.clone(), Duration::from_secs(5));
    assert!(matches!(
        transport.send(request.clone()).await,
        Err(SendError::NotSent { .. } | SendError::Lost { .. })
    ));
    let trial = HttpTransport::new(options()).unwrap();
    assert!(matches!(trial.send(request).await, Err(SendError::NotSent { .. })));
    let plain = Request::new(Method::Get, Url::parse("http://127.0.0.1:1/").unwrap(), Duration::from_secs(5));
    assert!(matches!(transport.send(plain).await, Err(SendError::NotSent { .. })));
}

#[tokio::test]
async fn a_failed_tls_handshake_is_not_sent() {
    let (address, _) = server(|mut stream| {
        let mut buffer = [0u8; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(b"HTTP/1.1 400 plain text here\r\n\r\n");
    });
    let url = Url::parse(&format!("https://{address}/")).unwrap();
    let request = Request::new(Method::Post, url, Duration::from_secs(5)).json("{\"a\":1}");
    let error = HttpTransport::new(options()).unwrap().send(request).await.unwrap_err();
    assert!(matches!(error, SendError::NotSent { .. }), "{error:?}");
}

#[tokio::test]
async fn a_closed_connection_is_lost_and_never_repeated() {
    for read_first in [false, true] {
        let (address, connections) = server(move |mut stream| {
            if read_first {
                read_request(&mut stream);
            }
        });
        let error = send(&address, 2000).await.unwrap_err();
        assert!(matches!(error, SendError::Lost { .. }), "{error:?}");
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_second_request_is_lost_and_the_request_arrives_once() {
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&arrived);
    let (address, _) = server(move |mut stream| {
        while read_request(&mut stream) {
            if count.fetch_add(1, Ordering::SeqCst) >= 1 {
                return;
            }
            let _ = stream.write_all(&body("200 OK", "", b"{}"));
        }
    });
    let transport = HttpTransport::new(options()).unwrap();
    assert_eq!(transport.send(post(&address, 2000)).await.unwrap().status, 200);
    let error = transport.send(post(&address, 2000)).await.unwrap_err();
    assert!(matches!(error, SendError::Lost { .. }), "{error:?}");
    assert_eq!(arrived.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_slow_answer_is_lost_within_its_time() {
    let (address, connections) = server(|mut stream| {
        read_request(&mut stream);
        std::thread::sleep(Duration::from_secs(5));
    });
    let waited = tokio::time::timeout(Duration::from_secs(3), send(&address, 200)).await;
    assert!(matches!(waited.expect("the timeout holds"), Err(SendError::Lost { .. })));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_body_that_drips_or_is_cut_is_lost() {
    let (address, _) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":".to_vec());
    assert!(matches!(send(&address, 2000).await, Err(SendError::Lost { .. })));
    let (address, _) = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert!(matches!(send(&address, 400).await, Err(SendError::Lost { .. })));
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let (address, connections) =
        answering(body("307 Temporary Redirect", "location: http://127.0.0.1:1/elsewhere\r\n", b""));
    let answer = send(&address, 2000).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (307, Some("http://127.0.0.1:1/elsewhere")));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn too_large_a_body_is_refused_announced_or_not() {
    let (address, _) = answering(body("200 OK", "", &vec![b' '; 10_001]));
    assert_eq!(send(&address, 2000).await, Err(SendError::TooLarge { limit: 10_000 }));
    let mut endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    endless.extend(vec![b' '; 50_000]);
    let (address, _) = answering(endless);
    assert_eq!(send(&address, 2000).await, Err(SendError::TooLarge { limit: 10_000 }));
    let (address, _) =
        answering(body("200 OK", "Date: Mon, 23 Nov 2026 10:37:01 GMT\r\n", &vec![b' '; 10_000]));
    let answer = send(&address, 2000).await.unwrap();
    assert_eq!((answer.body.len(), answer.date().is_some()), (10_000, true));
}

#[tokio::test]
async fn a_small_archive_of_a_large_body_is_refused() {
    let packed = gzip_of_zeros();
    assert!(packed.len() < 10_000);
    let (address, _) = answering(body("200 OK", "content-encoding: gzip\r\n", &packed));
    assert_eq!(send(&address, 2000).await, Err(SendError::TooLarge { limit: 10_000 }));
}

/// A gzip stream of 32 kB of zeros, written by hand: one deflate block with fixed codes, a zero and then 127 copies of
/// 258 bytes from distance 1.
fn gzip_of_zeros() -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut put = |code: u32, length: u32| bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    put(0x30, 8);
    for _ in 0..127 {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let packed =
        bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(at, bit)| u8::from(*bit) << at).sum::<u8>());
    let mut all = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    all.extend(packed);
    // Checksum and length are wrong on purpose to show that the limit stops before they are read.
    all.extend([0u8; 8]);
    all
}

#[tokio::test]
async fn packed_answers_are_unpacked() {
    // "hello\n" as a stored deflate block.
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 6, 0, 0xf9, 0xff];
    packed.extend(b"hello\n");
    packed.extend(0x363a_3020_u32.to_le_bytes());
    packed.extend(6_u32.to_le_bytes());
    let (address, _) = answering(body("200 OK", "content-encoding: gzip\r\n", &packed));
    assert_eq!(send(&address, 2000).await.unwrap().body, b"hello\n");
}

#[tokio::test]
async fn a_header_that_could_end_itself_is_not_sent() {
    let request = post("127.0.0.1:1", 1000).header("x-note", "a\r\nx-evil: b");
    let error = HttpTransport::new(options()).unwrap().send(request).await.unwrap_err();
    assert!(matches!(&error, SendError::NotSent { reason } if !reason.contains("evil")), "{error:?}");
}
