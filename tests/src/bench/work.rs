//! Pushes and a sync, each beside the bare requests that do the same.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::jira::{BareJira, Charges};
use super::report::Report;
use super::service::Service;
use super::{ONE_BY_ONE, megabytes, seconds, timed};
use crate::client::Client;
use crate::journey::document;

/// How long a push may take before it counts as stuck.
const SETTLED_WITHIN: Duration = Duration::from_secs(600);
/// How often a push is looked at that nobody waits for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A push of so many tickets, and the bare requests beside it.
#[derive(Debug)]
pub(super) struct Pushed {
    pub(super) document: String,
    /// The bodies of the creates, as a dry run shows them.
    issues: Vec<Value>,
    /// The keys of the issues that the bare requests made.
    keys: Vec<String>,
    took: Duration,
    charged: Charges,
    bare: Duration,
    bare_charged: Charges,
}

pub(super) async fn push(client: &Client, jira: &BareJira, count: usize) -> Result<Pushed> {
    let (document, tickets) = client.generated(&document(count)).await;
    ensure!(tickets.len() == count, "{} tickets", tickets.len());
    let body = body(&document, &tickets);
    let before = jira.charges().await?;
    let (push, took) = timed(settled(client, body.clone(), "wait=60")).await?;
    let charged = jira.charges().await?.since(before);
    ensure!(push["pushed"] == json!(count), "not pushed: {push}");

    let issues = payloads(client, count).await?;
    let before = jira.charges().await?;
    let (keys, bare) = timed(jira.create_in_bulk(&issues)).await?;
    Ok(Pushed {
        document,
        issues,
        keys,
        took,
        charged,
        bare,
        bare_charged: jira.charges().await?.since(before),
    })
}

/// The creates of a further document, which is only tried.
async fn payloads(client: &Client, count: usize) -> Result<Vec<Value>> {
    let (document, tickets) = client.generated(&document(count)).await;
    let mut body = body(&document, &tickets);
    body["dry_run"] = json!(true);
    let tried = client.post_in_workspace("/api/execution/push", body).await;
    let tried = tried.expect(200);
    let results = tried["results"].as_array().context("no results")?;
    Ok(results
        .iter()
        .map(|result| result["payload"].clone())
        .collect())
}

fn body(document: &str, tickets: &[Value]) -> Value {
    let ids: Vec<_> = tickets.iter().map(|ticket| &ticket["id"]).collect();
    json!({"document_id": document, "platform": "jira", "ticket_ids": ids, "project_key": "SHOP"})
}

/// Pushes and gives the push once it is settled, without results where it had to be looked at.
async fn settled(client: &Client, mut body: Value, prefer: &str) -> Result<Value> {
    body["workspace_id"] = json!(client.workspace_id);
    let document = body["document_id"].as_str().unwrap_or_default().to_owned();
    let request = client.request(reqwest::Method::POST, "/api/execution/push");
    let request = request.header("Prefer", prefer).json(&body);
    let answer = client.send(request).await;
    drop(body);
    match answer.status {
        200 => return Ok(answer.body),
        202 => {}
        status => bail!("the push was refused with {status}: {}", answer.text),
    }
    let path = format!("/api/execution/pushes?document_id={document}&limit=1");
    let begun = Instant::now();
    while begun.elapsed() < SETTLED_WITHIN {
        tokio::time::sleep(LOOK_EVERY).await;
        let found = client.get_in_workspace(&path).await.expect(200);
        let push = &found["pushes"][0];
        if push["state"] == "settled" {
            return Ok(push.clone());
        }
    }
    bail!("the push is not settled after {SETTLED_WITHIN:?}")
}

impl Pushed {
    pub(super) fn report(&self, what: &str, report: &mut Report) {
        let tickets = self.issues.len() as f64;
        let ratio = self.took.as_secs_f64() / self.bare.as_secs_f64();
        report.fact(
            format!("{what}, whole call until settled"),
            seconds(self.took),
        );
        report.fact("  bare bulk requests, 50 issues each", seconds(self.bare));
        report.goal(
            "  the push by the bare requests",
            format!("{ratio:.2} x"),
            "<= 1.25 x",
            ratio <= 1.25,
        );
        let requests = self.charged.requests / tickets;
        let points = self.charged.quota_points / tickets;
        report.goal(
            "  requests a ticket",
            format!("{requests:.3}"),
            "<= 0.03",
            requests <= 0.03,
        );
        report.goal(
            "  quota points a ticket",
            format!("{points:.3}"),
            "<= 1.1",
            points <= 1.1,
        );
        let bare = self.bare_charged;
        report.fact(
            "  bare: requests and points a ticket",
            format!(
                "{:.3} {:.3}",
                bare.requests / tickets,
                bare.quota_points / tickets
            ),
        );
    }

    fn of_all(&self, sample: Duration, sampled: usize) -> Duration {
        sample.mul_f64(self.issues.len() as f64 / sampled as f64)
    }
}

/// One create per ticket, scaled up from a few.
pub(super) async fn one_by_one(
    jira: &BareJira,
    pushed: &Pushed,
    report: &mut Report,
) -> Result<()> {
    let sample = &pushed.issues[..ONE_BY_ONE.min(pushed.issues.len())];
    let begun = Instant::now();
    for issue in sample {
        jira.create(issue).await?;
    }
    let all = pushed.of_all(begun.elapsed(), sample.len());
    let ratio = all.as_secs_f64() / pushed.took.as_secs_f64();
    report.fact(
        format!("one POST per ticket, scaled from {}", sample.len()),
        seconds(all),
    );
    report.goal(
        "  one by one by the push",
        format!("{ratio:.1} x"),
        ">= 30 x",
        ratio >= 30.0,
    );
    Ok(())
}

/// The sync of a pushed document.
pub(super) async fn sync(
    client: &Client,
    jira: &BareJira,
    pushed: &Pushed,
    report: &mut Report,
) -> Result<()> {
    let tickets = pushed.issues.len();
    let body = json!({"document_id": pushed.document});
    let before = jira.charges().await?;
    let begun = Instant::now();
    let synced = client
        .post_in_workspace("/api/execution/sync", body)
        .await
        .expect(200);
    let took = begun.elapsed();
    let charged = jira.charges().await?.since(before);
    ensure!(synced["synced"] == json!(tickets), "not synced: {synced}");
    let ((), bare) = timed(jira.fetch_in_bulk(&pushed.keys)).await?;
    let sample = &pushed.keys[..ONE_BY_ONE.min(tickets)];
    let begun = Instant::now();
    for key in sample {
        jira.fetch(key).await?;
    }
    let one_by_one = pushed.of_all(begun.elapsed(), sample.len());

    let (requests, points) = (
        charged.requests / tickets as f64,
        charged.quota_points / tickets as f64,
    );
    report.fact("sync, whole call", seconds(took));
    report.fact("  bare bulk fetches, 100 issues each", seconds(bare));
    report.fact(
        "  the sync by the bare fetches",
        format!("{:.2} x", took.as_secs_f64() / bare.as_secs_f64()),
    );
    report.goal(
        "  requests a ticket",
        format!("{requests:.3}"),
        "<= 0.011",
        requests <= 0.011,
    );
    report.goal(
        "  quota points a ticket",
        format!("{points:.3}"),
        "<= 1.05",
        points <= 1.05,
    );
    report.fact(
        format!("one GET per ticket, scaled from {}", sample.len()),
        seconds(one_by_one),
    );
    Ok(())
}

/// The memory that a push of very many tickets needs.
pub(super) async fn large(
    client: &Client,
    service: &Service,
    count: usize,
    report: &mut Report,
) -> Result<()> {
    let (document, tickets) = client.generated(&document(count)).await;
    ensure!(tickets.len() == count, "{} tickets", tickets.len());
    let body = body(&document, &tickets);
    drop(tickets);
    let before = service.memory("VmRSS")?;
    service.forget_peak()?;
    let (push, took) = timed(settled(client, body, "respond-async")).await?;
    ensure!(push["pushed"] == json!(count), "not pushed: {push}");
    let peak = service.memory("VmHWM")?;
    report.fact(format!("push of {count}, respond-async"), seconds(took));
    report.fact("  memory before, its tickets just made", megabytes(before));
    report.goal(
        "  memory, peak while pushing",
        megabytes(peak),
        "< 100 MB",
        peak < 100e6,
    );
    Ok(())
}
