use handoff_domain::delivery::model::PushState;
use handoff_domain::shared::ids::TicketId;
use handoff_domain::ticket::ports::LinkedFilter;
use handoff_store::testing::TestDatabase;

use crate::on_both_databases;
use crate::world::World;

on_both_databases!(a_push_of_ten_thousand_tickets_is_accepted_claimed_and_cancelled);

async fn a_push_of_ten_thousand_tickets_is_accepted_claimed_and_cancelled(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(10_000).await;
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();

    let batch = world.claim().await;
    world
        .settle_all(&batch, batch.lease_id, |index| world.confirmed(index))
        .await;
    world.disconnect().await;

    let report = world.report(push).await;
    let counts = report.counts();
    assert_eq!(
        (counts.total, counts.pushed, counts.cancelled),
        (10_000, 50, 9_950)
    );
    assert_eq!(report.push.state, PushState::Settled);
    let stored = world
        .ports
        .tickets
        .find_many(world.workspace, &ids)
        .await
        .unwrap();
    assert_eq!(stored.len(), 10_000);
    assert!(stored.iter().all(|ticket| ticket.delivery.is_none()));
    let filter = LinkedFilter {
        document_id: None,
        ticket_ids: Some(ids),
    };
    let linked = world
        .ports
        .tickets
        .list_linked(world.workspace, &filter)
        .await
        .unwrap();
    assert_eq!(linked.len(), 50);
}
