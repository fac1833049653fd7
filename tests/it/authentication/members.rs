//! People and their places in a workspace.

use acceptance::Client;
use serde_json::{Value, json};

use super::identity::{person, provided};

async fn put(client: &Client, members: &str, subject: &str, role: &str) -> acceptance::Answer {
    let body = json!({"subject": subject, "role": role});
    client.post(members, &body).await
}

async fn id_of(client: &Client) -> String {
    let me = client.get("/api/me").await.expect(200);
    me["user_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_makes_a_workspace_owns_it_and_names_the_others() {
    let (app, key, _folder) = provided().await;
    let [owner, admin, member, stranger] =
        ["owner-1", "admin-1", "member-1", "stranger-1"].map(|name| person(&app, &key, name));
    let made = owner
        .post("/api/workspaces", &json!({"name": "  Web \n shop "}))
        .await
        .expect(201);
    assert_eq!(made["name"], "Web shop");
    for body in [json!({"name": ""}), json!({"name": "x".repeat(201)})] {
        owner
            .post("/api/workspaces", &body)
            .await
            .problem(422, "VALIDATION_FAILED");
    }
    let workspace = made["id"].as_str().unwrap();
    let members = format!("/api/workspaces/{workspace}/members");

    put(&stranger, &members, "stranger-1", "owner")
        .await
        .problem(403, "FORBIDDEN");
    let added = put(&owner, &members, "admin-1", "admin").await.expect(201);
    assert_eq!(added["user_id"], id_of(&admin).await);
    put(&admin, &members, "member-1", "member")
        .await
        .expect(201);
    put(&admin, &members, "member-1", "owner")
        .await
        .problem(403, "FORBIDDEN");
    put(&admin, &members, "owner-1", "member")
        .await
        .problem(403, "FORBIDDEN");
    put(&member, &members, "member-1", "admin")
        .await
        .problem(403, "FORBIDDEN");
    member.get(&members).await.problem(403, "FORBIDDEN");
    put(&owner, &members, "x", "king")
        .await
        .problem(422, "VALIDATION_FAILED");
    put(&owner, &members, "", "member")
        .await
        .problem(422, "VALIDATION_FAILED");
    let remove = async |client: &Client, user: &str| {
        client.delete(&format!("{members}?user_id={user}")).await
    };
    remove(&admin, &id_of(&owner).await)
        .await
        .problem(403, "FORBIDDEN");
    remove(&member, &id_of(&admin).await)
        .await
        .problem(403, "FORBIDDEN");

    let (mut subjects, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = admin.get(&format!("{members}{query}")).await.expect(200);
        for found in page["members"].as_array().unwrap() {
            let (subject, role) = (found["subject"].as_str(), found["role"].as_str());
            subjects.push(format!("{} {}", subject.unwrap(), role.unwrap()));
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?limit=2&cursor={cursor}");
    }
    subjects.sort_unstable();
    assert_eq!(
        subjects,
        ["admin-1 admin", "member-1 member", "owner-1 owner"]
    );

    assert_eq!(remove(&admin, &id_of(&member).await).await.status, 204);
    let documents = format!("/api/documents?workspace_id={workspace}");
    member.get(&documents).await.problem(403, "FORBIDDEN");
    let me: Value = member.get("/api/me").await.expect(200);
    assert_eq!(me["workspaces"], json!([]));
    let again = remove(&admin, &id_of(&member).await).await;
    assert_eq!(again.status, 404, "{}", again.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_stays_and_people_named_by_the_operator_are_let_in() {
    let (app, key, _folder) = provided().await;
    let workspace = &app.workspace_id;
    let members = format!("/api/workspaces/{workspace}/members");
    let add = |subject: &str, role: &str| {
        let arguments = [
            "member",
            "add",
            "--workspace",
            workspace,
            "--subject",
            subject,
            "--role",
            role,
            "--json",
        ];
        app.cli(&arguments)
    };
    let added = add("person-1", "owner");
    let first = person(&app, &key, "person-1");
    assert_eq!(
        added["user_id"],
        id_of(&first).await,
        "named before first sight"
    );

    let path = format!("{members}?user_id={}", id_of(&first).await);
    first.delete(&path).await.problem(422, "VALIDATION_FAILED");
    put(&first, &members, "person-1", "member")
        .await
        .problem(422, "VALIDATION_FAILED");
    add("person-2", "owner");
    put(&first, &members, "person-1", "member")
        .await
        .expect(201);
    put(&first, &members, "person-1", "owner")
        .await
        .problem(403, "FORBIDDEN");
    let remove = [
        "member",
        "remove",
        "--workspace",
        workspace,
        "--subject",
        "person-1",
    ];
    assert!(app.run(&remove).status.success());
    let me = first.get("/api/me").await.expect(200);
    assert_eq!(me["workspaces"], json!([]));
    let last = [
        "member",
        "remove",
        "--workspace",
        workspace,
        "--subject",
        "person-2",
    ];
    let refused = app.run(&last);
    assert!(
        !refused.status.success(),
        "an operator cannot orphan a workspace either"
    );
    assert!(String::from_utf8_lossy(&refused.stderr).contains("owner"));
}
