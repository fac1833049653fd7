//! Ids that name nothing, and ids of another workspace.

use acceptance::{App, Client, document};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_workspace_do_not_exist() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (document_id, tickets) = owner.generated(&document(2)).await;
    let push = owner.push(&document_id, &tickets[..1], "SHOP").await;
    let ticket = tickets[1]["id"].as_str().unwrap().to_owned();
    let before = owner.ticket(&tickets[1]["id"]).await;
    let stranger = app.client_of(&app.workspace("Stranger"), "owner");
    let push = push["push_id"].as_str().unwrap().to_owned();
    let zeros = "00000000-0000-0000-0000-000000000000".to_owned();
    let long = "x".repeat(2_000);
    let odd = [
        zeros,
        "nonsense".to_owned(),
        "%00".to_owned(),
        "..%2F..".to_owned(),
        "%ff".to_owned(),
        long,
    ];
    for (client, id) in odd
        .iter()
        .map(|id| (&owner, id))
        .chain([(&stranger, &document_id)])
    {
        absent_document(client, id).await;
    }
    for (client, id) in odd
        .iter()
        .map(|id| (&owner, id))
        .chain([(&stranger, &ticket)])
    {
        absent_ticket(client, id).await;
    }
    for (client, id) in odd
        .iter()
        .map(|id| (&owner, id))
        .chain([(&stranger, &push)])
    {
        let path = format!("/api/execution/pushes/{id}");
        client.get(&path).await.problem(404, "PUSH_NOT_FOUND");
        let cancel = client.post(&format!("{path}/cancel"), &json!({})).await;
        cancel.problem(404, "PUSH_NOT_FOUND");
    }
    bodies_naming_foreign_things(&stranger, &document_id, &ticket).await;
    assert_eq!(owner.ticket(&tickets[1]["id"]).await, before);
    assert_eq!(app.creates().len(), 1);
}

async fn absent_document(client: &Client, id: &str) {
    let path = format!("/api/documents/{id}");
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let request = client
            .request(method, &path)
            .json(&json!({"title": "Mine"}));
        client
            .send(request)
            .await
            .problem(404, "DOCUMENT_NOT_FOUND");
    }
    let tickets = client.get(&format!("/api/execution/{id}/tickets")).await;
    tickets.problem(404, "DOCUMENT_NOT_FOUND");
}

async fn absent_ticket(client: &Client, id: &str) {
    let path = format!("/api/execution/tickets/{id}");
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let request = client
            .request(method, &path)
            .json(&json!({"title": "Mine"}));
        client.send(request).await.problem(404, "TICKET_NOT_FOUND");
    }
}

async fn bodies_naming_foreign_things(stranger: &Client, document: &str, ticket: &str) {
    let post = async |path: &str, body: Value| stranger.post_in_workspace(path, body).await;
    let generate = json!({"document_id": document});
    let answer = post("/api/execution/generate", generate).await;
    answer.problem(404, "DOCUMENT_NOT_FOUND");
    let review = json!({"ticket_ids": [ticket]});
    let done = post("/api/execution/tickets/review", review.clone())
        .await
        .expect(200);
    assert_eq!(done["reviewed"], json!([]));
    assert_eq!(done["failed"][0]["error"]["code"], "TICKET_NOT_FOUND");
    let mut push = json!({"document_id": document, "platform": "jira", "project_key": "SHOP"});
    let answer = post("/api/execution/push", push.clone()).await;
    answer.problem(404, "DOCUMENT_NOT_FOUND");
    let (own, _) = stranger.generated(&acceptance::document(1)).await;
    push["document_id"] = json!(own);
    push["ticket_ids"] = json!([ticket]);
    let problem = post("/api/execution/push", push)
        .await
        .problem(404, "TICKET_NOT_FOUND");
    assert_eq!(problem["errors"][0]["pointer"], "/ticket_ids/0");
    let answer = post("/api/execution/sync", review).await;
    answer.problem(404, "TICKET_NOT_FOUND");
    let listed = stranger
        .get_in_workspace("/api/execution/pushes")
        .await
        .expect(200);
    assert_eq!(listed["pushes"], json!([]));
}
