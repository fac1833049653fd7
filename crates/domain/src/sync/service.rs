//! Reading the status of issues into their tickets.

use std::collections::HashSet;
use std::sync::Arc;

use super::error::SyncError;
use super::repair::{self, Misplaced, MisplacedTickets};
use crate::connection::catalog::active_site;
use crate::connection::model::{Platform, TrackerSite};
use crate::connection::ports::IntegrationRepository;
use crate::delivery::pace::Pace;
use crate::delivery::plan::MAX_TICKETS;
use crate::delivery::tracker::{IssueStatus, IssueTracker, TrackerError};
use crate::document::ports::DocumentRepository;
use crate::shared::clock::Clock;
use crate::shared::failure::FailureKind;
use crate::shared::ids::{DocumentId, TicketId, WorkspaceId};
use crate::shared::validation::Problems;
use crate::ticket::model::{ExternalIssue, PushError, PushErrorCode, SyncedStatus, Ticket};
use crate::ticket::ports::{LinkedFilter, TicketObservation, TicketRepository};

/// How many issues one request asks for; a failed request fails its tickets only.
const PAGE: usize = 100;

/// Which tickets are synced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncCommand {
    /// Only those of this document.
    pub document_id: Option<DocumentId>,
    /// Only these.
    pub ticket_ids: Option<Vec<TicketId>>,
}

/// A ticket whose status has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its former status; `None` before the first sync.
    pub from: Option<SyncedStatus>,
    /// Its present status.
    pub to: SyncedStatus,
    /// The status in the tracker's words.
    pub external_status: Option<String>,
}

/// What a sync found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// How many tickets were asked for.
    pub total: usize,
    /// How many issues were seen.
    pub synced: usize,
    /// Whose status has changed.
    pub changed: Vec<StatusChange>,
    /// Whose issue is gone or hidden.
    pub missing: Vec<TicketId>,
    /// Which could not be asked for, and why.
    pub failed: Vec<(TicketId, PushError)>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct SyncService {
    tickets: Arc<dyn TicketRepository>,
    documents: Arc<dyn DocumentRepository>,
    connections: Arc<dyn IntegrationRepository>,
    tracker: Arc<dyn IssueTracker>,
    clock: Arc<dyn Clock>,
    pace: Pace,
}

impl std::fmt::Debug for SyncService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncService").finish_non_exhaustive()
    }
}

impl SyncService {
    /// Puts the service on its ports.
    #[must_use]
    pub fn new(
        tickets: Arc<dyn TicketRepository>,
        documents: Arc<dyn DocumentRepository>,
        connections: Arc<dyn IntegrationRepository>,
        tracker: Arc<dyn IssueTracker>,
        clock: Arc<dyn Clock>,
        pace: Pace,
    ) -> Self {
        Self {
            tickets,
            documents,
            connections,
            tracker,
            clock,
            pace,
        }
    }

    /// Reads the status of pushed tickets' issues.
    ///
    /// # Errors
    /// Every reason for which no ticket can be asked for; then nothing has changed.
    pub async fn sync(
        &self,
        workspace: WorkspaceId,
        command: &SyncCommand,
    ) -> Result<SyncReport, SyncError> {
        let filter = self.checked(workspace, command).await?;
        let site = active_site(self.connections.as_ref(), workspace, Platform::Jira).await?;
        let tickets = self.tickets.list_linked(workspace, &filter).await?;
        let mut report = SyncReport {
            total: tickets.len(),
            ..SyncReport::default()
        };
        let (here, elsewhere): (Vec<_>, Vec<_>) = tickets
            .into_iter()
            .filter_map(|ticket| ticket.external.clone().map(|external| (ticket, external)))
            .partition(|(_, external)| external.site_id == site.cloud_id);
        for (ticket, _) in elsewhere {
            let message = "the issue lives on another site than the one connected";
            report
                .failed
                .push((ticket.id, PushError::new(PushErrorCode::OtherSite, message)));
        }
        let mut misplaced = MisplacedTickets::default();
        for page in here.chunks(PAGE) {
            self.sync_page(workspace, &site, page, &mut report, &mut misplaced)
                .await?;
        }
        self.repair(workspace, &site, misplaced, &mut report)
            .await?;
        Ok(report)
    }

    async fn checked(
        &self,
        workspace: WorkspaceId,
        command: &SyncCommand,
    ) -> Result<LinkedFilter, SyncError> {
        if let Some(ids) = &command.ticket_ids {
            if !(1..=MAX_TICKETS).contains(&ids.len()) {
                let message = format!("give 1 to {MAX_TICKETS} ids, or leave it out");
                return Err(SyncError::Invalid(Problems::one("/ticket_ids", message)));
            }
            let found = self.tickets.find_many(workspace, ids).await?;
            let known: HashSet<TicketId> = found.iter().map(|ticket| ticket.id).collect();
            let mut problems = Problems::default();
            for (index, id) in ids.iter().enumerate() {
                let pointer = format!("/ticket_ids/{index}");
                problems.require(known.contains(id), pointer, "no such ticket");
            }
            problems.or(()).map_err(SyncError::TicketNotFound)?;
        }
        if let Some(id) = command.document_id {
            let linked = LinkedFilter {
                document_id: Some(id),
                ticket_ids: None,
            };
            let is_known = self.documents.find(workspace, id).await?.is_some()
                || !self
                    .tickets
                    .list_linked(workspace, &linked)
                    .await?
                    .is_empty();
            if !is_known {
                return Err(SyncError::DocumentNotFound);
            }
        }
        let document_id = command.document_id;
        Ok(LinkedFilter {
            document_id,
            ticket_ids: command.ticket_ids.clone(),
        })
    }

    async fn sync_page(
        &self,
        workspace: WorkspaceId,
        site: &TrackerSite,
        page: &[(Ticket, ExternalIssue)],
        report: &mut SyncReport,
        misplaced: &mut MisplacedTickets,
    ) -> Result<(), SyncError> {
        let ids: Vec<String> = page
            .iter()
            .map(|(_, external)| external.id.clone())
            .collect();
        let statuses = match self.statuses(site, &ids).await {
            Ok(statuses) => statuses,
            Err(error) => {
                let error = page_error(&error);
                report
                    .failed
                    .extend(page.iter().map(|(ticket, _)| (ticket.id, error.clone())));
                return Ok(());
            }
        };
        let mut seen = Vec::with_capacity(page.len());
        for ((ticket, _), status) in page.iter().zip(statuses) {
            match Misplaced::of(ticket, &status, true) {
                Some(one) => misplaced.add(one),
                None => seen.extend(self.observed(ticket, status, report)),
            }
        }
        Ok(self.tickets.observe(workspace, &seen).await?)
    }

    /// Asks for the status of issues; where a quota is spent, every process hears of it.
    async fn statuses(
        &self,
        site: &TrackerSite,
        ids: &[String],
    ) -> Result<Vec<IssueStatus>, TrackerError> {
        let answer = self.tracker.statuses(site, ids).await;
        if let Err(error) = &answer {
            self.pace.heed(&site.cloud_id, error).await;
        }
        answer
    }

    /// Lets tickets that have each other's issues exchange them, and reports what cannot be put right.
    async fn repair(
        &self,
        workspace: WorkspaceId,
        site: &TrackerSite,
        mut misplaced: MisplacedTickets,
        report: &mut SyncReport,
    ) -> Result<(), SyncError> {
        self.add_owners(workspace, site, &mut misplaced).await?;
        for ring in misplaced.take_rings() {
            self.exchange(workspace, &ring, report).await?;
        }
        let rest = misplaced.into_rest().filter(|one| one.is_asked);
        report
            .failed
            .extend(rest.map(|one| (one.ticket.id, one.error())));
        Ok(())
    }

    /// Looks at the tickets that marks name although this sync is not about them.
    async fn add_owners(
        &self,
        workspace: WorkspaceId,
        site: &TrackerSite,
        misplaced: &mut MisplacedTickets,
    ) -> Result<(), SyncError> {
        let mut asked = HashSet::new();
        loop {
            let owners = misplaced.unknown_owners().into_iter();
            let owners: Vec<TicketId> = owners.filter(|owner| asked.insert(*owner)).collect();
            if owners.is_empty() {
                return Ok(());
            }
            let mut found = self.tickets.find_many(workspace, &owners).await?;
            found.retain(|ticket| ticket.external_status.is_none());
            let here = found.into_iter().filter_map(|ticket| {
                let external = ticket.external.clone()?;
                (external.site_id == site.cloud_id).then_some((external.id, ticket))
            });
            let here: Vec<(String, Ticket)> = here.collect();
            for page in here.chunks(PAGE) {
                let ids: Vec<String> = page.iter().map(|(id, _)| id.clone()).collect();
                // Without an answer their links stay as they are, and so do those of the tickets asked for.
                let statuses = self.statuses(site, &ids).await.unwrap_or_default();
                for ((_, ticket), status) in page.iter().zip(&statuses) {
                    Misplaced::of(ticket, status, false)
                        .into_iter()
                        .for_each(|one| misplaced.add(one));
                }
            }
        }
    }

    async fn exchange(
        &self,
        workspace: WorkspaceId,
        ring: &[Misplaced],
        report: &mut SyncReport,
    ) -> Result<(), SyncError> {
        let links = repair::links(ring);
        let done = self.tickets.relink(workspace, &links, self.clock.now());
        if !done.await? {
            let message = "the ticket was linked anew at the same moment; sync it again";
            let error = PushError::new(PushErrorCode::IssueLinkedElsewhere, message);
            let asked = ring.iter().filter(|one| one.is_asked);
            report
                .failed
                .extend(asked.map(|one| (one.ticket.id, error.clone())));
            return Ok(());
        }
        let mut seen = Vec::with_capacity(ring.len());
        for one in ring.iter().filter(|one| one.is_asked) {
            let own = ring.iter().find(|other| other.owner == one.ticket.id);
            let status = own.map(|other| other.status.clone());
            seen.extend(status.and_then(|status| self.observed(&one.ticket, status, report)));
        }
        Ok(self.tickets.observe(workspace, &seen).await?)
    }

    /// Adds what was seen of one ticket to the report, and gives what is to be written down.
    fn observed(
        &self,
        ticket: &Ticket,
        status: IssueStatus,
        report: &mut SyncReport,
    ) -> Option<TicketObservation> {
        let (synced_status, external_status, external) = match status {
            IssueStatus::Failed(error) => {
                report.failed.push((ticket.id, error));
                return None;
            }
            IssueStatus::Missing => {
                report.missing.push(ticket.id);
                (SyncedStatus::Missing, None, None)
            }
            IssueStatus::Seen {
                status,
                external_status,
                external,
                ..
            } => {
                report.synced += 1;
                (status, Some(external_status), Some(external))
            }
        };
        let has_changed = ticket.synced_status != Some(synced_status)
            || (external_status.is_some() && ticket.external_status != external_status);
        if has_changed {
            report.changed.push(StatusChange {
                ticket_id: ticket.id,
                from: ticket.synced_status,
                to: synced_status,
                external_status: external_status.clone(),
            });
        }
        let synced_at = self.clock.now();
        let ticket_id = ticket.id;
        Some(TicketObservation {
            ticket_id,
            synced_status,
            external_status,
            external,
            synced_at,
        })
    }
}

/// What a request that failed means for each of its tickets.
fn page_error(error: &TrackerError) -> PushError {
    let code = match error {
        TrackerError::NotConnected => PushErrorCode::NoActiveIntegration,
        TrackerError::ReconnectRequired => PushErrorCode::ReconnectRequired,
        TrackerError::MissingScope => PushErrorCode::MissingScope,
        TrackerError::AppMisconfigured => PushErrorCode::TrackerAppMisconfigured,
        TrackerError::PermissionDenied => PushErrorCode::PermissionDenied,
        TrackerError::ProjectNotFound => PushErrorCode::ProjectNotFound,
        TrackerError::IssueTypeNotFound { .. } => PushErrorCode::IssueTypeNotFound,
        TrackerError::InvalidFields(_) | TrackerError::InvalidCursor => {
            PushErrorCode::FieldRejected
        }
        TrackerError::QuotaSpent { .. } => PushErrorCode::TrackerRateLimited,
        TrackerError::Failure(failure) if failure.kind() == FailureKind::RateLimited => {
            PushErrorCode::TrackerRateLimited
        }
        TrackerError::Failure(_) => PushErrorCode::TrackerUnavailable,
    };
    PushError::new(code, format!("{error}; the last known status is kept"))
}
