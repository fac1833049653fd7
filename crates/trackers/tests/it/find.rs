//! Finding issues whose create was never answered.

use std::time::Duration;

use handoff_domain::delivery::model::Fence;
use handoff_domain::delivery::tracker::{CreateOutcome, IssueTracker, TrackerError};
use jira_sandbox::{Effect, Endpoint, Fault, USER_ACCOUNT_ID, When};
use serde_json::{Map, json};

use crate::looks::{keys, shop};
use crate::world::{World, titled};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn an_issue_is_found_at_once_although_search_lags() {
    let world = World::start().await;
    world.sandbox.handle().set_search_lag(HOUR);
    let marks = world.lost(3).await;
    let found = world.find(&marks).await;
    assert_eq!(keys(&found), ["SHOP-1", "SHOP-2", "SHOP-3"]);
    for (mark, number) in marks.iter().zip(1..) {
        let issue = found
            .iter()
            .find(|found| found.delivery_id == mark.delivery_id);
        assert_eq!(issue.unwrap().external.key, format!("SHOP-{number}"));
    }
}

#[tokio::test]
async fn an_issue_behind_a_long_gap_of_hidden_ones_is_found_by_search() {
    for hidden in ["omitted", "issue_errors"] {
        let world = World::start().await;
        world
            .control("POST", "settings", json!({"hidden_issues": hidden}))
            .await;
        world.seed(150).await;
        world.do_to_issues("hide", 1, 150).await;
        let marks = world.lost(1).await;
        assert_eq!(marks[0].fence.0, "0");
        assert_eq!(keys(&world.find(&marks).await), ["SHOP-151"], "{hidden}");
    }
}

#[tokio::test]
async fn an_issue_behind_a_gap_that_search_does_not_know_yet_is_found_beside_one_that_it_knows() {
    let world = World::start().await;
    world.seed(150).await;
    world.do_to_issues("hide", 1, 150).await;
    world.lost(1).await;
    world.sandbox.handle().set_search_lag(HOUR);
    let mut marks = world.lost(1).await;
    marks[0].fence = Fence("0".to_owned());
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-152"]);
}

#[tokio::test]
async fn an_issue_is_found_where_search_by_creator_is_refused() {
    let world = World::start().await;
    world.seed(150).await;
    world.do_to_issues("hide", 1, 150).await;
    let marks = world.lost(1).await;
    let refused = Fault::once(Endpoint::Search, Effect::status(400));
    world.sandbox.handle().push_fault(refused);
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-151"]);
}

#[tokio::test]
async fn a_renamed_project_is_read_under_its_present_key() {
    let world = World::start().await;
    world.sandbox.handle().set_search_lag(HOUR);
    let marks = world.lost(1).await;
    world
        .control("POST", "projects/SHOP", json!({"key": "STORE"}))
        .await;
    assert_eq!(keys(&world.find(&marks).await), ["STORE-1"]);
}

#[tokio::test]
async fn a_project_made_again_under_the_key_is_not_taken_for_the_old_one() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    world.control("DELETE", "projects/SHOP", json!({})).await;
    world
        .control("POST", "projects", json!({"key": "SHOP"}))
        .await;
    world.seed(3).await;
    let found = world.try_find(&marks).await;
    assert!(
        matches!(found, Err(TrackerError::ProjectNotFound)),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_issue_that_was_moved_to_another_project_is_found_there() {
    let world = World::start().await;
    let marks = world.lost(2).await;
    world.sandbox.handle().move_to_project("SHOP-1", "TEAM");
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-2", "TEAM-1"]);
}

#[tokio::test]
async fn an_issue_that_only_search_still_shows_was_created() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    let nothing = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({"issues": [], "issueErrors": []}),
        acting: false,
    };
    let nothing = Fault::once(Endpoint::BulkFetch, nothing).when(When::Always);
    world.sandbox.handle().push_fault(nothing);
    assert_eq!(
        keys(&world.try_find(&marks).await.unwrap().matches),
        ["SHOP-1"]
    );
}

#[tokio::test]
async fn a_deleted_issue_is_not_found() {
    let world = World::start().await;
    let marks = world.lost(2).await;
    world.sandbox.handle().delete_issue("SHOP-1");
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-2"]);
}

#[tokio::test]
async fn a_clone_by_the_account_is_shown_beside_the_issue_and_one_by_another_is_not() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    let copy = json!({"with_properties": true});
    world.control("POST", "issues/SHOP-1/clone", copy).await;
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-1"]);
    let copy = json!({"with_properties": true, "account": USER_ACCOUNT_ID});
    world.control("POST", "issues/SHOP-1/clone", copy).await;
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-1", "SHOP-3"]);
}

#[tokio::test]
async fn other_issues_of_the_account_are_not_found() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    world.lost(3).await;
    assert_eq!(world.find(&marks).await, []);
}

#[tokio::test]
async fn a_look_that_cannot_see_is_an_error_and_not_an_empty_answer() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    world.set_browse(false).await;
    let found = world.try_find(&marks).await;
    assert!(
        matches!(found, Err(TrackerError::ProjectNotFound)),
        "{found:?}"
    );
    world.set_browse(true).await;
    for endpoint in [Endpoint::BulkFetch, Endpoint::Search] {
        let refused = Fault::once(endpoint, Effect::status(403)).when(When::Always);
        world.sandbox.handle().set_faults([refused]);
        let unsent = [world.mark_beyond("0")];
        let found = world.try_find(&unsent).await;
        assert!(
            matches!(found, Err(TrackerError::PermissionDenied)),
            "{endpoint:?}: {found:?}"
        );
        let found = world.try_find(&marks).await.unwrap();
        assert_eq!(keys(&found.matches), ["SHOP-1"], "{endpoint:?}");
    }
}

#[tokio::test]
async fn an_issue_behind_ten_thousand_others_is_found_with_few_requests() {
    let world = World::start().await;
    world.seed(10_200).await;
    let mut marks = world.lost(1).await;
    marks[0].fence = Fence("0".to_owned());
    let before = world.sandbox.handle().arrived();
    assert_eq!(keys(&world.find(&marks).await), ["SHOP-10201"]);
    let requests = world.sandbox.handle().arrived() - before;
    assert!(requests <= 15, "{requests}");
}

#[tokio::test]
async fn a_project_of_two_hundred_thousand_issues_is_read_only_at_its_end() {
    let world = World::start().await;
    world.seed(200_000).await;
    let before = world.sandbox.handle().arrived();
    let marks = world.never_sent().await;
    assert_eq!(marks[0].fence.0, "200000");
    assert_eq!(world.find(&marks).await, []);
    let requests = world.sandbox.handle().arrived() - before;
    assert!(requests <= 5, "{requests}");
}

#[tokio::test]
async fn the_fence_is_the_highest_number_that_was_seen_and_never_more() {
    let world = World::start().await;
    assert_eq!(world.fence().await.0, "0");
    world.seed(1_234).await;
    assert_eq!(world.fence().await.0, "1234");
    world.do_to_issues("hide", 1_200, 1_234).await;
    assert_eq!(world.fence().await.0, "1199");
    world.do_to_issues("hide", 1, 1_199).await;
    assert_eq!(world.fence().await.0, "0");
    world.do_to_issues("show", 1, 1_234).await;
    for refusal in [Effect::status(400), empty_search()] {
        let refused = Fault::once(Endpoint::Search, refusal);
        world.sandbox.handle().push_fault(refused);
        let fence: u64 = world.fence().await.0.parse().unwrap();
        assert!((1_100..=1_234).contains(&fence), "{fence}");
    }
}

#[tokio::test]
async fn an_issue_that_is_just_leaving_the_project_does_not_raise_the_fence() {
    let world = World::start().await;
    world.seed(3).await;
    world
        .control("POST", "projects/TEAM/seed", json!({"count": 900}))
        .await;
    // Search still counts it among the project's issues, yet shows the key it has now.
    let issue = |id: &str, key: &str, project: &str| {
        let home = if project == "10000" { "SHOP" } else { "TEAM" };
        json!({"id": id, "key": key, "fields": {"project": {"id": project, "key": home}}})
    };
    let stale = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({"isLast": true, "issues": [
            issue("10500", "TEAM-901", "10001"), issue("10003", "SHOP-3", "10000"),
            issue("10501", "TEAM-902", "10000"),
        ]}),
        acting: false,
    };
    world
        .sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::Search, stale));
    assert_eq!(world.fence().await.0, "3");
}

#[tokio::test]
async fn a_create_tells_the_highest_number_it_has_seen() {
    let world = World::start().await;
    world.seed(7).await;
    let contents = vec![titled("One"), titled("Two")];
    let judged = world.judge("SHOP", contents, Map::new()).await.unwrap();
    let report = world.create(&judged).await;
    assert_eq!(report.fence, Some(Fence("9".to_owned())));
    let lost = Fault::once(Endpoint::BulkCreate, Effect::DropAfter);
    world.sandbox.handle().push_fault(lost);
    let report = world.create(&judged).await;
    assert!(matches!(report.outcomes[0], CreateOutcome::Uncertain(_)));
    assert_eq!(report.fence, None);
}

#[tokio::test]
async fn an_issue_is_told_by_its_key_or_not_at_all() {
    let world = World::start().await;
    world.seed(2).await;
    let issue = world.tracker.issue(&world.site, "SHOP-2").await.unwrap();
    let issue = issue.unwrap();
    assert_eq!((issue.key.as_str(), issue.id.as_str()), ("SHOP-2", "10002"));
    assert!(issue.url.ends_with("/browse/SHOP-2"));
    for key in ["SHOP-3", "", "..", "nonsense"] {
        let none = world.tracker.issue(&world.site, key).await.unwrap();
        assert_eq!(none, None, "{key}");
    }
    world.sandbox.handle().hide_issue("SHOP-2");
    let hidden = world.tracker.issue(&world.site, "SHOP-2").await.unwrap();
    assert_eq!(hidden, None);
    let broken = Fault::once(Endpoint::GetIssue, Effect::status(500));
    world.sandbox.handle().push_fault(broken);
    let asked = world.tracker.issue(&world.site, "SHOP-1").await;
    assert!(matches!(asked, Err(TrackerError::Failure(_))), "{asked:?}");
}

#[tokio::test]
async fn a_look_that_failed_tells_what_it_cost_all_the_same() {
    let world = World::start().await;
    world.seed(30).await;
    let marks = [world.mark_beyond("0")];
    let refused = Fault::once(Endpoint::Search, Effect::status(403)).when(When::Always);
    world.sandbox.handle().push_fault(refused);
    let before = world.sandbox.handle().quota_points();
    let report = world.tracker.find(&world.site, &shop(), &marks).await;
    let cost = world.sandbox.handle().quota_points() - before;
    assert!(report.failure.is_some(), "{report:?}");
    assert_eq!(report.quota_points, i64::try_from(cost).unwrap());
    assert!(cost > 30, "{cost}");
}

#[tokio::test]
async fn a_look_tells_what_it_could_not_see() {
    let gap = async |world: &World| {
        let report = world.try_find(&[world.mark_beyond("0")]).await.unwrap();
        report.gap.unwrap_or_default()
    };
    let world = World::start().await;
    world.seed(5).await;
    assert_eq!(gap(&world).await, "");
    world.do_to_issues("issue_error", 4, 4).await;
    assert!(gap(&world).await.contains("could not read 1"));
    world.do_to_issues("no_issue_error", 4, 4).await;
    let endless = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({
            "issues": [{"id": "10001", "key": "SHOP-1", "fields": {}}],
            "isLast": false, "nextPageToken": "again",
        }),
        acting: false,
    };
    let endless = Fault::once(Endpoint::Search, endless).when(When::Always);
    world.sandbox.handle().push_fault(endless);
    assert!(gap(&world).await.contains("no end"));
    world.sandbox.handle().clear_faults();
    world.seed(1_100).await;
    assert!(gap(&world).await.contains("more than 1000 issues"));
}

fn empty_search() -> Effect {
    Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({"issues": [], "isLast": true}),
        acting: false,
    }
}
