//! What is delivered: documents with tickets in two workspaces, cut into pushes.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use serde_json::{Value, json};

use super::ChaosOptions;
use super::fleet::Fleet;
use crate::browser::{Browser, Consent};
use crate::client::Client;
use crate::journey::document;

/// How many tickets a document has at most.
const TICKETS_PER_DOCUMENT: usize = 100;
/// How many callers' workspaces deliver to the same site.
const WORKSPACES: usize = 2;

/// Everything that is to be delivered.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) workspaces: Vec<WorkspaceAccess>,
    /// Every ticket, each in exactly one push or in several at once.
    pub(super) documents: Vec<TicketSet>,
    /// The pushes in the order in which they are made.
    pub(super) pushes: Vec<PlannedPush>,
}

/// A workspace and a token for it.
#[derive(Clone, Debug)]
pub(super) struct WorkspaceAccess {
    pub(super) id: String,
    pub(super) token: String,
}

/// The tickets of a document.
#[derive(Debug)]
pub(super) struct TicketSet {
    pub(super) workspace: WorkspaceAccess,
    pub(super) document: String,
    pub(super) tickets: Vec<String>,
}

/// One push that some client makes.
#[derive(Clone, Debug)]
pub(super) struct PlannedPush {
    pub(super) workspace: WorkspaceAccess,
    pub(super) body: Value,
    pub(super) key: String,
    pub(super) prefer: String,
}

impl Workload {
    /// Makes workspaces, connections, documents and tickets while nothing goes wrong yet.
    pub(super) async fn prepare(options: &ChaosOptions, fleet: &Fleet) -> Result<Self> {
        let mut workspaces = Vec::new();
        for number in 1..=WORKSPACES {
            workspaces.push(connected_workspace(fleet, number).await?);
        }
        let mut documents = Vec::new();
        let mut missing = options.deliveries;
        while missing > 0 {
            let workspace = workspaces
                .get(documents.len() % WORKSPACES)
                .context("no workspace")?;
            let count = missing.min(TICKETS_PER_DOCUMENT);
            documents.push(tickets(fleet, workspace, count).await?);
            missing -= count;
        }
        let pushes = pushes(&documents, &mut Rng::with_seed(options.seed));
        Ok(Self {
            workspaces,
            documents,
            pushes,
        })
    }
}

async fn connected_workspace(fleet: &Fleet, number: usize) -> Result<WorkspaceAccess> {
    let name = format!("Chaos {number}");
    let made = fleet.cli(&["workspace", "create", "--name", &name, "--json"])?;
    let id = text(&made, "id")?;
    let made = fleet.cli(&[
        "token",
        "create",
        "--workspace",
        &id,
        "--role",
        "owner",
        "--json",
    ])?;
    let token = text(&made, "token")?;
    let client = Client::new(fleet.base_url(0), Some(token.clone()), id.clone());
    let landed = Browser::default().connect(&client, Consent::Acme).await;
    ensure!(landed.query() == Some("jira=connected"), "{landed}");
    Ok(WorkspaceAccess { id, token })
}

async fn tickets(fleet: &Fleet, workspace: &WorkspaceAccess, count: usize) -> Result<TicketSet> {
    let (id, token) = (workspace.id.clone(), workspace.token.clone());
    let client = Client::new(fleet.base_url(0), Some(token), id);
    let (document, tickets) = client.generated(&document(count)).await;
    ensure!(tickets.len() == count, "{} tickets", tickets.len());
    let tickets = tickets.iter().map(|ticket| text(ticket, "id"));
    Ok(TicketSet {
        workspace: workspace.clone(),
        document,
        tickets: tickets.collect::<Result<_>>()?,
    })
}

/// Cuts the tickets into pushes of very different sizes; some tickets are pushed by two clients at once.
fn pushes(documents: &[TicketSet], random: &mut Rng) -> Vec<PlannedPush> {
    let mut pushes = Vec::new();
    for set in documents {
        let mut rest = set.tickets.as_slice();
        while !rest.is_empty() {
            let wanted = match random.u8(0..10) {
                0..7 => random.usize(1..=6),
                7..9 => random.usize(5..=30),
                _ => random.usize(40..=TICKETS_PER_DOCUMENT),
            };
            let (now, later) = rest.split_at(wanted.min(rest.len()));
            rest = later;
            pushes.push(push(set, now, random));
            if random.u8(0..6) == 0 {
                pushes.push(push(set, now, random));
            }
        }
    }
    // Neighbours stay close, so that two clients really push the same tickets at the same time.
    for at in 0..pushes.len() {
        let with = random.usize(at..pushes.len().min(at + 4));
        pushes.swap(at, with);
    }
    pushes
}

fn push(set: &TicketSet, tickets: &[String], random: &mut Rng) -> PlannedPush {
    let prefer = match random.u8(0..4) {
        0 => "wait=2",
        1 => "wait=0",
        _ => "respond-async",
    };
    set.push(tickets, format!("{:032x}", random.u128(..)), prefer)
}

impl TicketSet {
    /// A push of tickets that were refused.
    pub(super) fn push_again(&self, tickets: &[String]) -> PlannedPush {
        self.push(tickets, format!("again-{}", self.document), "respond-async")
    }

    fn push(&self, tickets: &[String], key: String, prefer: &str) -> PlannedPush {
        PlannedPush {
            workspace: self.workspace.clone(),
            body: json!({
                "workspace_id": self.workspace.id, "document_id": self.document, "platform": "jira",
                "ticket_ids": tickets, "project_key": "SHOP",
            }),
            key,
            prefer: prefer.to_owned(),
        }
    }
}

pub(super) fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned)
        .with_context(|| format!("no {name} in {value}"))
}

/// Waits for a drawn time.
pub(super) async fn pause(random: &mut Rng, milliseconds: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(random.u64(milliseconds))).await;
}
