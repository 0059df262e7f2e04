//! Serves an axum router on a loopback port and can close a connection without answering. Knows no service.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

/// Put into a response's extensions by a handler that wants its connection closed without an answer.
#[derive(Clone, Copy, Debug)]
pub struct DropConnection;

/// A running server; it stops, with all its connections, when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on a free loopback port.
    pub async fn start(router: Router) -> std::io::Result<Server> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, router));
        Ok(Server { address, accepting })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Connections live in this task's set, so they end with it.
async fn accept(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, router.clone()));
                }
                // Out of file descriptors or alike: give the others time to end.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    // Nagle's delay would show up as 40 ms per call in every measurement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { reply(router.oneshot(request.map(Body::new)).await) }
    });
    // An error here is a connection that broke or was dropped on purpose: nobody is left to tell.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error of the service makes hyper close the connection without writing anything.
fn reply(answered: Result<Response, Infallible>) -> Result<Response, std::io::Error> {
    match answered {
        Ok(response) if response.extensions().get::<DropConnection>().is_some() => {
            Err(std::io::Error::other("dropped by script"))
        }
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
