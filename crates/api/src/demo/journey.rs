//! The steps from a document to issues and back.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::browser;
use super::client::{Client, Generated, Push, Ticket, good};
use super::show::{Progress, say, table};

/// The stand-in's project that has everything as Jira ships it.
const PROJECT: &str = "SHOP";
/// How many issues are moved to Done on the stand-in.
const DONE: usize = 2;
/// How often the push is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The most tickets that one review or push takes.
const MOST_AT_ONCE: usize = 10_000;

/// A document.
pub(super) struct Input {
    pub(super) title: String,
    pub(super) content: String,
}

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) generated: usize,
    pub(super) pushed: u64,
    pub(super) done: usize,
    pub(super) failed: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            generated,
            pushed,
            done,
            failed,
        } = self;
        write!(
            f,
            "ok: {generated} generated, {pushed} pushed, {done} done, {failed} failed"
        )
    }
}

/// Goes through all steps.
pub(super) async fn run(client: &Client, sandbox: &str, input: &Input) -> Result<Tally> {
    connect(client).await?;
    let document = create_document(client, input).await?;
    let body = json!({"document_id": document});
    let generated: Generated = client.post("/api/execution/generate", body).await?;
    for note in &generated.notes {
        say(format!("note: {}", note.message))?;
    }
    if generated.tickets.is_empty() {
        say("there is no work in this document: it calls for no ticket".to_owned())?;
        return Ok(Tally::default());
    }
    say(format!("generated {} tickets", generated.tickets.len()))?;
    review(client, &generated.tickets).await?;
    let push = push(client, &document).await?;
    finish_some(client, sandbox, &document).await?;
    let report: Synced = client
        .post("/api/execution/sync", json!({"document_id": document}))
        .await?;
    say(format!("synced {} issues", report.synced))?;
    let tickets = client.tickets(&document).await?;
    table(&tickets)?;
    let is_done = |ticket: &&Ticket| ticket.synced_status.as_deref() == Some("done");
    Ok(Tally {
        generated: generated.tickets.len(),
        pushed: push.pushed + push.already_pushed,
        done: tickets.iter().filter(is_done).count(),
        failed: push.failed + push.needs_attention + push.pending,
    })
}

#[derive(Deserialize)]
struct Synced {
    synced: usize,
}

#[derive(Deserialize)]
struct Started {
    auth_url: String,
}

#[derive(Deserialize)]
struct Connected {
    connected: bool,
    site_name: Option<String>,
}

async fn connect(client: &Client) -> Result<()> {
    let response = client
        .post_raw("/api/integrations/jira/connect", json!({}))
        .await?;
    let cookies = browser::cookies_of(&response);
    let started: Started = response.json().await?;
    let landed = browser::consent(client.http(), &started.auth_url, &cookies).await?;
    let status: Connected = client.get_own("/api/integrations/jira/status").await?;
    if !status.connected {
        bail!(
            "Jira was not connected; the browser was sent to {}",
            landed.query().unwrap_or("?")
        );
    }
    say(format!(
        "connected to {} through the consent page",
        status.site_name.unwrap_or_default()
    ))
}

#[derive(Deserialize)]
struct Created {
    id: String,
    blocks: Vec<Value>,
}

async fn create_document(client: &Client, input: &Input) -> Result<String> {
    let body = json!({"title": input.title, "document_type": "prd", "content": input.content});
    let created: Created = client.post("/api/documents", body).await?;
    say(format!(
        "created the document “{}” with {} blocks",
        input.title,
        created.blocks.len()
    ))?;
    Ok(created.id)
}

async fn review(client: &Client, tickets: &[Ticket]) -> Result<()> {
    for part in tickets.chunks(MOST_AT_ONCE) {
        let ids: Vec<&str> = part.iter().map(|ticket| ticket.id.as_str()).collect();
        let body = json!({"ticket_ids": ids});
        let _: Value = client.post("/api/execution/tickets/review", body).await?;
    }
    say(format!("reviewed {} tickets", tickets.len()))
}

async fn push(client: &Client, document: &str) -> Result<Push> {
    let body = json!({"document_id": document, "platform": "jira", "project_key": PROJECT});
    let mut push: Push = client.post("/api/execution/push", body).await?;
    let id = push.push_id.clone().context("nothing was pushed")?;
    let path = format!("/api/execution/pushes/{id}");
    let mut progress = Progress::new(push.total);
    loop {
        progress.at(push.total - push.pending)?;
        if push.state == "settled" {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        push = client.get(&path, &[]).await?;
    }
    progress.finish();
    say(format!("pushed {} tickets to {PROJECT}", push.pushed))?;
    for error in push
        .results
        .iter()
        .filter_map(|result| result.error.as_ref())
    {
        say(format!("failed: {}: {}", error.code, error.message))?;
    }
    Ok(push)
}

/// Somebody gets two issues done in Jira.
async fn finish_some(client: &Client, sandbox: &str, document: &str) -> Result<()> {
    let tickets = client.tickets(document).await?;
    let keys: Vec<String> = tickets
        .into_iter()
        .filter_map(|t| t.external_key)
        .take(DONE)
        .collect();
    for key in &keys {
        let url = format!("{sandbox}/sandbox/issues/{key}/status");
        let moved = client
            .http()
            .post(url)
            .json(&json!({"status": "Done"}))
            .send()
            .await?;
        good(moved).await?;
    }
    say(format!("moved {} to Done in Jira", keys.join(" and ")))
}
