//! The site's own address: e-mail and API token, and version 2 of the REST API.

use jira_sandbox::BadSiteLogin;
use serde_json::{Value, json};

use crate::harness::{Jira, document, encode, task_with};
use crate::http::{Reply, send};

const EMAIL: &str = "sandbox-user@example.invalid";

/// Calls Acme at its own address with basic authentication.
fn call(jira: &Jira, method: &str, path: &str, login: &str, body: &Value) -> Reply {
    let basic = format!("Basic {}", encoded(login));
    let headers = [
        ("Authorization", basic.as_str()),
        ("Content-Type", "application/json"),
    ];
    let path = format!("/sites/acme/rest/api/{path}");
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(
        jira.sandbox.base_url(),
        method,
        &path,
        &headers,
        body.as_bytes(),
    )
    .unwrap()
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn with_token(jira: &Jira, method: &str, path: &str, body: &Value) -> Reply {
    call(
        jira,
        method,
        path,
        &format!("{EMAIL}:sandbox-api-token"),
        body,
    )
}

#[test]
fn only_email_and_api_token_open_the_sites_own_address() {
    let jira = Jira::start();
    for login in [
        "sandbox-user@example.invalid:wrong",
        "nobody@example.invalid:sandbox-api-token",
    ] {
        let refused = call(&jira, "GET", "3/myself", login, &Value::Null);
        assert_eq!(refused.status, 401);
        assert_eq!(
            refused.header("X-Seraph-LoginReason"),
            Some("AUTHENTICATED_FAILED")
        );
    }
    assert_eq!(
        jira.beside("GET", "/sites/acme/rest/api/3/myself", "")
            .status,
        401
    );
    let me = with_token(&jira, "GET", "3/myself", &Value::Null);
    assert_eq!(
        (me.status, &me.json()["emailAddress"]),
        (200, &json!(EMAIL))
    );
    let open = call(&jira, "GET", "3/serverInfo", "nobody:wrong", &Value::Null);
    assert_eq!(open.status, 200);
}

#[test]
fn a_wrong_login_can_be_taken_for_nobody_who_sees_nothing() {
    let jira = Jira::start();
    jira.create(&["A"]);
    jira.handle()
        .switch(|switches| switches.gateway.bad_site_login = BadSiteLogin::Anonymous);
    let wrong = format!("{EMAIL}:wrong");
    let asked = |method: &str, path: &str, body: Value| {
        let reply = call(&jira, method, &format!("3/{path}"), &wrong, &body);
        let reason = reply.header("X-Seraph-LoginReason");
        assert_eq!(reason, Some("AUTHENTICATED_FAILED"), "{path}");
        reply
    };
    let read = |path: &str| asked("GET", path, Value::Null);
    let projects = read("project/search");
    assert_eq!(
        (projects.status, &projects.json()["total"]),
        (200, &json!(0))
    );
    let fetched = asked(
        "POST",
        "issue/bulkfetch",
        json!({"issueIdsOrKeys": ["SHOP-1"]}),
    );
    assert_eq!(
        (fetched.status, &fetched.json()["issues"]),
        (200, &json!([]))
    );
    assert_eq!(read("issue/SHOP-1").status, 404);
    assert_eq!(
        read(&format!("search/jql?jql={}", encode("project = SHOP"))).status,
        400
    );
    let held = read("mypermissions?permissions=EDIT_ISSUES,CREATE_ISSUES").json();
    for key in ["EDIT_ISSUES", "CREATE_ISSUES"] {
        assert_eq!(held["permissions"][key]["havePermission"], false);
    }
    assert_eq!(read("myself").status, 401);
    let summary = json!({"fields": {"summary": "B"}});
    assert_eq!(asked("PUT", "issue/SHOP-1", summary).status, 401);
    let right = with_token(&jira, "GET", "3/issue/SHOP-1", &Value::Null);
    assert_eq!(right.status, 200, "the site is not closed to others");
}

#[test]
fn api_tokens_are_exempt_from_the_quota() {
    let jira = Jira::start();
    let before = jira.handle().quota_points();
    with_token(&jira, "GET", "3/myself", &Value::Null);
    assert_eq!(jira.handle().quota_points(), before);
    let entry = jira.handle().journal().pop().unwrap();
    assert_eq!(
        (entry.app.as_ref(), entry.template),
        ("api-token", "/rest/api/3/myself")
    );
}

#[test]
fn version_2_has_texts_where_version_3_has_documents() {
    let jira = Jira::start();
    let text = task_with("SHOP", json!({"description": "One\n\nTwo"}));
    let created = with_token(&jira, "POST", "2/issue", &text);
    assert_eq!(created.status, 201, "{}", created.text());
    assert!(
        created.json()["self"]
            .as_str()
            .unwrap()
            .contains("/rest/api/2/")
    );
    let bulk = json!({"issueUpdates": [text]});
    assert_eq!(with_token(&jira, "POST", "2/issue/bulk", &bulk).status, 201);
    let read = with_token(&jira, "GET", "2/issue/SHOP-2", &Value::Null).json();
    assert_eq!(read["fields"]["description"], "One\n\nTwo");
    let latest = with_token(&jira, "GET", "latest/issue/SHOP-2", &Value::Null).json();
    assert_eq!(latest, read);
    let read = with_token(&jira, "GET", "3/issue/SHOP-2", &Value::Null).json();
    assert_eq!(read["fields"]["description"]["type"], "doc");
    let wrong = task_with("SHOP", json!({"description": document("A")}));
    let refused = with_token(&jira, "POST", "2/issue", &wrong);
    assert_eq!(
        refused.json()["errors"]["description"],
        "Operation value must be a string"
    );
    let edit = json!({"fields": {"description": "New"}});
    assert_eq!(
        with_token(&jira, "PUT", "2/issue/SHOP-1", &edit).status,
        204
    );
    assert_eq!(
        jira.get("issue/SHOP-1").json()["fields"]["description"]["type"],
        "doc"
    );
}

#[test]
fn fields_and_projects_are_listed_at_once() {
    let jira = Jira::start();
    let fields = jira.get("field").json();
    let cost = fields
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["id"] == "customfield_10010");
    assert_eq!(
        cost.unwrap()["clauseNames"],
        json!(["cf[10010]", "Cost centre"])
    );
    let keys: Vec<_> = jira
        .get("project")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|project| project["key"].clone())
        .collect();
    assert!(keys.contains(&json!("TEAM")), "{keys:?}");
}
