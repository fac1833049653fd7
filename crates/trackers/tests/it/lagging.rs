//! Proofs while Jira's search is behind.

use std::time::Duration;

use handoff_domain::delivery::model::Fence;
use handoff_domain::delivery::tracker::Absence;
use serde_json::json;

use crate::absence::{HOUR, assert_not_yet, assert_proven};
use crate::world::World;

impl World {
    async fn lag(&self, key: &str, lag: Duration) {
        let path = format!("issues/{key}/search_lag");
        let body = json!({"ms": u64::try_from(lag.as_millis()).unwrap()});
        self.control("POST", &path, body).await;
    }
}

#[tokio::test]
async fn nothing_is_proven_while_search_lags_behind_an_issue_of_ours() {
    let world = World::start().await;
    let marks = world.never_sent().await;
    world.sandbox.handle().set_search_lag(HOUR);
    world.lost(1).await;
    assert_not_yet(&world.prove(&marks).await, "search does not show");
    world.sandbox.handle().advance_clock(HOUR);
    // The clock has taken the access token's life too, which the next request finds out.
    assert_proven(&world.tracker_prove(&marks).await);
}

#[tokio::test]
async fn issues_made_after_the_settle_time_put_no_proof_off_however_search_lags() {
    let world = World::start().await;
    let mut marks = world.never_sent().await;
    world.lost(1).await;
    world.lag("SHOP-1", HOUR).await;
    let first = world.prove(&marks).await;
    assert_not_yet(&first, "search does not show");
    assert_eq!(first.ceiling, Some(Fence("1".to_owned())));
    world.lag("SHOP-1", Duration::ZERO).await;
    world.lost(1).await;
    world.lag("SHOP-2", HOUR).await;
    assert_not_yet(&world.prove(&marks).await, "search does not show");

    marks[0].ceiling = first.ceiling;
    let later = world.mark_beyond("0");
    marks.push(later.clone());
    let second = world.prove(&marks).await;
    assert_eq!(second.verdict, Absence::Proven);
    assert_eq!(second.lagging, [later.delivery_id]);
}
