//! Tokens that expire, are revoked or are used twice.

use std::time::Duration;

use jira_sandbox::SandboxConfig;

use super::connected::{connect, consent, soon};

#[tokio::test]
async fn an_expired_token_is_refreshed_once_and_saved_for_many_readers() {
    let on = connect(SandboxConfig::default()).await;
    on.sandbox.handle().expire_access_tokens();
    let calls = (0..20).map(|_| on.jira.myself());
    for result in futures_util::future::join_all(calls).await {
        result.unwrap();
    }
    assert_eq!(on.saved.0.lock().unwrap().len(), 1);

    on.sandbox.handle().expire_access_tokens();
    let batch = on.issues("SHOP", 2).await;
    on.sandbox.handle().expire_access_tokens();
    let error = on.jira.create_issues(&batch, soon()).await.unwrap_err();
    assert!(error.is_unauthorized() && !error.may_have_been_applied());
    on.jira.create_issues(&batch, soon()).await.unwrap();
    assert_eq!(on.sandbox.handle().issue_count(), 2);
}

#[tokio::test]
async fn a_revoked_grant_asks_for_a_new_consent() {
    let on = connect(SandboxConfig::default()).await;
    on.sandbox.handle().revoke_grants();
    let error = on.jira.myself().await.unwrap_err();
    assert!(error.needs_reconnect(), "{error:?}");
}

#[tokio::test]
async fn a_code_works_once_and_a_refresh_rotates() {
    let on = connect(SandboxConfig::default()).await;
    let code = consent(&on.oauth).await;
    let first = on.oauth.exchange_code(&code).await.unwrap();
    on.oauth.exchange_code(&code).await.unwrap_err();
    let refresh_token = first.refresh_token.unwrap();
    on.oauth.refresh(&refresh_token, soon()).await.unwrap();
    on.sandbox.handle().advance_clock(Duration::from_secs(601));
    let error = on.oauth.refresh(&refresh_token, soon()).await.unwrap_err();
    assert!(error.needs_reconnect(), "{error:?}");
}
