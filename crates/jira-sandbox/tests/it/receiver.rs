//! Somebody who receives webhooks over real HTTP and answers as told.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One delivery as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn event(&self) -> &str {
        self.body["webhookEvent"].as_str().unwrap()
    }
}

/// A server that notes what it is sent.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let statuses = Arc::new(Mutex::new(VecDeque::new()));
        let (seen, script) = (Arc::clone(&received), Arc::clone(&statuses));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                std::thread::spawn(move || answer(stream.unwrap(), &seen, &script));
            }
        });
        Self {
            url,
            received,
            statuses,
        }
    }

    /// Answers the next deliveries with these statuses, and later ones with 200.
    pub(crate) fn script(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until so many deliveries have arrived, and gives them.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        let patience = Instant::now() + Duration::from_secs(20);
        while self.received().len() < count {
            let so_far = self.received().len();
            assert!(Instant::now() < patience, "{so_far} of {count} arrived");
            std::thread::sleep(Duration::from_millis(2));
        }
        self.received()
    }
}

fn answer(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Received>>,
    script: &Mutex<VecDeque<u16>>,
) -> Option<()> {
    let mut raw = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = raw.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(raw[..end].to_vec()).ok()?;
            let headers: Vec<_> = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let length = headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length?.1.parse().ok()?;
            if raw.len() >= end + 4 + length {
                let body = serde_json::from_slice(&raw[end + 4..end + 4 + length]).ok()?;
                let status = script.lock().unwrap().pop_front().unwrap_or(200);
                seen.lock().unwrap().push(Received { headers, body });
                let reply = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                return stream.write_all(reply.as_bytes()).ok();
            }
        }
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        raw.extend_from_slice(&chunk[..read]);
    }
}
