//! A loopback HTTP/1.1 server whose every answer is scripted, byte for byte.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use url::Url;

/// What the server does with a request.
pub(crate) enum Reply {
    /// Writes these bytes and closes.
    Raw(Vec<u8>),
    /// Closes without an answer, after the whole request was read.
    Drop,
    /// Writes a head and then the same bytes over and over until the client leaves.
    Endless(&'static str, Vec<u8>),
    /// Writes these bytes and no more, and keeps the connection until the client leaves.
    RawThenHold(Vec<u8>),
    /// Answers nothing until the client leaves.
    Hold,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl ToString) -> Self {
        Self::with(
            status,
            "Content-Type: application/json\r\n",
            body.to_string(),
        )
    }

    pub(crate) fn with(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        Self::Raw([head.as_bytes(), body].concat())
    }

    pub(crate) fn raw_then_hold(text: &str) -> Self {
        Self::RawThenHold(text.as_bytes().to_vec())
    }

    pub(crate) fn raw(text: &str) -> Self {
        Self::Raw(text.as_bytes().to_vec())
    }
}

/// A request as the server saw it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) declared: usize,
    /// Whether the client is known to have left.
    pub(crate) ended: bool,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.body.len() == self.declared
    }
}

/// What the server does between a request's head and its body.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    AtOnce,
    /// Waits for [`Server::read_on`], then reads until the client leaves and answers nothing.
    Held,
    /// Closes the connection.
    Never,
}

type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    changed: Arc<Notify>,
    read_on: Arc<Notify>,
}

impl Server {
    /// Starts a server; the script gets each request with its number, from 0.
    pub(crate) async fn start(
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::run(script, Reading::AtOnce).await
    }

    /// Takes heads, and bodies only after [`Self::read_on`]; answers nothing.
    pub(crate) async fn holding_bodies() -> Self {
        Self::run(|_, _| Reply::Drop, Reading::Held).await
    }

    /// Closes each connection after the head.
    pub(crate) async fn dropping_bodies() -> Self {
        Self::run(|_, _| Reply::Drop, Reading::Never).await
    }

    async fn run(
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
        reading: Reading,
    ) -> Self {
        let listener = listen(reading);
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let changed = Arc::new(Notify::new());
        let read_on = Arc::new(Notify::new());
        let signals = (Arc::clone(&changed), Arc::clone(&read_on));
        let shared = (Arc::new(script), Arc::clone(&seen), signals);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen, (changed, read_on)) = shared.clone();
                tokio::spawn(async move {
                    serve(stream, &*script, reading, &seen, (&changed, &read_on)).await
                });
            }
        });
        Self {
            url,
            seen,
            changed,
            read_on,
        }
    }

    /// Answers every request alike.
    pub(crate) async fn always(status: u16, body: impl ToString) -> Self {
        let body = body.to_string();
        Self::start(move |_, _| Reply::json(status, &body)).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Lets the request whose body is held be read.
    pub(crate) fn read_on(&self) {
        self.read_on.notify_one();
    }

    /// Waits until a condition on what was seen holds.
    pub(crate) async fn wait_until(&self, condition: impl Fn(&[Seen]) -> bool) {
        loop {
            let changed = self.changed.notified();
            if condition(&self.seen.lock().unwrap()) {
                return;
            }
            changed.await;
        }
    }
}

/// Listens on a free port; with a small window where the client shall feel that nobody reads.
fn listen(reading: Reading) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    if reading != Reading::AtOnce {
        socket.set_recv_buffer_size(32 * 1024).unwrap();
    }
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(128).unwrap()
}

async fn serve(
    mut stream: TcpStream,
    script: &Script,
    reading: Reading,
    log: &Mutex<Vec<Seen>>,
    (changed, read_on): (&Notify, &Notify),
) -> Option<()> {
    let mut seen = read_head(&mut stream).await?;
    if reading == Reading::AtOnce {
        read_body(&mut stream, &mut seen).await;
    }
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    if reading == Reading::Held {
        changed.notify_waiters();
        read_on.notified().await;
        drain(&mut stream, &mut seen.body).await;
        seen.ended = true;
        log.lock().unwrap()[number] = seen;
        changed.notify_waiters();
        return None;
    }
    changed.notify_waiters();
    if reading == Reading::Never {
        return None;
    }
    match script(&seen, number) {
        Reply::Raw(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.shutdown().await.ok()?;
            drain(&mut stream, &mut Vec::new()).await;
        }
        Reply::Drop => drop(stream),
        Reply::Endless(head, bytes) => {
            stream.write_all(head.as_bytes()).await.ok()?;
            while stream.write_all(&bytes).await.is_ok() {}
        }
        Reply::RawThenHold(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            drain(&mut stream, &mut Vec::new()).await;
        }
        Reply::Hold => drain(&mut stream, &mut Vec::new()).await,
    }
    Some(())
}

async fn read_head(stream: &mut TcpStream) -> Option<Seen> {
    let mut buffer = Vec::new();
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let mut byte = [0; 1];
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        buffer.push(byte[0]);
    };
    let text = String::from_utf8(buffer[..end].to_vec()).unwrap();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut seen = Seen {
        method: first.next()?.to_owned(),
        target: first.next()?.to_owned(),
        headers,
        ..Seen::default()
    };
    seen.declared = seen
        .header("content-length")
        .map_or(0, |text| text.parse().unwrap());
    assert!(
        seen.header("transfer-encoding").is_none(),
        "bodies declare their length"
    );
    Some(seen)
}

async fn read_body(stream: &mut TcpStream, seen: &mut Seen) {
    let mut buffer = vec![0; 64 * 1024];
    while seen.body.len() < seen.declared {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => seen.body.extend_from_slice(&buffer[..count]),
        }
    }
}

async fn drain(stream: &mut TcpStream, into: &mut Vec<u8>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count) = stream.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        into.extend_from_slice(&buffer[..count]);
    }
}
