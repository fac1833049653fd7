//! Answers that are not what their status says: errors as successes, lists that are not there, foreign 404s.

use std::sync::Arc;

use jira_client::auth::StaticBearer;
use jira_client::{Error, FetchOptions, IssueEdit, Jira, Permission, SearchQuery, SiteAddress};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::support::jira;

const JSON: &str = "Content-Type: application/json\r\n";

/// Bodies that say of a success that it is none.
const NO_SUCCESSES: [&str; 4] = [
    "<html>please log in</html>",
    r#"{"id":"1"#,
    r#"{"errorMessages":["no"],"errors":{}}"#,
    r#"{"code":503,"message":"upstream is down"}"#,
];

#[tokio::test]
async fn a_success_that_speaks_of_an_error_leaves_every_write_without_content_in_doubt() {
    for body in NO_SUCCESSES {
        for headers in ["", JSON] {
            let server = Server::start(move |_, _| Reply::with(200, headers, body)).await;
            let jira = jira(&server.url);
            let edit = IssueEdit::default().field("summary", "y");
            for result in [
                jira.edit_issue("A-1", &edit).await,
                jira.transition("A-1", "31").await,
                jira.set_issue_property("A-1", "k", &json!(1)).await,
                jira.delete_issue_property("A-1", "k").await.map(drop),
                jira.refresh_webhooks(&[1]).await.map(drop),
                jira.delete_webhooks(&[1]).await,
            ] {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Decode { .. }), "{body}: {error:?}");
                assert!(error.may_have_been_applied(), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn a_success_with_other_json_is_one_where_no_answer_is_needed() {
    for body in ["", "{}", r#"{"id":"1","fields":{}}"#] {
        let server = Server::start(move |_, _| Reply::with(200, JSON, body)).await;
        let jira = jira(&server.url);
        jira.transition("A-1", "31").await.unwrap();
        jira.delete_webhooks(&[1]).await.unwrap();
    }
}

/// Makes every read of a list and returns the place that its error names, if there is one.
async fn missing_lists(jira: &Jira) -> Vec<Option<String>> {
    let asked = [Permission::CreateIssues];
    let query = SearchQuery::new("project = A", ["summary"]);
    let (ids, options) = (["1".to_owned()], FetchOptions::default());
    let results = [
        jira.search(&query).await.map(drop),
        jira.bulk_fetch(&ids, &options).await.map(drop),
        jira.projects(&Default::default()).await.map(drop),
        jira.webhooks(0).await.map(drop),
        jira.transitions("A-1").await.map(drop),
        jira.issue_property("A-1", "k").await.map(drop),
        jira.my_permissions(None, &asked).await.map(drop),
        jira.create_meta_issue_types("A").await.map(drop),
        jira.create_meta_fields("A", "1").await.map(drop),
    ];
    let place = |result: Result<(), Error>| match result {
        Ok(()) => None,
        Err(Error::Decode { path, .. }) => Some(path),
        Err(other) => panic!("{other:?}"),
    };
    results.into_iter().map(place).collect()
}

#[tokio::test]
async fn a_list_that_is_not_there_is_no_empty_list() {
    let lists = [
        "issues",
        "issues",
        "values",
        "values",
        "transitions",
        "value",
        "permissions",
        "issueTypes",
        "fields",
    ];
    for body in ["{}", r#"{"code":503,"message":"upstream is down"}"#] {
        let server = Server::always(200, body).await;
        let places = missing_lists(&jira(&server.url)).await;
        assert_eq!(places, lists.map(|list| Some(list.to_owned())), "{body}");
    }
}

#[tokio::test]
async fn a_list_that_is_null_or_has_its_other_name_is_one() {
    for meta in [
        json!({"issueTypes": null, "fields": null}),
        json!({"createMetaIssueType": [], "results": null}),
    ] {
        let body = json!({"issues": null, "values": null, "transitions": null,
            "permissions": null, "value": null});
        let lists = meta.as_object().unwrap().clone();
        let server = Server::start(move |seen, _| {
            let wanted = if seen.target.contains("/issuetypes/") {
                1
            } else {
                0
            };
            let mut body = body.as_object().cloned().unwrap();
            body.extend(lists.clone().into_iter().skip(wanted).take(1));
            Reply::json(200, Value::from(body))
        })
        .await;
        let places = missing_lists(&jira(&server.url)).await;
        assert_eq!(places, vec![None; 9]);
    }
}

#[tokio::test]
async fn a_404_that_is_not_jiras_own_does_not_say_that_nothing_is_there() {
    let page = "Content-Type: text/html\r\n";
    for (headers, body, is_jiras) in [
        (JSON, r#"{"errorMessages":["gone"],"errors":{}}"#, true),
        (JSON, "{}", true),
        ("", "", true),
        (JSON, r#"{"code":404,"message":"no such site"}"#, false),
        (page, "<html>not found</html>", false),
        (JSON, r#"{"errorMess"#, false),
    ] {
        let server = Server::start(move |_, _| Reply::with(404, headers, body)).await;
        let jira = jira(&server.url);
        let projects = jira.projects(&Default::default()).await;
        let property = jira.issue_property("A-1", "k").await;
        let deleted = jira.delete_issue_property("A-1", "k").await;
        assert_eq!(projects.is_ok(), is_jiras, "{body}");
        assert_eq!(matches!(property, Ok(None)), is_jiras, "{body}");
        assert_eq!(matches!(deleted, Ok(false)), is_jiras, "{body}");
        assert!(deleted.is_ok_and(|there| !there) || property.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn control_characters_do_not_lead_out_of_a_path() {
    let server = Server::always(200, "{}").await;
    let address = |cloud_id: &str| SiteAddress::Cloud {
        cloud_id: cloud_id.to_owned(),
    };
    let jira = jira(&server.url);
    for key in [".\t.", "\n..", ".\r"] {
        let error = jira.delete_issue_property("A-1", key).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        let built = Jira::builder(address(key))
            .token_source(Arc::new(StaticBearer::new("t")))
            .build();
        assert!(built.is_err(), "{key:?}");
    }
    assert!(server.seen().is_empty());
}
