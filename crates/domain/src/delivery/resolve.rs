//! What a person decides about deliveries that need attention, and what an operator does after restoring a backup.

use super::error::DeliveryError;
use super::model::{Delivery, DeliveryState, Push, Resolution};
use super::ports::{ResolveOutcome, UncertainDeliveries};
use super::reconciler::judge::{by_mark, keys};
use super::service::DeliveryService;
use super::tracker::{Mark, TrackerError};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::connection::model::TrackerSite;
use crate::shared::clock::Clock;
use crate::shared::failure::{Failure, FailureKind};
use crate::shared::ids::{DeliveryId, IdSource, WorkspaceId};
use crate::shared::validation::Problems;
use crate::ticket::model::{ExternalIssue, PushError, PushErrorCode};
use crate::workspace::model::Actor;

/// How often a decision is tried anew because the delivery changed at the same moment.
const ATTEMPTS: u32 = 4;

/// What a person decides about a delivery that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This is its issue.
    Link {
        /// The issue's key.
        issue_key: String,
    },
    /// There is no issue: send it again. It is looked for once more before.
    Resend,
    /// Give it up.
    Abandon,
}

impl DeliveryService {
    /// Carries out what a person decided, and answers with the delivery as it stands then.
    ///
    /// # Errors
    /// [`DeliveryError::DeliveryNotFound`]; [`DeliveryError::DeliveryOpen`] while Handoff is still at work on it;
    /// [`DeliveryError::AlreadyPushed`] when it is confirmed; [`DeliveryError::Invalid`] at `/action` when there is nothing
    /// to decide, at `/issue_key` when the issue cannot be seen or is another ticket's; [`DeliveryError::Tracker`] when the
    /// tracker cannot be asked; [`DeliveryError::LookIncomplete`] when it can, and the issue may have gone unseen. Nothing was changed then.
    pub async fn resolve(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        id: DeliveryId,
        decision: &Decision,
    ) -> Result<Delivery, DeliveryError> {
        for _ in 0..ATTEMPTS {
            let (delivery, push) = self.undecided(workspace, id).await?;
            let (resolution, result) = match decision {
                Decision::Link { issue_key } => {
                    (self.link(&delivery, &push, issue_key).await?, "link")
                }
                Decision::Resend => self.resend(&delivery, &push).await?,
                Decision::Abandon => (abandon(), "abandon"),
            };
            let now = self.ports.clock.now();
            let audit = AuditEntry {
                id: self.ports.ids.next(),
                workspace_id: Some(workspace),
                actor,
                action: AuditAction::DeliveryResolved,
                subject: format!("delivery:{id}"),
                result: result.to_owned(),
                at: now,
            };
            let ledger = &self.ports.uncertain;
            let number = delivery.change_number;
            match ledger
                .resolve(workspace, id, number, &resolution, now, &audit)
                .await?
            {
                ResolveOutcome::Resolved => {
                    self.ports.signal.wake();
                    return Ok(self.delivery(workspace, id).await?.0);
                }
                ResolveOutcome::Changed => {}
                ResolveOutcome::LinkedElsewhere => {
                    return Err(linked_elsewhere(decision, &resolution));
                }
                ResolveOutcome::NotConnected => return Err(TrackerError::NotConnected.into()),
            }
        }
        let cause = "the delivery is being changed by others";
        Err(Failure::new(FailureKind::Unavailable, cause).into())
    }

    async fn delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
    ) -> Result<(Delivery, Push), DeliveryError> {
        let found = self.ports.uncertain.find_delivery(workspace, id).await?;
        found.ok_or(DeliveryError::DeliveryNotFound)
    }

    /// The delivery, when there is something to decide about it.
    async fn undecided(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
    ) -> Result<(Delivery, Push), DeliveryError> {
        let found = self.delivery(workspace, id).await?;
        let state = found.0.state;
        match state {
            DeliveryState::NeedsAttention => Ok(found),
            DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Uncertain => {
                Err(DeliveryError::DeliveryOpen)
            }
            DeliveryState::Confirmed => Err(DeliveryError::AlreadyPushed),
            DeliveryState::Rejected | DeliveryState::Cancelled | DeliveryState::Abandoned => {
                let message = format!(
                    "the delivery is {}, there is nothing to decide; push the ticket again",
                    state.as_str()
                );
                Err(invalid("/action", message))
            }
        }
    }

    async fn link(
        &self,
        delivery: &Delivery,
        push: &Push,
        issue_key: &str,
    ) -> Result<Resolution, DeliveryError> {
        let site = self.active_site(push).await?;
        let site = site.filter(|site| site.cloud_id == delivery.site_id);
        let site = site.ok_or(TrackerError::NotConnected)?;
        let found = self.ports.tracker.issue(&site, issue_key).await?;
        match found {
            Some(external) => Ok(Resolution::Link { external }),
            None => {
                let message = "there is no such issue that the connected account can see";
                Err(invalid("/issue_key", message))
            }
        }
    }

    /// The workspace's site, whatever the push was bound to.
    async fn active_site(&self, push: &Push) -> Result<Option<TrackerSite>, Failure> {
        let connections = &self.ports.integrations;
        let found = connections.find(push.workspace_id, push.platform).await?;
        Ok(found.filter(|row| row.is_active).map(|row| row.site()))
    }

    /// Looks for the issue once more; what is found is linked instead.
    async fn resend(
        &self,
        delivery: &Delivery,
        push: &Push,
    ) -> Result<(Resolution, &'static str), DeliveryError> {
        let site = self.ports.site_of(push).await?;
        let site = site.ok_or(TrackerError::NotConnected)?;
        let marks = [Mark {
            delivery_id: delivery.id,
            fence: delivery.fence.as_ref().unwrap_or(&push.fence).clone(),
            ceiling: None,
        }];
        let tracker = &self.ports.tracker;
        let report = tracker.find(&site, &push.project, &marks).await;
        if report.quota_points != 0 {
            let now = self.ports.clock.now();
            let ledger = &self.ports.uncertain;
            ledger
                .reconcile(push.id, &[], report.quota_points, now)
                .await?;
        }
        if let Some(error) = &report.failure {
            self.ports.pace().heed(&site.cloud_id, error).await;
        }
        let found = by_mark(report.matches).remove(&delivery.id);
        match (found.unwrap_or_default().as_slice(), report.failure) {
            ([], Some(error)) => Err(error.into()),
            ([], None) => match report.gap {
                Some(why) => Err(DeliveryError::LookIncomplete { why }),
                None => Ok((Resolution::Resend, "resend")),
            },
            ([one], _) => {
                let external = one.clone();
                Ok((Resolution::Link { external }, "found"))
            }
            (several, _) => {
                let message = format!(
                    "not sent: several issues carry the ticket's mark: {}; link one of them",
                    keys(several)
                );
                Err(invalid("/action", message))
            }
        }
    }

    /// As [`quarantine`], on the service's own ports.
    ///
    /// # Errors
    /// The failure of the store.
    pub async fn quarantine(
        &self,
        actor: Actor,
        workspace: Option<WorkspaceId>,
    ) -> Result<u32, Failure> {
        let ports = &self.ports;
        quarantine(
            ports.uncertain.as_ref(),
            ports.clock.as_ref(),
            &ports.ids,
            actor,
            workspace,
        )
        .await
    }
}

/// Leaves every unfinished delivery, of one workspace or of all, to a person; answers how many.
///
/// For after a backup was restored: what was sent since it was taken is not known.
///
/// # Errors
/// The failure of the store.
pub async fn quarantine(
    ledger: &dyn UncertainDeliveries,
    clock: &dyn Clock,
    ids: &IdSource,
    actor: Actor,
    workspace: Option<WorkspaceId>,
) -> Result<u32, Failure> {
    let message =
        "a backup was restored while the ticket was in delivery; look whether the issue exists";
    let error = PushError::new(PushErrorCode::Quarantined, message);
    let now = clock.now();
    let audit = AuditEntry {
        id: ids.next(),
        workspace_id: workspace,
        actor,
        action: AuditAction::DeliveriesQuarantined,
        subject: workspace.map_or_else(|| "deliveries".to_owned(), |id| format!("workspace:{id}")),
        result: "ok".to_owned(),
        at: now,
    };
    ledger.quarantine(workspace, &error, now, &audit).await
}

fn abandon() -> Resolution {
    let message = "given up by a person, without finding out whether the issue exists";
    Resolution::Abandon {
        error: PushError::new(PushErrorCode::Abandoned, message),
    }
}

fn linked_elsewhere(decision: &Decision, resolution: &Resolution) -> DeliveryError {
    let key = match resolution {
        Resolution::Link {
            external: ExternalIssue { key, .. },
        } => key.as_str(),
        Resolution::Resend | Resolution::Abandon { .. } => "",
    };
    let pointer = match decision {
        Decision::Link { .. } => "/issue_key",
        Decision::Resend | Decision::Abandon => "/action",
    };
    invalid(pointer, PushError::linked_elsewhere(key).message)
}

fn invalid(pointer: &str, message: impl Into<String>) -> DeliveryError {
    DeliveryError::Invalid(Problems::one(pointer, message))
}
