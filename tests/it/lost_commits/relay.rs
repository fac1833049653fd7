//! A relay before PostgreSQL that lets a commit happen and loses its answer, or is gone for a while.
//!
//! Messages of PostgreSQL's wire protocol begin with a letter and a length of four bytes that counts itself
//! (<https://www.postgresql.org/docs/15/protocol-overview.html>).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// `CommandComplete`, with the command's name as its text.
const COMMAND_COMPLETE: u8 = b'C';

/// A relay that may cut connections.
pub(super) struct Relay {
    /// The database's URL with the relay in the server's place.
    pub(super) url: String,
    plan: Arc<Plan>,
    gone: watch::Sender<bool>,
}

/// Which commits lose their answers.
#[derive(Default)]
struct Plan {
    /// Every so many commits of something written; never while it is zero.
    every: AtomicU64,
    commits: AtomicU64,
    lost: AtomicU64,
}

impl Relay {
    pub(super) async fn before(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(address.port())).unwrap();
        let plan = Arc::<Plan>::default();
        let kept = Arc::clone(&plan);
        let (gone, is_gone) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *is_gone.borrow() {
                    continue;
                }
                let server = TcpStream::connect(&server).await.unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                tokio::spawn(relay(client, server, Arc::clone(&kept), is_gone.clone()));
            }
        });
        Self {
            url: url.into(),
            plan,
            gone,
        }
    }

    /// Cuts every connection and lets none begin, or lets them begin again.
    pub(super) fn set_gone(&self, is_gone: bool) {
        self.gone.send_replace(is_gone);
    }

    /// Loses the answer of every so many commits of something written from now on.
    pub(super) fn lose_every(&self, commits: u64) {
        self.plan.every.store(commits, Ordering::Relaxed);
    }

    /// How many answers were lost.
    pub(super) fn lost(&self) -> u64 {
        self.plan.lost.load(Ordering::Relaxed)
    }
}

impl Plan {
    /// Whether this commit is one that nobody is told of.
    fn loses(&self) -> bool {
        let every = self.every.load(Ordering::Relaxed);
        if every == 0 || !(self.commits.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every) {
            return false;
        }
        self.lost.fetch_add(1, Ordering::Relaxed);
        true
    }
}

async fn relay(
    client: TcpStream,
    server: TcpStream,
    plan: Arc<Plan>,
    mut gone: watch::Receiver<bool>,
) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        _ = io::copy(&mut from_client, &mut to_server) => (),
        _ = answers(from_server, to_client, &plan) => (),
        _ = gone.wait_for(|is_gone| *is_gone) => (),
    }
}

/// Hands on what the server says, until an answer is to be lost.
async fn answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    plan: &Plan,
) -> io::Result<()> {
    let mut has_written = false;
    loop {
        let kind = server.read_u8().await?;
        let length = server.read_u32().await?;
        let mut text = vec![0; usize::try_from(length).unwrap() - 4];
        server.read_exact(&mut text).await?;
        if kind == COMMAND_COMPLETE {
            if text == b"COMMIT\0" && std::mem::take(&mut has_written) && plan.loses() {
                return Ok(());
            }
            has_written |= is_write(&text);
        }
        let mut message = vec![kind];
        message.extend_from_slice(&length.to_be_bytes());
        message.append(&mut text);
        client.write_all(&message).await?;
    }
}

/// Whether a command has changed rows: `INSERT 0 3`, `UPDATE 1`, `DELETE 2`.
fn is_write(command: &[u8]) -> bool {
    let names: [&[u8]; 3] = [b"INSERT", b"UPDATE", b"DELETE"];
    names.iter().any(|name| command.starts_with(name)) && !command.ends_with(b" 0\0")
}
