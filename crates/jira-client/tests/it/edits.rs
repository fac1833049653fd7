//! Edits, transitions, properties, permissions.

use jira_client::Permission;
use serde_json::json;

use crate::server::{Reply, Server};
use crate::support::jira;

fn no_content() -> Reply {
    Reply::raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn labels_are_added_and_removed_without_touching_others() {
    let server = Server::start(|_, _| no_content()).await;
    let (add, remove) = (["a".to_owned()], ["b".to_owned()]);
    jira(&server.url)
        .edit_labels("A-1", &add, &remove)
        .await
        .unwrap();
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("PUT", "/ex/jira/site-1/rest/api/3/issue/A-1")
    );
    assert_eq!(
        seen.json(),
        json!({"update": {"labels": [{"add": "a"}, {"remove": "b"}]}})
    );
}

#[tokio::test]
async fn an_issue_is_moved_by_a_transition_it_offers() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "GET" => Reply::json(
            200,
            json!({"transitions": [{"id": "31", "name": "Done",
            "to": {"id": "3", "name": "Done", "statusCategory": {"key": "done"}}}]}),
        ),
        _ => no_content(),
    })
    .await;
    let jira = jira(&server.url);
    let offered = jira.transitions("A-1").await.unwrap();
    assert_eq!(
        offered[0].to.as_ref().unwrap().category.key.as_str(),
        "done"
    );
    jira.transition("A-1", &offered[0].id).await.unwrap();
    assert_eq!(server.seen()[1].json(), json!({"transition": {"id": "31"}}));
}

#[tokio::test]
async fn a_property_is_set_and_read_and_may_be_missing() {
    let server = Server::start(|seen, number| match (seen.method.as_str(), number) {
        ("PUT", _) => no_content(),
        (_, 1) => Reply::json(200, json!({"key": "example.mark", "value": {"n": 1}})),
        _ => Reply::json(404, json!({"errorMessages": ["gone"], "errors": {}})),
    })
    .await;
    let jira = jira(&server.url);
    jira.set_issue_property("A-1", "example.mark", &json!({"n": 1}))
        .await
        .unwrap();
    let found = jira.issue_property("A-1", "example.mark").await.unwrap();
    assert_eq!(found, Some(json!({"n": 1})));
    assert_eq!(
        jira.issue_property("A-1", "example.mark").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn permissions_not_mentioned_are_not_had() {
    let body = json!({"permissions": {"CREATE_ISSUES": {"havePermission": true},
        "X_OF_AN_APP": {"havePermission": true, "id": 7}, "ODD": {"havePermission": null}}});
    let server = Server::always(200, body).await;
    let asked = [Permission::CreateIssues, Permission::EditIssues];
    let found = jira(&server.url)
        .my_permissions(Some("10000"), &asked)
        .await
        .unwrap();
    assert!(found.has(&Permission::CreateIssues) && !found.has(&Permission::EditIssues));
    assert_eq!(
        found.missing(&asked).collect::<Vec<_>>(),
        [&Permission::EditIssues]
    );
    assert!(found.has(&Permission::from("X_OF_AN_APP")) && !found.has(&Permission::from("ODD")));
    let target = &server.seen()[0].target;
    assert!(
        target.ends_with("projectId=10000&permissions=CREATE_ISSUES%2CEDIT_ISSUES"),
        "{target}"
    );
}
