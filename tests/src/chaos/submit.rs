//! Clients that make the pushes, each repeated under its own key until some service has accepted it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use fastrand::Rng;
use serde_json::Value;
use tokio::task::JoinSet;

use super::ChaosOptions;
use super::fleet::Fleet;
use super::workload::{PlannedPush, pause, text};

/// How many clients push at once.
const CLIENTS: usize = 6;
/// How long a client keeps trying one push.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long it waits for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Clients at work.
#[derive(Debug)]
pub(super) struct Submission {
    clients: JoinSet<Result<()>>,
    pushes: usize,
    progress: Arc<Progress>,
}

/// How far the clients are.
#[derive(Debug, Default)]
struct Progress {
    accepted: AtomicUsize,
    /// Whether a client gave up, which ends the run.
    has_failed: AtomicBool,
}

impl Submission {
    /// Lets the clients begin.
    pub(super) fn start(
        options: &ChaosOptions,
        fleet: &Arc<Fleet>,
        pushes: Vec<PlannedPush>,
    ) -> Self {
        let queue = VecDeque::from(pushes);
        let pushes = queue.len();
        let queue = Arc::new(Mutex::new(queue));
        let progress = Arc::new(Progress::default());
        let mut clients = JoinSet::new();
        for number in 1..=CLIENTS {
            let client = PushingClient {
                http: client(),
                fleet: Arc::clone(fleet),
                queue: Arc::clone(&queue),
                progress: Arc::clone(&progress),
                random: Rng::with_seed(options.seed ^ (number as u64) << 32),
            };
            clients.spawn(client.work());
        }
        Self {
            clients,
            pushes,
            progress,
        }
    }

    /// Which part of the pushes was accepted, from 0 to 1; 1 also where a client gave up.
    #[expect(clippy::cast_precision_loss, reason = "there are few pushes")]
    pub(super) fn done(&self) -> f64 {
        if self.pushes == 0 || self.progress.has_failed.load(Ordering::Acquire) {
            return 1.0;
        }
        self.progress.accepted.load(Ordering::Acquire) as f64 / self.pushes as f64
    }

    /// Waits for the clients, and gives how many pushes were accepted.
    pub(super) async fn finish(mut self) -> Result<usize> {
        while let Some(client) = self.clients.join_next().await {
            client.context("a client panicked")??;
        }
        Ok(self.progress.accepted.load(Ordering::Acquire))
    }
}

pub(super) fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().timeout(ANSWER_WITHIN);
    builder.build().unwrap_or_default()
}

struct PushingClient {
    http: reqwest::Client,
    fleet: Arc<Fleet>,
    queue: Arc<Mutex<VecDeque<PlannedPush>>>,
    progress: Arc<Progress>,
    random: Rng,
}

impl PushingClient {
    async fn work(mut self) -> Result<()> {
        while let Some(push) = self.next() {
            if let Err(error) = self.push(&push).await {
                self.progress.has_failed.store(true, Ordering::Release);
                return Err(error);
            }
            self.progress.accepted.fetch_add(1, Ordering::AcqRel);
            pause(&mut self.random, 20..600).await;
        }
        Ok(())
    }

    fn next(&self) -> Option<PlannedPush> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    /// Repeats the push until it is accepted, whichever service answers.
    async fn push(&mut self, push: &PlannedPush) -> Result<()> {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < PATIENCE {
            let server = self.random.usize(..self.fleet.len());
            match self.post(server, push).await {
                Ok((200 | 202, body)) => return text(&body, "push_id").map(drop),
                Ok((status, body)) if is_passing(status, &body) => last = body.to_string(),
                Ok((status, body)) => bail!("a push was refused with {status}: {body}"),
                Err(error) => last = error.to_string(),
            }
            pause(&mut self.random, 50..500).await;
        }
        bail!("a push was not accepted within {PATIENCE:?}; last: {last}")
    }

    async fn post(&self, server: usize, push: &PlannedPush) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}/api/execution/push", self.fleet.base_url(server));
        let request = self.http.post(url).bearer_auth(&push.workspace.token);
        let request = request.header("Idempotency-Key", &push.key);
        let request = request.header("Prefer", &push.prefer).json(&push.body);
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }
}

/// Whether a caller should just try again; a project that is hidden for a while cannot be told from one that is gone, or
/// from one in which the account may not create issues.
fn is_passing(status: u16, body: &Value) -> bool {
    let code = body.get("code").and_then(Value::as_str);
    matches!(status, 429 | 500 | 502 | 503 | 504)
        || matches!(code, Some("PROJECT_NOT_FOUND" | "FORBIDDEN"))
}
