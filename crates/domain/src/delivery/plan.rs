//! Planning a push: which tickets, to which project, and what would be sent for each.

use std::collections::{HashMap, HashSet};

use futures_util::future::try_join;
use serde_json::{Map, Value};

use super::error::DeliveryError;
use super::model::{Fence, ProjectRef, Warning};
use super::service::DeliveryService;
use super::tracker::{
    Costed, PreflightBatch, PreflightTicket, ProjectQuery, TrackerProject, Verdict,
};
use crate::connection::catalog::active_site;
use crate::connection::model::{Platform, TrackerSite};
use crate::shared::ids::{DeliveryId, DocumentId, TicketId, WorkspaceId};
use crate::shared::validation::Problems;
use crate::ticket::model::{
    Dependency, Parent, PushError, PushErrorCode, Ticket, TicketStatus, TicketType,
};

/// The most tickets that one push takes.
pub const MAX_TICKETS: usize = 10_000;

/// About how many projects are named when one must be chosen.
const MAX_CHOICES: usize = 200;

/// What a person wants pushed.
#[derive(Clone, Debug, PartialEq)]
pub struct PushCommand {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The document.
    pub document_id: DocumentId,
    /// The tracker.
    pub platform: Platform,
    /// Which tickets; all reviewed ones when `None`.
    pub ticket_ids: Option<Vec<TicketId>>,
    /// The project; the only one in which the account may create issues when `None`.
    pub project_key: Option<String>,
    /// The issue type for every ticket, by id or name.
    pub issue_type: Option<String>,
    /// Further fields in the tracker's own JSON.
    pub fields: Map<String, Value>,
}

/// What a push means for one ticket before it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlannedEntry {
    /// It was an issue already, or has an open delivery.
    Existing(Box<Ticket>),
    /// It was looked at.
    Judged {
        /// The ticket.
        ticket_id: TicketId,
        /// The version that was looked at.
        ticket_version: i64,
        /// The id its delivery will have.
        delivery_id: DeliveryId,
        /// What would be sent.
        payload: String,
        /// What a person should know.
        warnings: Vec<Warning>,
        /// Why it cannot succeed, if it cannot.
        refusal: Option<PushError>,
    },
}

impl PlannedEntry {
    /// The ticket that is meant.
    #[must_use]
    pub fn ticket_id(&self) -> TicketId {
        match self {
            Self::Existing(ticket) => ticket.id,
            Self::Judged { ticket_id, .. } => *ticket_id,
        }
    }
}

/// A push that was planned and not written anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPlan {
    /// The site it goes to.
    pub site: TrackerSite,
    /// The project it goes to.
    pub project: ProjectRef,
    /// The project's fence.
    pub fence: Fence,
    /// One entry a ticket, in the order they were given.
    pub entries: Vec<PlannedEntry>,
    /// Rate-limit points that planning cost.
    pub quota_points: i64,
}

/// What planning found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// No ids were given and no ticket is reviewed.
    Nothing,
    /// This would be done.
    Plan(PushPlan),
}

impl DeliveryService {
    /// Plans a push without writing anything anywhere.
    ///
    /// # Errors
    /// Every reason for which a push is refused as a whole.
    pub async fn plan(&self, command: &PushCommand) -> Result<Planned, DeliveryError> {
        let ids = checked_ids(command.ticket_ids.as_deref())?;
        let document_title = self.title_of(command).await?;
        let tickets = self.tickets_of(command, ids).await?;
        let connections = self.ports.integrations.as_ref();
        let site = active_site(connections, command.workspace_id, command.platform).await?;
        if tickets.is_empty() && command.ticket_ids.is_none() {
            return Ok(Planned::Nothing);
        }
        let plan = self.plan_on(site.clone(), command, document_title, tickets);
        match plan.await {
            Ok(plan) => Ok(Planned::Plan(plan)),
            Err(DeliveryError::Tracker(error)) => {
                self.ports.pace().heed(&site.cloud_id, &error).await;
                Err(error.into())
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the tracker what would become of the tickets.
    async fn plan_on(
        &self,
        site: TrackerSite,
        command: &PushCommand,
        document_title: String,
        tickets: Vec<Ticket>,
    ) -> Result<PushPlan, DeliveryError> {
        let found = self
            .project_of(&site, command.project_key.as_deref())
            .await?;
        let project = found.value;
        let mut batch = PreflightBatch {
            project: ProjectRef {
                id: project.id.clone(),
                key: project.key.clone(),
            },
            issue_type: command.issue_type.clone(),
            fields: command.fields.clone(),
            document_title,
            tickets: Vec::new(),
        };
        let names = self.names_of_relatives(command, &tickets).await?;
        let mut refusals = Vec::with_capacity(tickets.len());
        let mut places = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            if ticket.is_pushed() || ticket.delivery.is_some() {
                places.push(Place::Existing(Box::new(ticket)));
            } else {
                places.push(Place::Judged(ticket.version));
                refusals.push(not_yet_sent(&ticket, command.platform));
                batch.tickets.push(self.preflight_ticket(ticket, &names));
            }
        }
        let judged = self.judge(&site, &project, &batch).await?;
        let (mut verdicts, fence) = judged.value;
        for (verdict, refusal) in verdicts.iter_mut().zip(refusals) {
            verdict.refusal = refusal.or_else(|| verdict.refusal.take());
        }
        Ok(PushPlan {
            site,
            project: batch.project,
            fence,
            entries: placed(places, batch.tickets, verdicts).collect(),
            quota_points: found.quota_points + judged.quota_points,
        })
    }

    /// The title of the document, whose text is not needed any more.
    async fn title_of(&self, command: &PushCommand) -> Result<String, DeliveryError> {
        let documents = &self.ports.documents;
        let found = documents
            .find(command.workspace_id, command.document_id)
            .await?;
        let (document, _) = found.ok_or(DeliveryError::DocumentNotFound)?;
        Ok(document.summary.title)
    }

    /// The tickets meant, in the order they were given.
    async fn tickets_of(
        &self,
        command: &PushCommand,
        ids: Option<Vec<TicketId>>,
    ) -> Result<Vec<Ticket>, DeliveryError> {
        let (workspace, document) = (command.workspace_id, command.document_id);
        let Some(ids) = ids else {
            let reviewed = TicketStatus::Reviewed;
            let tickets = self
                .ports
                .tickets
                .list_by_status(workspace, document, reviewed)
                .await?;
            let is_free = |ticket: &Ticket| ticket.delivery.is_none();
            return Ok(tickets.into_iter().filter(is_free).collect());
        };
        let found = self.ports.tickets.find_many(workspace, &ids).await?;
        let mut by_id: HashMap<TicketId, Ticket> = found
            .into_iter()
            .filter(|ticket| ticket.document_id == document)
            .map(|ticket| (ticket.id, ticket))
            .collect();
        let given = command.ticket_ids.as_deref().unwrap_or_default();
        let mut problems = Problems::default();
        for (index, id) in given.iter().enumerate() {
            let pointer = format!("/ticket_ids/{index}");
            problems.require(
                by_id.contains_key(id),
                pointer,
                "no such ticket in this document",
            );
        }
        let tickets = ids.iter().filter_map(|id| by_id.remove(id)).collect();
        problems.or(tickets).map_err(DeliveryError::TicketNotFound)
    }

    async fn project_of(
        &self,
        site: &TrackerSite,
        key: Option<&str>,
    ) -> Result<Costed<TrackerProject>, DeliveryError> {
        if let Some(key) = key {
            return Ok(self.ports.tracker.project(site, key).await?);
        }
        let (mut choices, mut quota_points) = (Vec::new(), 0);
        let mut query = ProjectQuery {
            can_create: true,
            ..ProjectQuery::default()
        };
        loop {
            let page = self.ports.tracker.projects(site, &query).await?;
            quota_points += page.quota_points;
            let page = page.value;
            choices.extend(page.projects);
            query.cursor = page.next_cursor;
            if query.cursor.is_none() || choices.len() >= MAX_CHOICES {
                break;
            }
        }
        match choices.pop() {
            Some(value) if choices.is_empty() => Ok(Costed {
                value,
                quota_points,
            }),
            last => {
                choices.extend(last);
                Err(DeliveryError::ProjectRequired { choices })
            }
        }
    }

    fn preflight_ticket(
        &self,
        ticket: Ticket,
        names: &HashMap<TicketId, String>,
    ) -> PreflightTicket {
        let name = |id: TicketId| names.get(&id).cloned();
        let parent = ticket.parent.and_then(|parent| match parent {
            Parent::Ticket(id) => name(id),
            Parent::Key(key) => Some(key),
        });
        let needed = ticket.depends_on.into_iter();
        let needed = needed.filter_map(|dependency| match dependency {
            Dependency::Ticket { ticket_id } => name(ticket_id),
            Dependency::Key { key } => Some(key),
        });
        PreflightTicket {
            ticket_id: ticket.id,
            delivery_id: self.ports.ids.next(),
            content: ticket.content,
            parent,
            depends_on: needed.collect(),
        }
    }

    /// What the parents and needs of tickets are called: their titles, with their keys where they are issues.
    async fn names_of_relatives(
        &self,
        command: &PushCommand,
        tickets: &[Ticket],
    ) -> Result<HashMap<TicketId, String>, DeliveryError> {
        let of_ticket = |ticket: &Ticket| {
            let parent = ticket.parent.as_ref().and_then(Parent::ticket_id);
            let needed = ticket.depends_on.iter().filter_map(Dependency::ticket_id);
            parent.into_iter().chain(needed).collect::<Vec<_>>()
        };
        let ids: Vec<TicketId> = tickets.iter().flat_map(of_ticket).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self
            .ports
            .tickets
            .find_many(command.workspace_id, &ids)
            .await?;
        let named = found.into_iter().map(|ticket| {
            let title = ticket.content.title;
            match ticket.external {
                Some(issue) => (ticket.id, format!("{title} ({})", issue.key)),
                None => (ticket.id, title),
            }
        });
        Ok(named.collect())
    }

    async fn judge(
        &self,
        site: &TrackerSite,
        project: &TrackerProject,
        batch: &PreflightBatch,
    ) -> Result<Costed<(Vec<Verdict>, Fence)>, DeliveryError> {
        let unasked = |verdicts| Costed {
            value: (verdicts, Fence(String::new())),
            quota_points: 0,
        };
        if !project.can_create {
            let message = format!(
                "the connected account may not create issues in {}",
                project.key
            );
            let refusal = PushError::new(PushErrorCode::PermissionDenied, message);
            let verdict = Verdict {
                payload: "{}".to_owned(),
                warnings: Vec::new(),
                refusal: Some(refusal),
            };
            return Ok(unasked(vec![verdict; batch.tickets.len()]));
        }
        if batch.tickets.is_empty() {
            return Ok(unasked(Vec::new()));
        }
        let preflight = self.ports.tracker.preflight(site, batch);
        let fence = self.ports.tracker.fence(site, &batch.project);
        let (verdicts, fence) = try_join(preflight, fence).await?;
        Ok(Costed {
            value: (verdicts.value, fence.value),
            quota_points: verdicts.quota_points + fence.quota_points,
        })
    }
}

/// What a ticket holds that is not sent yet, so that nothing of it is dropped without a word.
fn not_yet_sent(ticket: &Ticket, platform: Platform) -> Option<PushError> {
    if ticket.content.ticket_type == TicketType::Subtask {
        let message =
            "sub-tasks cannot be pushed yet, because parents are not sent; make it a task";
        let error = PushError::new(PushErrorCode::FieldRejected, message);
        return Some(error.of_field("issuetype"));
    }
    let part = ticket.fields.get(platform.as_str())?;
    let field = part.as_object()?.keys().next()?;
    let message = "a ticket's own fields are not sent yet; give them as `fields` of the push";
    Some(PushError::new(PushErrorCode::FieldRejected, message).of_field(field))
}

/// Where an entry of the plan comes from.
enum Place {
    /// It was an issue already, or has an open delivery.
    Existing(Box<Ticket>),
    /// The next verdict is its own; its version.
    Judged(i64),
}

fn placed(
    places: Vec<Place>,
    asked: Vec<PreflightTicket>,
    verdicts: Vec<Verdict>,
) -> impl Iterator<Item = PlannedEntry> {
    let mut judged = asked.into_iter().zip(verdicts);
    places.into_iter().filter_map(move |place| match place {
        Place::Existing(ticket) => Some(PlannedEntry::Existing(ticket)),
        Place::Judged(ticket_version) => {
            let (asked, verdict) = judged.next()?;
            Some(PlannedEntry::Judged {
                ticket_id: asked.ticket_id,
                ticket_version,
                delivery_id: asked.delivery_id,
                payload: verdict.payload,
                warnings: verdict.warnings,
                refusal: verdict.refusal,
            })
        }
    })
}

/// Folds repeats and checks the number of ids.
fn checked_ids(ids: Option<&[TicketId]>) -> Result<Option<Vec<TicketId>>, DeliveryError> {
    let Some(ids) = ids else { return Ok(None) };
    if !(1..=MAX_TICKETS).contains(&ids.len()) {
        let message =
            format!("give 1 to {MAX_TICKETS} ids, or leave it out for all reviewed tickets");
        return Err(DeliveryError::Invalid(Problems::one(
            "/ticket_ids",
            message,
        )));
    }
    let mut seen = HashSet::with_capacity(ids.len());
    Ok(Some(
        ids.iter().copied().filter(|id| seen.insert(*id)).collect(),
    ))
}
