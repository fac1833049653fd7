//! What priorities and ticket types become in each of the sandbox's projects.

use acceptance::{App, Client, document, ids};
use serde_json::{Value, json};

use crate::databases::OnPostgres;

/// Priorities as tickets have them: P0 to P3, none, and a word that nobody knows.
const PRIORITIES: [Option<&str>; 6] = [
    Some("P0"),
    Some("P1"),
    Some("P2"),
    Some("P3"),
    None,
    Some("sometime"),
];

/// What the six become in a project, and the codes of the warnings.
type Landed = [(Option<&'static str>, &'static [&'static str]); 6];

const STOCK: Landed = [
    (Some("Highest"), &[]),
    (Some("High"), &[]),
    (Some("Medium"), &[]),
    (Some("Low"), &[]),
    (Some("Medium"), &[]),
    (Some("Medium"), &["PRIORITY_UNRECOGNISED"]),
];
const OWN_NAMES: Landed = [
    (Some("Blocker"), &["PRIORITY_REPLACED"]),
    (Some("Critical"), &["PRIORITY_REPLACED"]),
    (Some("Major"), &["PRIORITY_REPLACED"]),
    (Some("Minor"), &["PRIORITY_REPLACED"]),
    (Some("Major"), &[]),
    (Some("Major"), &["PRIORITY_UNRECOGNISED"]),
];
const NOT_ON_SCREEN: Landed = [
    (None, &["PRIORITY_NOT_ON_SCREEN"]),
    (None, &["PRIORITY_NOT_ON_SCREEN"]),
    (None, &["PRIORITY_NOT_ON_SCREEN"]),
    (None, &["PRIORITY_NOT_ON_SCREEN"]),
    (None, &[]),
    (None, &["PRIORITY_NOT_ON_SCREEN"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn priorities_and_types_land_as_each_project_has_them_on_sqlite() {
    landing(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn priorities_and_types_land_as_each_project_has_them_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        landing(&app).await;
    }
}

async fn landing(app: &App) {
    let owner = app.connected().await;
    for (project, landed) in [
        ("SHOP", STOCK),
        ("REQ", STOCK),
        ("OWN", OWN_NAMES),
        ("TEAM", NOT_ON_SCREEN),
    ] {
        priorities_land(app, &owner, project, &landed).await;
    }
    let stock = ["Task", "Story", "Bug", "Epic"];
    let own = ["Aufgabe", "Anforderung", "Fehler", "Epos"];
    for (project, names) in [
        ("SHOP", stock),
        ("REQ", stock),
        ("OWN", own),
        ("TEAM", stock),
    ] {
        types_land(app, &owner, project, names).await;
    }
}

/// Pushes tickets and gives their results.
async fn pushed(
    owner: &Client,
    document: &str,
    tickets: &[Value],
    project: &str,
    fields: &Value,
) -> Vec<Value> {
    let body = json!({
        "document_id": document, "platform": "jira", "ticket_ids": ids(tickets),
        "project_key": project, "fields": fields,
    });
    let push = owner
        .post_in_workspace("/api/execution/push", body)
        .await
        .expect(200);
    assert_eq!(push["pushed"], tickets.len(), "{project}: {push}");
    push["results"].as_array().unwrap().clone()
}

/// The fields that a project demands of an issue type.
fn demanded(project: &str, kind: &str) -> Value {
    match (project, kind) {
        ("REQ", "bug") => {
            json!({"customfield_10010": "CC-1", "customfield_10011": {"value": "Low impact"}})
        }
        ("REQ", _) => json!({"customfield_10010": "CC-1"}),
        _ => json!({}),
    }
}

async fn priorities_land(app: &App, owner: &Client, project: &str, landed: &Landed) {
    let (id, tickets) = owner.generated(&document(PRIORITIES.len())).await;
    for (ticket, priority) in tickets.iter().zip(PRIORITIES) {
        let change = json!({"priority": priority, "ticket_type": "task"});
        let changed = owner.change(&ticket["id"], change).await;
        assert_eq!(changed["priority"], json!(priority));
    }
    let results = pushed(owner, &id, &tickets, project, &demanded(project, "task")).await;
    for ((result, (name, codes)), priority) in results.iter().zip(landed).zip(PRIORITIES) {
        let issue = app.issue_of(result);
        let held = issue
            .fields
            .pointer("/priority/name")
            .and_then(Value::as_str);
        assert_eq!(held, *name, "{project} {priority:?}");
        let warnings = result["warnings"].as_array().unwrap();
        let seen: Vec<&str> = warnings
            .iter()
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!(seen, *codes, "{project} {priority:?}");
        assert!(
            warnings
                .iter()
                .all(|one| one["message"].as_str().is_some_and(|it| !it.is_empty()))
        );
    }
}

async fn types_land(app: &App, owner: &Client, project: &str, names: [&str; 4]) {
    let (id, tickets) = owner.generated(&document(4)).await;
    for ((ticket, kind), name) in tickets
        .iter()
        .zip(["task", "story", "bug", "epic"])
        .zip(names)
    {
        owner
            .change(
                &ticket["id"],
                json!({"ticket_type": kind, "priority": null}),
            )
            .await;
        let one = std::slice::from_ref(ticket);
        let results = pushed(owner, &id, one, project, &demanded(project, kind)).await;
        let issue = app.issue_of(&results[0]);
        assert_eq!(issue.fields["issuetype"]["name"], name, "{project}");
        assert_eq!(results[0]["warnings"], json!([]), "{project} {name}");
    }
}
