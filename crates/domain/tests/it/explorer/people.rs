//! What people do meanwhile: push again, cancel, disconnect, connect elsewhere, decide.

use std::time::Duration;

use handoff_domain::delivery::model::{Delivery, DeliveryState};
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::resolve::Decision;
use handoff_domain::delivery::service::Pushed;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::{DeliveryId, DocumentId, TicketId};
use handoff_domain::shared::page::PageRequest;
use handoff_domain::testing::FakeAuthorizer;

use super::dice::Dice;
use crate::world::World;

/// What people know and do.
pub(super) struct People {
    pub(super) documents: Vec<(DocumentId, Vec<TicketId>)>,
    pub(super) dice: Dice,
    /// How long a person lets a delivery rest before deciding about it.
    pub(super) patience: Duration,
}

impl People {
    pub(super) async fn push(&self, world: &World) {
        let (document, tickets) = &self.documents[usize::try_from(self.dice.below(2)).unwrap()];
        let command = PushCommand {
            ticket_ids: Some(tickets.clone()),
            ..world.push_of(*document)
        };
        let pushed = world.delivery.push(world.owner, &command, None).await;
        if let Ok(Pushed::Accepted(push)) = pushed
            && self.dice.once_in(12)
        {
            self.dice.note("cancelled");
            let cancelled = world.delivery.cancel(world.workspace, world.owner, push);
            cancelled.await.unwrap();
        }
    }

    pub(super) async fn cancel(&self, world: &World) {
        let pushes =
            world
                .delivery
                .list_pushes(world.workspace, Default::default(), PageRequest::default());
        let pushes = pushes.await.unwrap().items;
        if !pushes.is_empty() {
            let index = self.dice.below(u64::try_from(pushes.len()).unwrap());
            let push = pushes[usize::try_from(index).unwrap()].push.id;
            self.dice.note("cancelled");
            let cancelled = world.delivery.cancel(world.workspace, world.owner, push);
            cancelled.await.unwrap();
        }
    }

    /// Ends the connection, for a while or to come back differently.
    pub(super) async fn reconnect(&self, world: &World) {
        if self.dice.once_in(2) {
            let gone = world.connection.disconnect(world.workspace, world.owner);
            gone.await.unwrap();
            self.dice.note("disconnected");
        }
        match self.dice.below(4) {
            0 => return,
            1 => {
                let site = FakeAuthorizer::site("cloud-2", "Two");
                world.authorizer.next_sites(Ok(vec![site]));
                self.dice.note("connected to another site");
            }
            2 => {
                world.authorizer.next_account(Ok("account-2".to_owned()));
                self.dice.note("connected as another account");
            }
            _ => self.dice.note("connected again"),
        }
        world.connect().await;
    }

    /// Decides about something that has needed attention for long enough that nothing can still be on its way.
    pub(super) async fn decide(&self, world: &World) {
        let waiting = deliveries(world).await.into_iter().find(|delivery| {
            delivery.state == DeliveryState::NeedsAttention
                && world.clock.now() - delivery.updated_at >= self.patience
        });
        let Some(waiting) = waiting else { return };
        let issues = world.tracker.issues();
        let made = issues.iter().find(|issue| issue.mark == waiting.id);
        let decision = match (self.dice.below(3), made) {
            (0, Some(issue)) => Decision::Link {
                issue_key: issue.external.key.clone(),
            },
            (1, _) => Decision::Abandon,
            _ => Decision::Resend,
        };
        let resolved = world
            .delivery
            .resolve(world.workspace, world.owner, waiting.id, &decision);
        if resolved.await.is_ok() {
            self.dice.note(match decision {
                Decision::Link { .. } => "linked by a person",
                Decision::Resend => "resent by a person",
                Decision::Abandon => "abandoned",
            });
        }
    }

    pub(super) async fn quarantine(&self, world: &World) {
        let done = world.delivery.quarantine(world.owner, None);
        if done.await.unwrap() > 0 {
            self.dice.note("quarantined");
        }
    }
}

/// Every delivery of the workspace.
pub(super) async fn deliveries(world: &World) -> Vec<Delivery> {
    let mut all: Vec<Delivery> = Vec::new();
    loop {
        let after = all.last().map(|delivery: &Delivery| delivery.id);
        let page = PageRequest {
            limit: 200,
            after: after.map(|id: DeliveryId| id.as_uuid()),
        };
        let listed = world.delivery.list_deliveries(world.workspace, None, page);
        let listed = listed.await.unwrap();
        all.extend(listed.items);
        if listed.next.is_none() {
            return all;
        }
    }
}
