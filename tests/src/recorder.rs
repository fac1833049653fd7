//! A wire between the service and the sandbox that remembers every byte.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A relay of TCP connections to one address.
///
/// What goes over it is plain HTTP between two of our own processes, so the bytes tell every secret that was exchanged.
#[derive(Debug)]
pub struct Recorder {
    base_url: String,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    /// Relays to the server at this URL for as long as the runtime lives.
    pub async fn start(upstream: &str) -> Self {
        let upstream = Url::parse(upstream).expect("a URL");
        let upstream = (
            upstream.host_str().expect("a host").to_owned(),
            upstream.port().expect("a port"),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&bytes);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(upstream.clone())
                    .await
                    .expect("the sandbox listens");
                let ((near_read, near_write), (far_read, far_write)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(relay(near_read, far_write, Arc::clone(&kept)));
                tokio::spawn(relay(far_read, near_write, Arc::clone(&kept)));
            }
        });
        Self {
            base_url: format!("http://{address}"),
            bytes,
        }
    }

    /// Where the relay listens.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Every word of letters, digits and hyphens that went over the wire and begins so, each once.
    pub fn words(&self, prefix: &str) -> Vec<String> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let mut found: Vec<String> = words
            .filter(|word| word.starts_with(prefix))
            .map(str::to_owned)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, kept: Arc<Mutex<Vec<u8>>>) {
    let mut part = vec![0; 64 * 1024];
    loop {
        match from.read(&mut part).await {
            Ok(length) if length > 0 => {
                let part = part.get(..length).unwrap_or_default();
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(part);
                if to.write_all(part).await.is_err() {
                    return;
                }
            }
            _ => {
                drop(to.shutdown().await);
                return;
            }
        }
    }
}
