//! Every call against the sandbox, which behaves like Jira and can fail like it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use jira_client::auth::{RefreshingTokenSource, TokenPair, TokenStore};
use jira_client::{
    Alignment, ElementOutcome, Error, FetchOptions, Jira, NewIssue, OAuthClient, OAuthConfig,
    ProjectQuery, RateLimitReason, RetryPolicy, SearchQuery, SendDeadline, SiteAddress, adf,
};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, Sandbox, SandboxConfig};
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use crate::support::{install_tls, soon};

const SCOPES: [&str; 4] = [
    "read:jira-work",
    "write:jira-work",
    "read:jira-user",
    "offline_access",
];

#[derive(Debug, Default)]
struct Saved(Mutex<Vec<TokenPair>>);

#[async_trait]
impl TokenStore for Saved {
    async fn save(&self, pair: &TokenPair) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap().push(pair.clone());
        Ok(())
    }
}

struct Connected {
    sandbox: Sandbox,
    oauth: OAuthClient,
    saved: Arc<Saved>,
    jira: Jira,
}

/// Consents, exchanges the code and builds a client of the site Acme.
async fn connect(config: SandboxConfig) -> Connected {
    install_tls();
    let sandbox = Sandbox::start(SandboxConfig {
        auto_consent: true,
        ..config
    })
    .unwrap();
    let url = Url::parse(sandbox.base_url()).unwrap();
    let callback = Url::parse("http://127.0.0.1:9/callback").unwrap();
    let config = SandboxConfig::default();
    let config = OAuthConfig {
        auth_url: url.clone(),
        api_url: url.clone(),
        ..OAuthConfig::new(config.client_id, config.client_secret, callback).unwrap()
    };
    let oauth = OAuthClient::new(config).unwrap();
    let code = consent(&oauth).await;
    let set = oauth.exchange_code(&code).await.unwrap();
    let sites = oauth.accessible_resources(&set.access_token).await.unwrap();
    assert_eq!(sites[0].id, ACME_CLOUD_ID);
    assert!(sites[0].is_jira());
    let saved = Arc::new(Saved::default());
    let pair = TokenPair::from_set(set).unwrap();
    let tokens = RefreshingTokenSource::new(oauth.clone(), pair, saved.clone());
    let pause = Duration::from_millis(1);
    let jira = Jira::builder(SiteAddress::Cloud {
        cloud_id: sites[0].id.clone(),
    })
    .api_url(url)
    .token_source(Arc::new(tokens))
    .retry_policy(RetryPolicy {
        max_attempts: 3,
        first_pause: pause,
        longest_pause: pause,
    })
    .build()
    .unwrap();
    Connected {
        sandbox,
        oauth,
        saved,
        jira,
    }
}

async fn consent(oauth: &OAuthClient) -> SecretString {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let url = oauth.authorize_url("state-1", &SCOPES);
    let answer = browser.build().unwrap().get(url).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    let callback = Url::parse(location).unwrap();
    let find = |name: &str| {
        let pair = callback.query_pairs().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.into_owned()).unwrap()
    };
    assert_eq!(find("state"), "state-1");
    find("code").into()
}

impl Connected {
    /// Returns the project's id and the id of its type Task, as createmeta tells.
    async fn task_of(&self, key: &str) -> (String, String) {
        let project = self.jira.project(key).await.unwrap();
        let types = self.jira.create_meta_issue_types(key).await.unwrap();
        let task = types
            .iter()
            .find(|kind| kind.untranslated_name.as_deref() == Some("Task"));
        (project.id, task.unwrap().id.clone())
    }

    async fn issues(&self, key: &str, count: usize) -> Vec<NewIssue> {
        let (project, task) = self.task_of(key).await;
        (0..count)
            .map(|n| NewIssue::new(&project, &task, &format!("Issue {n}")))
            .collect()
    }
}

#[tokio::test]
async fn the_main_job_works_from_consent_to_status() {
    let on = connect(SandboxConfig::default()).await;
    let me = on.jira.myself().await.unwrap();
    assert_eq!(me.account_id, jira_sandbox::USER_ACCOUNT_ID);

    let (project, task) = on.task_of("SHOP").await;
    let fields = on.jira.create_meta_fields("SHOP", &task).await.unwrap();
    let priority = fields
        .iter()
        .find(|field| field.field_id == "priority")
        .unwrap();
    assert!(
        priority
            .allowed_values
            .iter()
            .any(|value| value["name"] == "High")
    );
    let text = adf::from_markdown("# Why\n\n- one\n- [ ] two")
        .document
        .to_value();
    let issue = NewIssue::new(&project, &task, "Export")
        .description(text)
        .labels(["export"])
        .field("priority", json!({"name": "High"}))
        .property("example.mark", json!({"row": 1}));

    let bulk = on.jira.create_issues(&[issue], soon()).await.unwrap();
    assert_eq!(bulk.alignment, Alignment::Aligned);
    let created = bulk.outcomes[0].created().unwrap().clone();
    assert!(on.sandbox.handle().move_issue(&created.key, "Done"));

    let options = FetchOptions::fields([
        "summary", "status", "priority", "labels", "creator", "created",
    ])
    .with_property("example.mark");
    let found = on
        .jira
        .bulk_fetch(std::slice::from_ref(&created.id), &options)
        .await
        .unwrap();
    let issue = &found.issues[0];
    assert_eq!(
        issue.fields.status.as_ref().unwrap().category.key.as_str(),
        "done"
    );
    assert_eq!(issue.fields.priority.as_ref().unwrap().name, "High");
    assert_eq!(issue.fields.labels, ["export"]);
    assert_eq!(
        issue.fields.creator.as_ref().unwrap().account_id,
        me.account_id
    );
    assert!(issue.fields.created.is_some());
    assert_eq!(issue.properties["example.mark"]["row"], 1);
    assert_eq!(
        on.jira.issue(&created.key, &options).await.unwrap().id,
        created.id
    );
}

#[tokio::test]
async fn projects_types_and_fields_are_read_over_all_pages() {
    let extra = SandboxConfig {
        extra_projects: 130,
        extra_fields: 250,
        ..Default::default()
    };
    let on = connect(extra).await;
    let all: Vec<_> = on
        .jira
        .projects_stream(ProjectQuery::default())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 135);
    let creatable: Vec<_> = on
        .jira
        .projects_stream(ProjectQuery::creatable())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(creatable.len(), 134);
    assert!(creatable.iter().all(|project| project.key != "LOCK"));
    let query = ProjectQuery {
        query: Some("team".to_owned()),
        ..ProjectQuery::default()
    };
    let page = on.jira.projects(&query).await.unwrap();
    assert_eq!(page.values.len(), 1);
    assert!(page.values[0].is_team_managed());

    let (_, task) = on.task_of("SHOP").await;
    let fields = on.jira.create_meta_fields("SHOP", &task).await.unwrap();
    let ids: HashSet<&str> = fields.iter().map(|field| field.field_id.as_str()).collect();
    assert_eq!(ids.len(), fields.len());
    assert!(fields.len() > 250);
    assert!(on.jira.project("NONE").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn refused_issues_are_named_and_their_neighbours_created() {
    let on = connect(SandboxConfig::default()).await;
    let mut batch = on.issues("SHOP", 50).await;
    batch[7] = batch[7].clone().field("summary", "two\nlines");
    batch[20] = batch[20].clone().labels(["with space"]);

    let bulk = on.jira.create_issues(&batch, soon()).await.unwrap();

    assert_eq!(bulk.alignment, Alignment::Aligned);
    for (at, outcome) in bulk.outcomes.iter().enumerate() {
        match outcome {
            ElementOutcome::Rejected(why) => {
                assert!(
                    at == 7 && why.field_errors.contains_key("summary")
                        || at == 20 && why.field_errors.contains_key("labels"),
                    "{at}: {why:?}"
                );
                assert!(!why.may_have_been_applied());
            }
            outcome => {
                let key = &outcome.created().unwrap().key;
                let issue = on.sandbox.handle().issue(key).unwrap();
                assert_eq!(issue.summary(), format!("Issue {at}"));
            }
        }
    }
    assert_eq!(on.sandbox.handle().issue_count(), 48);

    let bad = [batch[7].clone(), batch[20].clone()];
    let bulk = on.jira.create_issues(&bad, soon()).await.unwrap();
    assert!(
        bulk.outcomes
            .iter()
            .all(|outcome| outcome.created().is_none())
    );

    let error = on.jira.create_issue(&bad[0]).await.unwrap_err();
    assert!(error.field_errors().any(|(field, _)| field == "summary"));
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn a_thousand_issues_take_twenty_requests_and_are_all_found_again() {
    let on = connect(SandboxConfig::default()).await;
    let chunks = on
        .jira
        .create_issues_chunked(&on.issues("SHOP", 1_000).await)
        .await;
    assert_eq!(chunks.len(), 20);
    let ids: Vec<String> = chunks
        .iter()
        .flat_map(|chunk| &chunk.result.as_ref().unwrap().outcomes)
        .map(|outcome| outcome.created().unwrap().id.clone())
        .collect();
    let options = FetchOptions::fields(["status"]);
    let found = on.jira.bulk_fetch(&ids, &options).await.unwrap();
    assert_eq!(found.issues.len(), 1_000);

    let query = SearchQuery {
        page_size: Some(70),
        ..SearchQuery::new("project = SHOP", ["status"])
    };
    let searched: Vec<_> = on.jira.search_stream(query).try_collect().await.unwrap();
    let searched: HashSet<String> = searched.into_iter().map(|issue| issue.id).collect();
    assert_eq!(searched, ids.into_iter().collect());
}

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

#[tokio::test]
async fn whatever_fails_a_create_called_not_applied_has_made_nothing() {
    let html = |status, acting| Effect::Html { status, acting };
    let answer = |status, acting| Effect::Answer {
        status,
        headers: vec![("Retry-After".to_owned(), "0".to_owned())],
        body: json!({"errorMessages": ["no"], "errors": {}}),
        acting,
    };
    let mut effects = vec![
        Effect::DropBefore,
        Effect::DropAfter,
        Effect::DelayBefore { ms: 600 },
        Effect::DelayAfter { ms: 600 },
        Effect::Empty,
        Effect::Truncated,
        html(200, true),
        html(403, false),
        Effect::rate_limited(jira_sandbox::RateLimitReason::Burst, Duration::ZERO),
    ];
    for status in [200, 202, 302, 307, 408, 409, 500, 502, 503, 504] {
        effects.extend([answer(status, false), answer(status, true)]);
    }
    effects.extend([400, 401, 403, 404, 413, 422, 429].map(|status| answer(status, false)));
    let on = connect(SandboxConfig::default()).await;
    let batch = on.issues("SHOP", 3).await;
    let url = Url::parse(on.sandbox.base_url()).unwrap();
    let set = on
        .oauth
        .exchange_code(&consent(&on.oauth).await)
        .await
        .unwrap();
    let bearer = jira_client::auth::StaticBearer::new(set.access_token);
    let jira = Jira::builder(SiteAddress::Cloud {
        cloud_id: ACME_CLOUD_ID.to_owned(),
    })
    .api_url(url)
    .token_source(Arc::new(bearer))
    .request_timeout(Duration::from_millis(300))
    .build()
    .unwrap();
    let handle = on.sandbox.handle();
    for effect in effects {
        for endpoint in [Endpoint::BulkCreate, Endpoint::CreateIssue] {
            let before = (handle.issue_count(), posts(&on));
            handle.set_faults([Fault::once(endpoint, effect.clone())]);
            let failed = match endpoint {
                Endpoint::BulkCreate => jira.create_issues(&batch, soon()).await.err(),
                _ => jira.create_issue(&batch[0]).await.err(),
            };
            let error = failed.unwrap_or_else(|| panic!("{effect:?} did not fail"));
            handle.clear_faults();
            if !error.may_have_been_applied() {
                assert_eq!(handle.issue_count(), before.0, "{effect:?}: {error:?}");
            }
            assert!(posts(&on) <= before.1 + 1, "{effect:?} was sent again");
        }
    }
}

fn posts(on: &Connected) -> usize {
    let entries = on.sandbox.handle().journal();
    let creates = [Endpoint::BulkCreate, Endpoint::CreateIssue];
    entries
        .iter()
        .filter(|entry| creates.contains(&entry.endpoint))
        .count()
}

#[tokio::test]
async fn elements_that_fail_in_the_server_and_shuffled_answers_are_not_trusted() {
    let on = connect(SandboxConfig::default()).await;
    let batch = on.issues("SHOP", 4).await;
    let fail = Effect::FailElements {
        elements: vec![1],
        status: 500,
        acting: true,
    };
    on.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, fail));
    let bulk = on.jira.create_issues(&batch, soon()).await.unwrap();
    assert!(matches!(&bulk.outcomes[1], ElementOutcome::Rejected(why)
        if why.may_have_been_applied()));

    on.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, Effect::Shuffled));
    let bulk = on.jira.create_issues(&batch, soon()).await.unwrap();
    assert_eq!(bulk.alignment, Alignment::Ambiguous);
}

#[tokio::test]
async fn past_the_deadline_the_sandbox_sees_no_create() {
    let on = connect(SandboxConfig::default()).await;
    let batch = on.issues("SHOP", 2).await;
    let passed = SendDeadline::after(Duration::ZERO);
    let error = on.jira.create_issues(&batch, passed).await.unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed { .. }));
    assert_eq!(on.sandbox.handle().issue_count(), 0);
}

#[tokio::test]
async fn limits_missing_scopes_and_foreign_sites_are_told_apart() {
    let on = connect(SandboxConfig::default()).await;
    let quota = Effect::rate_limited(
        jira_sandbox::RateLimitReason::GlobalQuota,
        Duration::from_secs(1_847),
    );
    on.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::Myself, quota));
    let error = on.jira.myself().await.unwrap_err();
    assert_eq!(
        error.rate_limit_reason(),
        Some(&RateLimitReason::GlobalQuota)
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1_847)));

    on.sandbox
        .handle()
        .remove_site(jira_sandbox::USER_ACCOUNT_ID, ACME_CLOUD_ID);
    let error = on.jira.myself().await.unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert!(!error.needs_reconnect());
}

#[tokio::test]
async fn an_issue_is_labelled_marked_and_moved() {
    let on = connect(SandboxConfig::default()).await;
    let new = on.issues("SHOP", 1).await.remove(0).labels(["kept", "old"]);
    let key = on.jira.create_issue(&new).await.unwrap().key;

    on.jira
        .edit_labels(&key, &["new".to_owned()], &["old".to_owned()])
        .await
        .unwrap();
    on.jira
        .set_issue_property(&key, "example.mark", &json!({"n": 2}))
        .await
        .unwrap();
    let offered = on.jira.transitions(&key).await.unwrap();
    let done = offered
        .iter()
        .find(|offer| {
            offer
                .to
                .as_ref()
                .is_some_and(|to| to.category.key.as_str() == "done")
        })
        .unwrap();
    on.jira.transition(&key, &done.id).await.unwrap();

    let options = FetchOptions::fields(["labels", "status"]);
    let issue = on.jira.issue(&key, &options).await.unwrap();
    let labels: HashSet<&str> = issue.fields.labels.iter().map(String::as_str).collect();
    assert_eq!(labels, HashSet::from(["kept", "new"]));
    assert_eq!(issue.fields.status.unwrap().name, "Done");
    let mark = on.jira.issue_property(&key, "example.mark").await.unwrap();
    assert_eq!(mark, Some(json!({"n": 2})));
    let rights = on
        .jira
        .my_permissions(Some("10000"), &["CREATE_ISSUES"])
        .await
        .unwrap();
    assert!(rights["CREATE_ISSUES"]);
    assert_eq!(
        on.jira.server_info().await.unwrap().deployment_type,
        "Cloud"
    );
}
