//! Killed while the reconciler finds out.

use jira_sandbox::{Effect, Endpoint, Fault, When};

use super::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_look_at_what_was_made() {
    for endpoint in [Endpoint::BulkFetch, Endpoint::Search] {
        let mut stage = Stage::set().await;
        stage.fault(Endpoint::BulkCreate, Effect::DropAfter);
        let push = stage.push().await;
        stage.arrived(Endpoint::BulkCreate, 0).await;
        let former = stage.requests(endpoint);
        stage.fault(endpoint, Effect::DelayAfter { ms: 60_000 });
        stage.arrived(endpoint, former).await;
        stage.dies(None);
        stage.is_delivered_once(&push).await;
        assert_eq!(stage.app.creates().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_proof_of_absence_before_its_commit() {
    let mut stage = Stage::set().await;
    stage.fault(Endpoint::BulkCreate, Effect::DropBefore);
    // Only a proof asks for permissions.
    let slow = Effect::DelayBefore { ms: 1_000 };
    let slow = Fault::once(Endpoint::MyPermissions, slow).when(When::Always);
    stage.app.sandbox.handle().push_fault(slow);
    let former = stage.requests(Endpoint::MyPermissions);
    let push = stage.push().await;
    stage.arrived(Endpoint::MyPermissions, former).await;
    let lock = stage.hold_commits();
    stage.quiet().await;
    let proof = stage.requests(Endpoint::MyPermissions) - former;
    assert_eq!(proof, 2, "permission is asked for before and after");
    let report = stage.owner.push_report(&push).await;
    assert_eq!(report["pending"], 4, "nothing is committed: {report}");
    stage.app.sandbox.handle().clear_faults();
    stage.dies(Some(lock));
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 2);
}
