//! Killed between the claim and the commit of what became of it.

use jira_sandbox::{Effect, Endpoint};

use super::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_claim() {
    let mut stage = Stage::set().await;
    let push = stage.push_paused().await;
    stage.dies(None);
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_claim_before_the_first_byte() {
    let mut stage = Stage::set().await;
    let push = stage.push_paused().await;
    let former = stage.requests(Endpoint::Token);
    stage.fault(Endpoint::Token, Effect::DelayBefore { ms: 3_000 });
    stage.end_access_token();
    stage.arrived(Endpoint::Token, former).await;
    stage.dies(None);
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_sending_before_jira_acts() {
    let mut stage = Stage::set().await;
    stage.fault(Endpoint::BulkCreate, Effect::DelayBefore { ms: 3_000 });
    let push = stage.push().await;
    stage.arrived(Endpoint::BulkCreate, 0).await;
    stage.dies(None);
    stage.is_delivered_once(&push).await;
    assert_eq!(
        stage.app.creates().len(),
        1,
        "what Jira made late was found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_sending_what_jira_never_acts_upon() {
    let mut stage = Stage::set().await;
    stage.fault(Endpoint::BulkCreate, Effect::DropBefore);
    let push = stage.push().await;
    stage.arrived(Endpoint::BulkCreate, 0).await;
    stage.dies(None);
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_jira_acted_before_its_answer() {
    let mut stage = Stage::set().await;
    stage.fault(Endpoint::BulkCreate, Effect::DelayAfter { ms: 60_000 });
    let push = stage.push().await;
    stage.made().await;
    stage.dies(None);
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_answer_before_its_commit() {
    let mut stage = Stage::set().await;
    stage.fault(Endpoint::BulkCreate, Effect::DelayBefore { ms: 1_500 });
    let push = stage.push().await;
    stage.arrived(Endpoint::BulkCreate, 0).await;
    let lock = stage.hold_commits();
    stage.made().await;
    stage.quiet().await;
    let report = stage.owner.push_report(&push).await;
    assert_eq!(report["pending"], 4, "nothing is committed: {report}");
    stage.dies(Some(lock));
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 1);
}
