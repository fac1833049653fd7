//! The promises about tickets that exchange their issues.

use super::super::Ports;
use super::super::world::{World, at, ok, there};
use super::ledger::check_change_numbers;
use crate::shared::ids::TicketId;
use crate::ticket::model::{ExternalIssue, Ticket};
use crate::ticket::ports::Relink;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    tickets_exchange_their_issues_in_one_step(ports).await;
    an_exchange_that_does_not_hold_any_more_changes_nothing(ports).await;
    the_confirmed_deliveries_go_along(ports).await;
}

async fn pushed(world: &World<'_>, count: usize) -> Vec<Ticket> {
    let document = world.add_document().await;
    let tickets: Vec<Ticket> = (0..count)
        .map(|number| world.pushed_ticket(document, &number.to_string()))
        .collect();
    world.add_tickets(document, &tickets).await;
    tickets
}

fn issue_of(ticket: &Ticket) -> Option<&ExternalIssue> {
    ticket.external.as_ref()
}

/// Each ticket takes the issue of the next one.
fn turn(tickets: &[Ticket]) -> Vec<Relink> {
    let next = tickets.iter().cycle().skip(1);
    let pairs = tickets.iter().zip(next);
    let link = |(ticket, next): (&Ticket, &Ticket)| {
        Some(Relink {
            ticket_id: ticket.id,
            from: issue_of(ticket)?.id.clone(),
            to: issue_of(next)?.clone(),
        })
    };
    pairs.filter_map(link).collect()
}

/// Two or three tickets in a ring exchange their issues; versions rise, and nothing else differs.
pub async fn tickets_exchange_their_issues_in_one_step(ports: &Ports) {
    for count in [2, 3] {
        let world = World::new(ports).await;
        let tickets = pushed(&world, count).await;

        let links = turn(&tickets);
        assert_eq!(links.len(), count);
        assert!(ok(ports
            .tickets
            .relink(world.workspace, &links, at(9))
            .await));

        for (ticket, link) in tickets.iter().zip(&links) {
            let expected = Ticket {
                external: Some(link.to.clone()),
                version: ticket.version + 1,
                updated_at: at(9),
                ..ticket.clone()
            };
            assert_eq!(world.load(ticket.id).await, expected);
        }
    }
}

/// A ticket with another issue than thought, of another workspace, or an issue from outside forbid the whole exchange.
pub async fn an_exchange_that_does_not_hold_any_more_changes_nothing(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let tickets = pushed(&world, 2).await;
    let links = turn(&tickets);
    let changed = |change: fn(&mut Relink, &World<'_>)| {
        let mut links = links.clone();
        links
            .iter_mut()
            .take(1)
            .for_each(|link| change(link, &world));
        links
    };
    let refused = [
        changed(|link, _| "another".clone_into(&mut link.from)),
        changed(|link, world| link.to = world.issue("9")),
        changed(|link, world| link.ticket_id = world.ports.ids.next::<TicketId>()),
        links.iter().take(1).cloned().collect(),
    ];

    for links in refused {
        let done = ok(ports.tickets.relink(world.workspace, &links, at(9)).await);
        assert!(!done, "{links:?}");
    }
    assert!(!ok(ports
        .tickets
        .relink(other.workspace, &links, at(9))
        .await));
    for ticket in &tickets {
        assert_eq!(world.load(ticket.id).await, *ticket);
    }
}

/// What the confirmed deliveries of the tickets say of the issue follows the tickets, and is a change as any other.
pub async fn the_confirmed_deliveries_go_along(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(2).await;
    let batch = world.claimed(50, 10).await;
    for index in 0..2 {
        assert_eq!(world.settle(&batch, index, world.confirmed(), 20).await, 1);
    }
    let mut tickets = Vec::new();
    for index in 0..2 {
        tickets.push(world.load(accepted.ticket(index)).await);
    }
    let links = turn(&tickets);
    let before = world.report(accepted.push).await.push;

    assert!(ok(ports
        .tickets
        .relink(world.workspace, &links, at(90))
        .await));

    for (index, link) in links.iter().enumerate() {
        let delivery = world.delivery(accepted.delivery(index)).await;
        assert_eq!(delivery.external.as_ref(), Some(&link.to));
        assert_eq!(world.load(link.ticket_id).await.external, delivery.external);
        assert!(delivery.change_number > before.change_number);
        assert_eq!(delivery.updated_at, at(90));
    }
    let report = world.report(accepted.push).await;
    assert_eq!(report.push.settled_at, before.settled_at);
    check_change_numbers(&report);
    let changes = ports.deliveries.list_changes(
        world.workspace,
        accepted.push,
        before.change_number,
        10,
        at(91),
    );
    assert_eq!(there(changes.await).entries.len(), 2, "watchers hear of it");
    world.retire().await;
}
