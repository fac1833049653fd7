//! The authorization server's answers as the domain is told them.

use handoff_domain::connection::ports::{AuthorizerError, TrackerAuthorizer};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, TokenError, USER_ACCOUNT_ID};
use secrecy::SecretString;

use crate::world::{World, authorizer, consent, soon};

#[tokio::test]
async fn a_code_becomes_tokens_that_reach_the_consented_site_and_account() {
    let world = World::start().await;
    let code = consent(&world.authorizer).await;
    let grant = world.authorizer.exchange(&code).await.unwrap();
    assert!(grant.refresh_token.is_some());
    let sites = world.authorizer.sites(&grant.access_token).await.unwrap();
    assert_eq!(sites.len(), 1);
    assert_eq!(sites[0].cloud_id, ACME_CLOUD_ID);
    let account = world
        .authorizer
        .account_id(&grant.access_token, ACME_CLOUD_ID)
        .await
        .unwrap();
    assert_eq!(account, USER_ACCOUNT_ID);
}

#[tokio::test]
async fn a_used_code_is_refused() {
    let world = World::start().await;
    let code = consent(&world.authorizer).await;
    world.authorizer.exchange(&code).await.unwrap();
    let again = world.authorizer.exchange(&code).await;
    assert!(
        matches!(again, Err(AuthorizerError::GrantRefused { .. })),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_an_operators_fault() {
    let world = World::start().await;
    let code = consent(&world.authorizer).await;
    let wrong = authorizer(world.sandbox.base_url(), "another-value");
    let answer = wrong.exchange(&code).await;
    assert!(
        matches!(answer, Err(AuthorizerError::AppMisconfigured)),
        "{answer:?}"
    );
}

#[tokio::test]
async fn each_answer_to_a_refresh_is_told_apart() {
    let world = World::start().await;
    let code = consent(&world.authorizer).await;
    let grant = world.authorizer.exchange(&code).await.unwrap();
    let refresh = grant.refresh_token.unwrap();
    let under = async |effect| {
        world
            .sandbox
            .handle()
            .push_fault(Fault::once(Endpoint::Token, effect));
        world.authorizer.refresh(&refresh, soon()).await
    };
    for error in [TokenError::InvalidGrant, TokenError::UnauthorizedClient] {
        let answer = under(Effect::token_error(error)).await;
        assert!(
            matches!(answer, Err(AuthorizerError::GrantRefused { .. })),
            "{answer:?}"
        );
    }
    let denied = under(Effect::token_error(TokenError::AccessDenied)).await;
    assert!(
        matches!(denied, Err(AuthorizerError::AppMisconfigured)),
        "{denied:?}"
    );
    let page = under(Effect::Html {
        status: 502,
        acting: false,
    })
    .await;
    assert!(matches!(page, Err(AuthorizerError::Lost(_))), "{page:?}");
    let lost = under(Effect::DropAfter).await;
    assert!(matches!(lost, Err(AuthorizerError::Lost(_))), "{lost:?}");
    assert!(
        world.authorizer.refresh(&refresh, soon()).await.is_ok(),
        "replayed in the leeway"
    );
}

#[tokio::test]
async fn an_unknown_refresh_token_is_refused() {
    let world = World::start().await;
    let unknown = SecretString::from("never-given-out");
    let answer = world.authorizer.refresh(&unknown, soon()).await;
    assert!(
        matches!(answer, Err(AuthorizerError::GrantRefused { .. })),
        "{answer:?}"
    );
}
