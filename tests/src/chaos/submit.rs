//! Clients that make the pushes, each repeated under its own key until some service has accepted it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use fastrand::Rng;
use serde_json::Value;
use tokio::task::JoinSet;

use super::ChaosOptions;
use super::fleet::Fleet;
use super::workload::{PlannedPush, Workload, pause, text};

/// How many clients push at once.
const CLIENTS: usize = 6;
/// How long a client keeps trying one push.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long it waits for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Clients at work.
#[derive(Debug)]
pub(super) struct Submission {
    clients: JoinSet<Result<Vec<String>>>,
    pushes: usize,
    left: Arc<AtomicUsize>,
}

impl Submission {
    /// Lets the clients begin.
    pub(super) fn start(options: &ChaosOptions, fleet: &Arc<Fleet>, workload: &Workload) -> Self {
        Self::of(options, fleet, workload.pushes.clone())
    }

    fn of(options: &ChaosOptions, fleet: &Arc<Fleet>, pushes: Vec<PlannedPush>) -> Self {
        let queue = VecDeque::from(pushes);
        let pushes = queue.len();
        let left = Arc::new(AtomicUsize::new(queue.len()));
        let queue = Arc::new(Mutex::new(queue));
        let mut clients = JoinSet::new();
        for number in 1..=CLIENTS {
            let client = PushingClient {
                http: client(),
                fleet: Arc::clone(fleet),
                queue: Arc::clone(&queue),
                left: Arc::clone(&left),
                random: Rng::with_seed(options.seed ^ (number as u64) << 32),
            };
            clients.spawn(client.work());
        }
        Self {
            clients,
            pushes,
            left,
        }
    }

    /// As the users do at the end: what Jira refused while the project was hidden is pushed again.
    pub(super) fn again(
        options: &ChaosOptions,
        fleet: &Arc<Fleet>,
        pushes: Vec<PlannedPush>,
    ) -> Self {
        Self::of(options, fleet, pushes)
    }

    /// Which part of the pushes was accepted, from 0 to 1; 1 also where a client gave up.
    #[expect(clippy::cast_precision_loss, reason = "there are few pushes")]
    pub(super) fn done(&self) -> f64 {
        1.0 - self.left.load(Ordering::Acquire) as f64 / self.pushes.max(1) as f64
    }

    /// The ids of the pushes.
    pub(super) async fn finish(mut self) -> Result<usize> {
        let mut pushes = 0;
        while let Some(client) = self.clients.join_next().await {
            pushes += client.context("a client panicked")??.len();
        }
        Ok(pushes)
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
    left: Arc<AtomicUsize>,
    random: Rng,
}

impl PushingClient {
    async fn work(mut self) -> Result<Vec<String>> {
        let mut accepted = Vec::new();
        while let Some(push) = self.next() {
            let made = self.push(&push).await;
            if made.is_err() {
                self.left.store(0, Ordering::Release);
            } else {
                let _ = self
                    .left
                    .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                        left.checked_sub(1)
                    });
            }
            accepted.push(made?);
            pause(&mut self.random, 20..600).await;
        }
        Ok(accepted)
    }

    fn next(&self) -> Option<PlannedPush> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    /// Repeats the push until it is accepted, whichever service answers.
    async fn push(&mut self, push: &PlannedPush) -> Result<String> {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < PATIENCE {
            let server = self.random.usize(..self.fleet.len());
            match self.post(server, push).await {
                Ok((200 | 202, body)) => return text(&body, "push_id"),
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

/// Whether a caller should just try again; a project that is hidden for a while cannot be told from one that is gone.
fn is_passing(status: u16, body: &Value) -> bool {
    let code = body.get("code").and_then(Value::as_str);
    matches!(status, 429 | 500 | 502 | 503 | 504) || code == Some("PROJECT_NOT_FOUND")
}
