//! Bringing the status of issues back.

use acceptance::{App, Browser, Client, Consent, document, ids};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, USER_ACCOUNT_ID, When};
use serde_json::{Value, json};

use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn statuses_come_back_whatever_became_of_the_issue_on_sqlite() {
    syncing(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_come_back_whatever_became_of_the_issue_on_postgres() {
    if let Some(app) = OnPostgres::start().await {
        syncing(&app).await;
    }
}

async fn syncing(app: &App) {
    let owner = app.connected().await;
    nothing_pushed_is_nothing_to_sync(app, &owner).await;
    categories_decide(app, &owner).await;
    a_moved_issue_is_followed_and_a_hidden_one_is_found_again(app, &owner).await;
    a_failed_request_fails_its_page_only(app, &owner).await;
    tickets_that_are_not_there_are_named(app, &owner).await;
    issues_of_another_site_keep_their_status(app, &owner).await;
}

async fn sync(client: &Client, body: Value) -> Value {
    let answer = client.post_in_workspace("/api/execution/sync", body).await;
    let report = answer.expect(200);
    let mut keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["changed", "failed", "missing", "synced", "total"]);
    let count = |name: &str| report[name].as_array().unwrap().len();
    let seen = usize::try_from(report["synced"].as_u64().unwrap()).unwrap();
    assert_eq!(
        report["total"],
        seen + count("missing") + count("failed"),
        "{report}"
    );
    report
}

/// Makes and pushes tickets; gives the document, and the tickets with their keys.
async fn pushed(owner: &Client, count: usize, project: &str) -> (String, Vec<(Value, String)>) {
    let (id, tickets) = owner.generated(&document(count)).await;
    let push = owner.push(&id, &tickets, project).await;
    assert_eq!(push["pushed"], count, "{push}");
    let key = |result: &Value| result["external_key"].as_str().unwrap().to_owned();
    let pairs = push["results"].as_array().unwrap().iter();
    (
        id,
        pairs
            .map(|one| (one["ticket_id"].clone(), key(one)))
            .collect(),
    )
}

async fn nothing_pushed_is_nothing_to_sync(app: &App, owner: &Client) {
    let nothing = json!({"total": 0, "synced": 0, "changed": [], "missing": [], "failed": []});
    assert_eq!(sync(owner, json!({})).await, nothing);
    let (id, tickets) = owner.generated(&document(1)).await;
    for body in [
        json!({"document_id": id}),
        json!({"ticket_ids": ids(&tickets)}),
    ] {
        assert_eq!(sync(owner, body).await, nothing);
    }
    assert_eq!(owner.ticket(&tickets[0]["id"]).await, tickets[0]);
    let journal = app.sandbox.handle().journal();
    assert!(
        journal
            .iter()
            .all(|entry| entry.endpoint != Endpoint::BulkFetch)
    );
}

async fn categories_decide(app: &App, owner: &Client) {
    for (project, names) in [
        ("SHOP", ["To Do", "In Progress", "Done"]),
        ("OWN", ["Offen", "In Arbeit", "Erledigt"]),
    ] {
        let (id, tickets) = pushed(owner, 3, project).await;
        for ((_, key), name) in tickets.iter().zip(names) {
            assert!(app.sandbox.handle().move_issue(key, name));
        }
        let report = sync(owner, json!({"document_id": id})).await;
        assert_eq!(
            (&report["total"], &report["synced"]),
            (&json!(3), &json!(3))
        );
        let ours = ["open", "in_progress", "done"];
        for ((at, (ticket, _)), name) in tickets.iter().enumerate().zip(names) {
            let change = json!({
                "ticket_id": ticket, "from": null, "to": ours[at], "external_status": name,
            });
            assert!(
                report["changed"].as_array().unwrap().contains(&change),
                "{report}"
            );
            let stored = owner.ticket(ticket).await;
            assert_eq!(
                (
                    &stored["status"],
                    &stored["synced_status"],
                    &stored["external_status"]
                ),
                (&json!("synced"), &json!(ours[at]), &json!(name))
            );
            assert!(stored["synced_at"].is_string());
        }
        let again = sync(owner, json!({"document_id": id})).await;
        assert_eq!(again["changed"], json!([]), "nothing has changed since");
        assert!(app.sandbox.handle().move_issue(&tickets[0].1, names[2]));
        let one = sync(owner, json!({"ticket_ids": [tickets[0].0]})).await;
        let change = json!([{
            "ticket_id": tickets[0].0, "from": "open", "to": "done", "external_status": names[2],
        }]);
        assert_eq!((&one["total"], &one["changed"]), (&json!(1), &change));
    }
}

async fn a_moved_issue_is_followed_and_a_hidden_one_is_found_again(app: &App, owner: &Client) {
    let jira = app.sandbox.handle();
    let (id, tickets) = pushed(owner, 3, "SHOP").await;
    let body = json!({"document_id": id});
    sync(owner, body.clone()).await;
    let [moved, hidden, deleted] = [0, 1, 2].map(|at| tickets[at].clone());
    let before = owner.ticket(&moved.0).await;
    let key = jira.move_to_project(&moved.1, "TEAM").unwrap();
    assert!(key.starts_with("TEAM-"));
    assert!(jira.hide_issue(&hidden.1) && jira.delete_issue(&deleted.1));
    let report = sync(owner, body.clone()).await;
    let missing = report["missing"].as_array().unwrap();
    assert!(missing.contains(&hidden.0) && missing.contains(&deleted.0) && missing.len() == 2);
    let after = owner.ticket(&moved.0).await;
    assert_eq!(after["external_key"], key);
    assert_eq!(after["external_url"], jira.issue(&key).unwrap().url);
    for kept in ["external_id", "title", "priority", "labels", "description"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    for (ticket, key) in [&hidden, &deleted] {
        let stored = owner.ticket(ticket).await;
        assert_eq!(stored["synced_status"], "missing");
        assert_eq!(stored["external_key"], *key, "the link is kept");
        let change = json!({
            "ticket_id": ticket, "from": "open", "to": "missing", "external_status": null,
        });
        assert!(
            report["changed"].as_array().unwrap().contains(&change),
            "{report}"
        );
    }
    assert!(jira.show_issue(&hidden.1));
    let report = sync(owner, body).await;
    assert_eq!(report["missing"], json!([deleted.0]));
    let found = owner.ticket(&hidden.0).await;
    assert_eq!(
        (&found["synced_status"], &found["status"]),
        (&json!("open"), &json!("synced"))
    );

    let path = format!("/api/documents/{id}");
    assert_eq!(owner.delete(&path).await.status, 204);
    assert!(jira.move_issue(&hidden.1, "Done"));
    sync(owner, json!({"ticket_ids": [hidden.0]})).await;
    let stored = owner.ticket(&hidden.0).await;
    assert_eq!(
        stored["synced_status"], "done",
        "tickets outlive their document"
    );
}

async fn a_failed_request_fails_its_page_only(app: &App, owner: &Client) {
    let (id, tickets) = pushed(owner, 120, "SHOP").await;
    let body = json!({"document_id": id});
    for (effect, code) in [
        (Effect::status(500), "TRACKER_UNAVAILABLE"),
        (Effect::status(403), "PERMISSION_DENIED"),
        (
            Effect::Html {
                status: 200,
                acting: false,
            },
            "TRACKER_UNAVAILABLE",
        ),
        (Effect::Empty, "TRACKER_UNAVAILABLE"),
        (Effect::Truncated, "TRACKER_UNAVAILABLE"),
    ] {
        let name = format!("{effect:?}");
        app.sandbox
            .handle()
            .push_fault(Fault::once(Endpoint::BulkFetch, effect));
        let report = sync(owner, body.clone()).await;
        assert_eq!(
            (&report["total"], &report["synced"]),
            (&json!(120), &json!(20)),
            "{name}"
        );
        let failed = report["failed"].as_array().unwrap();
        assert_eq!(failed.len(), 100);
        assert!(
            failed.iter().all(|one| one["error"]["code"] == code),
            "{name}: {}",
            failed[0]
        );
        let unseen = owner.ticket(&failed[0]["ticket_id"]).await;
        assert_eq!(
            (&unseen["status"], &unseen["synced_status"]),
            (&json!("pushed"), &Value::Null)
        );
    }
    for effect in [Effect::DropBefore, Effect::status(503), Effect::status(401)] {
        let name = format!("{effect:?}");
        app.sandbox
            .handle()
            .push_fault(Fault::once(Endpoint::BulkFetch, effect));
        let report = sync(owner, body.clone()).await;
        assert_eq!(report["synced"], 120, "{name}: reads are tried again");
    }
    let gone = Fault::once(Endpoint::BulkFetch, Effect::status(404)).when(When::Always);
    app.sandbox.handle().set_faults([gone]);
    let report = sync(owner, body).await;
    assert_eq!(
        report["failed"].as_array().unwrap().len(),
        120,
        "a 404 of the call is no missing issue"
    );
    app.sandbox.handle().clear_faults();
    assert_eq!(owner.ticket(&tickets[0].0).await["synced_status"], "open");
}

async fn tickets_that_are_not_there_are_named(app: &App, owner: &Client) {
    let stranger = app.client_of(&app.workspace("Stranger"), "owner");
    let (foreign_document, foreign) = stranger.generated(&document(1)).await;
    let (_, own) = owner.generated(&document(1)).await;
    let post = async |body: Value| owner.post_in_workspace("/api/execution/sync", body).await;
    for foreign in [&foreign[0]["id"], &json!(owner.workspace_id)] {
        let body = json!({"ticket_ids": [own[0]["id"], foreign]});
        let problem = post(body).await.problem(404, "TICKET_NOT_FOUND");
        assert_eq!(problem["errors"][0]["pointer"], "/ticket_ids/1");
    }
    let body = json!({"document_id": foreign_document});
    post(body).await.problem(404, "DOCUMENT_NOT_FOUND");
    for wrong in [json!([]), json!(vec![&own[0]["id"]; 10_001])] {
        let problem = post(json!({"ticket_ids": wrong}))
            .await
            .problem(422, "VALIDATION_FAILED");
        assert_eq!(problem["errors"][0]["pointer"], "/ticket_ids");
    }
    let none = stranger
        .post_in_workspace("/api/execution/sync", json!({}))
        .await;
    none.problem(404, "NO_ACTIVE_INTEGRATION");
}

async fn issues_of_another_site_keep_their_status(app: &App, owner: &Client) {
    let (id, tickets) = pushed(owner, 1, "SHOP").await;
    let body = json!({"document_id": id});
    sync(owner, body.clone()).await;
    let gone = json!({});
    owner
        .post_in_workspace("/api/integrations/jira/disconnect", gone)
        .await
        .expect(200);
    let refused = owner
        .post_in_workspace("/api/execution/sync", body.clone())
        .await;
    refused.problem(404, "NO_ACTIVE_INTEGRATION");

    app.sandbox
        .handle()
        .remove_site(USER_ACCOUNT_ID, ACME_CLOUD_ID);
    let landed = Browser::default().connect(owner, Consent::Beacon).await;
    assert_eq!(landed.query(), Some("jira=connected"), "{landed}");
    assert!(app.sandbox.handle().move_issue(&tickets[0].1, "Done"));
    let report = sync(owner, body).await;
    assert_eq!(report["failed"][0]["ticket_id"], tickets[0].0);
    assert_eq!(report["failed"][0]["error"]["code"], "OTHER_SITE");
    assert_eq!(
        (&report["total"], &report["synced"]),
        (&json!(1), &json!(0))
    );
    let kept = owner.ticket(&tickets[0].0).await;
    assert_eq!(kept["synced_status"], "open", "the last status is kept");
    let (_, here) = pushed(owner, 1, "BEA").await;
    let report = sync(owner, json!({"ticket_ids": [tickets[0].0, here[0].0]})).await;
    assert_eq!(
        (&report["total"], &report["synced"]),
        (&json!(2), &json!(1))
    );
    sync(owner, json!({})).await;
}
