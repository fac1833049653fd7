//! `config check` and `keys list`.

use std::fs;

use serde_json::{Value, json};

use super::{Operator, refusal};

#[test]
fn the_effective_settings_are_shown_without_their_secrets() {
    let operator = Operator::new();
    let secret_file = operator.path().join("client-secret");
    fs::write(&secret_file, "hidden-in-a-file\n").unwrap();
    let environment = [
        (
            "HANDOFF__DATABASE__URL",
            "postgres://handoff:hidden-password@db.example.test/handoff",
        ),
        ("HANDOFF__ENCRYPTION__KEYS", ""),
        ("HANDOFF__JIRA__CLIENT_ID", "shown-client"),
        (
            "HANDOFF__JIRA__CLIENT_SECRET_FILE",
            secret_file.to_str().unwrap(),
        ),
    ];
    for arguments in [&["config", "check"][..], &["config", "check", "--json"]] {
        let output = operator
            .command(arguments)
            .envs(environment)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("hidden"), "{text}");
        assert!(
            text.contains("shown-client") && text.contains("db.example.test"),
            "{text}"
        );
        if arguments.contains(&"--json") {
            let shown: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(shown["database.migrate_on_start"], false);
            assert_eq!(shown["server.bind"], "127.0.0.1:8080");
            assert_eq!(shown["limits.requests_per_minute"], 300);
            assert_eq!(shown["jira.auth_url"], "https://auth.atlassian.com/");
        }
    }
}

#[test]
fn every_fault_is_told_at_once_and_no_value_of_a_secret() {
    let operator = Operator::new();
    let file = "[server]\nbindd = \"127.0.0.1:1\"\n\n[log]\nformat = \"xml\"\n";
    fs::write(operator.path().join("handoff.toml"), file).unwrap();
    let output = operator
        .command(&["config", "check"])
        .env("HANDOFF__SERVER__BIND", "nowhere")
        .env("HANDOFF__DATABASE__POOL_SIZE", "many")
        .env("HANDOFF__DATABASE__URL", "mysql://root:hidden@db")
        .env("HANDOFF__JIRA__CLIENT_SECRET", "hidden-1")
        .env("HANDOFF__JIRA__CLIENT_SECRET_FILE", "/nowhere")
        .env("HANDOFF__NONSENSE__KEY", "1")
        .env("HANDOFF__AUTH__ISSUER", "https://id.example.test/")
        .output()
        .unwrap();
    let told = refusal(&output);
    for key in [
        "server.bind",
        "server.bindd",
        "log.format",
        "database.pool_size",
        "database.url",
        "jira.client_secret",
        "nonsense.key",
        "auth.",
        "handoff.toml",
    ] {
        assert!(told.contains(key), "{key} is missing: {told}");
    }
    assert!(!told.contains("hidden"), "{told}");
    let serve = operator
        .command(&["serve"])
        .env("HANDOFF__NONSENSE", "1")
        .output()
        .unwrap();
    assert!(refusal(&serve).contains("nonsense"), "serve refuses too");
    assert!(!operator.path().join("data").exists());
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let operator = Operator::new();
    let file = operator.path().join("other.toml");
    let content = "[server]\nbind = \"127.0.0.1:1\"\n\n[limits]\nrequests_per_minute = 7\n\n\
                   [log]\nlevel = \"warn\"\n";
    fs::write(&file, content).unwrap();
    let path = file.to_str().unwrap();
    let output = operator
        .command(&[
            "config",
            "check",
            "--json",
            "--config",
            path,
            "--database",
            "sqlite://flag.db",
        ])
        .env("HANDOFF__LIMITS__REQUESTS_PER_MINUTE", "8")
        .env("HANDOFF__DATABASE__URL", "sqlite://environment.db")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["server.bind"], "127.0.0.1:1", "from the file");
    assert_eq!(shown["log.level"], "warn", "from the file");
    assert_eq!(shown["limits.requests_per_minute"], 8, "environment");
    assert_eq!(shown["database.url"], "sqlite://flag.db", "flag");
    let missing = operator.refusal(&["config", "check", "--config", "missing.toml"]);
    assert!(missing.contains("missing.toml"), "{missing}");
}

#[test]
fn keys_are_listed_by_id_and_never_shown() {
    let operator = Operator::new();
    assert_eq!(operator.json(&["keys", "list", "--json"]), json!([]));
    let keys = operator.path().join("keys");
    let key = |id: &str, byte: u8| {
        use base64::Engine as _;
        format!(
            "{id}:{}",
            base64::engine::general_purpose::STANDARD.encode([byte; 32])
        )
    };
    fs::write(&keys, format!("{},{}\n", key("new", 1), key("old", 2))).unwrap();
    let list = |arguments: &[&str]| {
        let mut command = operator.command(arguments);
        command.env("HANDOFF__ENCRYPTION__KEYS_FILE", &keys);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let listed: Value = serde_json::from_str(&list(&["keys", "list", "--json"])).unwrap();
    assert_eq!(
        listed,
        json!([{"id": "new", "writes": true}, {"id": "old", "writes": false}])
    );
    let table = list(&["keys", "list"]);
    assert!(table.contains("new") && !table.contains("AQEB"), "{table}");

    let broken = operator
        .command(&["config", "check"])
        .env("HANDOFF__ENCRYPTION__KEYS", "id:hidden-nonsense")
        .output()
        .unwrap();
    let told = refusal(&broken);
    assert!(!told.contains("hidden"), "{told}");
}
