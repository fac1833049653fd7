//! Killed before a push is accepted.

use super::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_accepting_before_its_commit() {
    let mut stage = Stage::set().await;
    let lock = stage.hold_commits();
    let former = stage.app.sandbox.handle().arrived();
    let asked = tokio::spawn(stage.ask());
    acceptance::eventually("the push is looked into", async || {
        (stage.app.sandbox.handle().arrived() > former).then_some(())
    })
    .await;
    stage.quiet().await;
    assert!(!asked.is_finished(), "it waits for its commit");
    stage.dies(Some(lock));
    assert_eq!(asked.await.unwrap(), None, "the caller has got no answer");

    let push = stage.ask_again().await;

    stage.is_delivered_once(&push).await;
    assert_eq!(
        stage.ask_again().await,
        push,
        "asking again is the same push"
    );
    assert_eq!(stage.app.creates().len(), 1);
}
