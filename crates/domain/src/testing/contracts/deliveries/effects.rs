//! The promises about deliveries that other repositories keep.

use super::super::Ports;
use super::super::tickets::generation::generated;
use super::super::world::{World, at, ok};
use super::ledger::{Accepted, check_change_numbers, deliveries, trouble};
use crate::audit::model::AuditAction;
use crate::connection::model::{Integration, IntegrationConfig};
use crate::connection::ports::WriteOutcome;
use crate::delivery::model::{ClaimedBatch, DeliveryState, PushState, Settlement};
use crate::document::ports::DocumentOutcome;
use crate::ticket::model::{PushError, TicketStatus};
use crate::ticket::ports::SaveOutcome;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    disconnecting_cancels_what_is_queued_and_freezes_the_rest(ports).await;
    connecting_to_the_same_site_lets_deliveries_go_on(ports).await;
    connecting_to_another_site_needs_a_persons_attention(ports).await;
    connecting_elsewhere_without_a_disconnect_cancels_what_was_not_sent(ports).await;
    a_document_with_an_open_delivery_cannot_be_deleted(ports).await;
    generating_leaves_tickets_in_delivery_alone(ports).await;
    a_ticket_in_delivery_has_another_version_than_its_reader_saw(ports).await;
}

/// Three deliveries of one push: queued, sending, uncertain.
async fn in_every_open_state(world: &World<'_>) -> (Accepted, ClaimedBatch) {
    let accepted = world.accepted(3).await;
    let batch = world.claimed(2, 10).await;
    world
        .settle(&batch, 1, Settlement::Uncertain { error: trouble() }, 20)
        .await;
    (accepted, batch)
}

async fn states(world: &World<'_>, accepted: &Accepted) -> [DeliveryState; 3] {
    [
        world.delivery_state(accepted.delivery(0)).await,
        world.delivery_state(accepted.delivery(1)).await,
        world.delivery_state(accepted.delivery(2)).await,
    ]
}

/// Disconnecting cancels what is queued, in this workspace only; what may have been sent stays as it is.
pub async fn disconnecting_cancels_what_is_queued_and_freezes_the_rest(ports: &Ports) {
    let (world, other) = (World::new(ports).await, World::new(ports).await);
    world.connect().await;
    other.connect().await;
    let (accepted, batch) = in_every_open_state(&world).await;
    let elsewhere = other.accepted(1).await;
    let only_queued = world.accepted(1).await;
    let before = world.load(accepted.ticket(2)).await;

    assert!(world.disconnect(30).await);

    use DeliveryState::{Cancelled, Sending, Uncertain};
    assert_eq!(
        states(&world, &accepted).await,
        [Sending, Uncertain, Cancelled]
    );
    assert_eq!(
        other.delivery_state(elsewhere.delivery(0)).await,
        DeliveryState::Queued
    );
    let report = world.report(accepted.push).await;
    check_change_numbers(&report);
    assert_eq!(
        (report.push.state, report.counts().cancelled),
        (PushState::Running, 1)
    );
    let settled = world.report(only_queued.push).await.push;
    assert_eq!(
        (settled.state, settled.settled_at),
        (PushState::Settled, Some(at(30)))
    );
    let ticket = world.load(accepted.ticket(2)).await;
    assert_eq!(
        (ticket.status, ticket.delivery),
        (TicketStatus::Reviewed, None)
    );
    assert!(ticket.version > before.version);

    assert_eq!(
        world.settle(&batch, 0, world.confirmed(), 40).await,
        1,
        "the answer still counts"
    );
    other.retire().await;
}

async fn reconnect(world: &World<'_>, cloud_id: String, seconds: i64) {
    reconnect_as(world, Some(cloud_id), None, seconds).await;
}

pub(super) async fn reconnect_as(
    world: &World<'_>,
    cloud_id: Option<String>,
    account_id: Option<String>,
    seconds: i64,
) {
    let stored = world.stored_integration().await;
    let config = IntegrationConfig {
        cloud_id: cloud_id.unwrap_or_else(|| stored.config.cloud_id.clone()),
        account_id: account_id.unwrap_or_else(|| stored.config.account_id.clone()),
        ..stored.config
    };
    let generation = stored.generation;
    let row = Integration {
        id: stored.id,
        config,
        updated_at: at(seconds),
        ..world.integration()
    };
    let audit = world.audit(AuditAction::Connected, at(seconds));
    let outcome = world
        .ports
        .connections
        .connect(&row, Some(generation), &audit)
        .await;
    assert_eq!(ok(outcome), WriteOutcome::Done);
}

/// After a reconnect to the same site everything stands as it stood.
pub async fn connecting_to_the_same_site_lets_deliveries_go_on(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, _) = in_every_open_state(&world).await;
    let before = world.report(accepted.push).await;

    reconnect(&world, world.site(), 30).await;

    assert_eq!(world.report(accepted.push).await, before);
    assert_eq!(world.claimed(50, 40).await.deliveries.len(), 1);
    world.retire().await;
}

/// A push is bound to its site and its account: another one can neither send nor look for its issues. What is queued can
/// never be sent, so it is cancelled and its ticket is free again.
pub async fn connecting_elsewhere_without_a_disconnect_cancels_what_was_not_sent(ports: &Ports) {
    let world = World::new(ports).await;
    let other_site = (Some(format!("other-{}", world.workspace)), None);
    let other_account = (None, Some("another-account".to_owned()));
    for (site, account) in [other_site, other_account] {
        let world = World::new(ports).await;
        world.connect().await;
        let (accepted, _) = in_every_open_state(&world).await;

        reconnect_as(&world, site, account, 40).await;

        use DeliveryState::{Cancelled, NeedsAttention};
        assert_eq!(
            states(&world, &accepted).await,
            [NeedsAttention, NeedsAttention, Cancelled]
        );
        assert_eq!(world.load(accepted.ticket(2)).await.delivery, None);
        world.retire().await;
    }
}

/// What may have been sent to a site that is no longer connected is for a person to decide, in this workspace only.
pub async fn connecting_to_another_site_needs_a_persons_attention(ports: &Ports) {
    let (world, other) = (World::new(ports).await, World::new(ports).await);
    world.connect().await;
    other.connect().await;
    let (accepted, batch) = in_every_open_state(&world).await;
    let (elsewhere, _) = in_every_open_state(&other).await;
    world.disconnect(30).await;

    reconnect(&world, format!("other-{}", world.workspace), 40).await;

    use DeliveryState::{Cancelled, NeedsAttention, Queued, Sending, Uncertain};
    assert_eq!(
        states(&world, &accepted).await,
        [NeedsAttention, NeedsAttention, Cancelled]
    );
    assert_eq!(
        states(&other, &elsewhere).await,
        [Sending, Uncertain, Queued]
    );
    let report = world.report(accepted.push).await;
    check_change_numbers(&report);
    assert_eq!(
        (report.push.state, report.push.settled_at),
        (PushState::Settled, Some(at(40)))
    );
    assert_eq!(
        (report.counts().needs_attention, report.counts().cancelled),
        (2, 1)
    );
    let stranded = deliveries(&report)
        .into_iter()
        .filter(|one| one.state == NeedsAttention);
    for delivery in stranded {
        assert_eq!(delivery.error, Some(PushError::site_changed()));
    }
    let open = world.load(accepted.ticket(0)).await.delivery;
    assert_eq!(open.map(|open| open.state), Some(NeedsAttention));
    assert!(
        ok(ports.deliveries.list_held().await)
            .iter()
            .all(|held| held.lease_id != batch.lease_id)
    );

    let refused = Settlement::Rejected { error: trouble() };
    assert_eq!(world.settle(&batch, 0, refused, 50).await, 0);
    let delivery = accepted.delivery(0);
    let proven = world
        .settle_as_stranger(accepted.push, delivery, world.confirmed())
        .await;
    assert_eq!(proven, 1, "proof is taken while a person should decide");
    assert_eq!(
        world.load(accepted.ticket(0)).await.status,
        TicketStatus::Pushed
    );
    let report = world.report(accepted.push).await;
    assert_eq!(
        (report.counts().pushed, report.counts().needs_attention),
        (1, 1)
    );
    assert_eq!(report.push.settled_at, Some(at(40)));
    world.retire().await;
    other.retire().await;
}

/// While a ticket is in delivery its document stays; a cancelled delivery no longer holds it.
pub async fn a_document_with_an_open_delivery_cannot_be_deleted(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(2).await;
    let delete = async || {
        let (workspace, document) = (world.workspace, accepted.document);
        ok(ports
            .documents
            .delete(workspace, document, None, at(50))
            .await)
    };

    assert_eq!(delete().await, DocumentOutcome::DeliveryOpen);
    let batch = world.claimed(1, 10).await;
    world.cancel(accepted.push, 20).await;
    assert_eq!(delete().await, DocumentOutcome::DeliveryOpen);
    world
        .settle(&batch, 0, Settlement::Uncertain { error: trouble() }, 30)
        .await;
    assert_eq!(delete().await, DocumentOutcome::DeliveryOpen);
    assert!(
        ok(ports
            .documents
            .find(world.workspace, accepted.document)
            .await)
        .is_some()
    );
    assert_eq!(
        world.load(accepted.ticket(1)).await.status,
        TicketStatus::Reviewed
    );

    world
        .settle_as_stranger(accepted.push, accepted.delivery(0), world.confirmed())
        .await;
    assert_eq!(delete().await, DocumentOutcome::Done);
    assert_eq!(
        world.load(accepted.ticket(0)).await.status,
        TicketStatus::Pushed
    );
    assert_eq!(
        ok(ports
            .tickets
            .find(world.workspace, accepted.ticket(1))
            .await),
        None
    );
    assert_eq!(
        world.report(accepted.push).await.counts().total,
        2,
        "deliveries outlive tickets"
    );
    world.retire().await;
}

/// An unreviewed ticket that is in delivery neither follows its source nor vanishes with it.
pub async fn generating_leaves_tickets_in_delivery_alone(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let document = world.add_document().await;
    let ticket = world.ticket(document, "generated");
    world
        .add_tickets(document, std::slice::from_ref(&ticket))
        .await;
    let accepted = world.accepted_of(document, vec![ticket.clone()]).await;
    let before = world.load(ticket.id).await;
    let generate = async |names: &[&str]| generated(&world, document, names, at(50)).await;

    assert_eq!(
        generate(&["generated"]).await,
        std::slice::from_ref(&before)
    );
    assert_eq!(generate(&[]).await, [before]);

    world.cancel(accepted.push, 60).await;
    assert_eq!(generate(&[]).await, []);
    world.retire().await;
}

/// Whoever read a ticket before its push was accepted can neither save nor delete it.
pub async fn a_ticket_in_delivery_has_another_version_than_its_reader_saw(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let Some(read_before) = accepted.tickets.first() else {
        panic!("there is no ticket")
    };

    let saved = ok(ports.tickets.save(read_before).await);
    let delete = ports
        .tickets
        .delete(world.workspace, read_before.id, read_before.version, at(10));
    let deleted = ok(delete.await);

    assert_eq!(
        (saved, deleted),
        (SaveOutcome::VersionConflict, SaveOutcome::VersionConflict)
    );
    assert_eq!(
        world.delivery_state(accepted.delivery(0)).await,
        DeliveryState::Queued
    );
    world.retire().await;
}
