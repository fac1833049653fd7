//! Lists end, whatever the server says about its pages.

use futures_util::TryStreamExt;
use jira_client::{Error, Issue, Project, ProjectQuery, SearchQuery};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::support::jira;

fn parameter(seen: &Seen, name: &str) -> Option<String> {
    let url = url::Url::parse("http://x")
        .unwrap()
        .join(&seen.target)
        .unwrap();
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn page(seen: &Seen, total: usize, size: usize) -> (usize, Vec<usize>) {
    let start: usize = parameter(seen, "startAt").unwrap().parse().unwrap();
    (start, (start..total.min(start + size)).collect())
}

#[tokio::test]
async fn all_projects_are_streamed_over_pages() {
    let server = Server::start(|seen, _| {
        let (start, numbers) = page(seen, 7, 3);
        let values: Vec<Value> = numbers
            .iter()
            .map(|n| {
                json!({"id": n.to_string(), "key": format!("P{n}"), "name": "x",
                "style": "next-gen", "simplified": true,
                "avatarUrls": {"16x16": "https://x.test/s", "48x48": "https://x.test/l"}})
            })
            .collect();
        let last = numbers.last() == Some(&6);
        Reply::json(
            200,
            json!({"startAt": start, "total": 7, "isLast": last, "values": values}),
        )
    })
    .await;
    let query = ProjectQuery {
        query: Some("pro".to_owned()),
        ..ProjectQuery::creatable()
    };

    let projects: Vec<Project> = jira(&server.url)
        .projects_stream(query)
        .try_collect()
        .await
        .unwrap();

    assert_eq!(projects.len(), 7);
    assert_eq!(projects[0].avatar_url(), Some("https://x.test/l"));
    assert!(projects[0].is_team_managed());
    assert_eq!(
        parameter(&server.seen()[0], "action").as_deref(),
        Some("create")
    );
    assert_eq!(
        parameter(&server.seen()[0], "query").as_deref(),
        Some("pro")
    );
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn no_matching_project_is_an_empty_page_also_as_404() {
    let server = Server::always(404, "{}").await;
    let page = jira(&server.url)
        .projects(&ProjectQuery::default())
        .await
        .unwrap();
    assert!(page.values.is_empty() && page.next_start().is_none());
}

#[tokio::test]
async fn all_issue_types_and_fields_are_collected() {
    let server = Server::start(|seen, _| {
        let (start, numbers) = page(seen, 5, 2);
        if seen.target.contains("/issuetypes/10001") {
            let fields: Vec<Value> = numbers
                .iter()
                .map(|n| {
                    json!({"fieldId": format!("f{n}"), "key": "k", "name": "N",
                    "required": true, "operations": ["set"], "schema": {"type": "string"}})
                })
                .collect();
            return Reply::json(200, json!({"fields": fields, "startAt": start, "total": 5}));
        }
        let types: Vec<Value> = numbers
            .iter()
            .map(|n| {
                json!({"id": n.to_string(), "name": "Aufgabe", "untranslatedName": "Task",
                "subtask": false, "hierarchyLevel": 0})
            })
            .collect();
        Reply::json(
            200,
            json!({"issueTypes": types, "startAt": start, "total": 5}),
        )
    })
    .await;
    let jira = jira(&server.url);

    let types = jira.create_meta_issue_types("PROD").await.unwrap();
    assert_eq!(types.len(), 5);
    assert_eq!(types[0].untranslated_name.as_deref(), Some("Task"));

    let fields = jira.create_meta_fields("PROD", "10001").await.unwrap();
    assert_eq!(fields.len(), 5);
    assert!(fields[4].must_be_given());
}

#[tokio::test]
async fn pages_that_never_end_are_given_up() {
    let many: Vec<Value> = (0..5000).map(|n| json!({"id": n.to_string()})).collect();
    let server = Server::always(200, json!({"issueTypes": many, "total": 1_000_000_000})).await;
    let error = jira(&server.url)
        .create_meta_issue_types("PROD")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
}

#[tokio::test]
async fn a_search_follows_its_tokens_to_the_end() {
    let server = Server::start(|seen, _| {
        let body = seen.json();
        assert_eq!(body["jql"], "project = A");
        assert_eq!(body["reconcileIssues"], json!([5]));
        let (ids, next) = match body["nextPageToken"].as_str() {
            None => (json!([{"id": "1"}, {"id": "2"}]), json!("t1")),
            Some("t1") => (json!([{"id": "3"}]), json!(null)),
            other => panic!("{other:?}"),
        };
        Reply::json(200, json!({"issues": ids, "nextPageToken": next}))
    })
    .await;
    let query = SearchQuery {
        reconcile_issues: vec![5],
        ..SearchQuery::new("project = A", ["status"])
    };
    let found: Vec<Issue> = jira(&server.url)
        .search_stream(query)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        found
            .iter()
            .map(|issue| issue.id.as_str())
            .collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
}

#[tokio::test]
async fn a_repeated_page_token_ends_the_search_with_an_error() {
    let body = json!({"issues": [{"id": "1"}], "nextPageToken": "again", "isLast": false});
    let server = Server::always(200, body).await;
    let query = SearchQuery::new("project = A", ["status"]);
    let result: Result<Vec<Issue>, Error> =
        jira(&server.url).search_stream(query).try_collect().await;
    assert!(matches!(result, Err(Error::Decode { path, .. }) if path == "nextPageToken"));
    assert_eq!(server.seen().len(), 2);
}
