//! Every call, answered as Jira answers it.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use jira_client::{
    Alignment, ElementOutcome, FetchOptions, NewIssue, ProjectQuery, SearchQuery, adf,
};
use jira_sandbox::SandboxConfig;
use serde_json::json;

use super::connected::{connect, soon};

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
        .my_permissions(Some("10000"), &[jira_client::Permission::CreateIssues])
        .await
        .unwrap();
    assert!(rights.has(&jira_client::Permission::CreateIssues));
    assert_eq!(
        on.jira.server_info().await.unwrap().deployment_type,
        "Cloud"
    );
}
