//! From a document to Jira and back.

use acceptance::{App, document};
use serde_json::{Value, json};

use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_document_becomes_issues_and_their_status_comes_back_on_sqlite() {
    whole_journey(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_becomes_issues_and_their_status_comes_back_on_postgres() {
    let Some(app) = OnPostgres::start().await else {
        return;
    };
    whole_journey(&app).await;
}

async fn whole_journey(app: &App) {
    let owner = app.connected().await;
    let status = owner
        .get_in_workspace("/api/integrations/jira/status")
        .await
        .expect(200);
    assert_eq!(status["connected"], true);
    assert_eq!(status["site_name"], "Acme");

    let (document_id, tickets) = owner.generated(&document(3)).await;
    assert_eq!(tickets.len(), 3);
    let ids: Vec<&Value> = tickets.iter().map(|ticket| &ticket["id"]).collect();
    let body = json!({"ticket_ids": ids});
    let reviewed = owner
        .post_in_workspace("/api/execution/tickets/review", body)
        .await
        .expect(200);
    assert_eq!(reviewed["reviewed"].as_array().unwrap().len(), 3);

    let body = json!({"document_id": document_id, "platform": "jira", "project_key": "SHOP"});
    let push = owner
        .post_in_workspace("/api/execution/push", body)
        .await
        .expect(200);
    assert_eq!(
        (&push["pushed"], &push["total"]),
        (&json!(3), &json!(3)),
        "{push}"
    );
    let key = push["results"][0]["external_key"].as_str().unwrap();
    let issue = app.sandbox.handle().issue(key).unwrap();
    assert_eq!(
        issue.properties["handoff.delivery"]["ticket_id"],
        tickets[0]["id"]
    );
    assert_eq!(issue.fields["priority"]["name"], "High");

    assert!(app.sandbox.handle().move_issue(key, "Done"));
    let body = json!({"document_id": document_id});
    let synced = owner
        .post_in_workspace("/api/execution/sync", body)
        .await
        .expect(200);
    assert_eq!(
        (&synced["total"], &synced["synced"]),
        (&json!(3), &json!(3)),
        "{synced}"
    );
    let path = format!(
        "/api/execution/tickets/{}",
        tickets[0]["id"].as_str().unwrap()
    );
    let ticket = owner.get(&path).await.expect(200);
    assert_eq!(
        (&ticket["status"], &ticket["synced_status"]),
        (&json!("synced"), &json!("done"))
    );

    let body = json!({});
    let gone = owner
        .post_in_workspace("/api/integrations/jira/disconnect", body)
        .await
        .expect(200);
    assert_eq!(gone, json!({"disconnected": true, "was_connected": true}));
}
