//! The end: what the ledger, the tickets and the sandbox say of each delivery.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::ChaosDatabase;
use super::ChaosOptions;
use super::fleet::Fleet;
use super::mischief::Struck;
use super::sandbox::Control;
use super::submit::client;
use super::workload::{PlannedPush, TicketSet, Workload, WorkspaceAccess, text};

/// What a run has shown.
#[derive(Debug)]
pub struct Verdict {
    pub(super) options: ChaosOptions,
    pub(super) pushes: usize,
    pub(super) pushed_again: usize,
    pub(super) compared: Compared,
    pub(super) struck: Struck,
    pub(super) unrest: Option<String>,
    pub(super) took: Duration,
}

/// The comparison of ledger, tickets and sandbox.
#[derive(Debug, Default)]
pub(super) struct Compared {
    delivered: usize,
    duplicates: Vec<String>,
    lost: Vec<String>,
    wrong: Vec<String>,
    open: Vec<String>,
}

impl Verdict {
    /// Whether every ticket became exactly one issue, and every fault struck that had to.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        let compared = &self.compared;
        let problems = [
            &compared.duplicates,
            &compared.lost,
            &compared.wrong,
            &compared.open,
        ];
        problems.iter().all(|problem| problem.is_empty())
            && compared.delivered == self.options.deliveries
            && self.unrest.is_none()
            && (!self.options.every_kind || self.spared().is_empty())
    }

    /// The kinds of faults that never struck.
    fn spared(&self) -> Vec<&str> {
        let never = self.struck.iter().filter(|(_, count)| **count == 0);
        never.map(|(kind, _)| kind.as_str()).collect()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "faults that struck:")?;
        for (kind, count) in &self.struck {
            writeln!(f, "{count:>7}  {kind}")?;
        }
        let compared = &self.compared;
        for (what, found) in [
            ("duplicate", &compared.duplicates),
            ("lost", &compared.lost),
            ("wrong link", &compared.wrong),
            ("not settled", &compared.open),
        ] {
            for one in found.iter().take(20) {
                writeln!(f, "{what}: {one}")?;
            }
        }
        if let Some(unrest) = &self.unrest {
            writeln!(f, "no quiet: {unrest}")?;
        }
        if self.options.every_kind && !self.spared().is_empty() {
            writeln!(f, "never struck: {}", self.spared().join(", "))?;
        }
        let database = match &self.options.database {
            ChaosDatabase::Sqlite => "sqlite",
            ChaosDatabase::Postgres { .. } => "postgres",
        };
        write!(
            f,
            "{}: {} deliveries, {} duplicates, {} lost, {} wrong, {} unsettled; {} pushes, {} refused and pushed again, seed {}, {database}, \
             {} processes, {:.0} s",
            if self.is_ok() { "ok" } else { "FAILED" },
            compared.delivered,
            compared.duplicates.len(),
            compared.lost.len(),
            compared.wrong.len(),
            compared.open.len(),
            self.pushes,
            self.pushed_again,
            self.options.seed,
            self.options.processes,
            self.took.as_secs_f64(),
        )
    }
}

/// Waits until no push is running.
pub(super) async fn wait_for_quiet(
    fleet: &Fleet,
    workload: &Workload,
    within: Duration,
) -> Result<()> {
    let begun = Instant::now();
    for workspace in &workload.workspaces {
        let path = format!(
            "/api/execution/pushes?workspace_id={}&state=running&limit=1",
            workspace.id
        );
        loop {
            let running = get(fleet, workspace, &path).await?;
            let running = running.get("pushes").and_then(Value::as_array);
            if running.is_some_and(Vec::is_empty) {
                break;
            }
            if begun.elapsed() > within {
                bail!("pushes are still running after {within:?}: {running:?}");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}

/// Tickets that Jira refused, and the pushes that send them again.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) tickets: usize,
    pub(super) pushes: Vec<PlannedPush>,
}

/// Reads which tickets were refused.
pub(super) async fn refused(fleet: &Fleet, workload: &Workload) -> Result<Refused> {
    let mut refused = Refused::default();
    for set in &workload.documents {
        let tickets = tickets_of(fleet, set).await?;
        let has_failed = |id: &&String| {
            let ticket = tickets.get(*id);
            ticket.and_then(|ticket| ticket.get("status")?.as_str()) == Some("push_failed")
        };
        let failed: Vec<String> = set.tickets.iter().filter(has_failed).cloned().collect();
        if !failed.is_empty() {
            refused.tickets += failed.len();
            refused.pushes.push(set.push_again(&failed));
        }
    }
    Ok(refused)
}

/// Compares tickets, deliveries and issues.
pub(super) async fn compare(
    fleet: &Fleet,
    workload: &Workload,
    control: &Control,
) -> Result<Compared> {
    let mut compared = Compared::default();
    let issues = marked_issues(control, "ticket_id").await?;
    for set in &workload.documents {
        compare_tickets(fleet, set, &issues, &mut compared).await?;
    }
    for (delivery, made) in marked_issues(control, "delivery_id").await? {
        if made.len() > 1 {
            compared
                .duplicates
                .push(format!("delivery {delivery}: {made:?}"));
        }
    }
    for workspace in &workload.workspaces {
        for state in ["queued", "sending", "uncertain", "needs_attention"] {
            let path = format!(
                "/api/execution/deliveries?workspace_id={}&state={state}&limit=200",
                workspace.id
            );
            let listed = get(fleet, workspace, &path).await?;
            let listed = listed.get("deliveries").and_then(Value::as_array);
            let listed = listed.context("no list of deliveries")?;
            let open = listed.iter().map(|one| format!("{state}: {one}"));
            compared.open.extend(open);
        }
    }
    Ok(compared)
}

async fn compare_tickets(
    fleet: &Fleet,
    set: &TicketSet,
    issues: &HashMap<String, Vec<String>>,
    compared: &mut Compared,
) -> Result<()> {
    let tickets = tickets_of(fleet, set).await?;
    for id in &set.tickets {
        let ticket = tickets.get(id).context("a ticket is gone")?;
        let linked = ticket.get("external_id").and_then(Value::as_str);
        let made = issues.get(id).map(Vec::as_slice).unwrap_or_default();
        match (linked, made) {
            (_, []) => compared
                .lost
                .push(format!("ticket {id} has no issue: {ticket}")),
            (Some(linked), [only]) if linked == only => compared.delivered += 1,
            (Some(linked), [only]) => {
                let wrong = format!("ticket {id} names {linked}, its issue is {only}");
                compared.wrong.push(wrong);
            }
            (None, [only]) => compared
                .lost
                .push(format!("ticket {id} does not name {only}: {ticket}")),
            (_, several) => compared
                .duplicates
                .push(format!("ticket {id}: {several:?}")),
        }
    }
    Ok(())
}

/// Every ticket of a document by its id.
async fn tickets_of(fleet: &Fleet, set: &TicketSet) -> Result<HashMap<String, Value>> {
    let mut tickets = HashMap::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/execution/{}/tickets?limit=200{cursor}", set.document);
        let page = get(fleet, &set.workspace, &path).await?;
        let listed = page.get("tickets").and_then(Value::as_array);
        for ticket in listed.context("no tickets")? {
            tickets.insert(text(ticket, "id")?, ticket.clone());
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(tickets),
        }
    }
}

/// The ids of the issues behind each mark, as the sandbox keeps them.
async fn marked_issues(control: &Control, field: &str) -> Result<HashMap<String, Vec<String>>> {
    let report = control
        .get(&format!("duplicates?field={field}&all=true"))
        .await?;
    let marks = report.get("marks").and_then(Value::as_array);
    let mut issues = HashMap::new();
    for mark in marks.into_iter().flatten() {
        let made = mark.get("issues").and_then(Value::as_array);
        let made = made.context("no issues of a mark")?;
        let ids = made.iter().map(|issue| text(issue, "id"));
        issues.insert(text(mark, "mark")?, ids.collect::<Result<_>>()?);
    }
    Ok(issues)
}

async fn get(fleet: &Fleet, workspace: &WorkspaceAccess, path: &str) -> Result<Value> {
    let request = client().get(format!("{}{path}", fleet.base_url(0)));
    let answer = request.bearer_auth(&workspace.token).send().await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    ensure!(status.is_success(), "{path} answers {status}: {body}");
    Ok(body)
}
