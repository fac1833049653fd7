//! The promises about what people decide.

use super::super::Ports;
use super::super::world::{World, at, ok, there};
use super::effects::reconnect_as;
use super::ledger::{Accepted, check_change_numbers, trouble};
use super::reconciling::uncertain;
use crate::audit::model::{AuditAction, AuditEntry};
use crate::delivery::model::{
    ClaimedBatch, DeliveryState, Finding, PushState, Resolution, Settlement,
};
use crate::delivery::ports::{AcceptOutcome, NewEntry, ResolveOutcome};
use crate::shared::ids::DeliveryId;
use crate::ticket::model::{PushError, PushErrorCode, TicketStatus};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_delivery_is_found_in_its_workspace(ports).await;
    a_linked_delivery_is_confirmed(ports).await;
    a_resent_delivery_opens_its_push_again(ports).await;
    an_abandoned_delivery_frees_its_ticket(ports).await;
    only_what_was_seen_is_decided(ports).await;
    an_issue_of_another_ticket_cannot_be_linked(ports).await;
    nothing_is_sent_again_without_the_pushs_own_connection(ports).await;
    a_persons_resend_outlives_an_earlier_cancellation(ports).await;
    quarantine_leaves_nothing_unfinished(ports).await;
}

/// A push of so many deliveries that wait for a person.
async fn stuck(world: &World<'_>, count: usize) -> Accepted {
    let (accepted, batch) = uncertain(world, count).await;
    leave_to_a_person(world, &accepted, &batch).await;
    accepted
}

/// What is uncertain since this request cannot be decided.
async fn leave_to_a_person(world: &World<'_>, accepted: &Accepted, batch: &ClaimedBatch) {
    let Some(listed) = world.listed(accepted.push, 25).await else {
        panic!("the push is not listed")
    };
    let number = listed
        .attempts
        .iter()
        .map(|attempt| attempt.change_number)
        .max()
        .unwrap_or_default();
    let doubt = |id: &DeliveryId| (*id, Finding::Undecidable { error: trouble() });
    let findings = accepted.deliveries.iter().map(doubt).collect();
    let attempt = (batch.lease_id, number);
    world.reconcile(accepted.push, attempt, findings, 30).await;
}

impl World<'_> {
    fn decision(&self) -> AuditEntry {
        self.audit(AuditAction::DeliveryResolved, at(40))
    }

    async fn resolve(&self, id: DeliveryId, resolution: &Resolution) -> ResolveOutcome {
        let number = self.delivery(id).await.change_number;
        let (repository, audit) = (&self.ports.deliveries, self.decision());
        let resolved = repository.resolve(self.workspace, id, number, resolution, at(40), &audit);
        let outcome = ok(resolved.await);
        let is_done = outcome == ResolveOutcome::Resolved;
        assert_eq!(self.has_audit(&audit).await, is_done);
        outcome
    }

    fn link(&self) -> Resolution {
        Resolution::Link {
            external: self.issue("5"),
        }
    }
}

fn given_up() -> PushError {
    PushError::new(PushErrorCode::Abandoned, "a person gave it up")
}

/// A delivery is given with the push that made it, to its workspace alone.
pub async fn a_delivery_is_found_in_its_workspace(ports: &Ports) {
    let (world, other) = (World::new(ports).await, World::new(ports).await);
    world.connect().await;
    let accepted = world.accepted(1).await;
    let id = accepted.delivery(0);
    let find = async |workspace, id| ok(ports.deliveries.find_delivery(workspace, id).await);

    let found = there(ports.deliveries.find_delivery(world.workspace, id).await);
    let push = world.report(accepted.push).await.push;
    assert_eq!(found, (world.delivery(id).await, push));
    assert_eq!(find(other.workspace, id).await, None);
    assert_eq!(find(world.workspace, ports.ids.next()).await, None);
    world.retire().await;
}

/// A person's link confirms the delivery and its ticket; the push stays settled.
pub async fn a_linked_delivery_is_confirmed(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = stuck(&world, 1).await;
    let external = world.issue("5");
    let resolution = Resolution::Link {
        external: external.clone(),
    };

    let outcome = world.resolve(accepted.delivery(0), &resolution).await;

    assert_eq!(outcome, ResolveOutcome::Resolved);
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.error, delivery.external.as_ref()),
        (DeliveryState::Confirmed, None, Some(&external))
    );
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(
        (ticket.status, ticket.external, ticket.pushed_at),
        (TicketStatus::Pushed, Some(external), Some(at(40)))
    );
    let report = world.report(accepted.push).await;
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(at(30)))
    );
    check_change_numbers(&report);
    world.retire().await;
}

/// What is sent again makes its push run again, and each that joined it.
pub async fn a_resent_delivery_opens_its_push_again(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = stuck(&world, 1).await;
    let joining = vec![NewEntry::Existing {
        ticket_id: accepted.ticket(0),
    }];
    let joined = world.new_push(accepted.document, joining);
    assert_eq!(world.accept(&joined).await, AcceptOutcome::Accepted);
    let pushes = [accepted.push, joined.push.id];
    for push in pushes {
        assert_eq!(world.state(push).await, PushState::Settled);
    }
    let before = world.load(accepted.ticket(0)).await;

    let outcome = world
        .resolve(accepted.delivery(0), &Resolution::Resend)
        .await;

    assert_eq!(outcome, ResolveOutcome::Resolved);
    for push in pushes {
        let report = world.report(push).await;
        assert_eq!(
            (report.push.state, report.push.settled_at),
            (PushState::Running, None)
        );
        assert_eq!(report.counts().pending, 1);
    }
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.retry_at, delivery.error),
        (DeliveryState::Queued, None, None)
    );
    let ticket = world.load(accepted.ticket(0)).await;
    assert!(ticket.version > before.version);
    let batch = world.claimed(50, 50).await;
    world.settle(&batch, 0, world.confirmed(), 60).await;
    for push in pushes {
        let push = world.report(push).await.push;
        assert_eq!(
            (push.state, push.settled_at),
            (PushState::Settled, Some(at(60)))
        );
    }
    world.retire().await;
}

/// What a person gives up fails its ticket, which can be pushed again.
pub async fn an_abandoned_delivery_frees_its_ticket(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = stuck(&world, 1).await;
    let resolution = Resolution::Abandon { error: given_up() };

    let outcome = world.resolve(accepted.delivery(0), &resolution).await;

    assert_eq!(outcome, ResolveOutcome::Resolved);
    let delivery = world.delivery(accepted.delivery(0)).await;
    assert_eq!(
        (delivery.state, delivery.error),
        (DeliveryState::Abandoned, Some(given_up()))
    );
    let ticket = world.load(accepted.ticket(0)).await;
    assert_eq!(
        (ticket.status, &ticket.push_error, ticket.delivery),
        (TicketStatus::PushFailed, &Some(given_up()), None)
    );
    assert_eq!(world.report(accepted.push).await.counts().failed, 1);
    let again = world.accepted_of(accepted.document, vec![ticket]).await;
    assert_eq!(world.claimed(50, 50).await.push.id, again.push);
    world.retire().await;
}

/// A decision counts only for the delivery as it was seen, in its workspace, while it needs attention.
pub async fn only_what_was_seen_is_decided(ports: &Ports) {
    let (world, other) = (World::new(ports).await, World::new(ports).await);
    world.connect().await;
    let accepted = stuck(&world, 1).await;
    let id = accepted.delivery(0);
    let seen = world.delivery(id).await;
    let resolve = async |workspace, number| {
        let (resend, audit) = (Resolution::Resend, world.decision());
        let repository = &ports.deliveries;
        let resolved = repository.resolve(workspace, id, number, &resend, at(40), &audit);
        (ok(resolved.await), world.has_audit(&audit).await)
    };
    let number = seen.change_number;
    let refused = (ResolveOutcome::Changed, false);

    assert_eq!(resolve(other.workspace, number).await, refused);
    assert_eq!(resolve(world.workspace, number - 1).await, refused);
    assert_eq!(world.delivery(id).await, seen);
    assert_eq!(
        resolve(world.workspace, number).await,
        (ResolveOutcome::Resolved, true)
    );
    let queued = world.delivery(id).await.change_number;
    assert_eq!(resolve(world.workspace, queued).await, refused);
    world.retire().await;
}

/// One issue cannot be two tickets.
pub async fn an_issue_of_another_ticket_cannot_be_linked(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = stuck(&world, 2).await;
    let link = world.link();
    let (one, other) = (accepted.delivery(0), accepted.delivery(1));
    assert_eq!(world.resolve(one, &link).await, ResolveOutcome::Resolved);
    let before = world.delivery(other).await;

    let outcome = world.resolve(other, &link).await;

    assert_eq!(outcome, ResolveOutcome::LinkedElsewhere);
    assert_eq!(world.delivery(other).await, before);
    world.retire().await;
}

/// Where the workspace is connected to another site, as another account or to nothing, a resend would be stuck and is
/// refused; giving up is not.
pub async fn nothing_is_sent_again_without_the_pushs_own_connection(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = stuck(&world, 1).await;
    let id = accepted.delivery(0);
    let before = world.delivery(id).await;
    let resend = async || world.resolve(id, &Resolution::Resend).await;
    let other = || Some(format!("other-{}", world.workspace));

    reconnect_as(&world, other(), None, 41).await;
    assert_eq!(resend().await, ResolveOutcome::NotConnected);
    let account = Some("another-account".to_owned());
    reconnect_as(&world, Some(world.site()), account, 42).await;
    assert_eq!(resend().await, ResolveOutcome::NotConnected);
    assert!(world.disconnect(43).await);
    assert_eq!(resend().await, ResolveOutcome::NotConnected);
    assert_eq!(world.delivery(id).await, before);

    let account = Some("account-1".to_owned());
    reconnect_as(&world, Some(world.site()), account, 44).await;
    assert_eq!(resend().await, ResolveOutcome::Resolved);
    world.retire().await;
}

/// What a person has sent again comes back to the queue, although its push was cancelled before; a later cancellation
/// counts again, also for what is just being sent.
pub async fn a_persons_resend_outlives_an_earlier_cancellation(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, first) = uncertain(&world, 1).await;
    let id = accepted.delivery(0);
    assert_eq!(world.cancel(accepted.push, 22).await, Some(0));
    leave_to_a_person(&world, &accepted, &first).await;
    let resend = &Resolution::Resend;
    assert_eq!(world.resolve(id, resend).await, ResolveOutcome::Resolved);
    let retry = |seconds| Settlement::Retry {
        at: at(seconds),
        error: trouble(),
    };
    use DeliveryState::{Cancelled, Queued};

    let second = world.claimed(50, 50).await;
    assert_eq!(world.settle(&second, 0, retry(60), 51).await, 1);
    assert_eq!(world.delivery_state(id).await, Queued);
    let third = world.claimed(50, 60).await;
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&third, 0, doubt, 61).await;
    let number = world.delivery(id).await.change_number;
    let absent = vec![(id, Finding::Absent)];
    let attempt = (third.lease_id, number);
    assert_eq!(world.reconcile(accepted.push, attempt, absent, 62).await, 1);
    assert_eq!(world.delivery_state(id).await, Queued);

    let fourth = world.claimed(50, 70).await;
    assert_eq!(world.cancel(accepted.push, 71).await, Some(0));
    assert_eq!(world.settle(&fourth, 0, retry(80), 72).await, 1);
    assert_eq!(world.delivery_state(id).await, Cancelled);
    world.retire().await;
}

/// Whatever is unfinished, of one workspace or of all, waits for a person; what proves the issue is still taken.
pub async fn quarantine_leaves_nothing_unfinished(ports: &Ports) {
    let (world, other) = (World::new(ports).await, World::new(ports).await);
    world.connect().await;
    other.connect().await;
    let accepted = world.accepted(4).await;
    let batch = world.claimed(3, 10).await;
    world.settle(&batch, 0, world.confirmed(), 20).await;
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&batch, 1, doubt, 20).await;
    let elsewhere = other.accepted(1).await;
    let error = PushError::new(PushErrorCode::Quarantined, "a backup was restored");
    let quarantine = async |workspace, audit: &AuditEntry| {
        let done = ports
            .deliveries
            .quarantine(workspace, &error, at(40), audit);
        ok(done.await)
    };

    let audit = world.audit(AuditAction::DeliveriesQuarantined, at(40));
    assert_eq!(quarantine(Some(world.workspace), &audit).await, 3);

    assert!(world.has_audit(&audit).await);
    use DeliveryState::{Confirmed, NeedsAttention, Queued};
    assert_eq!(world.delivery_state(accepted.delivery(0)).await, Confirmed);
    for index in 1..4 {
        let delivery = world.delivery(accepted.delivery(index)).await;
        assert_eq!(
            (delivery.state, delivery.error.as_ref()),
            (NeedsAttention, Some(&error))
        );
    }
    let report = world.report(accepted.push).await;
    assert_eq!(report.push.state, PushState::Settled);
    check_change_numbers(&report);
    assert_eq!(other.delivery_state(elsewhere.delivery(0)).await, Queued);
    assert_eq!(
        world.claim(50, 50).await.map(|batch| batch.push.id),
        Some(elsewhere.push)
    );

    let refused = Settlement::Rejected { error: trouble() };
    assert_eq!(world.settle(&batch, 2, refused, 50).await, 0);
    assert_eq!(world.settle(&batch, 2, world.confirmed(), 51).await, 1);

    let everywhere = AuditEntry {
        workspace_id: None,
        ..other.audit(AuditAction::DeliveriesQuarantined, at(60))
    };
    assert!(quarantine(None, &everywhere).await >= 1);
    let state = other.delivery_state(elsewhere.delivery(0)).await;
    assert_eq!(state, NeedsAttention);
    assert_eq!(quarantine(None, &world.decision()).await, 0);
    world.retire().await;
    other.retire().await;
}
