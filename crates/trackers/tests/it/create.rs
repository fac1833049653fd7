//! What becomes of a create under each fault.

use std::collections::HashSet;

use handoff_domain::delivery::tracker::{CreateOutcome, IssueTracker};
use handoff_domain::ticket::model::{PushError, PushErrorCode};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, USER_ACCOUNT_ID};
use serde_json::{Map, json};

use crate::world::{World, titled};

async fn under(effect: Effect, count: usize) -> (World, Vec<CreateOutcome>) {
    let world = World::start().await;
    let contents = (0..count)
        .map(|number| titled(&format!("Ticket {number}")))
        .collect();
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    world
        .sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, effect));
    let report = world.create(&judged).await;
    for (outcome, (id, _, _)) in report.outcomes.iter().zip(&judged) {
        if let CreateOutcome::Confirmed(external) = outcome {
            let issue = world.sandbox.handle().issue(&external.key).unwrap();
            assert_eq!(
                issue.properties["handoff.delivery"]["delivery_id"],
                id.to_string()
            );
        }
    }
    (world, report.outcomes)
}

#[tokio::test]
async fn fifty_tickets_are_one_request_and_fifty_issues_with_their_marks() {
    let world = World::start().await;
    let contents = (0..50)
        .map(|number| titled(&format!("Ticket {number}")))
        .collect();
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    let report = world.create(&judged).await;
    let keys: HashSet<_> = report
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            CreateOutcome::Confirmed(external) => external.key.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((keys.len(), report.quota_points), (50, 50));
    let creates = world.sandbox.handle().journal();
    let creates = creates
        .iter()
        .filter(|entry| entry.path.ends_with("/issue/bulk"));
    assert_eq!(creates.count(), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_every_ticket_uncertain_and_sends_nothing_again() {
    for effect in [Effect::DropAfter, Effect::Truncated, Effect::Empty] {
        let (world, outcomes) = under(effect.clone(), 3).await;
        let are_uncertain = outcomes
            .iter()
            .all(|outcome| matches!(outcome, CreateOutcome::Uncertain(_)));
        assert!(are_uncertain, "{effect:?}: {outcomes:?}");
        assert_eq!(world.sandbox.handle().issue_count(), 3);
    }
}

#[tokio::test]
async fn server_errors_and_pages_leave_every_ticket_uncertain() {
    let page = |status| Effect::Html {
        status,
        acting: true,
    };
    for effect in [
        Effect::status(500),
        Effect::status(503),
        page(502),
        page(200),
    ] {
        let (_world, outcomes) = under(effect.clone(), 2).await;
        let are_uncertain = outcomes
            .iter()
            .all(|outcome| matches!(outcome, CreateOutcome::Uncertain(_)));
        assert!(are_uncertain, "{effect:?}: {outcomes:?}");
    }
}

#[tokio::test]
async fn a_refused_token_is_retryable_and_the_next_attempt_renews_it() {
    let world = World::start().await;
    let judged = world
        .judge("SHOP", vec![titled("A ticket")], Map::new())
        .await
        .unwrap();
    world.sandbox.handle().expire_access_tokens();
    let first = world.create(&judged).await;
    assert!(
        matches!(first.outcomes[0], CreateOutcome::Retryable { .. }),
        "{first:?}"
    );
    let second = world.create(&judged).await;
    assert!(
        matches!(second.outcomes[0], CreateOutcome::Confirmed(_)),
        "{second:?}"
    );
    assert_eq!(world.sandbox.handle().issue_count(), 1);
}

#[tokio::test]
async fn one_refused_element_fails_alone_and_the_others_keep_their_own_issues() {
    let effect = Effect::FailElements {
        elements: vec![1],
        status: 400,
        acting: false,
    };
    let (_world, outcomes) = under(effect, 4).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        let is_right = match outcome {
            CreateOutcome::Rejected(_) => index == 1,
            CreateOutcome::Confirmed(_) => index != 1,
            _ => false,
        };
        assert!(is_right, "{outcomes:?}");
    }
}

#[tokio::test]
async fn an_element_that_failed_with_500_and_exists_is_found_by_its_mark_or_left_uncertain() {
    let effect = Effect::FailElements {
        elements: vec![0],
        status: 500,
        acting: true,
    };
    let (_world, outcomes) = under(effect, 3).await;
    assert!(
        matches!(
            outcomes[0],
            CreateOutcome::Uncertain(_) | CreateOutcome::Confirmed(_)
        ),
        "{outcomes:?}"
    );
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| matches!(outcome, CreateOutcome::Confirmed(_)))
    );
}

#[tokio::test]
async fn a_shuffled_answer_is_sorted_out_by_the_marks() {
    let (_world, outcomes) = under(Effect::Shuffled, 6).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, CreateOutcome::Confirmed(_)))
    );
}

#[tokio::test]
async fn a_site_that_forbids_the_call_rejects_for_good() {
    let (_world, outcomes) = under(Effect::status(403), 1).await;
    let CreateOutcome::Rejected(error) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(error.code, PushErrorCode::PermissionDenied);
}

/// Why each ticket of a create was rejected.
fn refusals(outcomes: &[CreateOutcome]) -> Vec<&PushError> {
    let mut refusals = Vec::new();
    for outcome in outcomes {
        let CreateOutcome::Rejected(error) = outcome else {
            panic!("{outcome:?}")
        };
        refusals.push(error);
    }
    refusals
}

#[tokio::test]
async fn a_refusal_of_the_whole_request_says_what_a_person_can_do() {
    let cases = [
        (400, PushErrorCode::FieldRejected, "Internal"),
        (403, PushErrorCode::PermissionDenied, "may not create"),
        (404, PushErrorCode::PermissionDenied, "may not create"),
        (413, PushErrorCode::FieldRejected, "fewer tickets"),
        (415, PushErrorCode::TrackerUnavailable, "did not take"),
        (422, PushErrorCode::FieldRejected, "administrator"),
    ];
    for (status, code, words) in cases {
        let (world, outcomes) = under(Effect::status(status), 2).await;
        let refusals = refusals(&outcomes);
        assert_eq!(refusals.len(), 2);
        for error in refusals {
            assert_eq!(error.code, code, "{status}: {error:?}");
            assert!(error.message.contains(words), "{status}: {error:?}");
        }
        assert_eq!(world.sandbox.handle().issue_count(), 0);
    }
}

#[tokio::test]
async fn a_site_that_does_not_admit_the_app_rejects_with_the_way_out() {
    let world = World::start().await;
    let judged = world
        .judge("SHOP", vec![titled("A ticket")], Map::new())
        .await
        .unwrap();
    world
        .sandbox
        .handle()
        .remove_site(USER_ACCOUNT_ID, ACME_CLOUD_ID);
    let outcomes = world.create(&judged).await.outcomes;
    let error = refusals(&outcomes)[0];
    assert_eq!(error.code, PushErrorCode::PermissionDenied);
    assert!(error.message.contains("connect Jira again"), "{error:?}");
}

#[tokio::test]
async fn a_permission_withdrawn_and_a_project_deleted_in_mid_push_are_told_apart() {
    let world = World::start().await;
    let contents = vec![titled("One"), titled("Two")];
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    let cases = [
        (
            json!({"create": false}),
            PushErrorCode::PermissionDenied,
            "SHOP; ask its administrator",
        ),
        (
            json!({"browse": false}),
            PushErrorCode::ProjectNotFound,
            "hidden",
        ),
    ];
    for (change, code, words) in cases {
        world.control("POST", "projects/SHOP", change).await;
        let before = world.sandbox.handle().quota_points();
        let report = world.create(&judged).await;
        for error in refusals(&report.outcomes) {
            assert_eq!(error.code, code, "{error:?}");
            assert!(error.message.contains(words), "{error:?}");
        }
        let cost = world.sandbox.handle().quota_points() - before;
        assert_eq!(report.quota_points, i64::try_from(cost).unwrap());
    }
    world.control("DELETE", "projects/SHOP", json!({})).await;
    let outcomes = world.create(&judged).await.outcomes;
    assert_eq!(refusals(&outcomes)[1].code, PushErrorCode::ProjectNotFound);
    assert_eq!(world.sandbox.handle().issue_count(), 0);
}

#[tokio::test]
async fn nothing_leaves_after_the_deadline() {
    let world = World::start().await;
    let judged = world
        .judge("SHOP", vec![titled("A ticket")], Map::new())
        .await
        .unwrap();
    let claimed = handoff_domain::delivery::model::ClaimedDelivery {
        id: judged[0].0,
        ticket_id: judged[0].1,
        payload: judged[0].2.payload.clone(),
        attempt: 1,
    };
    let past = handoff_domain::connection::ports::SendDeadline(jira_client::monotonic_now());
    let report = world.tracker.create(&world.site, &[claimed], past).await;
    assert!(
        matches!(report.outcomes[0], CreateOutcome::Retryable { .. }),
        "{report:?}"
    );
    assert_eq!(world.sandbox.handle().issue_count(), 0);
}

#[tokio::test]
async fn the_fence_is_the_highest_number_of_the_project() {
    let world = World::start().await;
    assert_eq!(world.fence().await.0, "0");
    let contents = (0..3)
        .map(|number| titled(&format!("Ticket {number}")))
        .collect();
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    world.create(&judged).await;
    assert_eq!(world.fence().await.0, "3");
}
