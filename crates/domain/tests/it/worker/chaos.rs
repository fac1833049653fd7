//! Many pushes under random faults: no issue twice, none lost.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use handoff_domain::delivery::model::{DeliveryState, PushEntry};
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::shared::clock::Randomness;
use handoff_domain::shared::ids::TicketId;
use handoff_domain::testing::{CountingRandomness, FakeCreate};
use handoff_domain::ticket::model::{PushError, PushErrorCode, TicketStatus};

use crate::world::World;

/// Draws numbers that are the same in each run.
struct Dice(CountingRandomness);

impl Dice {
    fn new(seed: u8) -> Self {
        let drawn = CountingRandomness::default();
        drawn.fill(&mut vec![0; 8 * (usize::from(seed) * 1_000 + 1)]);
        Self(drawn)
    }

    fn below(&self, sides: u8) -> u8 {
        let mut drawn = [0; 8];
        self.0.fill(&mut drawn);
        drawn[7] % sides
    }

    fn end(&self) -> FakeCreate {
        let refused = PushError::new(PushErrorCode::FieldRejected, "no");
        match self.below(8) {
            0 => FakeCreate::Reject(refused),
            1 => FakeCreate::Retry { retry_after: None },
            2 => FakeCreate::Lose { applied: true },
            3 => FakeCreate::Lose { applied: false },
            _ => FakeCreate::Succeed,
        }
    }
}

/// Makes trouble, works on two processes at once, and lets time pass.
async fn round(world: &World, dice: &Dice) {
    for _ in 0..dice.below(3) {
        world.tracker.next_outcomes((0..50).map(|_| dice.end()));
    }
    for method in ["claim", "settle", "list_held", "find"] {
        match dice.below(6) {
            0 => world.hooks.fail(method, usize::from(dice.below(4))),
            1 => world.hooks.lose(method),
            _ => {}
        }
    }
    let workers = [world.worker(), world.worker()];
    let tasks = workers.iter().chain(&workers).map(async |worker| {
        for _ in 0..4 {
            let _ = worker.run_once().await;
            world
                .clock
                .advance(Duration::from_secs(u64::from(dice.below(120))));
        }
    });
    join_all(tasks).await;
    world.hooks.clear();
}

/// What is known of a ticket agrees with what the tracker holds.
async fn check(world: &World, tickets: &[TicketId], seed: u8) {
    let mut issues: HashMap<TicketId, u32> = HashMap::new();
    for issue in world.tracker.issues() {
        *issues.entry(issue.ticket_id).or_default() += 1;
    }
    for id in tickets {
        let made = issues.get(id).copied().unwrap_or(0);
        let ticket = world.ticket(*id).await;
        let told = format!("seed {seed}: {made} issues of {ticket:?}");
        assert!(made <= 1, "twice: {told}");
        match ticket.delivery.map(|open| open.state) {
            Some(DeliveryState::Uncertain | DeliveryState::Sending) => {}
            _ if ticket.is_pushed() => {
                assert_eq!(made, 1, "{told}");
                assert!(ticket.external.is_some(), "{told}");
            }
            _ => assert_eq!(made, 0, "lost: {told}"),
        }
    }
}

#[tokio::test]
async fn whatever_fails_no_issue_is_made_twice_and_none_is_lost() {
    let mut pushed = 0;
    for seed in 0..40 {
        let (world, dice) = (World::connected().await, Dice::new(seed));
        let (document, tickets) = world.reviewed(60).await;
        let command = PushCommand {
            ticket_ids: Some(tickets.clone()),
            ..world.push_of(document)
        };
        for _ in 0..6 {
            let push = world.push(&command).await;
            round(&world, &dice).await;
            check(&world, &tickets, seed).await;
            if dice.below(3) == 0 {
                let called_off = world.delivery.cancel(world.workspace, world.owner, push);
                called_off.await.unwrap();
            }
        }
        let last = world.report(world.push(&command).await).await;
        assert_eq!(last.counts().total, 60);
        let is_there = |entry: &&PushEntry| matches!(entry, PushEntry::AlreadyPushed { .. });
        pushed += last.entries.iter().filter(is_there).count();
        let failed = world.tickets.list(
            world.workspace,
            document,
            Some(TicketStatus::PushFailed),
            Default::default(),
        );
        for ticket in failed.await.unwrap().0.items {
            assert!(ticket.push_error.is_some());
        }
    }
    assert!(
        pushed > 1_000,
        "the faults leave most of it working: {pushed}"
    );
}
