//! What a person may decide about a delivery, and what comes of it.

use handoff_domain::audit::model::AuditAction;
use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::model::{Delivery, DeliveryState};
use handoff_domain::delivery::resolve::Decision;
use handoff_domain::delivery::tracker::TrackerError;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::ids::DeliveryId;
use handoff_domain::testing::{FakeAuthorizer, FakeCreate};
use handoff_domain::ticket::model::{PushErrorCode, TicketStatus};

use crate::world::World;

/// A delivery that needs attention, and whose issue was made or not.
async fn stuck(applied: bool) -> (World, DeliveryId) {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    world.push(&world.push_of(document)).await;
    world.tracker.next_outcomes([FakeCreate::Lose { applied }]);
    world.work().await;
    world.delivery.quarantine(world.owner, None).await.unwrap();
    let listed = world
        .delivery
        .list_deliveries(world.workspace, None, Default::default());
    let delivery = listed.await.unwrap().items[0].clone();
    assert_eq!(delivery.state, DeliveryState::NeedsAttention);
    assert_eq!(delivery.error.unwrap().code, PushErrorCode::Quarantined);
    (world, delivery.id)
}

async fn resolve(
    world: &World,
    id: DeliveryId,
    decision: Decision,
) -> Result<Delivery, DeliveryError> {
    let resolved = world
        .delivery
        .resolve(world.workspace, world.owner, id, &decision);
    resolved.await
}

fn link(key: &str) -> Decision {
    Decision::Link {
        issue_key: key.to_owned(),
    }
}

#[track_caller]
fn pointer(refused: Result<Delivery, DeliveryError>) -> String {
    match refused {
        Err(DeliveryError::Invalid(problems)) => problems.as_slice()[0].pointer.clone(),
        other => panic!("{other:?}"),
    }
}

fn results(world: &World) -> Vec<String> {
    let entries = world.audited(AuditAction::DeliveryResolved);
    entries.into_iter().map(|entry| entry.result).collect()
}

#[tokio::test]
async fn a_linked_issue_is_the_tickets() {
    let (world, id) = stuck(false).await;
    let issue = world.tracker.create_by_others("cloud-1");

    let delivery = resolve(&world, id, link(&issue.key)).await.unwrap();

    assert_eq!(delivery.state, DeliveryState::Confirmed);
    assert_eq!(delivery.external, Some(issue.clone()));
    let ticket = world.ticket(delivery.ticket_id).await;
    assert_eq!(ticket.external, Some(issue));
    assert_eq!(results(&world), ["link"]);
}

#[tokio::test]
async fn an_issue_that_cannot_be_seen_or_is_another_tickets_is_not_linked() {
    let (world, id) = stuck(false).await;
    assert_eq!(
        pointer(resolve(&world, id, link("ENG-99")).await),
        "/issue_key"
    );
    let (_, tickets) = world.pushed(1).await;
    let taken = world.ticket(tickets[0]).await.external.unwrap();

    assert_eq!(
        pointer(resolve(&world, id, link(&taken.key)).await),
        "/issue_key"
    );
    assert!(results(&world).is_empty());
}

#[tokio::test]
async fn what_is_sent_again_is_looked_for_once_more_before() {
    for applied in [true, false] {
        let (world, id) = stuck(applied).await;

        let delivery = resolve(&world, id, Decision::Resend).await.unwrap();

        let (state, result) = if applied {
            (DeliveryState::Confirmed, "found")
        } else {
            (DeliveryState::Queued, "resend")
        };
        assert_eq!(delivery.state, state);
        assert_eq!(results(&world), [result]);
        world.work().await;
        assert_eq!(world.tracker.issues().len(), 1);
        assert!(world.ticket(delivery.ticket_id).await.is_pushed());
    }
}

#[tokio::test]
async fn nothing_is_sent_again_when_it_cannot_be_looked_for() {
    let (world, id) = stuck(true).await;
    let down = Failure::new(FailureKind::Unavailable, "no answer");
    world.tracker.fail_next(TrackerError::Failure(down));
    let refused = resolve(&world, id, Decision::Resend).await;
    assert!(matches!(
        refused,
        Err(DeliveryError::Tracker(TrackerError::Failure(_)))
    ));
    let mark = world.tracker.issues()[0].mark;
    world.tracker.copy_issue(mark).unwrap();
    assert_eq!(
        pointer(resolve(&world, id, Decision::Resend).await),
        "/action"
    );
    let gone = world.connection.disconnect(world.workspace, world.owner);
    gone.await.unwrap();
    for decision in [Decision::Resend, link("ENG-1")] {
        assert!(matches!(
            resolve(&world, id, decision).await,
            Err(DeliveryError::Tracker(TrackerError::NotConnected))
        ));
    }
    assert!(results(&world).is_empty());
}

#[tokio::test]
async fn nothing_is_sent_again_when_the_look_did_not_see_everything() {
    let (world, id) = stuck(false).await;
    world.tracker.set_look_cost(4);
    world
        .tracker
        .set_gap(Some("Jira could not read 3 of the issues"));

    let refused = resolve(&world, id, Decision::Resend).await.unwrap_err();

    assert!(matches!(refused, DeliveryError::LookIncomplete { .. }));
    let said = refused.to_string();
    assert!(
        said.contains("not sent") && said.contains("could not read 3"),
        "{said}"
    );
    assert!(results(&world).is_empty());
    world.tracker.set_gap(None);
    resolve(&world, id, Decision::Resend).await.unwrap();
    assert_eq!(results(&world), ["resend"]);
}

#[tokio::test]
async fn what_is_given_up_frees_its_ticket_also_without_a_connection() {
    let (world, id) = stuck(true).await;
    let gone = world.connection.disconnect(world.workspace, world.owner);
    gone.await.unwrap();

    let delivery = resolve(&world, id, Decision::Abandon).await.unwrap();

    assert_eq!(delivery.state, DeliveryState::Abandoned);
    let ticket = world.ticket(delivery.ticket_id).await;
    assert_eq!(ticket.status, TicketStatus::PushFailed);
    assert_eq!(ticket.push_error.unwrap().code, PushErrorCode::Abandoned);
    assert_eq!(results(&world), ["abandon"]);
    assert_eq!(
        pointer(resolve(&world, id, Decision::Resend).await),
        "/action"
    );
}

#[tokio::test]
async fn there_is_nothing_to_decide_while_handoff_is_at_work_or_when_all_is_done() {
    let (world, id) = stuck(false).await;
    let unknown = resolve(&world, world.ids.next(), Decision::Abandon).await;
    assert!(matches!(unknown, Err(DeliveryError::DeliveryNotFound)));
    resolve(&world, id, Decision::Resend).await.unwrap();
    let open = resolve(&world, id, Decision::Abandon).await;
    assert!(matches!(open, Err(DeliveryError::DeliveryOpen)));
    world.work().await;
    let done = resolve(&world, id, Decision::Abandon).await;
    assert!(matches!(done, Err(DeliveryError::AlreadyPushed)));
}

#[tokio::test]
async fn a_decision_about_a_delivery_that_changed_meanwhile_is_thought_over() {
    let (world, id) = stuck(true).await;
    let world = std::sync::Arc::new(world);
    let other = world.clone();
    world.hooks.before("resolve", move || async move {
        resolve(&other, id, Decision::Resend).await.unwrap();
    });

    let late = resolve(&world, id, Decision::Abandon).await;

    assert!(matches!(late, Err(DeliveryError::AlreadyPushed)));
    assert_eq!(results(&world), ["found"]);
}

#[tokio::test]
async fn nothing_is_sent_again_when_the_site_changes_while_it_is_looked_for() {
    let (world, id) = stuck(false).await;
    let world = std::sync::Arc::new(world);
    let other = world.clone();
    world.hooks.before("resolve", move || async move {
        let site = FakeAuthorizer::site("cloud-2", "elsewhere");
        other.authorizer.next_sites(Ok(vec![site]));
        other.connect().await;
    });

    let late = resolve(&world, id, Decision::Resend).await;

    assert!(matches!(
        late,
        Err(DeliveryError::Tracker(TrackerError::NotConnected))
    ));
    assert!(results(&world).is_empty());
    let found = world.ledger.find_delivery(world.workspace, id);
    let (delivery, _) = found.await.unwrap().unwrap();
    assert_eq!(delivery.state, DeliveryState::NeedsAttention);
}
