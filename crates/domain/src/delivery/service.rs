//! Pushing: accepting, waiting, asking, cancelling.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::error::DeliveryError;
use super::model::{
    Delivery, DeliveryState, ProjectRef, Push, PushChanges, PushReport, PushState, PushSummary,
};
use super::pace::Pace;
use super::plan::{Planned, PlannedEntry, PushCommand, PushPlan};
use super::ports::{
    AcceptOutcome, DeliveryQueue, IdempotencyKey, KeyLookup, NewEntry, NewPush, PushFilter,
    PushRepository, UncertainDeliveries,
};
use super::tracker::{IssueTracker, TrackerError};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::connection::model::TrackerSite;
use crate::connection::ports::IntegrationRepository;
use crate::document::ports::DocumentRepository;
use crate::shared::clock::{Clock, Randomness};
use crate::shared::failure::{Failure, FailureKind};
use crate::shared::ids::{IdSource, PushId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::ticket::ports::TicketRepository;
use crate::workspace::model::Actor;

/// How often a push is planned anew because a ticket was changed at the same moment.
const ACCEPT_ATTEMPTS: u32 = 4;
/// How often those who wait for a push first look at it.
const FIRST_LOOK: Duration = Duration::from_millis(20);
/// How often they look at most seldom.
const LAST_LOOK: Duration = Duration::from_millis(250);

/// Tells the workers of this process that there is something to do.
#[async_trait]
pub trait WorkSignal: Send + Sync + 'static {
    /// Wakes whoever waits, now or next.
    fn wake(&self);

    /// Waits until somebody wakes, or for the given time.
    async fn wait(&self, at_most: Duration);
}

/// The ports that delivery stands on.
#[derive(Clone)]
pub struct DeliveryPorts {
    /// Pushes, accepted and reported.
    pub pushes: Arc<dyn PushRepository>,
    /// What workers send.
    pub queue: Arc<dyn DeliveryQueue>,
    /// What nobody knows yet.
    pub uncertain: Arc<dyn UncertainDeliveries>,
    /// Stored tickets.
    pub tickets: Arc<dyn TicketRepository>,
    /// Stored documents.
    pub documents: Arc<dyn DocumentRepository>,
    /// Stored integrations.
    pub integrations: Arc<dyn IntegrationRepository>,
    /// The tracker.
    pub tracker: Arc<dyn IssueTracker>,
    /// Wakes workers.
    pub signal: Arc<dyn WorkSignal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Spreads waits.
    pub randomness: Arc<dyn Randomness>,
    /// Draws ids.
    pub ids: IdSource,
}

/// Accepts pushes and tells how they stand.
#[derive(Clone, Debug)]
pub struct DeliveryService {
    pub(super) ports: DeliveryPorts,
}

impl DeliveryPorts {
    /// How the tracker's pace is kept.
    #[must_use]
    pub fn pace(&self) -> Pace {
        let (queue, clock) = (Arc::clone(&self.queue), Arc::clone(&self.clock));
        Pace::new(queue, clock, Arc::clone(&self.randomness))
    }

    /// The site of a push, as far as its workspace is still connected to it as the same account.
    pub(super) async fn site_of(&self, push: &Push) -> Result<Option<TrackerSite>, Failure> {
        let found = self
            .integrations
            .find(push.workspace_id, push.platform)
            .await?;
        let site = found.filter(|row| row.is_active).map(|row| row.site());
        Ok(site.filter(|site| site.cloud_id == push.site_id && site.account_id == push.account_id))
    }
}

impl std::fmt::Debug for DeliveryPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliveryPorts").finish_non_exhaustive()
    }
}

/// What became of a push command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// No ids were given and no ticket is reviewed; nothing was written.
    Nothing,
    /// The push is written, or was written before under the same idempotency key.
    Accepted(PushId),
}

impl DeliveryService {
    /// Puts the service on its ports.
    #[must_use]
    pub const fn new(ports: DeliveryPorts) -> Self {
        Self { ports }
    }

    /// Accepts a push: once this answers, it will be finished.
    ///
    /// # Errors
    /// Every reason for which a push is refused as a whole; then nothing was written.
    pub async fn push(
        &self,
        actor: Actor,
        command: &PushCommand,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Pushed, DeliveryError> {
        if let Some(key) = &idempotency {
            let now = self.ports.clock.now();
            match self
                .ports
                .pushes
                .find_key(command.workspace_id, key, now)
                .await?
            {
                KeyLookup::Free => {}
                KeyLookup::Same(id) => return Ok(Pushed::Accepted(id)),
                KeyLookup::Other => return Err(DeliveryError::KeyReused),
            }
        }
        let mut quota_points = 0;
        for _ in 0..ACCEPT_ATTEMPTS {
            let mut plan = match self.plan(command).await? {
                Planned::Nothing => return Ok(Pushed::Nothing),
                Planned::Plan(plan) => plan,
            };
            quota_points += plan.quota_points;
            plan.quota_points = quota_points;
            let new = self.new_push(actor, command, plan, idempotency.clone());
            match self.ports.pushes.accept(&new).await? {
                AcceptOutcome::Accepted => {
                    self.ports.signal.wake();
                    return Ok(Pushed::Accepted(new.push.id));
                }
                AcceptOutcome::Replayed(id) => return Ok(Pushed::Accepted(id)),
                AcceptOutcome::KeyReused => return Err(DeliveryError::KeyReused),
                AcceptOutcome::NotConnected => return Err(TrackerError::NotConnected.into()),
                AcceptOutcome::TicketsChanged => {}
            }
        }
        let cause = "the tickets are being changed by others";
        Err(Failure::new(FailureKind::Unavailable, cause).into())
    }

    fn new_push(
        &self,
        actor: Actor,
        command: &PushCommand,
        plan: PushPlan,
        idempotency: Option<IdempotencyKey>,
    ) -> NewPush {
        let id = self.ports.ids.next();
        let now = self.ports.clock.now();
        let push = Push {
            id,
            workspace_id: command.workspace_id,
            document_id: command.document_id,
            platform: command.platform,
            site_id: plan.site.cloud_id,
            account_id: plan.site.account_id,
            project: plan.project,
            fence: plan.fence,
            state: PushState::Running,
            quota_points: plan.quota_points,
            change_number: 0,
            created_by: actor,
            created_at: now,
            settled_at: None,
        };
        let audit = self.entry(command.workspace_id, actor, AuditAction::PushAccepted, id);
        let entries = plan.entries.into_iter().map(new_entry).collect();
        NewPush {
            push,
            entries,
            idempotency,
            audit,
        }
    }

    /// Waits until a push is settled, at most for the given time, and tells how it stands.
    ///
    /// # Errors
    /// [`DeliveryError::PushNotFound`].
    pub async fn wait(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        at_most: Duration,
    ) -> Result<PushReport, DeliveryError> {
        let begun = self.ports.clock.monotonic();
        let mut look = FIRST_LOOK;
        loop {
            let state = self.ports.pushes.push_state(workspace, id).await?;
            let is_running = state.ok_or(DeliveryError::PushNotFound)? == PushState::Running;
            let waited = self.ports.clock.monotonic().saturating_sub(begun);
            if !is_running || waited >= at_most {
                return self.report(workspace, id).await;
            }
            self.ports
                .clock
                .sleep(look.min(at_most.saturating_sub(waited)))
                .await;
            look = (look * 2).min(LAST_LOOK);
        }
    }

    /// How a push stands.
    ///
    /// # Errors
    /// [`DeliveryError::PushNotFound`].
    pub async fn report(
        &self,
        workspace: WorkspaceId,
        id: PushId,
    ) -> Result<PushReport, DeliveryError> {
        let now = self.ports.clock.now();
        self.ports
            .pushes
            .find_push(workspace, id, now)
            .await?
            .ok_or(DeliveryError::PushNotFound)
    }

    /// What changed in a push after a change number, oldest change first, at most `limit` entries.
    ///
    /// # Errors
    /// [`DeliveryError::PushNotFound`].
    pub async fn changes(
        &self,
        workspace: WorkspaceId,
        id: PushId,
        after: i64,
        limit: u32,
    ) -> Result<PushChanges, DeliveryError> {
        let now = self.ports.clock.now();
        self.ports
            .pushes
            .list_changes(workspace, id, after, limit, now)
            .await?
            .ok_or(DeliveryError::PushNotFound)
    }

    /// Pushes, newest first.
    ///
    /// # Errors
    /// [`DeliveryError::Failure`].
    pub async fn list_pushes(
        &self,
        workspace: WorkspaceId,
        filter: PushFilter,
        page: PageRequest,
    ) -> Result<Page<PushSummary>, DeliveryError> {
        Ok(self
            .ports
            .pushes
            .list_pushes(workspace, filter, page, self.ports.clock.now())
            .await?)
    }

    /// Deliveries, newest first.
    ///
    /// # Errors
    /// [`DeliveryError::Failure`].
    pub async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        state: Option<DeliveryState>,
        page: PageRequest,
    ) -> Result<Page<Delivery>, DeliveryError> {
        Ok(self
            .ports
            .pushes
            .list_deliveries(workspace, state, page)
            .await?)
    }

    /// The projects that deliveries go to, by their pushes.
    ///
    /// # Errors
    /// [`DeliveryError::Failure`].
    pub async fn projects_of(
        &self,
        workspace: WorkspaceId,
        deliveries: &[Delivery],
    ) -> Result<HashMap<PushId, ProjectRef>, DeliveryError> {
        let mut projects = HashMap::new();
        for delivery in deliveries {
            if projects.contains_key(&delivery.push_id) {
                continue;
            }
            let ledger = &self.ports.uncertain;
            if let Some((_, push)) = ledger.find_delivery(workspace, delivery.id).await? {
                projects.insert(push.id, push.project);
            }
        }
        Ok(projects)
    }

    /// Calls off what was not sent.
    ///
    /// # Errors
    /// [`DeliveryError::PushNotFound`].
    pub async fn cancel(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        id: PushId,
    ) -> Result<PushReport, DeliveryError> {
        let audit = self.entry(workspace, actor, AuditAction::PushCancelled, id);
        let now = self.ports.clock.now();
        let cancelled = self.ports.pushes.cancel(workspace, id, now, &audit).await?;
        cancelled.ok_or(DeliveryError::PushNotFound)?;
        self.report(workspace, id).await
    }

    fn entry(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        action: AuditAction,
        push: PushId,
    ) -> AuditEntry {
        AuditEntry {
            id: self.ports.ids.next(),
            workspace_id: Some(workspace),
            actor,
            action,
            subject: format!("push:{push}"),
            result: "ok".to_owned(),
            at: self.ports.clock.now(),
        }
    }
}

fn new_entry(planned: PlannedEntry) -> NewEntry {
    match planned {
        PlannedEntry::Existing(ticket) => NewEntry::Existing {
            ticket_id: ticket.id,
        },
        PlannedEntry::Judged {
            ticket_id,
            ticket_version,
            delivery_id,
            warnings,
            refusal: Some(error),
            ..
        } => NewEntry::Refuse {
            ticket_id,
            ticket_version,
            delivery_id,
            error,
            warnings,
        },
        PlannedEntry::Judged {
            ticket_id,
            ticket_version,
            delivery_id,
            payload,
            warnings,
            refusal: None,
        } => NewEntry::Deliver {
            ticket_id,
            ticket_version,
            delivery_id,
            payload,
            warnings,
        },
    }
}
