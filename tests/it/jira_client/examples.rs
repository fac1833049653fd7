//! The crate's examples, run as their readers run them, against a sandbox.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use jira_client::auth::StaticBearer;
use jira_client::{Jira, NewIssue, SiteAddress, Url};
use jira_sandbox::{ACME_CLOUD_ID, Effect, Endpoint, Fault, Sandbox, SandboxConfig};
use serde_json::Value;

use super::connected::{Connected, connect, install_tls};

/// An example that is running; stopped when the test ends.
struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Example {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Reads on until a line has this in it.
    fn line_with(&mut self, part: &str) -> String {
        let mut seen = Vec::new();
        for line in self.lines.by_ref() {
            seen.push(line.unwrap());
            if seen.last().unwrap().contains(part) {
                return seen.pop().unwrap();
            }
        }
        panic!("no line with {part:?} in {seen:#?}");
    }

    /// Reads all lines to the end; tells whether the example calls itself successful.
    fn finish(mut self) -> (bool, Vec<String>) {
        let lines = self.lines.by_ref().map(Result::unwrap).collect();
        (self.child.wait().unwrap().success(), lines)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // One that has ended by itself needs no stopping.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An example, which is looked for beside the running test.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let binary = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        binary.is_file(),
        "there is no {}: build it with `cargo build -p jira-client --examples`",
        binary.display()
    );
    let mut command = Command::new(binary);
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("JIRA_")) {
        command.env_remove(variable);
    }
    command
}

/// An example that calls the site's own address with an API token.
fn with_api_token(name: &str, sandbox: &Sandbox) -> Command {
    let mut command = example(name);
    command
        .env(
            "JIRA_SITE_URL",
            format!("{}/sites/acme", sandbox.base_url()),
        )
        .env("JIRA_EMAIL", "sandbox-user@example.invalid")
        .env("JIRA_API_TOKEN", SandboxConfig::default().api_token);
    command
}

fn sandbox() -> Sandbox {
    Sandbox::start(SandboxConfig {
        auto_consent: true,
        ..SandboxConfig::default()
    })
    .unwrap()
}

/// An address on which nothing listens yet.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn the_oauth_example_connects_and_keeps_a_grant_that_works() {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grant.json");
    let callback = format!("http://{}/callback", free_address());
    let app = SandboxConfig::default();
    let mut command = example("connect_by_oauth");
    command
        .arg(&file)
        .env("JIRA_CLIENT_ID", app.client_id)
        .env("JIRA_CLIENT_SECRET", app.client_secret)
        .env("JIRA_CALLBACK_URL", &callback)
        .env("JIRA_AUTH_URL", sandbox.base_url())
        .env("JIRA_API_URL", sandbox.base_url());
    let mut running = Example::start(&mut command);
    let line = running.line_with("open ");
    let consent = line.strip_prefix("open ").unwrap();

    let forged = format!("{callback}?code=forged&state=forged");
    assert_eq!(reqwest::get(forged).await.unwrap().status(), 400);
    let page = reqwest::get(consent).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Thank you"));

    let (succeeded, lines) = running.finish();
    assert!(succeeded, "{lines:?}");
    assert!(
        lines.concat().contains("/sites/acme as Sandbox User"),
        "{lines:?}"
    );
    let grant: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(grant["cloud_id"], ACME_CLOUD_ID);
    assert!(grant["refresh_token"].is_string());
    assert_private(&file);
    let jira = jira_by(&sandbox, grant["access_token"].as_str().unwrap());
    assert_eq!(jira.myself().await.unwrap().display_name, "Sandbox User");
}

fn jira_by(sandbox: &Sandbox, token: &str) -> Jira {
    install_tls();
    Jira::builder(SiteAddress::Cloud {
        cloud_id: ACME_CLOUD_ID.to_owned(),
    })
    .api_url(Url::parse(sandbox.base_url()).unwrap())
    .token_source(std::sync::Arc::new(StaticBearer::new(token)))
    .build()
    .unwrap()
}

#[cfg(unix)]
fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(not(unix))]
fn assert_private(_: &Path) {}

#[test]
fn the_csv_example_creates_what_it_can_and_names_each_refused_row_by_its_line() {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("issues.csv");
    let mut csv = "summary,description,labels,priority\n".to_owned();
    csv += "First,\"a **bold**\nword\",one two,High\n"; // lines 2 and 3
    csv += "Wrong,,,Nonsense\n"; // line 4
    csv += &format!("{},,,\n", "x".repeat(300)); // line 5
    csv += "Ragged,row\n"; // line 6
    for row in 7..=120 {
        csv += &format!("Row {row},,,\n");
    }
    fs::write(&file, csv).unwrap();

    let mut command = with_api_token("bulk_create_from_csv", &sandbox);
    let (succeeded, lines) = Example::start(command.arg("SHOP").arg(&file)).finish();

    assert!(!succeeded, "a file with refused rows is no success");
    let about = |line: usize| {
        let start = format!("line {line}: ");
        let mut found = lines.iter().filter_map(|text| text.strip_prefix(&start));
        let text = found.next().unwrap_or_else(|| panic!("{line}: {lines:#?}"));
        assert_eq!(found.next(), None, "line {line} is named twice");
        text
    };
    let handle = sandbox.handle();
    assert!(
        about(4).starts_with("not created: priority: "),
        "{lines:#?}"
    );
    assert!(about(5).starts_with("not created: summary: "), "{lines:#?}");
    assert!(
        lines.iter().any(|text| text.contains("line: 6")),
        "{lines:#?}"
    );
    assert_eq!(handle.issue(about(2)).unwrap().summary(), "First");
    for row in 7..=120 {
        let issue = handle.issue(about(row)).unwrap();
        assert_eq!(issue.summary(), format!("Row {row}"));
    }
    assert_eq!(lines.last().unwrap(), "115 created, 3 refused, 0 uncertain");
    assert_eq!(handle.issue_count(), 115);
}

#[test]
fn the_csv_example_finds_the_rows_whose_answer_was_lost_or_ambiguous() {
    for effect in [Effect::DropAfter, Effect::Shuffled] {
        let sandbox = sandbox();
        let handle = sandbox.handle();
        handle.push_fault(Fault::once(Endpoint::BulkCreate, effect.clone()));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("issues.csv");
        fs::write(&file, "summary\nFirst\nSecond\n").unwrap();

        let mut command = with_api_token("bulk_create_from_csv", &sandbox);
        let (succeeded, lines) = Example::start(command.arg("SHOP").arg(&file)).finish();

        assert!(succeeded, "{effect:?}: {lines:#?}");
        for (line, summary) in [(2, "First"), (3, "Second")] {
            let start = format!("line {line}: ");
            let key = lines
                .iter()
                .rev()
                .find_map(|text| text.strip_prefix(&start));
            assert_eq!(handle.issue(key.unwrap()).unwrap().summary(), summary);
        }
        assert_eq!(lines.last().unwrap(), "2 created, 0 refused, 0 uncertain");
        assert_eq!(handle.issue_count(), 2);
    }
}

#[tokio::test]
async fn the_example_that_follows_a_project_tells_of_a_change_once() {
    let on = connect(SandboxConfig::default()).await;
    let issues = on.issues("SHOP", 3).await;
    on.jira.create_issues_chunked(&issues).await;
    let mut command = with_api_token("follow_project", &on.sandbox);
    command.args(["SHOP", "3"]).env("FOLLOW_SECONDS", "1");
    let mut running = Example::start(&mut command);
    running.line_with("3 issues, following");

    assert!(on.sandbox.handle().move_issue("SHOP-2", "Done"));

    assert_eq!(running.line_with("SHOP-2"), "SHOP-2 [Done] Issue 1");
    let (succeeded, rest) = running.finish();
    assert!(succeeded);
    assert_eq!(rest, Vec::<String>::new());
}

#[test]
fn the_script_makes_an_issue_labels_it_and_finishes_it() {
    let sandbox = sandbox();
    let mut command = with_api_token("script_with_api_token", &sandbox);
    let (succeeded, lines) = Example::start(command.args(["SHOP", "Export"])).finish();

    assert!(succeeded, "{lines:?}");
    let told = "SHOP-1 is Done with the labels [\"from-a-script\"]";
    assert_eq!(lines.last().unwrap(), told);
    let issue = sandbox.handle().issue("SHOP-1").unwrap();
    assert_eq!((issue.summary(), issue.status()), ("Export", "Done"));
}

#[test]
fn a_script_with_a_wrong_token_says_so_and_makes_nothing() {
    let sandbox = sandbox();
    let mut command = with_api_token("script_with_api_token", &sandbox);
    command
        .env("JIRA_API_TOKEN", "wrong")
        .stderr(Stdio::piped());
    let output = command.args(["SHOP", "Export"]).output().unwrap();

    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("401") && !told.contains("wrong"), "{told}");
    assert_eq!(sandbox.handle().issue_count(), 0);
}

#[tokio::test]
async fn the_webhook_example_takes_real_deliveries_only_and_deletes_its_webhook() {
    let on = connect(SandboxConfig::default()).await;
    let (project, task) = on.task_of("SHOP").await;
    let issue = NewIssue::new(&project, &task, "Watched");
    let key = on.jira.create_issue(&issue).await.unwrap().key;
    let (address, token) = (free_address(), access_token(&on).await);
    let url = format!("http://{address}/jira");
    let mut command = example("webhook_receiver");
    command
        .args(["SHOP", "1"])
        .env("JIRA_CLOUD_ID", ACME_CLOUD_ID)
        .env("JIRA_ACCESS_TOKEN", token)
        .env("JIRA_API_URL", on.sandbox.base_url())
        .env("JIRA_CLIENT_SECRET", SandboxConfig::default().client_secret)
        .env("WEBHOOK_BIND", address)
        .env("WEBHOOK_URL", &url);
    let mut running = Example::start(&mut command);
    running.line_with("is registered");
    assert_eq!(on.sandbox.handle().webhook_count(), 1);

    let browser = reqwest::Client::new();
    let forged = browser
        .post(&url)
        .body("{}")
        .timeout(Duration::from_secs(30));
    assert_eq!(forged.send().await.unwrap().status(), 401);
    assert!(on.sandbox.handle().move_issue(&key, "Done"));

    let told = running.line_with("jira:issue_updated");
    assert!(told.contains(&key) && told.contains("status"), "{told}");
    assert!(told.ends_with(" is Done"), "{told}");
    let (succeeded, lines) = running.finish();
    assert!(succeeded, "{lines:?}");
    assert_eq!(on.sandbox.handle().webhook_count(), 0);
}

async fn access_token(on: &Connected) -> String {
    use jira_client::ExposeSecret as _;
    let code = super::connected::consent(&on.oauth).await;
    let set = on.oauth.exchange_code(&code).await.unwrap();
    set.access_token.expose_secret().to_owned()
}
