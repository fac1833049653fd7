//! Callers that follow pushes by their events, through deaths and cuts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::task::JoinSet;

use super::fleet::Fleet;
use super::submit::client;
use super::workload::{Workload, WorkspaceAccess};

/// Callers at work.
#[derive(Debug)]
pub(super) struct Watchers {
    tasks: JoinSet<Result<()>>,
    stop: Arc<AtomicBool>,
}

/// Lets one caller a workspace follow whatever push is running.
pub(super) fn start(fleet: &Arc<Fleet>, workload: &Workload) -> Watchers {
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for workspace in &workload.workspaces {
        let watcher = Watcher {
            http: client(),
            fleet: Arc::clone(fleet),
            workspace: workspace.clone(),
            stop: Arc::clone(&stop),
        };
        tasks.spawn(watcher.work());
    }
    Watchers { tasks, stop }
}

impl Watchers {
    /// Lets the callers end, and tells what they found wrong.
    pub(super) async fn finish(mut self) -> Result<()> {
        self.stop.store(true, Ordering::Release);
        while let Some(watcher) = self.tasks.join_next().await {
            watcher.context("a watcher panicked")??;
        }
        Ok(())
    }
}

struct Watcher {
    http: reqwest::Client,
    fleet: Arc<Fleet>,
    workspace: WorkspaceAccess,
    stop: Arc<AtomicBool>,
}

impl Watcher {
    async fn work(self) -> Result<()> {
        let mut server = 0;
        while !self.stop.load(Ordering::Acquire) {
            server = (server + 1) % self.fleet.len();
            if let Some(push) = self.running(server).await {
                self.follow(&push).await?;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// The newest push that is running.
    async fn running(&self, server: usize) -> Option<String> {
        let query = format!("workspace_id={}&state=running&limit=1", self.workspace.id);
        let path = format!("/api/execution/pushes?{query}");
        let answer = self.request(server, &path).send().await.ok()?;
        let body: Value = answer.json().await.ok()?;
        let id = body.pointer("/pushes/0/push_id")?.as_str()?;
        Some(id.to_owned())
    }

    /// Reads the events of a push until it is settled, from whichever service answers; ids must grow.
    async fn follow(&self, push: &str) -> Result<()> {
        let (mut last, mut server) = (0, 0);
        while !self.stop.load(Ordering::Acquire) {
            server = (server + 1) % self.fleet.len();
            let path = format!("/api/execution/pushes/{push}/events?after={last}");
            let Ok(mut answer) = self.request(server, &path).send().await else {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            };
            let mut text = String::new();
            while let Ok(Some(chunk)) = answer.chunk().await {
                text.push_str(&String::from_utf8_lossy(&chunk));
                while let Some(end) = text.find("\n\n") {
                    let event: String = text.drain(..end + 2).collect();
                    if read(&event, &mut last)? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn request(&self, server: usize, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.fleet.base_url(server));
        self.http.get(url).bearer_auth(&self.workspace.token)
    }
}

/// Takes an event in; tells whether it was the last one.
fn read(event: &str, last: &mut i64) -> Result<bool> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    if field("event:").map(str::trim) == Some("delivery") {
        let id = field("id:").context("a delivery event without an id")?;
        let id: i64 = id.trim().parse()?;
        ensure!(id > *last, "the event {id} came after {last}");
        *last = id;
    }
    Ok(field("event:").map(str::trim) == Some("settled"))
}
