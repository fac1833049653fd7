//! Worlds from seed files.

use jira_sandbox::{Sandbox, SandboxConfig, SeedFile};
use serde_json::{Value, json};

use crate::harness::task;
use crate::http::{Reply, send};

/// The example of the README, which is to be read by people and must work.
fn example() -> String {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn started(text: &str) -> Sandbox {
    let mut config = SandboxConfig::default();
    SeedFile::read(text).unwrap().apply(&mut config);
    Sandbox::start(config).unwrap()
}

fn call(sandbox: &Sandbox, token: &str, method: &str, path: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(sandbox.base_url(), method, path, &headers, body.as_bytes()).unwrap()
}

#[test]
fn the_readmes_example_makes_the_world_it_describes() {
    let sandbox = started(&example());
    let minted = call(&sandbox, "", "POST", "/sandbox/tokens/mint", &json!({})).json();
    let token = minted["access_token"].as_str().unwrap();
    let cloud_id = minted["cloud_ids"][0].as_str().unwrap();
    let jira = |method: &str, path: &str, body: &Value| {
        let path = format!("/ex/jira/{cloud_id}/rest/api/3/{path}");
        call(&sandbox, token, method, &path, body)
    };
    let get = |path: &str| jira("GET", path, &Value::Null).json();
    let myself = get("myself");
    assert_eq!(myself["displayName"], "Example Owner");
    let projects = get("project/search");
    assert_eq!(
        projects["total"], 2,
        "the third may not be browsed: {projects}"
    );
    let seeded = get("issue/PAY-1000?fields=summary");
    assert_eq!(seeded["fields"]["summary"], "Seeded issue");
    let listed = get("issue/PAY-1001?fields=*all&properties=*all");
    assert_eq!(
        listed["fields"]["status"]["statusCategory"]["key"],
        "undefined"
    );
    assert_eq!(
        listed["properties"]["handoff.delivery"]["delivery_id"],
        "an example"
    );
    assert_eq!(listed["fields"]["priority"]["name"], "Soon");
    let refused = jira("POST", "issue", &task("PAY", "A")).json();
    let errors = refused["errors"].as_object().unwrap();
    assert!(
        errors.values().any(|text| text == "Team is required."),
        "{refused}"
    );
    let settings = call(&sandbox, "", "GET", "/sandbox/settings", &Value::Null).json();
    assert_eq!(settings["search_lag_ms"], 2000);
    let chaos = call(&sandbox, "", "GET", "/sandbox/chaos", &Value::Null).json();
    assert_eq!(chaos["chaos"]["seed"], 42);
    let faults = call(&sandbox, "", "GET", "/sandbox/faults", &Value::Null).json();
    assert_eq!(faults["faults"][0]["endpoint"], "bulk_fetch");
}

#[test]
fn in_a_world_with_its_own_accounts_the_second_one_is_the_other_person() {
    let sandbox = started(&example());
    let control = |path: &str, body: Value| {
        let reply = call(&sandbox, "", "POST", &format!("/sandbox/{path}"), &body);
        assert!(reply.status < 300, "{path}: {}", reply.text());
        reply
    };
    control("projects/TEAM/others", json!({"count": 1}));
    let cloned = control("issues/PAY-1001/clone", json!({})).json();
    for key in ["TEAM-1", cloned["key"].as_str().unwrap()] {
        let made = sandbox.handle().issue(key).unwrap();
        let creator = &made.fields["creator"]["accountId"];
        assert_eq!(creator, "712020:example-guest", "{key}");
    }
    let nobody = json!({"account": "712020:nobody"});
    let path = "/sandbox/issues/PAY-1001/clone";
    assert_eq!(call(&sandbox, "", "POST", path, &nobody).status, 422);
}

#[test]
fn a_single_account_is_the_other_person_too() {
    let text = "[[accounts]]\nid = \"1:a\"\nname = \"Somebody\"\nemail = \"s@example.invalid\"\n";
    let sandbox = started(text);
    sandbox.handle().start_others("SHOP", 1, None).unwrap();
    let made = sandbox.handle().issue("SHOP-1").unwrap();
    assert_eq!(made.fields["creator"]["accountId"], "1:a");
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_line() {
    for (text, named) in [
        ("[settings]\n\nsearch_lag = 5\n", ["line 3", "search_lag"]),
        (
            "[settings]\nlatency_ms = 1\nsearch_lag_ms = \"soon\"\n",
            ["line 3", "search_lag_ms"],
        ),
        (
            "[[sites]]\nslug = \"a\"\n[[sites.projects]]\nkey = \"A\"\nbrows = true\n",
            ["line 5", "brows"],
        ),
        (
            "[[sites]]\nslug = \"a\"\nprojects = 3\n",
            ["line 3", "projects"],
        ),
        (
            "[[sites]]\nslug = \"a\"\n[[sites]]\nslug = \"a\"\n",
            ["'a'", "twice"],
        ),
        (
            "[[sites]]\nslug = \"a\"\n[[sites.projects]]\nkey = \"A\"\n\
             [[sites.projects.issues]]\nsummary = \"S\"\nstatus = \"Nope\"\n",
            ["project 'A'", "status"],
        ),
    ] {
        let error = SeedFile::read(text).unwrap_err().to_string();
        assert!(named.iter().all(|name| error.contains(name)), "{error}");
    }
}

#[test]
fn a_file_with_accounts_only_keeps_the_stock_sites() {
    let text = "[[accounts]]\nid = \"1:a\"\nname = \"Somebody\"\nemail = \"s@example.invalid\"\n";
    let sandbox = started(text);
    let minted = call(&sandbox, "", "POST", "/sandbox/tokens/mint", &json!({})).json();
    assert_eq!(minted["account"], "1:a");
    let projects = call(&sandbox, "", "GET", "/sandbox/projects", &Value::Null).json();
    assert_eq!(projects["projects"][0]["key"], "SHOP");
}

#[test]
fn what_a_file_leaves_out_stays() {
    let mut config = SandboxConfig {
        auto_consent: true,
        ..SandboxConfig::default()
    };
    config.switches.timing.latency_ms = 7;
    config.switches.timing.search_lag_ms = 8;
    let text = "[app]\nauto_consent = false\n[settings]\nsearch_lag_ms = 9\n";
    SeedFile::read(text).unwrap().apply(&mut config);
    let switches = &config.switches;
    assert_eq!(
        (switches.timing.latency_ms, switches.timing.search_lag_ms),
        (7, 9)
    );
    assert!(!config.auto_consent);
}

#[test]
fn a_setting_can_be_given_by_its_name() {
    let mut config = SandboxConfig::default();
    config.switches.set("search_lag_ms", "7").unwrap();
    config.switches.set("webhook_jwt", "missing").unwrap();
    assert_eq!(config.switches.timing.search_lag_ms, 7);
    let error = config.switches.set("search_lagg", "7").unwrap_err();
    assert!(error.contains("search_lagg"), "{error}");
    let error = config.switches.set("search_lag_ms", "soon").unwrap_err();
    assert!(error.contains("search_lag_ms"), "{error}");
}
