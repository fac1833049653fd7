//! The caller's own key for a push.

use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::ports::IdempotencyKey;
use handoff_domain::delivery::service::Pushed;
use handoff_domain::workspace::model::{Actor, Role};

use crate::world::World;

fn key(caller: Actor, body: u8) -> Option<IdempotencyKey> {
    Some(IdempotencyKey {
        key: "push-1".to_owned(),
        caller,
        body_hash: [body; 32],
    })
}

async fn push(
    world: &World,
    command: &PushCommand,
    key: Option<IdempotencyKey>,
) -> Result<Pushed, DeliveryError> {
    world.delivery.push(world.owner, command, key).await
}

#[tokio::test]
async fn the_same_key_and_body_are_the_same_push() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let command = world.push_of(document);
    let first = push(&world, &command, key(world.owner, 1)).await.unwrap();
    world.work().await;
    let gone = world.connection.disconnect(world.workspace, world.owner);
    gone.await.unwrap();

    let again = push(&world, &command, key(world.owner, 1)).await.unwrap();

    assert_eq!(again, first);
    assert_eq!(world.tracker.issues().len(), 1);
}

#[tokio::test]
async fn the_same_key_at_the_same_moment_is_one_push() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(2).await;
    let command = world.push_of(document);
    let (first, second) = futures_util::future::join(
        push(&world, &command, key(world.owner, 1)),
        push(&world, &command, key(world.owner, 1)),
    )
    .await;
    assert_eq!(first.unwrap(), second.unwrap());
    let pushes =
        world
            .delivery
            .list_pushes(world.workspace, Default::default(), Default::default());
    assert_eq!(pushes.await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let command = world.push_of(document);
    push(&world, &command, key(world.owner, 1)).await.unwrap();
    let other = push(&world, &command, key(world.owner, 2)).await;
    assert!(matches!(other, Err(DeliveryError::KeyReused)));
}

#[tokio::test]
async fn a_key_is_that_of_one_caller_and_of_one_day() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(1).await;
    let command = PushCommand {
        ticket_ids: Some(tickets),
        ..world.push_of(document)
    };
    let ada = world.person("ada", Role::Member).await;
    let first = push(&world, &command, key(world.owner, 1)).await.unwrap();
    let hers = push(&world, &command, key(ada, 2)).await.unwrap();
    assert_ne!(first, hers);

    world.pass(24 * 3600 - 1);
    let same = push(&world, &command, key(world.owner, 1)).await.unwrap();
    assert_eq!(same, first);
    world.pass(1);
    let later = push(&world, &command, key(world.owner, 1)).await.unwrap();
    assert_ne!(later, first);
}

#[tokio::test]
async fn a_refused_push_leaves_its_key_free() {
    let world = World::new().await;
    let (document, _) = world.reviewed(1).await;
    let command = world.push_of(document);
    push(&world, &command, key(world.owner, 1))
        .await
        .unwrap_err();
    world.connect().await;
    assert!(push(&world, &command, key(world.owner, 2)).await.is_ok());
}

#[tokio::test]
async fn a_push_of_nothing_leaves_its_key_free() {
    let world = World::connected().await;
    let document = world.document("# note: Nothing").await.0.summary.id;
    let command = world.push_of(document);
    let nothing = push(&world, &command, key(world.owner, 1)).await.unwrap();
    assert_eq!(nothing, Pushed::Nothing);
    let (document, _) = world.reviewed(1).await;
    let command = world.push_of(document);
    assert!(push(&world, &command, key(world.owner, 2)).await.is_ok());
}
