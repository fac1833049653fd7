//! Pages and control calls.

use jira_sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};

use crate::harness::{Jira, document, form, task, task_with};
use crate::http::{Reply, send};

fn page(jira: &Jira, path: &str) -> Reply {
    send(jira.sandbox.base_url(), "GET", path, &[], &[]).unwrap()
}

#[test]
fn a_person_moves_an_issue_on_the_board() {
    let jira = Jira::start();
    jira.post(
        "issue",
        &task_with("SHOP", json!({"summary": "Pay <b>now</b>"})),
    );
    let board = page(&jira, "/sites/acme/board/SHOP");
    assert!(
        board
            .text()
            .contains("SHOP-1</a> Pay &lt;b&gt;now&lt;/b&gt;"),
        "{}",
        board.text()
    );
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let fields = form(&[("issue", "SHOP-1"), ("status", "In Progress")]);
    let base = jira.sandbox.base_url();
    let moved = send(
        base,
        "POST",
        "/sites/acme/board/SHOP/move",
        &headers,
        fields.as_bytes(),
    )
    .unwrap();
    assert_eq!(moved.status, 303);
    assert_eq!(
        jira.handle().issue("SHOP-1").unwrap().status(),
        "In Progress"
    );
    assert!(page(&jira, "/board").text().contains("In Progress (1)"));
}

#[test]
fn an_issues_link_opens_a_page_with_its_description() {
    let jira = Jira::start();
    jira.post(
        "issue",
        &task_with("SHOP", json!({"description": document("Because")})),
    );
    let url = jira.handle().issue("SHOP-1").unwrap().url;
    let path = url.strip_prefix(jira.sandbox.base_url()).unwrap();
    let shown = page(&jira, path);
    assert_eq!(shown.status, 200);
    for expected in [
        "SHOP-1 Summary",
        "Because",
        "To Do",
        "Medium",
        "Sandbox User",
    ] {
        assert!(shown.text().contains(expected), "{expected}");
    }
    assert_eq!(page(&jira, "/sites/acme/browse/SHOP-9").status, 404);
    let overview = jira.beside("GET", "/sandbox/overview", "").json();
    let first = &overview["sites"][0]["projects"][0];
    assert_eq!(first["board"], "/sites/acme/board/SHOP");
    assert_eq!(first["issues"], 1);
}

#[test]
fn control_calls_move_hide_and_delete_issues() {
    let jira = Jira::start();
    jira.post("issue", &task("SHOP", "A"));
    let moved = jira.beside(
        "POST",
        "/sandbox/issues/SHOP-1/status",
        r#"{"status": "done"}"#,
    );
    assert_eq!(moved.status, 200);
    assert_eq!(moved.json()["fields"]["status"]["name"], "Done");
    let unknown = jira.beside(
        "POST",
        "/sandbox/issues/SHOP-1/status",
        r#"{"status": "x"}"#,
    );
    assert_eq!(unknown.status, 422);
    let rekeyed = jira.beside(
        "POST",
        "/sandbox/issues/SHOP-1/project",
        r#"{"project": "TEAM"}"#,
    );
    assert_eq!(rekeyed.json()["key"], "TEAM-1");
    jira.beside(
        "POST",
        "/sandbox/issues/TEAM-1/hidden",
        r#"{"hidden": true}"#,
    );
    assert_eq!(jira.get("issue/TEAM-1").status, 404);
    jira.beside(
        "POST",
        "/sandbox/issues/TEAM-1/hidden",
        r#"{"hidden": false}"#,
    );
    assert_eq!(jira.get("issue/TEAM-1").status, 200);
    assert_eq!(jira.beside("GET", "/sandbox/issues", "").json()["total"], 1);
    assert_eq!(
        jira.beside("DELETE", "/sandbox/issues/TEAM-1", "").status,
        204
    );
    assert_eq!(jira.get("issue/10001").status, 404);
    assert_eq!(
        jira.beside(
            "POST",
            "/sandbox/issues/TEAM-1/status",
            r#"{"status": "Done"}"#
        )
        .status,
        404
    );
}

#[test]
fn control_calls_move_the_clock_and_the_tokens() {
    let jira = Jira::start();
    let now = jira.handle().now();
    let moved = jira.beside("POST", "/sandbox/clock", r#"{"advance_seconds": 3700}"#);
    assert_eq!(moved.status, 200);
    assert!((jira.handle().now() - now).whole_seconds() >= 3700);
    assert_eq!(jira.get("myself").status, 401);
    let jira = Jira::start();
    assert_eq!(
        jira.beside("POST", "/sandbox/tokens/expire", "").status,
        204
    );
    assert_eq!(jira.get("myself").status, 401);
    let counters = jira.beside("GET", "/sandbox/tokens", "").json();
    assert_eq!(counters["counters"]["exchanges"], 1);
    let settings = r#"{"site_listing": "empty", "latency_ms": 0, "search_lag_ms": 5}"#;
    assert_eq!(
        jira.beside("POST", "/sandbox/settings", settings).status,
        200
    );
}

#[test]
fn two_sandboxes_run_beside_each_other_and_stop() {
    let first = Sandbox::start(SandboxConfig::default()).unwrap();
    let second = Sandbox::start(SandboxConfig::default()).unwrap();
    let (gone, left) = (first.base_url().to_owned(), second.base_url().to_owned());
    assert_ne!(gone, left);
    first.stop();
    assert!(send(&gone, "GET", "/", &[], &[]).is_err());
    assert_eq!(send(&left, "GET", "/", &[], &[]).unwrap().status, 200);
    let bind = left.strip_prefix("http://").unwrap().parse().unwrap();
    let taken = Sandbox::start(SandboxConfig {
        bind,
        ..SandboxConfig::default()
    });
    assert!(taken.is_err());
}

#[test]
fn a_board_is_shown_although_the_app_may_not_browse_its_project() {
    let jira = Jira::start();
    jira.create(&["A"]);
    jira.handle().set_can_browse("SHOP", false);
    let overview = jira.control("GET", "overview", &Value::Null);
    for project in overview["sites"][0]["projects"].as_array().unwrap() {
        let board = project["board"].as_str().unwrap();
        assert_eq!(jira.beside("GET", board, "").status, 200, "{board}");
    }
    assert_eq!(jira.get("issue/SHOP-1").status, 404);
}
