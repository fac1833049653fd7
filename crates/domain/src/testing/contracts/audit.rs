//! The promises of [`AuditTrail`](crate::audit::ports::AuditTrail).

use super::Ports;
use super::world::{World, at, ok, page};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::workspace::model::Actor;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    entries_are_listed_newest_first_and_in_pages(ports).await;
    entries_of_others_are_not_listed(ports).await;
}

/// What was recorded is listed as it was, newest first, page by page, with every action and actor.
pub async fn entries_are_listed_newest_first_and_in_pages(ports: &Ports) {
    let world = World::new(ports).await;
    let actors = [world.actor, Actor::Token(ports.ids.next()), Actor::System];
    let mut recorded = Vec::new();
    for ((second, action), actor) in (0..).zip(AuditAction::ALL).zip(actors.into_iter().cycle()) {
        let result = "some_reason".to_owned();
        let entry = AuditEntry {
            actor,
            result,
            ..world.audit(action, at(second))
        };
        ok(ports.audit.record(&entry).await);
        recorded.insert(0, entry);
    }

    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let found = ok(ports.audit.list(world.workspace, page(5, after)).await);
        assert!(found.items.len() <= 5);
        listed.extend(found.items);
        after = found.next;
        if after.is_none() {
            break;
        }
    }

    assert_eq!(listed, recorded);
}

/// Entries of another workspace, and those of none, are not listed.
pub async fn entries_of_others_are_not_listed(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    let of_none = AuditEntry {
        workspace_id: None,
        ..world.audit(AuditAction::ConnectFailed, at(0))
    };
    ok(ports
        .audit
        .record(&other.audit(AuditAction::Connected, at(0)))
        .await);
    ok(ports.audit.record(&of_none).await);

    let listed = ok(ports.audit.list(world.workspace, page(50, None)).await);

    assert_eq!(listed.items, []);
    assert_eq!(listed.next, None);
}
