//! What an operator types.

mod serving;
mod settings;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use acceptance::handoff;
use serde_json::{Value, json};
use tempfile::TempDir;

/// An operator with a data folder and no service running.
struct Operator {
    folder: TempDir,
}

impl Operator {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = handoff();
        command
            .args(arguments)
            .current_dir(self.path())
            .env("HANDOFF__DATA_DIR", self.path().join("data"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command prints that succeeds.
    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(arguments)).unwrap()
    }

    /// What a command says that is refused.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        refusal(&self.run(arguments))
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }
}

#[track_caller]
fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(
        !text.trim().is_empty() && !text.contains("panicked"),
        "{text}"
    );
    text
}

#[test]
fn workspaces_are_made_and_listed() {
    let operator = Operator::new();
    let id = operator.text(&["workspace", "create", "--name", "Web shop"]);
    assert_eq!(id.trim().len(), 36, "{id}");
    let chosen = "0b1e9a2c-0000-4000-8000-000000000001";
    let made = operator.json(&[
        "workspace",
        "create",
        "--id",
        chosen,
        "--name",
        "Second",
        "--json",
    ]);
    assert_eq!(made, json!({"id": chosen, "name": "Second"}));

    let listed = operator.json(&["workspace", "list", "--json"]);
    let expected = json!([{"id": id.trim(), "name": "Web shop"}, {"id": chosen, "name": "Second"}]);
    let by_name = |list: &Value| {
        let mut list = list.as_array().unwrap().clone();
        list.sort_by_key(|one| one["name"].to_string());
        list
    };
    assert_eq!(by_name(&listed), by_name(&expected));
    let table = operator.text(&["workspace", "list"]);
    assert!(
        table.contains("Web shop") && table.contains(chosen),
        "{table}"
    );

    let taken = operator.refusal(&["workspace", "create", "--id", chosen, "--name", "Third"]);
    assert!(taken.contains("taken"), "{taken}");
    operator.refusal(&[
        "workspace",
        "create",
        "--id",
        "not-an-id",
        "--name",
        "Third",
    ]);
    operator.refusal(&["workspace", "create", "--name", " "]);
    operator.refusal(&["workspace", "create"]);
    assert_eq!(operator.json(&["workspace", "list", "--json"]), listed);
}

#[test]
fn tokens_members_and_features_belong_to_a_workspace() {
    let operator = Operator::new();
    let id = operator.text(&["workspace", "create", "--name", "Web shop"]);
    let id = id.trim();
    let nowhere = "00000000-0000-4000-8000-000000000000";

    let create = ["token", "create", "--role", "admin", "--workspace"];
    let made = operator.json(&[&create[..], &[id, "--json"]].concat());
    assert_eq!(
        (&made["workspace_id"], &made["role"]),
        (&json!(id), &json!("admin"))
    );
    assert_eq!(made["expires_at"], Value::Null);
    let token = made["token"].as_str().unwrap();
    assert!(token.len() > 40, "{made}");
    let plain = operator.text(&[&create[..], &[id]].concat());
    assert_eq!(plain.lines().count(), 1, "only the token, for a pipe");
    operator.refusal(&[&create[..], &[nowhere]].concat());
    operator.refusal(&["token", "create", "--role", "king", "--workspace", id]);

    assert!(operator.run(&["token", "revoke", token]).status.success());
    let twice = operator.refusal(&["token", "revoke", token]);
    assert!(!twice.contains(token), "a secret is not repeated: {twice}");
    let piped = operator.run_with_input(&["token", "revoke", "-"], plain.as_bytes());
    assert!(piped.status.success(), "{piped:?}");
    operator.refusal(&["token", "revoke", nowhere]);

    let member = |word: &str, more: &[&str]| {
        let arguments = ["member", word, "--workspace", id, "--subject", "person-1"];
        operator.run(&[&arguments[..], more].concat())
    };
    assert!(member("add", &["--role", "owner"]).status.success());
    let last = refusal(&member("remove", &[]));
    assert!(last.contains("owner"), "{last}");
    let second = ["--role", "owner", "--subject", "person-2"];
    assert!(
        operator
            .run(&[&["member", "add", "--workspace", id][..], &second].concat())
            .status
            .success()
    );
    assert!(member("add", &["--role", "member"]).status.success());
    assert!(member("remove", &[]).status.success());
    refusal(&member("remove", &[]));
    operator.refusal(&[
        "member",
        "add",
        "--workspace",
        nowhere,
        "--subject",
        "x",
        "--role",
        "member",
    ]);

    for word in ["off", "on"] {
        let arguments = [
            "feature",
            word,
            "has_integrations",
            "--workspace",
            id,
            "--json",
        ];
        let done = operator.json(&arguments);
        assert_eq!(done["on"], word == "on", "{done}");
    }
    operator.refusal(&["feature", "off", "has_integrations", "--workspace", nowhere]);
    operator.refusal(&["feature", "maybe", "has_integrations", "--workspace", id]);
}

#[test]
fn migrations_go_up_and_down_and_say_where_they_are() {
    let operator = Operator::new();
    let states = || {
        let list = operator.json(&["migrate", "status", "--json"]);
        let list = list.as_array().unwrap().clone();
        assert!(!list.is_empty());
        list.iter()
            .map(|migration| {
                assert!(migration["name"].is_string(), "{migration}");
                migration["applied"].as_bool().unwrap()
            })
            .collect::<Vec<_>>()
    };
    assert!(states().iter().all(|applied| !applied));
    let behind = operator.run(&["status", "--json"]);
    assert!(!behind.status.success(), "it could not work so");
    let behind: Value = serde_json::from_slice(&behind.stdout).unwrap();
    assert_eq!(
        behind["pending_migrations"].as_array().unwrap().len(),
        states().len()
    );

    let applied = operator.json(&["migrate", "up", "--json"]);
    assert_eq!(applied.as_array().unwrap().len(), states().len());
    assert!(states().iter().all(|applied| *applied));
    assert!(operator.text(&["migrate", "up"]).contains("nothing"));
    let status = operator.json(&["status", "--json"]);
    assert_eq!(status["pending_migrations"], json!([]));
    assert_eq!(status["workspaces"], 0);
    assert!(
        operator
            .text(&["status"])
            .contains("HANDOFF__JIRA__CLIENT_ID")
    );

    for _ in 0..states().len() {
        operator.text(&["migrate", "down"]);
    }
    assert!(states().iter().all(|applied| !applied));
    assert!(operator.text(&["migrate", "down"]).contains("nothing"));
    operator.text(&["migrate", "up"]);
    operator.text(&["workspace", "create", "--name", "Again"]);
}

#[test]
fn scope_prints_the_tickets_of_a_file_or_of_standard_input() {
    let operator = Operator::new();
    let file = operator.path().join("plan.md");
    let content =
        "# Plan\n\n## Tasks\n\n- [ ] Write the importer (P0)\n- [ ] Write the exporter (P1)\n";
    std::fs::write(&file, content).unwrap();
    let path = file.to_str().unwrap();
    let tickets = operator.json(&["scope", path, "--json"]);
    let tickets = tickets.as_array().unwrap();
    assert_eq!(tickets.len(), 2);
    let mut keys: Vec<&str> = tickets[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "acceptance_criteria",
            "assignee",
            "depends_on",
            "description",
            "due_on",
            "estimated_effort",
            "labels",
            "parent_line",
            "priority",
            "source_end_line",
            "source_line",
            "ticket_type",
            "title"
        ]
    );
    assert_eq!(
        (&tickets[0]["priority"], &tickets[0]["source_line"]),
        (&json!("P0"), &json!(5))
    );
    assert_eq!(tickets[1]["ticket_type"], "task");
    let table = operator.text(&["scope", path]);
    assert!(table.contains("Write the importer"), "{table}");

    let piped = operator.run_with_input(&["scope", "-", "--json"], content.as_bytes());
    assert!(piped.status.success(), "{piped:?}");
    let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert_eq!(piped[0]["title"], tickets[0]["title"]);
    let nothing = operator.run_with_input(&["scope", "-", "--json"], b"Nothing to do.\n");
    assert_eq!(String::from_utf8_lossy(&nothing.stdout).trim(), "[]");
    let binary = operator.run_with_input(&["scope", "-"], &[0xff, 0xfe]);
    assert!(refusal(&binary).contains("UTF-8"));
    let missing = operator.refusal(&["scope", "missing.md"]);
    assert!(missing.contains("missing.md"), "{missing}");
    assert!(
        !operator.path().join("data").exists(),
        "scoping touches no database"
    );
}

#[test]
fn scope_says_of_each_line_what_became_of_it() {
    let operator = Operator::new();
    let content = "# Desk\n\n## Goals\n\n- Grow by a tenth\n\n## Epic 1: Entry\n\n\
                   - [x] Sign in\n- [ ] Sign out\n\nThe door must close.\n";
    let file = operator.path().join("plan.md");
    std::fs::write(&file, content).unwrap();
    let path = file.to_str().unwrap();
    let text = operator.text(&["scope", path, "--explain"]);
    let said = |line: &str| text.lines().find(|told| told.ends_with(line)).unwrap();
    assert!(said("Grow by a tenth").contains("no work: the section tells"));
    assert!(said("- [x] Sign in").contains("finished: marked as done"));
    assert!(said("- [ ] Sign out").contains("ticket: Sign out"));
    assert!(
        said("The door must close.").contains("ticket: Epic 1: Entry"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "plain lines without a terminal");

    let told = operator.json(&["scope", path, "--explain", "--json"]);
    let outcomes: Vec<&Value> = told["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["outcome"])
        .collect();
    assert!(outcomes.contains(&&json!("finished")), "{told}");
    let tickets = operator.json(&["scope", path, "--json"]);
    assert_eq!(tickets[0]["ticket_type"], "epic");
    assert_eq!(tickets[1]["parent_line"], tickets[0]["source_line"]);

    let nothing = operator.run_with_input(&["scope", "-"], b"The sun shone.\n");
    let note = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert!(
        note.contains("nothing in the document looks like work"),
        "{note}"
    );
}

#[test]
fn help_names_every_command_and_nonsense_is_refused() {
    let operator = Operator::new();
    let help = operator.text(&["--help"]);
    for command in [
        "serve",
        "demo",
        "scope",
        "status",
        "migrate",
        "config",
        "keys",
        "workspace",
        "member",
        "token",
        "feature",
    ] {
        assert!(
            help.contains(&format!("\n  {command}")),
            "{command}: {help}"
        );
    }
    assert!(operator.text(&["--version"]).starts_with("handoff "));
    for arguments in [
        &["nonsense"][..],
        &[],
        &["serve", "--nonsense"],
        &["workspace"],
    ] {
        let output = operator.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
    assert_eq!(
        std::fs::read_dir(operator.path()).unwrap().count(),
        0,
        "none of these leaves anything behind"
    );
}
