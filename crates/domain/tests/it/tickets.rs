//! Generating, reviewing and deleting tickets.

use handoff_domain::testing::FakeCreate;
use handoff_domain::ticket::model::{PushError, PushErrorCode, Ticket};

use crate::world::World;

mod generate;
mod review;

/// A document of three blocks with two tickets in the first and one in each other.
const THREE_BLOCKS: &str = "# requirement: Cart\n- Keep the cart | v1\n- Empty the cart\n\
    # user_story: Pay\n- Pay by card\n# task: Tidy\n- Drop the old page";

fn titles(tickets: &[Ticket]) -> Vec<&str> {
    let titles = tickets.iter().map(|ticket| ticket.content.title.as_str());
    titles.collect()
}

/// A connected workspace with a ticket that the tracker refused.
async fn push_failed() -> (World, Ticket) {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(1).await;
    let error = PushError::new(PushErrorCode::FieldRejected, "no").of_field("labels");
    world.tracker.next_outcomes([FakeCreate::Reject(error)]);
    world.push(&world.push_of(document)).await;
    world.work().await;
    let ticket = world.ticket(tickets[0]).await;
    (world, ticket)
}

/// A connected workspace with a ticket whose delivery is queued.
async fn in_delivery() -> (World, Ticket) {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(1).await;
    world.push(&world.push_of(document)).await;
    let ticket = world.ticket(tickets[0]).await;
    (world, ticket)
}
