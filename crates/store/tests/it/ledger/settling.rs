use std::collections::HashSet;

use handoff_domain::audit::model::AuditAction;
use handoff_domain::delivery::model::{DeliveryState, PushEntry, PushState, Settlement};
use handoff_domain::shared::ids::{LeaseId, TicketId};
use handoff_domain::shared::page::PageRequest;
use handoff_domain::ticket::model::TicketStatus;
use handoff_domain::ticket::ports::SaveOutcome;
use handoff_store::testing::TestDatabase;

use crate::on_both_databases;
use crate::world::{World, at, error, states};

on_both_databases!(
    a_wrong_lease_writes_nothing_but_proof_of_presence,
    each_outcome_reaches_its_ticket,
    change_numbers_grow_and_never_repeat,
    an_expired_lease_makes_its_rows_uncertain_and_proof_still_counts,
    a_rejected_ticket_can_be_pushed_again,
    cancelling_calls_off_what_is_queued_only,
    settling_at_once_counts_everything_once,
);

async fn a_wrong_lease_writes_nothing_but_proof_of_presence(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(1).await;
    let batch = world.claim().await;
    let stranger: LeaseId = world.ports.ids.next();

    let rejected = |_| Settlement::Rejected { error: error("no") };
    assert_eq!(world.settle_all(&batch, stranger, rejected).await, 0);
    let retry = |_| Settlement::Retry {
        at: at(40),
        error: error("later"),
    };
    assert_eq!(world.settle_all(&batch, stranger, retry).await, 0);
    let uncertain = |_| Settlement::Uncertain {
        error: error("lost"),
    };
    assert_eq!(world.settle_all(&batch, stranger, uncertain).await, 0);
    assert_eq!(states(&world.report(push).await), [Some("sending")]);

    assert_eq!(
        world
            .settle_all(&batch, stranger, |_| world.confirmed(1))
            .await,
        1
    );
    assert_eq!(world.settle_all(&batch, batch.lease_id, rejected).await, 0);
    assert_eq!(
        world
            .settle_all(&batch, batch.lease_id, |_| world.confirmed(2))
            .await,
        0
    );

    assert_eq!(
        world.load(tickets[0].id).await.external,
        Some(world.issue(1))
    );
    assert_eq!(
        world.report(push).await.push.quota_points,
        6,
        "the points of each request count once"
    );
}

async fn each_outcome_reaches_its_ticket(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(4).await;
    let batch = world.claim().await;

    let outcome = |index| match index {
        0 => world.confirmed(1),
        1 => Settlement::Rejected { error: error("no") },
        2 => Settlement::Retry {
            at: at(90),
            error: error("later"),
        },
        _ => Settlement::Uncertain {
            error: error("lost"),
        },
    };
    assert_eq!(world.settle_all(&batch, batch.lease_id, outcome).await, 4);

    let report = world.report(push).await;
    let expected = [
        Some("confirmed"),
        Some("rejected"),
        Some("queued"),
        Some("uncertain"),
    ];
    assert_eq!(states(&report), expected);
    assert_eq!(
        (report.push.state, report.push.quota_points),
        (PushState::Running, 3)
    );
    let pushed = world.load(tickets[0].id).await;
    assert_eq!((pushed.status, pushed.version), (TicketStatus::Pushed, 3));
    assert_eq!(pushed.external, Some(world.issue(1)));
    assert_eq!(
        (pushed.platform.as_deref(), pushed.pushed_at),
        (Some("jira"), Some(at(30)))
    );
    assert_eq!(pushed.delivery, None);
    let failed = world.load(tickets[1].id).await;
    assert_eq!(
        (failed.status, failed.push_error),
        (TicketStatus::PushFailed, Some(error("no")))
    );
    assert_eq!(failed.delivery, None);
    for (ticket, state) in [
        (&tickets[2], DeliveryState::Queued),
        (&tickets[3], DeliveryState::Uncertain),
    ] {
        let waiting = world.load(ticket.id).await;
        assert_eq!(
            (waiting.status, waiting.version),
            (TicketStatus::Reviewed, 2)
        );
        assert_eq!(waiting.delivery.unwrap().state, state);
    }
}

async fn change_numbers_grow_and_never_repeat(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, _) = world.push_new(5).await;
    let mut greatest = 0;
    let mut check = |report: handoff_domain::delivery::model::PushReport| {
        let numbers: Vec<i64> = report
            .entries
            .iter()
            .map(|entry| match entry {
                PushEntry::Delivery(delivery) => delivery.change_number,
                PushEntry::AlreadyPushed { .. } => panic!("they are deliveries"),
            })
            .collect();
        let distinct: HashSet<i64> = numbers.iter().copied().collect();
        assert_eq!(distinct.len(), 5);
        assert_eq!(numbers.iter().max(), Some(&report.push.change_number));
        assert!(report.push.change_number > greatest);
        greatest = report.push.change_number;
    };
    check(world.report(push).await);
    let batch = world.claim().await;
    check(world.report(push).await);
    let uncertain = |_| Settlement::Uncertain {
        error: error("lost"),
    };
    world.settle_all(&batch, batch.lease_id, uncertain).await;
    check(world.report(push).await);
    world
        .settle_all(&batch, batch.lease_id, |index| world.confirmed(index))
        .await;
    check(world.report(push).await);
}

async fn an_expired_lease_makes_its_rows_uncertain_and_proof_still_counts(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, _) = world.push_new(2).await;
    let batch = world.claim().await;
    let deliveries = &world.ports.deliveries;
    let stranger: LeaseId = world.ports.ids.next();
    assert_eq!(deliveries.expire_lease(stranger, at(40)).await.unwrap(), 0);

    assert_eq!(
        deliveries
            .expire_lease(batch.lease_id, at(40))
            .await
            .unwrap(),
        2
    );

    assert_eq!(states(&world.report(push).await), [Some("uncertain"); 2]);
    assert_eq!(deliveries.list_held().await.unwrap(), []);
    let rejected = |_| Settlement::Rejected { error: error("no") };
    assert_eq!(world.settle_all(&batch, batch.lease_id, rejected).await, 0);
    assert_eq!(
        world
            .settle_all(&batch, batch.lease_id, |index| world.confirmed(index))
            .await,
        2
    );
    assert_eq!(world.report(push).await.push.state, PushState::Settled);
}

async fn a_rejected_ticket_can_be_pushed_again(database: &TestDatabase) {
    let world = World::new(database).await;
    let (_, tickets) = world.push_new(1).await;
    let batch = world.claim().await;
    let rejected = |_| Settlement::Rejected { error: error("no") };
    world.settle_all(&batch, batch.lease_id, rejected).await;

    let failed = world.load(tickets[0].id).await;
    world.accept(&world.push_of(&[failed])).await;

    let batch = world.claim().await;
    world
        .settle_all(&batch, batch.lease_id, |_| world.confirmed(1))
        .await;
    let pushed = world.load(tickets[0].id).await;
    assert_eq!(
        (pushed.status, pushed.push_error),
        (TicketStatus::Pushed, None)
    );
}

async fn cancelling_calls_off_what_is_queued_only(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(3).await;
    let batch = world.try_claim(1).await.unwrap();
    let deliveries = &world.ports.deliveries;
    let audit = world.audit(AuditAction::PushCancelled);
    let elsewhere = deliveries
        .cancel(world.ports.ids.next(), push, at(40), &audit)
        .await;
    assert_eq!(elsewhere.unwrap(), None);

    let cancelled = deliveries
        .cancel(world.workspace, push, at(40), &audit)
        .await
        .unwrap();

    assert_eq!(cancelled, Some(2));
    let report = world.report(push).await;
    assert_eq!(
        states(&report),
        [Some("sending"), Some("cancelled"), Some("cancelled")]
    );
    assert_eq!(report.push.state, PushState::Running);
    let released = world.load(tickets[1].id).await;
    assert_eq!((released.delivery, released.version), (None, 3));
    assert_eq!(released.status, TicketStatus::Reviewed);
    assert_eq!(
        world.ports.tickets.save(&released).await.unwrap(),
        SaveOutcome::Done
    );
    let listed = world
        .ports
        .audit
        .list(world.workspace, PageRequest::default())
        .await
        .unwrap();
    assert!(listed.items.contains(&audit));

    world
        .settle_all(&batch, batch.lease_id, |_| world.confirmed(1))
        .await;
    assert_eq!(world.report(push).await.push.state, PushState::Settled);
}

async fn settling_at_once_counts_everything_once(database: &TestDatabase) {
    let world = World::new(database).await;
    let (push, tickets) = world.push_new(40).await;
    let joined = world.accept(&world.push_of(&tickets)).await;
    let mut batches = Vec::new();
    while let Some(batch) = world.try_claim(10).await {
        batches.push(batch);
    }
    let settle = |index: usize| {
        let (world, batch) = (&world, &batches[index]);
        async move {
            let outcome = |row| world.confirmed(index * 100 + row);
            world.settle_all(batch, batch.lease_id, outcome).await
        }
    };

    let counts = tokio::join!(settle(0), settle(1), settle(2), settle(3));

    assert_eq!(counts, (10, 10, 10, 10));
    for push in [push, joined] {
        let report = world.report(push).await;
        assert_eq!(
            (report.push.state, report.counts().pushed),
            (PushState::Settled, 40)
        );
    }
    let report = world.report(push).await;
    assert_eq!(
        (report.push.quota_points, report.push.change_number),
        (12, 120)
    );
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
    let stored = world
        .ports
        .tickets
        .find_many(world.workspace, &ids)
        .await
        .unwrap();
    assert!(
        stored
            .iter()
            .all(|ticket| ticket.is_pushed() && ticket.delivery.is_none())
    );
}
