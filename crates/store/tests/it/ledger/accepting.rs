use handoff_domain::delivery::model::{DeliveryState, PushEntry, PushState, Settlement};
use handoff_domain::delivery::ports::{AcceptOutcome, KeyLookup, NewEntry, NewPush, PushFilter};
use handoff_domain::document::ports::DocumentOutcome;
use handoff_domain::shared::page::PageRequest;
use handoff_domain::ticket::model::TicketStatus;
use handoff_domain::ticket::ports::SaveOutcome;
use handoff_store::testing::TestDatabase;
use time::Duration;

use crate::on_both_databases;
use crate::world::{World, at, error, settled, states};

on_both_databases!(
    a_ticket_changed_since_it_was_read_stops_the_whole_push,
    a_workspace_on_another_site_cannot_push,
    two_pushes_at_once_open_one_delivery_and_the_other_joins,
    a_joined_push_settles_with_the_delivery_it_joined,
    a_refused_ticket_fails_and_an_issue_is_reported_as_it_is,
    a_push_with_nothing_to_send_is_settled_at_once,
    a_ticket_in_delivery_cannot_be_edited_deleted_or_lose_its_document,
    an_idempotency_key_gives_the_same_push_for_a_day,
    one_key_used_twice_at_once_makes_one_push,
    times_keep_their_microseconds,
);

async fn a_ticket_changed_since_it_was_read_stops_the_whole_push(database: &TestDatabase) {
    let world = World::new(database).await;
    let tickets = world.add_tickets(2).await;
    let push = world.push_of(&tickets);
    assert_eq!(
        world.ports.tickets.save(&tickets[1]).await.unwrap(),
        SaveOutcome::Done
    );

    assert_eq!(world.try_accept(&push).await, AcceptOutcome::TicketsChanged);

    assert_eq!(world.load(tickets[0].id).await.delivery, None);
    let found = world
        .ports
        .deliveries
        .find_push(world.workspace, push.push.id, at(0))
        .await;
    assert_eq!(found.unwrap(), None);
    let existing = NewEntry::Existing {
        ticket_id: tickets[0].id,
    };
    let outcome = world.try_accept(&world.push(vec![existing])).await;
    assert_eq!(outcome, AcceptOutcome::TicketsChanged);
}

async fn a_workspace_on_another_site_cannot_push(database: &TestDatabase) {
    let world = World::new(database).await;
    let tickets = world.add_tickets(1).await;
    let mut push = world.push_of(&tickets);
    push.push.site_id = "elsewhere".to_owned();

    assert_eq!(world.try_accept(&push).await, AcceptOutcome::NotConnected);
    world.disconnect().await;
    let push = world.push_of(&tickets);
    assert_eq!(world.try_accept(&push).await, AcceptOutcome::NotConnected);
}

async fn two_pushes_at_once_open_one_delivery_and_the_other_joins(database: &TestDatabase) {
    let world = World::new(database).await;
    for _ in 0..5 {
        let tickets = world.add_tickets(20).await;
        let mut backwards = tickets.clone();
        backwards.reverse();
        let (left, right) = (world.push_of(&tickets), world.push_of(&backwards));

        let (first, second) = tokio::join!(world.accept(&left), world.accept(&right));

        let (first, second) = (world.report(first).await, world.report(second).await);
        let ids = |entries: &[PushEntry]| {
            let mut ids: Vec<_> = entries
                .iter()
                .map(|entry| match entry {
                    PushEntry::Delivery(delivery) => delivery.id,
                    PushEntry::AlreadyPushed { .. } => panic!("nothing was pushed yet"),
                })
                .collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        assert_eq!(ids(&first.entries).len(), 20);
        assert_eq!(ids(&first.entries), ids(&second.entries));
        assert_eq!(second.push.state, PushState::Running);
        for ticket in &tickets {
            let stored = world.load(ticket.id).await;
            assert_eq!(stored.delivery.unwrap().state, DeliveryState::Queued);
            assert_eq!(stored.version, ticket.version + 1);
        }
    }
}

async fn a_joined_push_settles_with_the_delivery_it_joined(database: &TestDatabase) {
    let world = World::new(database).await;
    let (first, tickets) = world.push_new(2).await;
    let second = world.accept(&world.push_of(&tickets[..1])).await;
    let batch = world.claim().await;
    assert_eq!(batch.push.id, first);

    let only_first = vec![(batch.deliveries[0].id, world.confirmed(1))];
    let deliveries = &world.ports.deliveries;
    let only_first = settled(&batch, batch.lease_id, only_first, 0);
    deliveries.settle(&only_first, at(30)).await.unwrap();

    let joined = world.report(second).await;
    assert_eq!(
        (joined.push.state, joined.push.settled_at),
        (PushState::Settled, Some(at(30)))
    );
    assert_eq!(states(&joined), [Some("confirmed")]);
    assert_eq!(world.report(first).await.push.state, PushState::Running);
}

async fn a_refused_ticket_fails_and_an_issue_is_reported_as_it_is(database: &TestDatabase) {
    let world = World::new(database).await;
    let tickets = world.add_tickets(2).await;
    world.accept(&world.push_of(&tickets[..1])).await;
    let batch = world.claim().await;
    world
        .settle_all(&batch, batch.lease_id, |_| world.confirmed(7))
        .await;
    let refuse = NewEntry::Refuse {
        ticket_id: tickets[1].id,
        ticket_version: tickets[1].version,
        delivery_id: world.ports.ids.next(),
        error: error("no such field"),
        warnings: Vec::new(),
    };
    let existing = NewEntry::Existing {
        ticket_id: tickets[0].id,
    };

    let push = world.accept(&world.push(vec![refuse, existing])).await;

    let report = world.report(push).await;
    assert_eq!(states(&report), [Some("rejected"), None]);
    assert_eq!(report.push.state, PushState::Settled);
    let expected = PushEntry::AlreadyPushed {
        ticket_id: tickets[0].id,
        external: Some(world.issue(7)),
    };
    assert_eq!(report.entries[1], expected);
    let failed = world.load(tickets[1].id).await;
    assert_eq!(failed.status, TicketStatus::PushFailed);
    assert_eq!(failed.push_error, Some(error("no such field")));
    assert_eq!((failed.delivery, failed.version), (None, 2));
    let listed = world.ports.deliveries.list_pushes(
        world.workspace,
        PushFilter {
            document_id: Some(world.document),
            state: Some(PushState::Settled),
        },
        PageRequest::default(),
        at(60),
    );
    let listed = listed.await.unwrap().items;
    let summary = listed
        .iter()
        .find(|summary| summary.push.id == push)
        .unwrap();
    assert_eq!(summary.counts, report.counts());
}

async fn a_push_with_nothing_to_send_is_settled_at_once(database: &TestDatabase) {
    let world = World::new(database).await;

    let push = world.accept(&world.push(Vec::new())).await;

    let report = world.report(push).await;
    assert_eq!(report.push.state, PushState::Settled);
    assert_eq!(report.push.settled_at, Some(at(10)));
    assert_eq!(report.counts().total, 0);
}

async fn a_ticket_in_delivery_cannot_be_edited_deleted_or_lose_its_document(
    database: &TestDatabase,
) {
    let world = World::new(database).await;
    let (_, tickets) = world.push_new(1).await;
    let repository = &world.ports.tickets;
    let read_before = &tickets[0];

    let saved = repository.save(read_before).await.unwrap();
    let deleted = repository
        .delete(world.workspace, read_before.id, 1, at(40))
        .await
        .unwrap();
    let documents = &world.ports.documents;
    let hidden = documents
        .delete(world.workspace, world.document, None, at(40))
        .await
        .unwrap();

    assert_eq!(saved, SaveOutcome::VersionConflict);
    assert_eq!(deleted, SaveOutcome::VersionConflict);
    assert_eq!(hidden, DocumentOutcome::DeliveryOpen);
}

async fn an_idempotency_key_gives_the_same_push_for_a_day(database: &TestDatabase) {
    let world = World::new(database).await;
    let deliveries = &world.ports.deliveries;
    let keyed = |hash| NewPush {
        idempotency: Some(world.key(hash)),
        ..world.push(Vec::new())
    };
    let look = |hash, now| {
        let key = world.key(hash);
        async move {
            deliveries
                .find_key(world.workspace, &key, now)
                .await
                .unwrap()
        }
    };
    assert_eq!(look(1, at(10)).await, KeyLookup::Free);
    let first = world.accept(&keyed(1)).await;

    assert_eq!(
        world.try_accept(&keyed(1)).await,
        AcceptOutcome::Replayed(first)
    );
    assert_eq!(world.try_accept(&keyed(2)).await, AcceptOutcome::KeyReused);
    assert_eq!(look(1, at(11)).await, KeyLookup::Same(first));
    assert_eq!(look(2, at(11)).await, KeyLookup::Other);

    let tomorrow = at(10) + Duration::hours(24);
    assert_eq!(look(2, tomorrow).await, KeyLookup::Free);
    let mut later = keyed(2);
    later.push.created_at = tomorrow;
    let second = world.accept(&later).await;
    assert_eq!(look(2, tomorrow).await, KeyLookup::Same(second));
    assert_eq!(world.report(first).await.push.id, first);
}

async fn one_key_used_twice_at_once_makes_one_push(database: &TestDatabase) {
    let world = World::new(database).await;
    for hash in 1..6 {
        let tickets = world.add_tickets(1).await;
        let mut key = world.key(hash);
        key.key = format!("key-{hash}");
        let push = || NewPush {
            idempotency: Some(key.clone()),
            ..world.push_of(&tickets)
        };
        let (left, right) = (push(), push());

        let (first, second) = tokio::join!(world.try_accept(&left), world.try_accept(&right));

        let outcomes = [(first, &left, second), (second, &right, first)];
        let made = outcomes
            .iter()
            .find(|(mine, ..)| *mine == AcceptOutcome::Accepted)
            .unwrap();
        assert_eq!(made.2, AcceptOutcome::Replayed(made.1.push.id));
    }
}

async fn times_keep_their_microseconds(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(1).await;
    let batch = world.claim().await;
    let retry_at = at(60) + Duration::microseconds(7);

    let retry = |_| Settlement::Retry {
        at: retry_at,
        error: error("later"),
    };
    world.settle_all(&batch, batch.lease_id, retry).await;

    let report = world.report(push).await;
    let PushEntry::Delivery(delivery) = &report.entries[0] else {
        panic!("it is a delivery")
    };
    assert_eq!(delivery.retry_at, Some(retry_at));
    assert_eq!(delivery.created_at, at(10));
    assert_eq!(world.load(tickets[0].id).await.updated_at, at(10));
}
