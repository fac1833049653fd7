//! Proving that an issue does not exist, and all that forbids it.

use std::time::Duration;

use handoff_domain::delivery::tracker::{Absence, AbsenceReport, Mark, StrayMark};
use jira_sandbox::{Effect, Endpoint, Fault, OTHER_USER_ACCOUNT_ID, USER_ACCOUNT_ID, When};
use serde_json::json;

use crate::looks::{keys, until};
use crate::world::World;

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
/// A proof asks for the account, the project, the permission and the newest issues; then it reads the range.
const FIRST_PAGE: usize = 5;

/// The look found nothing and says so for good.
pub(crate) fn assert_proven(report: &AbsenceReport) {
    assert_eq!(
        (&report.verdict, keys(&report.matches)),
        (&Absence::Proven, vec![])
    );
}

/// The look proves nothing, for a reason with these words in it.
pub(crate) fn assert_not_yet(report: &AbsenceReport, words: &str) {
    let Absence::NotYet(reason) = &report.verdict else {
        panic!("{report:?}")
    };
    assert!(reason.contains(words), "{reason}");
}

impl World {
    pub(crate) fn fail(&self, endpoint: Endpoint, effect: Effect) {
        let fault = Fault::once(endpoint, effect).when(When::Always);
        self.sandbox.handle().set_faults([fault]);
    }

    /// Looks while something happens beside it.
    async fn prove_while(&self, marks: &[Mark], other: impl Future<Output = ()>) -> AbsenceReport {
        tokio::join!(self.prove(marks), other).0
    }
}

#[tokio::test]
async fn a_ticket_that_was_never_sent_is_proven_absent_in_an_empty_and_in_a_quiet_project() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    assert_proven(&world.prove(&marks).await);
    world.seed(40).await;
    assert_proven(&world.prove(&marks).await);
    let marks = world.never_sent().await;
    assert_proven(&world.prove(&marks).await);
}

#[tokio::test]
async fn it_is_proven_absent_while_others_create_five_hundred_issues() {
    let world = World::start().await;
    world.seed(10).await;
    let marks = world.never_sent().await;
    let crowd = world.control("POST", "projects/SHOP/others", json!({"count": 500}));
    let others = world.hold(FIRST_PAGE).meanwhile(crowd);
    let report = world.prove_while(&marks, others).await;
    assert_proven(&report);
    assert!(report.quota_points > 500, "{report:?}");
}

#[tokio::test]
async fn issues_that_an_importer_made_without_a_mark_do_not_stand_against_it() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    let of = |account, count: u32| json!({"count": count, "account": account});
    let theirs = of(OTHER_USER_ACCOUNT_ID, 120);
    world.control("POST", "projects/SHOP/seed", theirs).await;
    let ours = of(USER_ACCOUNT_ID, 20);
    world.control("POST", "projects/SHOP/seed", ours).await;
    assert_proven(&world.prove(&marks).await);
    assert_eq!(world.arrived(Endpoint::GetProperty), 20);
}

#[tokio::test]
async fn other_deliveries_in_the_project_do_not_stand_against_it() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    world.lost(5).await;
    assert_proven(&world.prove(&marks).await);
}

#[tokio::test]
async fn an_issue_that_people_deleted_and_search_forgot_is_absent() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    world.sandbox.handle().delete_issue("SHOP-1");
    assert_proven(&world.prove(&marks).await);
}

#[tokio::test]
async fn a_present_issue_is_found_and_nothing_is_proven_beside_it() {
    let world = World::start().await;
    let mut marks = world.lost(1).await;
    marks.extend(world.never_sent().await);
    let report = world.prove(&marks).await;
    assert_eq!(keys(&report.matches), ["SHOP-1"]);
    assert_not_yet(&report, "just been found");
}

#[tokio::test]
async fn a_moved_issue_and_one_that_only_search_shows_are_present() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    world.sandbox.handle().move_to_project("SHOP-1", "TEAM");
    let report = world.prove(&marks).await;
    assert_eq!(keys(&report.matches), ["TEAM-1"]);
    let world = World::start().await;
    world.seed(1).await;
    world.seed(150).await;
    world.do_to_issues("hide", 2, 151).await;
    let marks = world.lost(1).await;
    let report = world.prove(&marks).await;
    assert_eq!(keys(&report.matches), ["SHOP-152"]);
}

#[tokio::test]
async fn nothing_is_proven_without_the_right_to_browse() {
    let world = World::start().await;
    world.seed(3).await;
    let marks = world.never_sent().await;
    world.set_browse(false).await;
    assert_not_yet(&world.prove(&marks).await, "gone, or hidden");
}

#[tokio::test]
async fn nothing_is_proven_when_the_right_to_browse_is_withdrawn_during_the_look() {
    let world = World::start().await;
    world.seed(3).await;
    let marks = world.lost(1).await;
    let withdraw = world.hold(FIRST_PAGE).meanwhile(world.set_browse(false));
    let report = world.prove_while(&marks, withdraw).await;
    assert!(matches!(report.verdict, Absence::NotYet(_)), "{report:?}");
}

#[tokio::test]
async fn nothing_is_proven_when_the_right_to_browse_was_gone_for_one_page_only() {
    let world = World::start().await;
    world.seed(3).await;
    let marks = world.lost(1).await;
    // The issue is in the range only: search does not know it yet.
    let lag = json!({"ms": 3_600_000});
    world.control("POST", "issues/SHOP-4/search_lag", lag).await;
    // The range takes two pages; then the issues of the account are searched.
    let (first_page, search) = (world.hold(FIRST_PAGE), world.hold(FIRST_PAGE + 2));
    let withdraw = async {
        first_page.meanwhile(world.set_browse(false)).await;
        search.meanwhile(world.set_browse(true)).await;
    };
    let report = world.prove_while(&marks, withdraw).await;
    assert_not_yet(&report, "known to exist");
}

#[tokio::test]
async fn nothing_is_proven_in_an_empty_project_when_the_right_to_browse_is_gone_afterwards() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    let body = json!({"permissions": {"BROWSE_PROJECTS": {"havePermission": false}}});
    let none = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body,
        acting: false,
    };
    let none = Fault::once(Endpoint::MyPermissions, none).after(1);
    world.sandbox.handle().push_fault(none);
    let report = world.tracker_prove(&marks).await;
    assert_not_yet(&report, "may not browse");
}

#[tokio::test]
async fn nothing_is_proven_when_a_page_fails() {
    for endpoint in [
        Endpoint::Myself,
        Endpoint::Project,
        Endpoint::MyPermissions,
        Endpoint::Search,
        Endpoint::BulkFetch,
    ] {
        let world = World::start().await;
        world.seed(3).await;
        let marks = world.never_sent().await;
        world.fail(endpoint, Effect::status(500));
        let report = world.tracker_prove(&marks).await;
        assert!(
            matches!(report.verdict, Absence::NotYet(_)),
            "{endpoint:?}: {report:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_proven_when_search_shows_nothing_of_a_project_that_had_issues() {
    let world = World::start().await;
    world.seed(160).await;
    world.do_to_issues("hide", 11, 160).await;
    let marks = world.lost(1).await;
    assert_eq!(marks[0].fence.0, "10");
    let nothing = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({"issues": [], "isLast": true}),
        acting: false,
    };
    world.fail(Endpoint::Search, nothing);
    let report = world.tracker_prove(&marks).await;
    assert_not_yet(&report, "although it had some before");
    world.sandbox.handle().clear_faults();
    assert_eq!(keys(&world.prove(&marks).await.matches), ["SHOP-161"]);
}

#[tokio::test]
async fn keys_that_could_not_be_read_are_unknown_and_not_missing() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    world.seed(5).await;
    world.do_to_issues("issue_error", 4, 4).await;
    assert_not_yet(&world.prove(&marks).await, "could not read 1");
    world.do_to_issues("no_issue_error", 4, 4).await;
    let hidden = json!({"hidden_issues": "issue_errors"});
    world.control("POST", "settings", hidden).await;
    world.do_to_issues("hide", 2, 3).await;
    assert_not_yet(&world.prove(&marks).await, "could not read 2");
}

#[tokio::test]
async fn an_issue_of_ours_whose_mark_cannot_be_read_forbids_the_verdict() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    let garbled = json!({"key": "handoff.delivery", "value": "scribble"});
    world
        .control("POST", "issues/SHOP-1/property", garbled)
        .await;
    assert_not_yet(&world.prove(&marks).await, "cannot be read");
    world.do_to_issues("drop_property", 1, 1).await;
    world.fail(Endpoint::GetProperty, Effect::status(500));
    let report = world.tracker_prove(&marks).await;
    assert_not_yet(&report, "a mark could not be read");
}

#[tokio::test]
async fn a_mark_on_an_issue_that_another_account_created_leaves_the_verdict_to_a_person() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    let theirs = json!({"count": 1, "account": OTHER_USER_ACCOUNT_ID});
    world.control("POST", "projects/SHOP/seed", theirs).await;
    let mark = json!({"delivery_id": marks[0].delivery_id.to_string()});
    let property = json!({"key": "handoff.delivery", "value": mark});
    world
        .control("POST", "issues/SHOP-1/property", property)
        .await;
    let other = world.never_sent().await;
    let report = world.prove(&[marks.clone(), other].concat()).await;
    assert_proven(&report);
    let stray = StrayMark {
        delivery_id: marks[0].delivery_id,
        issue_key: "SHOP-1".to_owned(),
    };
    assert_eq!(report.strays, [stray]);
}

#[tokio::test]
async fn a_clone_that_another_account_made_of_a_found_issue_says_nothing_of_any_ticket() {
    let world = World::start().await;
    let mut marks = world.lost(1).await;
    let copy = json!({"with_properties": true, "account": OTHER_USER_ACCOUNT_ID});
    world.control("POST", "issues/SHOP-1/clone", copy).await;
    marks.extend(world.never_sent().await);
    let report = world.prove(&marks).await;
    assert_eq!(keys(&report.matches), ["SHOP-1"]);
    assert_eq!(report.strays, []);
    assert_proven(&world.prove(&marks[1..]).await);
}

#[tokio::test]
async fn an_issue_of_ours_that_only_search_shows_without_its_mark_forbids_the_verdict() {
    let world = World::start().await;
    world.seed(1).await;
    let marks = world.lost(1).await;
    world.do_to_issues("drop_property", 2, 2).await;
    let shown = world.sandbox.handle().issue("SHOP-1").unwrap();
    let body = json!({"issues": [{"id": shown.id, "key": "SHOP-1", "fields": {}}]});
    let page = Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body,
        acting: false,
    };
    world.fail(Endpoint::BulkFetch, page);
    let report = world.tracker_prove(&marks).await;
    assert_not_yet(&report, "cannot be read");
}

#[tokio::test]
async fn another_account_proves_nothing() {
    let mut world = World::start().await;
    let marks = world.never_sent().await;
    world.site.account_id = OTHER_USER_ACCOUNT_ID.to_owned();
    assert_not_yet(&world.prove(&marks).await, "another account");
}

#[tokio::test]
async fn nothing_is_proven_while_the_bulk_is_still_being_applied() {
    let world = World::start().await;
    let late = Effect::ActLater {
        ms: 0,
        ms_per_issue: 20_000,
        status: Some(504),
    };
    let marks = world.create_under(2, late).await;
    until(|| world.sandbox.handle().issue_count() > 0).await;
    let report = world.prove(&marks).await;
    assert_eq!(keys(&report.matches), ["SHOP-1"]);
    assert_not_yet(&report, "just been found");
}

#[tokio::test]
async fn nothing_is_proven_of_a_deleted_project_or_one_made_again() {
    let world = World::start().await;
    let marks = world.lost(1).await;
    world.control("DELETE", "projects/SHOP", json!({})).await;
    assert_not_yet(&world.prove(&marks).await, "gone, or hidden");
    let again = json!({"key": "SHOP"});
    world.control("POST", "projects", again).await;
    world.seed(5).await;
    assert_not_yet(&world.prove(&marks).await, "gone, or hidden");
}

#[tokio::test]
async fn nothing_is_proven_when_the_key_is_changed_during_the_look() {
    let world = World::start().await;
    world.seed(3).await;
    let marks = world.never_sent().await;
    let key = world.control("POST", "projects/SHOP", json!({"key": "STORE"}));
    let rename = world.hold(FIRST_PAGE).meanwhile(key);
    let report = world.prove_while(&marks, rename).await;
    assert!(matches!(report.verdict, Absence::NotYet(_)), "{report:?}");
    assert_proven(&world.prove(&marks).await);
}

#[tokio::test]
async fn a_range_of_more_than_ten_thousand_keys_is_given_up_with_few_requests() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    world.seed(10_001).await;
    let before = world.sandbox.handle().arrived();
    let report = world.prove(&marks).await;
    assert!(
        matches!(report.verdict, Absence::Impossible(_)),
        "{report:?}"
    );
    let requests = world.sandbox.handle().arrived() - before;
    assert!(requests <= 6, "{requests}");
}

#[tokio::test]
async fn absence_is_proven_in_a_project_of_two_hundred_thousand_issues_with_few_requests() {
    let world = World::start().await;
    world.seed(200_000).await;
    let marks = world.never_sent().await;
    let before = world.sandbox.handle().arrived();
    assert_proven(&world.prove(&marks).await);
    let requests = world.sandbox.handle().arrived() - before;
    assert!(requests <= 10, "{requests}");
}

impl World {
    /// Tries to prove absence, where faults make the cost uncertain.
    pub(crate) async fn tracker_prove(&self, marks: &[Mark]) -> AbsenceReport {
        use handoff_domain::delivery::tracker::IssueTracker;
        let project = crate::looks::shop();
        self.tracker.prove_absent(&self.site, &project, marks).await
    }
}
