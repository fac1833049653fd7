//! The promises about the callers' own keys.

use futures_util::future::join;

use super::super::Ports;
use super::super::world::{World, at, nth, ok};
use crate::delivery::ports::{AcceptOutcome, IdempotencyKey, KeyLookup, NewPush};
use crate::workspace::model::Actor;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_key_stands_for_its_push_for_a_day(ports).await;
    the_same_key_at_once_makes_one_push(ports).await;
}

/// A key of a caller for a body.
pub(super) fn key(key: &str, caller: Actor, body: u8) -> IdempotencyKey {
    IdempotencyKey {
        key: key.to_owned(),
        caller,
        body_hash: [body; 32],
    }
}

/// For 24 hours a caller's key stands for the push it made, or is refused for another body.
pub async fn a_key_stands_for_its_push_for_a_day(ports: &Ports) {
    let world = World::new(ports).await;
    let other = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(3).await;
    let name = format!("ünïcode {}", "k".repeat(247));
    let push = |index, key: IdempotencyKey, seconds| {
        let mut new = world.new_push(document, vec![world.deliver(nth(&tickets, index))]);
        new.push.created_at = at(seconds);
        NewPush {
            idempotency: Some(key),
            ..new
        }
    };
    let (same, changed) = (key(&name, world.actor, 1), key(&name, world.actor, 2));
    let first = push(0, same.clone(), 0);
    let look = async |workspace, key: &IdempotencyKey, seconds| {
        ok(ports.deliveries.find_key(workspace, key, at(seconds)).await)
    };
    let late = 24 * 3600 - 1;
    let expired = 24 * 3600 + 1;

    assert_eq!(look(world.workspace, &same, 0).await, KeyLookup::Free);
    assert_eq!(world.accept(&first).await, AcceptOutcome::Accepted);
    let replay = push(1, same.clone(), late);
    assert_eq!(
        world.accept(&replay).await,
        AcceptOutcome::Replayed(first.push.id)
    );
    let reused = push(1, changed.clone(), late);
    assert_eq!(world.accept(&reused).await, AcceptOutcome::KeyReused);
    assert_eq!(
        look(world.workspace, &same, late).await,
        KeyLookup::Same(first.push.id)
    );
    assert_eq!(
        look(world.workspace, &changed, late).await,
        KeyLookup::Other
    );
    assert_eq!(look(other.workspace, &same, late).await, KeyLookup::Free);
    assert_eq!(world.load(nth(&tickets, 1).id).await, *nth(&tickets, 1));
    for refused in [&replay, &reused] {
        assert_eq!(
            ok(ports
                .deliveries
                .push_state(world.workspace, refused.push.id)
                .await),
            None
        );
    }

    let by_another = key(&name, Actor::Token(ports.ids.next()), 2);
    assert_eq!(
        look(world.workspace, &by_another, late).await,
        KeyLookup::Free
    );
    assert_eq!(
        world.accept(&push(1, by_another, late)).await,
        AcceptOutcome::Accepted
    );

    assert_eq!(
        look(world.workspace, &changed, expired).await,
        KeyLookup::Free
    );
    let third = push(2, changed.clone(), expired);
    assert_eq!(world.accept(&third).await, AcceptOutcome::Accepted);
    let kept = look(world.workspace, &changed, expired).await;
    assert_eq!(kept, KeyLookup::Same(third.push.id));
    world.retire().await;
}

/// Of two pushes with the same key at the same moment one is made, and the other is told of it.
pub async fn the_same_key_at_once_makes_one_push(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (document, tickets) = world.reviewed(1).await;
    let push = || NewPush {
        idempotency: Some(key("at once", world.actor, 1)),
        ..world.new_push(document, vec![world.deliver(nth(&tickets, 0))])
    };
    let (left, right) = (push(), push());

    let outcomes = join(world.accept(&left), world.accept(&right)).await;

    let expected = [
        (
            AcceptOutcome::Accepted,
            AcceptOutcome::Replayed(left.push.id),
        ),
        (
            AcceptOutcome::Replayed(right.push.id),
            AcceptOutcome::Accepted,
        ),
    ];
    assert!(expected.contains(&outcomes), "{outcomes:?}");
    world.retire().await;
}
