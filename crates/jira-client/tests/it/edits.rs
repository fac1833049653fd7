//! Edits, transitions, properties, permissions.

use jira_client::{IssueEdit, Permission, StatusCategoryKey, TargetStatus};
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
async fn an_issue_is_taken_to_a_status_by_what_it_is_known_by() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "GET" => {
            let to = |id: &str, name: &str, key: &str| {
                json!({"id": format!("t{id}"), "name": "go",
                    "to": {"id": id, "name": name, "statusCategory": {"key": key}}})
            };
            let offered = [
                json!({"id": "t0"}),
                to("1", "To Do", "new"),
                to("3", "Done", "done"),
                to("4", "Won't do", "done"),
            ];
            Reply::json(200, json!({"transitions": offered}))
        }
        _ => no_content(),
    })
    .await;
    let jira = jira(&server.url);
    for (target, transition) in [
        (TargetStatus::Id("4".to_owned()), Some("t4")),
        (TargetStatus::Name("won't DO".to_owned()), Some("t4")),
        (TargetStatus::Category(StatusCategoryKey::Done), Some("t3")),
        (
            TargetStatus::Category(StatusCategoryKey::Indeterminate),
            None,
        ),
    ] {
        let made = jira.transition_to("A-1", &target).await.unwrap();
        assert_eq!(made.as_ref().map(|made| made.id.as_str()), transition);
        if let Some(id) = transition {
            let sent = server.seen().pop().unwrap().json();
            assert_eq!(sent, json!({"transition": {"id": id}}));
        }
    }
    assert_eq!(server.seen().len(), 7);
}

#[tokio::test]
async fn an_edit_sets_fields_and_changes_labels_at_once() {
    let server = Server::start(|_, _| no_content()).await;
    let mut edit = IssueEdit::default()
        .field("summary", "new")
        .field("priority", json!(null))
        .add_label("a")
        .remove_label("b");
    edit.update
        .insert("fixVersions".to_owned(), json!([{"add": {"name": "1.0"}}]));
    edit.update
        .insert("labels".to_owned(), json!([{"add": "c"}]));
    jira(&server.url).edit_issue("A-1", &edit).await.unwrap();
    let sent = json!({"fields": {"summary": "new", "priority": null},
        "update": {"labels": [{"add": "c"}, {"add": "a"}, {"remove": "b"}],
            "fixVersions": [{"add": {"name": "1.0"}}]}});
    assert_eq!(server.seen()[0].json(), sent);
}

#[tokio::test]
async fn a_property_is_deleted_and_may_have_been_gone() {
    let server = Server::start(|_, number| match number {
        0 => no_content(),
        _ => Reply::json(404, json!({"errorMessages": ["gone"], "errors": {}})),
    })
    .await;
    let jira = jira(&server.url);
    assert!(jira.delete_issue_property("A-1", "a/b").await.unwrap());
    assert!(!jira.delete_issue_property("A-1", "a/b").await.unwrap());
    let seen = &server.seen()[0];
    assert_eq!(seen.method, "DELETE");
    assert!(
        seen.target.ends_with("/issue/A-1/properties/a%2Fb"),
        "{}",
        seen.target
    );
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
