//! Which issue of a bulk answer belongs to which ticket.

use std::time::Duration;

use handoff_domain::delivery::tracker::{CreateOutcome, CreateReport};
use handoff_domain::shared::ids::DeliveryId;
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason, When};
use serde_json::{Map, json};

use crate::world::{World, titled};

/// A create of five of which the second fails, and whose answer names two of the others in the wrong order, ids ascending.
async fn swapped(read_back: Option<Effect>) -> (World, Vec<DeliveryId>, CreateReport) {
    let world = World::start().await;
    let contents = (0..5)
        .map(|number| titled(&format!("Ticket {number}")))
        .collect();
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    // The issues are made in another order than they were asked for; the answer then lists them by id.
    let mut made = judged.clone();
    made.swap(2, 3);
    let refused = |acting| Effect::FailElements {
        elements: vec![1],
        status: 400,
        acting,
    };
    let handle = world.sandbox.handle();
    handle.push_fault(Fault::once(Endpoint::BulkCreate, refused(false)));
    world.create(&made).await;
    let issues: Vec<_> = (1..=4)
        .map(|number| {
            let issue = handle.issue(&format!("SHOP-{number}")).unwrap();
            json!({"id": issue.id, "key": issue.key, "self": ""})
        })
        .collect();
    let body = json!({"issues": issues, "errors": [{
        "status": 400, "failedElementNumber": 1,
        "elementErrors": {"errorMessages": ["no"], "errors": {}},
    }]});
    let answer = Effect::Answer {
        status: 201,
        headers: Vec::new(),
        body,
        acting: false,
    };
    handle.push_fault(Fault::once(Endpoint::BulkCreate, answer));
    if let Some(effect) = read_back {
        let fault = Fault::once(Endpoint::BulkFetch, effect).when(When::Always);
        handle.push_fault(fault);
    }
    let report = world.create(&judged).await;
    (
        world,
        judged.into_iter().map(|(id, ..)| id).collect(),
        report,
    )
}

#[tokio::test]
async fn an_ascending_answer_in_another_order_is_sorted_out_by_the_marks() {
    let (world, ids, report) = swapped(None).await;
    for (index, outcome) in report
        .outcomes
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != 1)
    {
        let CreateOutcome::Confirmed(external) = outcome else {
            panic!("{index}: {outcome:?}")
        };
        let issue = world.sandbox.handle().issue(&external.key).unwrap();
        let mark = &issue.properties["handoff.delivery"]["delivery_id"];
        assert_eq!(mark, &ids[index].to_string());
    }
}

#[tokio::test]
async fn places_are_not_trusted_when_the_marks_cannot_be_read_back() {
    let quota = Effect::rate_limited(RateLimitReason::TenantQuota, Duration::from_secs(900));
    let nothing = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({"issues": [], "issueErrors": []}),
        acting: false,
    };
    for (read_back, pauses) in [
        (Effect::status(403), false),
        (quota, true),
        (nothing, false),
    ] {
        let (_world, _, report) = swapped(Some(read_back)).await;
        for (index, outcome) in report.outcomes.iter().enumerate() {
            let is_right = match outcome {
                CreateOutcome::Rejected(_) => index == 1,
                CreateOutcome::Uncertain(_) => index != 1,
                _ => false,
            };
            assert!(is_right, "{report:?}");
        }
        assert_eq!(report.pause.is_some(), pauses, "{report:?}");
    }
}
