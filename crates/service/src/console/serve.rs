//! Listens and answers until the program stops. Orders do not depend on it: where it cannot listen they go on without it.

use super::{Console, Door, routes};
use crate::compose::House;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// An end of the program waits this long for answers on their way.
const STOP_MAX: Duration = Duration::from_secs(5);

/// The console cannot be served; orders go on without it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the console cannot listen on {address}: {reason}; hint: free that port, or set another one in `console.listen`"
)]
pub struct ServeError {
    address: String,
    reason: String,
}

/// A console that answers.
pub struct Served {
    /// Where browsers of this machine find it.
    pub address: SocketAddr,
    house: Arc<House>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts to answer; `None`: the settings say that there is no console.
pub async fn serve(house: &Arc<House>, door: Door) -> Result<Option<Served>, ServeError> {
    let listen = house.config.console.clone();
    let Some(wanted) = listen.address else { return Ok(None) };
    let failed =
        |error: std::io::Error| ServeError { address: wanted.to_string(), reason: error.to_string() };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let service = routes::router(Arc::new(Console::new(house.clone(), listen, door)));
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let stopping = async {
            // Whoever drops the sender stops it too.
            drop(stopped.await);
        };
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopping).await {
            tracing::error!(reason = %error, "the console ended early; orders go on without it");
        }
    });
    Ok(Some(Served { address, house: house.clone(), stop, task }))
}

impl Served {
    /// Ends open event streams, and lets answers that are on their way arrive.
    pub async fn stop(self) {
        self.house.stopping.store(true, Ordering::Relaxed);
        // A server that ended by itself hears nothing any more, and one that takes too long is left to the end of the process.
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(STOP_MAX, self.task).await;
    }
}
