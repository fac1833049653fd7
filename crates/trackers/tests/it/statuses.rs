//! Reading status back, and listing projects and issue types.

use handoff_domain::delivery::tracker::{
    CreateOutcome, IssueStatus, IssueTracker, ProjectQuery, TrackerError, TrackerIssueType,
};
use handoff_domain::ticket::model::{ExternalIssue, SyncedStatus};
use serde_json::{Map, json};

use crate::world::{World, titled};

impl World {
    pub(crate) async fn tracker_types(&self, project: &str) -> Vec<TrackerIssueType> {
        self.tracker.issue_types(&self.site, project).await.unwrap()
    }

    async fn three_issues(&self) -> Vec<ExternalIssue> {
        let contents = (0..3)
            .map(|number| titled(&format!("Ticket {number}")))
            .collect();
        let judged = self.judge("SHOP", contents, Map::new()).await.unwrap();
        let created = self.create(&judged).await.outcomes;
        created
            .into_iter()
            .map(|outcome| match outcome {
                CreateOutcome::Confirmed(external) => external,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    async fn read(&self, issues: &[ExternalIssue]) -> Vec<IssueStatus> {
        let ids: Vec<String> = issues.iter().map(|issue| issue.id.clone()).collect();
        self.tracker.statuses(&self.site, &ids).await.unwrap()
    }
}

fn status(seen: &IssueStatus) -> SyncedStatus {
    match seen {
        IssueStatus::Seen { status, .. } => *status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_category_of_the_status_decides() {
    let world = World::start().await;
    let issues = world.three_issues().await;
    assert!(
        world
            .sandbox
            .handle()
            .move_issue(&issues[1].key, "In Progress")
    );
    assert!(world.sandbox.handle().move_issue(&issues[2].key, "Done"));
    let seen = world.read(&issues).await;
    let statuses: Vec<_> = seen.iter().map(status).collect();
    assert_eq!(
        statuses,
        [
            SyncedStatus::Open,
            SyncedStatus::InProgress,
            SyncedStatus::Done
        ]
    );
}

#[tokio::test]
async fn a_deleted_issue_is_missing_and_a_moved_one_has_its_new_key() {
    let world = World::start().await;
    let issues = world.three_issues().await;
    assert!(world.sandbox.handle().delete_issue(&issues[0].key));
    let moved = world
        .sandbox
        .handle()
        .move_to_project(&issues[1].key, "TEAM")
        .unwrap();
    let seen = world.read(&issues).await;
    assert_eq!(seen[0], IssueStatus::Missing);
    let IssueStatus::Seen { external, .. } = &seen[1] else {
        panic!("{seen:?}")
    };
    assert_eq!((&external.key, &external.id), (&moved, &issues[1].id));
    assert!(external.url.ends_with(&format!("/browse/{moved}")));
}

#[tokio::test]
async fn an_issue_tells_which_ticket_its_mark_names_at_no_further_cost() {
    let world = World::start().await;
    let contents = vec![titled("One"), titled("Two"), titled("Three")];
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    world.create(&judged).await;
    let handle = world.sandbox.handle();
    let garbled = json!({"key": "handoff.delivery", "value": "scribble"});
    world
        .control("POST", "issues/SHOP-3/property", garbled)
        .await;
    let ids: Vec<String> = ["SHOP-2", "SHOP-1", "SHOP-3"]
        .map(|key| handle.issue(key).unwrap().id)
        .to_vec();
    let before = handle.quota_points();

    let seen = world.tracker.statuses(&world.site, &ids).await.unwrap();

    assert_eq!(handle.quota_points() - before, 4);
    let marked: Vec<_> = seen
        .iter()
        .map(|status| match status {
            IssueStatus::Seen { marked_ticket, .. } => *marked_ticket,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(marked, [Some(judged[1].1), Some(judged[0].1), None]);
}

#[tokio::test]
async fn projects_tell_whether_issues_can_be_created() {
    let world = World::start().await;
    let all = ProjectQuery {
        can_create: false,
        ..ProjectQuery::default()
    };
    let all = world
        .tracker
        .projects(&world.site, &all)
        .await
        .unwrap()
        .value
        .projects;
    let creatable: Vec<_> = all
        .iter()
        .map(|one| (one.key.as_str(), one.can_create))
        .collect();
    assert!(creatable.contains(&("SHOP", true)) && creatable.contains(&("LOCK", false)));
    let query = ProjectQuery {
        can_create: true,
        ..ProjectQuery::default()
    };
    let some = world
        .tracker
        .projects(&world.site, &query)
        .await
        .unwrap()
        .value
        .projects;
    assert!(some.iter().all(|one| one.can_create && one.key != "LOCK"));
}

#[tokio::test]
async fn a_project_that_is_not_there_is_not_found() {
    let world = World::start().await;
    let found = world.tracker.project(&world.site, "NOPE").await;
    assert!(
        matches!(found, Err(TrackerError::ProjectNotFound)),
        "{found:?}"
    );
}

#[tokio::test]
async fn issue_types_tell_what_each_requires() {
    let world = World::start().await;
    let types = world.tracker_types("REQ").await;
    assert!(types.iter().all(|one| one.hierarchy_level >= 0));
    let fields: Vec<_> = types.iter().flat_map(|one| &one.required_fields).collect();
    assert!(
        fields
            .iter()
            .any(|field| field.id == "customfield_10010" && !field.supplied_by_us)
    );
    assert!(
        fields
            .iter()
            .any(|field| field.id == "summary" && field.supplied_by_us)
    );
}
