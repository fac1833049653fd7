//! What the promises about the ledger have in common.

use super::super::world::{START, World, at, nth, ok, page, there};
use crate::audit::model::AuditAction;
use crate::connection::model::Platform;
use crate::delivery::model::{
    ClaimedBatch, Delivery, DeliveryState, Fence, ProjectRef, Push, PushEntry, PushReport,
    PushState, SettledBatch, Settlement, Warning, WarningCode,
};
use crate::delivery::ports::{AcceptOutcome, NewEntry, NewPush};
use crate::shared::ids::{DeliveryId, DocumentId, LeaseId, PushId, TicketId};
use crate::ticket::model::{PushError, PushErrorCode, Ticket, TicketStatus};

/// A push that was accepted, with the reviewed tickets it delivers.
pub(in super::super) struct Accepted {
    pub(super) document: DocumentId,
    pub(super) tickets: Vec<Ticket>,
    pub(super) push: PushId,
    pub(super) deliveries: Vec<DeliveryId>,
}

impl Accepted {
    pub(super) fn ticket(&self, index: usize) -> TicketId {
        nth(&self.tickets, index).id
    }

    pub(super) fn delivery(&self, index: usize) -> DeliveryId {
        *nth(&self.deliveries, index)
    }
}

/// Why a ticket was refused.
pub(super) fn refusal() -> PushError {
    PushError::new(PushErrorCode::RequiredField, "Team is required").of_field("customfield_10010")
}

/// Why an outcome is not what was hoped for.
pub(super) fn trouble() -> PushError {
    PushError::new(PushErrorCode::TrackerUnavailable, "no answer")
}

/// What a person should know.
pub(super) fn warning() -> Warning {
    Warning {
        code: WarningCode::TextCut,
        message: "the text was cut – ünïcode".to_owned(),
    }
}

impl World<'_> {
    /// So many reviewed tickets of a new document.
    pub(super) async fn reviewed(&self, count: usize) -> (DocumentId, Vec<Ticket>) {
        let document = self.add_document().await;
        let reviewed = |number| Ticket {
            status: TicketStatus::Reviewed,
            ..self.ticket(document, &format!("{number}"))
        };
        let tickets: Vec<Ticket> = (0..count).map(reviewed).collect();
        self.add_tickets(document, &tickets).await;
        (document, tickets)
    }

    /// An entry that sends a ticket.
    pub(super) fn deliver(&self, ticket: &Ticket) -> NewEntry {
        NewEntry::Deliver {
            ticket_id: ticket.id,
            ticket_version: ticket.version,
            delivery_id: self.ports.ids.next(),
            payload: format!("{{\"summary\":\"{}\"}}", ticket.content.title),
            warnings: vec![warning()],
        }
    }

    /// An entry that refuses a ticket.
    pub(super) fn refuse(&self, ticket: &Ticket) -> NewEntry {
        NewEntry::Refuse {
            ticket_id: ticket.id,
            ticket_version: ticket.version,
            delivery_id: self.ports.ids.next(),
            error: refusal(),
            warnings: vec![warning()],
        }
    }

    /// A push to the connected site; what the ledger sets by itself is set to nonsense.
    pub(super) fn new_push(&self, document: DocumentId, entries: Vec<NewEntry>) -> NewPush {
        let id: PushId = self.ports.ids.next();
        let push = Push {
            id,
            workspace_id: self.workspace,
            document_id: document,
            platform: Platform::Jira,
            site_id: self.site(),
            account_id: "account-1".to_owned(),
            project: ProjectRef {
                id: "10000".to_owned(),
                key: "ENG".to_owned(),
            },
            fence: Fence(format!("fence of {id}")),
            state: PushState::Settled,
            quota_points: 0,
            change_number: 77,
            created_by: self.actor,
            created_at: START,
            settled_at: Some(at(5)),
        };
        let audit = self.audit(AuditAction::PushAccepted, START);
        NewPush {
            push,
            entries,
            idempotency: None,
            audit,
        }
    }

    pub(super) async fn accept(&self, push: &NewPush) -> AcceptOutcome {
        ok(self.ports.deliveries.accept(push).await)
    }

    /// Accepts a push of these tickets.
    pub(in super::super) async fn accepted_of(
        &self,
        document: DocumentId,
        tickets: Vec<Ticket>,
    ) -> Accepted {
        let entries: Vec<NewEntry> = tickets.iter().map(|ticket| self.deliver(ticket)).collect();
        let deliveries = entries.iter().filter_map(delivery_id).collect();
        let push = self.new_push(document, entries);
        assert_eq!(self.accept(&push).await, AcceptOutcome::Accepted);
        Accepted {
            document,
            tickets,
            push: push.push.id,
            deliveries,
        }
    }

    /// Accepts a push of so many new tickets; the workspace is connected.
    pub(super) async fn accepted(&self, count: usize) -> Accepted {
        let (document, tickets) = self.reviewed(count).await;
        self.accepted_of(document, tickets).await
    }

    pub(super) async fn report(&self, push: PushId) -> PushReport {
        there(
            self.ports
                .deliveries
                .find_push(self.workspace, push, at(100))
                .await,
        )
    }

    pub(super) async fn state(&self, push: PushId) -> PushState {
        there(self.ports.deliveries.push_state(self.workspace, push).await)
    }

    pub(super) async fn delivery(&self, id: DeliveryId) -> Delivery {
        let listed = self
            .ports
            .deliveries
            .list_deliveries(self.workspace, None, page(200, None));
        let listed = ok(listed.await).items;
        match listed.into_iter().find(|delivery| delivery.id == id) {
            Some(delivery) => delivery,
            None => panic!("the delivery is not listed"),
        }
    }

    pub(super) async fn delivery_state(&self, id: DeliveryId) -> DeliveryState {
        self.delivery(id).await.state
    }

    /// Claims under a lease of its own.
    pub(super) async fn claim(&self, limit: u32, seconds: i64) -> Option<ClaimedBatch> {
        let lease: LeaseId = self.ports.ids.next();
        ok(self
            .ports
            .deliveries
            .claim(lease, limit, &[], at(seconds))
            .await)
    }

    /// Claims what must be there, of this workspace.
    pub(super) async fn claimed(&self, limit: u32, seconds: i64) -> ClaimedBatch {
        let Some(batch) = self.claim(limit, seconds).await else {
            panic!("nothing was claimed");
        };
        assert_eq!(
            batch.push.workspace_id, self.workspace,
            "somebody else uses this ledger"
        );
        batch
    }

    /// Settles one delivery of a batch under the batch's lease.
    pub(super) async fn settle(
        &self,
        batch: &ClaimedBatch,
        index: usize,
        outcome: Settlement,
        seconds: i64,
    ) -> u32 {
        let outcomes = [(nth(&batch.deliveries, index).id, outcome)];
        self.settle_all(batch, &outcomes, seconds).await
    }

    pub(super) async fn settle_all(
        &self,
        batch: &ClaimedBatch,
        outcomes: &[(DeliveryId, Settlement)],
        seconds: i64,
    ) -> u32 {
        let settled = SettledBatch {
            push_id: batch.push.id,
            lease_id: batch.lease_id,
            outcomes: outcomes.to_vec(),
            quota_points: 0,
            fence: None,
        };
        ok(self.ports.deliveries.settle(&settled, at(seconds)).await)
    }

    /// Settles under a lease that holds nothing.
    pub(super) async fn settle_as_stranger(
        &self,
        push: PushId,
        delivery: DeliveryId,
        outcome: Settlement,
    ) -> u32 {
        let settled = SettledBatch {
            push_id: push,
            lease_id: self.ports.ids.next(),
            outcomes: vec![(delivery, outcome)],
            quota_points: 0,
            fence: None,
        };
        ok(self.ports.deliveries.settle(&settled, at(90)).await)
    }

    pub(super) fn confirmed(&self) -> Settlement {
        Settlement::Confirmed {
            external: self.issue("1"),
        }
    }

    pub(super) async fn cancel(&self, push: PushId, seconds: i64) -> Option<u32> {
        let audit = self.audit(AuditAction::PushCancelled, at(seconds));
        ok(self
            .ports
            .deliveries
            .cancel(self.workspace, push, at(seconds), &audit)
            .await)
    }

    pub(super) async fn disconnect(&self, seconds: i64) -> bool {
        let audit = self.audit(AuditAction::Disconnected, at(seconds));
        let jira = Platform::Jira;
        ok(self
            .ports
            .connections
            .disconnect(self.workspace, jira, at(seconds), &audit)
            .await)
    }

    /// Leaves nothing queued behind.
    pub(in super::super) async fn retire(self) {
        self.disconnect(10_000).await;
    }
}

fn delivery_id(entry: &NewEntry) -> Option<DeliveryId> {
    match entry {
        NewEntry::Deliver { delivery_id, .. } | NewEntry::Refuse { delivery_id, .. } => {
            Some(*delivery_id)
        }
        NewEntry::Existing { .. } => None,
    }
}

/// The deliveries of a report, in its order.
pub(super) fn deliveries<'a>(report: &'a PushReport) -> Vec<&'a Delivery> {
    let delivery = |entry: &'a PushEntry| match entry {
        PushEntry::Delivery(delivery) => Some(delivery),
        PushEntry::AlreadyPushed { .. } => None,
    };
    report.entries.iter().filter_map(delivery).collect()
}

/// The change numbers of a push's own deliveries are its own, differ, and do not pass the push's.
pub(super) fn check_change_numbers(report: &PushReport) {
    let own = deliveries(report)
        .into_iter()
        .filter(|one| one.push_id == report.push.id);
    let mut numbers: Vec<i64> = own.map(|delivery| delivery.change_number).collect();
    numbers.sort_unstable();
    assert!(
        numbers.first().is_none_or(|first| *first > 0),
        "{numbers:?}"
    );
    assert!(
        numbers.is_sorted_by(|left, right| left < right),
        "{numbers:?} repeat"
    );
    let greatest = numbers.last().copied().unwrap_or(0);
    assert!(greatest <= report.push.change_number);
}
