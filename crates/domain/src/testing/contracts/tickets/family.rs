//! The promises about parents and children.

use super::super::Ports;
use super::super::world::{World, at, ok};
use crate::ticket::family::FamilyError;
use crate::ticket::model::{Dependency, Parent, Ticket, TicketType};
use crate::ticket::ports::SaveOutcome;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_ticket_is_placed_among_those_of_its_document_only(ports).await;
    deleting_a_parent_frees_its_children(ports).await;
}

/// The rule is asked of the tickets as they are stored.
pub async fn a_ticket_is_placed_among_those_of_its_document_only(ports: &Ports) {
    let world = World::new(ports).await;
    let (here, there) = (world.add_document().await, world.add_document().await);
    let (mut epic, child) = (world.ticket(here, "epic"), world.ticket(here, "child"));
    let elsewhere = world.ticket(there, "elsewhere");
    epic.content.ticket_type = TicketType::Epic;
    world
        .add_tickets(here, &[epic.clone(), child.clone()])
        .await;
    world
        .add_tickets(there, std::slice::from_ref(&elsewhere))
        .await;
    let placed = |ticket: &Ticket, parent: &Ticket, version| Ticket {
        parent: Some(Parent::Ticket(parent.id)),
        version,
        ..ticket.clone()
    };
    let needing = Ticket {
        depends_on: vec![Dependency::Ticket {
            ticket_id: elsewhere.id,
        }],
        ..child.clone()
    };

    let foreign = ok(ports
        .tickets
        .save_placed(&placed(&child, &elsewhere, 1))
        .await);
    let foreign_need = ok(ports.tickets.save_placed(&needing).await);
    let done = ok(ports.tickets.save_placed(&placed(&child, &epic, 1)).await);
    let stored = world.load(child.id).await;
    let upside_down = ok(ports.tickets.save_placed(&placed(&epic, &child, 1)).await);
    let task = Ticket {
        content: child.content.clone(),
        ..epic.clone()
    };
    let robbed = ok(ports.tickets.save_placed(&task).await);
    let late = ok(ports.tickets.save_placed(&placed(&child, &epic, 1)).await);

    assert_eq!(foreign, SaveOutcome::Misplaced(FamilyError::UnknownParent));
    assert_eq!(
        foreign_need,
        SaveOutcome::Misplaced(FamilyError::UnknownDependency)
    );
    assert_eq!(done, SaveOutcome::Done);
    assert_eq!(stored, placed(&child, &epic, 2));
    assert_eq!(
        upside_down,
        SaveOutcome::Misplaced(FamilyError::ParentCannotHold)
    );
    assert_eq!(
        robbed,
        SaveOutcome::Misplaced(FamilyError::CannotHoldChildren)
    );
    assert_eq!(late, SaveOutcome::VersionConflict);
}

/// A deleted ticket is nobody's parent any more.
pub async fn deleting_a_parent_frees_its_children(ports: &Ports) {
    let world = World::new(ports).await;
    let document = world.add_document().await;
    let (mut epic, mut child) = (
        world.ticket(document, "epic"),
        world.ticket(document, "child"),
    );
    epic.content.ticket_type = TicketType::Epic;
    child.parent = Some(Parent::Ticket(epic.id));
    world
        .add_tickets(document, &[epic.clone(), child.clone()])
        .await;

    ok(ports
        .tickets
        .delete(world.workspace, epic.id, 1, at(60))
        .await);

    let freed = world.load(child.id).await;
    assert_eq!(
        (freed.parent, freed.version, freed.updated_at),
        (None, 2, at(60))
    );
}
