use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::ports::WriteOutcome;
use handoff_domain::delivery::model::{DeliveryState, PushEntry, PushState, Settlement};
use handoff_domain::ticket::model::PushErrorCode;
use handoff_store::testing::TestDatabase;

use crate::on_both_databases;
use crate::world::{World, at, error, settled, states};

on_both_databases!(
    a_disconnect_cancels_what_is_queued_and_freezes_what_was_sent,
    another_site_leaves_what_was_sent_to_a_person,
    of_two_writers_with_one_generation_one_wins,
    of_two_first_connections_one_wins,
    a_claim_beside_a_disconnect_leaves_nothing_half_done,
);

async fn a_disconnect_cancels_what_is_queued_and_freezes_what_was_sent(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(2).await;
    let batch = world.try_claim(1).await.unwrap();

    world.disconnect().await;

    let report = world.report(push).await;
    assert_eq!(states(&report), [Some("sending"), Some("cancelled")]);
    assert_eq!(report.push.state, PushState::Running);
    assert_eq!(world.load(tickets[1].id).await.delivery, None);
    let row = world.stored_integration().await;
    assert!(!row.is_active && row.tokens.is_none());
    assert!(!database.store().has_sealed_secrets().await.unwrap());

    assert_eq!(
        world
            .settle_all(&batch, batch.lease_id, |_| world.confirmed(1))
            .await,
        1
    );
    assert_eq!(world.report(push).await.push.state, PushState::Settled);
}

async fn another_site_leaves_what_was_sent_to_a_person(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(2).await;
    let batch = world.claim().await;
    let lost = |_| Settlement::Uncertain {
        error: error("lost"),
    };
    let first = vec![(batch.deliveries[0].id, lost(0))];
    let first = settled(&batch, batch.lease_id, first, 0);
    world.ports.deliveries.settle(&first, at(30)).await.unwrap();

    world.connect("elsewhere", Some(1)).await;

    let report = world.report(push).await;
    assert_eq!(states(&report), [Some("needs_attention"); 2]);
    assert_eq!(report.push.state, PushState::Settled);
    let PushEntry::Delivery(delivery) = &report.entries[0] else {
        panic!("it is a delivery")
    };
    let reason = delivery.error.as_ref().unwrap();
    assert_eq!(reason.code, PushErrorCode::SiteChanged);
    assert!(reason.message.starts_with("site_changed"));
    let open = world.load(tickets[1].id).await.delivery.unwrap();
    assert_eq!(open.state, DeliveryState::NeedsAttention);
    assert!(database.store().has_sealed_secrets().await.unwrap());

    assert_eq!(
        world
            .settle_all(&batch, batch.lease_id, |index| world.confirmed(index))
            .await,
        2
    );
    assert!(world.load(tickets[1].id).await.is_pushed());
}

async fn of_two_writers_with_one_generation_one_wins(database: &TestDatabase) {
    let world = World::new(database).await;
    for generation in 1..6 {
        let row = world.stored_integration().await;
        assert_eq!(row.generation, generation);
        let begin = || {
            let connections = &world.ports.connections;
            connections.begin_refresh(row.id, generation, world.ports.ids.next(), at(generation))
        };

        let (left, right) = tokio::join!(begin(), begin());

        let mut outcomes = [left.unwrap(), right.unwrap()];
        outcomes.sort_by_key(|outcome| *outcome == WriteOutcome::Conflict);
        assert_eq!(outcomes, [WriteOutcome::Done, WriteOutcome::Conflict]);
    }
    let intent = world.stored_integration().await.refresh.unwrap();
    assert_eq!(
        intent.started_at,
        at(1),
        "an intent that stands keeps its beginning"
    );
}

async fn of_two_first_connections_one_wins(database: &TestDatabase) {
    let world = World::new(database).await;
    let neighbour = World::beside(world.ports.clone()).await;
    let mut first = neighbour.integration("one");
    let mut second = neighbour.integration("two");
    let empty = handoff_domain::workspace::model::Workspace {
        id: world.ports.ids.next(),
        name: "Empty".to_owned(),
        created_at: at(0),
    };
    assert!(
        world
            .ports
            .workspaces
            .create_workspace(&empty, None, &[])
            .await
            .unwrap()
    );
    first.workspace_id = empty.id;
    second.workspace_id = empty.id;
    let audits = [
        world.audit(AuditAction::Connected),
        world.audit(AuditAction::Connected),
    ];
    let connections = &world.ports.connections;

    let (left, right) = tokio::join!(
        connections.connect(&first, None, &audits[0]),
        connections.connect(&second, None, &audits[1])
    );

    let outcomes = [left.unwrap(), right.unwrap()];
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == WriteOutcome::Done)
            .count(),
        1
    );
}

async fn a_claim_beside_a_disconnect_leaves_nothing_half_done(database: &TestDatabase) {
    let world = World::new(database).await;
    for round in 0..5 {
        let (push, _) = world.push_new(10).await;

        let (batch, ()) = tokio::join!(world.try_claim(5), world.disconnect());

        let sent = batch.as_ref().map_or(0, |batch| batch.deliveries.len());
        let report = world.report(push).await;
        let count = |state| {
            states(&report)
                .iter()
                .filter(|found| **found == Some(state))
                .count()
        };
        assert_eq!((count("sending"), count("cancelled")), (sent, 10 - sent));
        assert_eq!(world.try_claim(50).await, None);
        if let Some(batch) = batch {
            let outcome = |index| world.confirmed(round * 100 + index);
            world.settle_all(&batch, batch.lease_id, outcome).await;
        }
        let generation = world.stored_integration().await.generation;
        world.connect(&world.site, Some(generation)).await;
    }
}
