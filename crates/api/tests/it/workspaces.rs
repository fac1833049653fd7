//! Workspaces and members.

use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_knows_itself_and_its_workspace_and_makes_no_other() {
    let app = TestApp::start().await;

    let me = app.get("/api/me").await.ok(200);
    assert!(me["token_id"].is_string());
    assert!(me.get("user_id").is_none());
    let own = &me["workspaces"][0];
    assert_eq!(own["id"], app.workspace.as_str());
    assert_eq!(
        (&own["role"], &own["features"]),
        (&json!("owner"), &json!(["has_integrations"]))
    );
    app.post("/api/workspaces", json!({"nonsense": 1}))
        .await
        .refused(403, "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_but_the_last_owner_stays() {
    let app = TestApp::start().await;
    let path = format!("/api/workspaces/{}/members", app.workspace);

    let added = app
        .post(&path, json!({"subject": "person-1", "role": "owner"}))
        .await
        .ok(201);
    let user = added["user_id"].as_str().unwrap().to_owned();
    let again = app
        .post(&path, json!({"subject": "person-1", "role": "owner"}))
        .await
        .ok(201);
    assert_eq!(again, added, "they are a member since the first time");
    app.post(&path, json!({"subject": "", "role": "member"}))
        .await
        .refused(422, "VALIDATION_FAILED");
    app.post(&path, json!({"subject": "x", "role": "king"}))
        .await
        .refused(422, "VALIDATION_FAILED");
    let listed = app.get(&path).await.ok(200);
    assert_eq!(listed["members"][0]["subject"], "person-1");
    assert_eq!(listed["next_cursor"], json!(null));

    let gone = format!("{path}?user_id={user}");
    app.delete(&gone).await.refused(422, "VALIDATION_FAILED");
    app.post(&path, json!({"subject": "person-2", "role": "owner"}))
        .await
        .ok(201);
    assert_eq!(app.delete(&gone).await.status.as_u16(), 204);
    app.delete(&gone).await.refused(404, "WORKSPACE_NOT_FOUND");
    app.delete(&path).await.refused(422, "VALIDATION_FAILED");
}
