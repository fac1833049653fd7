//! The project, the verdicts of the preflight, and the dry run.

use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::model::{PushEntry, PushState, Warning, WarningCode};
use handoff_domain::delivery::plan::{Planned, PlannedEntry, PushCommand};
use handoff_domain::delivery::tracker::{TrackerError, TrackerProject, Verdict};
use handoff_domain::testing::{FakeTracker, yield_now};
use handoff_domain::ticket::model::{
    PushError, PushErrorCode, TicketChanges, TicketStatus, TicketType,
};

use crate::world::World;

fn closed(id: &str, key: &str) -> TrackerProject {
    TrackerProject {
        can_create: false,
        ..FakeTracker::project(id, key)
    }
}

async fn to_project(world: &World, key: Option<&str>) -> Result<String, DeliveryError> {
    let (document, _) = world.reviewed(1).await;
    let command = PushCommand {
        project_key: key.map(str::to_owned),
        ..world.push_of(document)
    };
    match world.delivery.plan(&command).await? {
        Planned::Plan(plan) => Ok(plan.project.key),
        Planned::Nothing => panic!("there is a reviewed ticket"),
    }
}

#[tokio::test]
async fn the_only_project_that_takes_issues_is_taken() {
    let world = World::connected().await;
    let projects = vec![closed("1", "OLD"), FakeTracker::project("2", "ENG")];
    world.tracker.set_projects(projects, 50);
    assert_eq!(to_project(&world, None).await.unwrap(), "ENG");
}

#[tokio::test]
async fn among_several_projects_one_must_be_named_and_the_choices_are() {
    let world = World::connected().await;
    let projects = vec![
        FakeTracker::project("1", "OPS"),
        closed("2", "OLD"),
        FakeTracker::project("3", "ENG"),
    ];
    for page_size in [50, 1] {
        world.tracker.set_projects(projects.clone(), page_size);
        let refused = to_project(&world, None).await;
        let Err(DeliveryError::ProjectRequired { choices }) = refused else {
            panic!("{refused:?}");
        };
        let keys: Vec<&str> = choices.iter().map(|choice| choice.key.as_str()).collect();
        assert_eq!(keys, ["OPS", "ENG"], "pages of {page_size}");
        assert_eq!(to_project(&world, Some("ENG")).await.unwrap(), "ENG");
    }
}

#[tokio::test]
async fn where_no_project_takes_issues_there_is_no_choice() {
    let world = World::connected().await;
    world.tracker.set_projects(vec![closed("1", "OLD")], 50);
    let refused = to_project(&world, None).await;
    assert!(matches!(refused,
        Err(DeliveryError::ProjectRequired { choices }) if choices.is_empty()));
}

#[tokio::test]
async fn an_unknown_project_refuses_the_push() {
    let world = World::connected().await;
    let refused = to_project(&world, Some("NOPE")).await;
    assert!(matches!(
        refused,
        Err(DeliveryError::Tracker(TrackerError::ProjectNotFound))
    ));
}

#[tokio::test]
async fn a_project_without_create_permission_refuses_each_ticket_and_sends_nothing() {
    let world = World::connected().await;
    world.tracker.set_projects(vec![closed("1", "OLD")], 50);
    let (document, tickets) = world.reviewed(2).await;
    let command = PushCommand {
        project_key: Some("OLD".to_owned()),
        ..world.push_of(document)
    };

    let id = world.push(&command).await;
    world.work().await;

    let report = world.report(id).await;
    assert_eq!(report.push.state, PushState::Settled);
    assert_eq!(report.counts().failed, 2);
    let ticket = world.ticket(tickets[0]).await;
    assert_eq!(ticket.status, TicketStatus::PushFailed);
    let error = ticket.push_error.unwrap();
    assert_eq!(error.code, PushErrorCode::PermissionDenied);
    assert!(world.tracker.calls().creates.is_empty());
}

#[tokio::test]
async fn an_unknown_issue_type_refuses_the_push_as_a_whole() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(1).await;
    let command = world.push_of(document);
    let fail_the_preflight = async {
        while world.tracker.calls().projects == 0 {
            yield_now().await;
        }
        let available = vec!["Task".to_owned()];
        let error = TrackerError::IssueTypeNotFound { available };
        world.tracker.fail_next(error);
    };
    let push = world.delivery.push(world.owner, &command, None);

    let (refused, ()) = futures_util::future::join(push, fail_the_preflight).await;

    assert!(matches!(
        refused,
        Err(DeliveryError::Tracker(
            TrackerError::IssueTypeNotFound { .. }
        ))
    ));
    assert_eq!(
        world.ticket(tickets[0]).await.status,
        TicketStatus::Reviewed
    );
}

#[tokio::test]
async fn a_ticket_that_cannot_succeed_is_refused_before_anything_is_sent() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(3).await;
    let error =
        PushError::new(PushErrorCode::RequiredField, "fill it").of_field("customfield_10010");
    let verdict = Verdict {
        payload: "{}".to_owned(),
        warnings: Vec::new(),
        refusal: Some(error.clone()),
    };
    world.tracker.set_verdict("Ticket 2", verdict);

    let id = world.push(&world.push_of(document)).await;

    let report = world.report(id).await;
    assert_eq!(report.counts().failed, 1);
    assert_eq!(report.counts().pending, 2);
    let refused = world.ticket(tickets[1]).await;
    assert_eq!(refused.status, TicketStatus::PushFailed);
    assert_eq!(refused.push_error, Some(error));
    world.work().await;
    assert_eq!(world.tracker.calls().creates, [2]);
    assert_eq!(world.report(id).await.counts().pushed, 2);
}

#[tokio::test]
async fn the_warnings_of_the_preflight_stay_with_the_result() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    let warning = Warning {
        code: WarningCode::PriorityNotOnScreen,
        message: "left out".to_owned(),
    };
    let verdict = Verdict {
        payload: r#"{"frozen":true}"#.to_owned(),
        warnings: vec![warning.clone()],
        refusal: None,
    };
    world.tracker.set_verdict("Ticket 1", verdict);

    let id = world.push(&world.push_of(document)).await;
    world.work().await;

    let PushEntry::Delivery(delivery) = &world.report(id).await.entries[0] else {
        panic!("it was delivered");
    };
    assert_eq!(delivery.warnings, [warning]);
    assert_eq!(world.tracker.issues()[0].payload, r#"{"frozen":true}"#);
}

#[tokio::test]
async fn a_plan_tells_what_would_be_sent_and_writes_nothing_anywhere() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(2).await;
    let before = (
        world.ticket(tickets[0]).await,
        world.store.audit_entries().len(),
    );
    let refusal = PushError::new(PushErrorCode::FieldRejected, "no");
    let verdict = Verdict {
        payload: "{}".to_owned(),
        warnings: Vec::new(),
        refusal: Some(refusal.clone()),
    };
    world.tracker.set_verdict("Ticket 2", verdict);

    let Planned::Plan(plan) = world.delivery.plan(&world.push_of(document)).await.unwrap() else {
        panic!("two tickets are reviewed");
    };

    let [
        PlannedEntry::Judged {
            payload,
            refusal: None,
            ..
        },
        PlannedEntry::Judged {
            refusal: Some(told),
            ..
        },
    ] = plan.entries.as_slice()
    else {
        panic!("{plan:?}");
    };
    assert!(payload.contains("Ticket 1"));
    assert_eq!(told, &refusal);
    let pushes =
        world
            .delivery
            .list_pushes(world.workspace, Default::default(), Default::default());
    assert!(pushes.await.unwrap().items.is_empty());
    let after = (
        world.ticket(tickets[0]).await,
        world.store.audit_entries().len(),
    );
    assert_eq!(before, after);
    assert!(world.tracker.calls().creates.is_empty());
    assert_eq!(world.wakes.count(), 0);
}

#[tokio::test]
async fn a_plan_names_issues_and_open_deliveries_as_they_are() {
    let world = World::connected().await;
    let (document, tickets) = world.pushed(1).await;
    let command = PushCommand {
        ticket_ids: Some(tickets),
        ..world.push_of(document)
    };
    let Planned::Plan(plan) = world.delivery.plan(&command).await.unwrap() else {
        panic!("a ticket was named");
    };
    let PlannedEntry::Existing(ticket) = &plan.entries[0] else {
        panic!("it was pushed before");
    };
    assert_eq!(ticket.external.as_ref().unwrap().key, "ENG-1");
    assert_eq!(world.tracker.calls().preflight, 1, "of the first push only");
}

#[tokio::test]
async fn what_is_not_sent_yet_is_refused_for_its_ticket_alone() {
    let world = World::connected().await;
    let (document, tickets) = world.reviewed(3).await;
    let review = async |at: usize, changes: TicketChanges| {
        let reviewed = world
            .tickets
            .review(world.workspace, tickets[at], changes, None);
        reviewed.await.unwrap();
    };
    let subtask = TicketChanges {
        ticket_type: Some(Some(TicketType::Subtask)),
        ..TicketChanges::default()
    };
    review(0, subtask).await;
    let fields = serde_json::json!({"jira": {"customfield_1": 2}});
    let with_fields = TicketChanges {
        fields: Some(fields.as_object().cloned()),
        ..TicketChanges::default()
    };
    review(1, with_fields).await;

    let planned = world.delivery.plan(&world.push_of(document)).await.unwrap();

    let Planned::Plan(plan) = planned else {
        panic!("there are reviewed tickets")
    };
    let refused = plan.entries.iter().map(|entry| match entry {
        PlannedEntry::Judged { refusal, .. } => {
            refusal.as_ref().and_then(|error| error.field.clone())
        }
        PlannedEntry::Existing(_) => panic!("nothing was pushed"),
    });
    let expected = [
        Some("issuetype".to_owned()),
        Some("customfield_1".to_owned()),
        None,
    ];
    assert_eq!(refused.collect::<Vec<_>>(), expected);
}
