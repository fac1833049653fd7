//! The console in a real browser: Chromium without a window, driven over the WebDriver protocol.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Jira, task_with};
use crate::http::open;

/// How WebDriver names an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_person_runs_a_demonstration_from_the_console() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let jira = Jira::start();
    let summary = json!({"summary": "<img src=x onerror=alert(1)>"});
    jira.post("issue", &task_with("TEAM", summary));
    jira.create(&["Shop"]);
    browser.visit(jira.sandbox.base_url());
    browser.click("[data-board='/sites/acme/board/TEAM']");

    browser.drag(".card[data-issue='TEAM-1']", "section[data-status='Done']");
    moved(&jira, "Done");
    browser.shows("#told", "TEAM-1 is now Done.");
    browser.click("[aria-label='Move TEAM-1 to In Progress']");
    moved(&jira, "In Progress");
    browser.shows("#told", "TEAM-1 is now In Progress.");

    browser.shows("#entries", "POST /rest/api/3/issue/bulk");
    browser.click("#fault-form button[type=submit]");
    browser.shows("#active", "Bulk create: Do the work, lose the answer");
    let bulk = json!({"issueUpdates": [task_with("TEAM", json!({}))]});
    assert!(jira.try_call("POST", "issue/bulk", Some(&bulk)).is_err());
    browser.shows("#entries", "no answer");
    browser.click("#reset");
    browser.shows("#calm", "No fault is switched on.");

    browser.click("[data-tab=charges]");
    browser.shows("#charges", "App sandbox-client: 3 points so far");
    browser.click("[data-tab=duplicates]");
    browser.shows("#duplicates", "No duplicates");
    let before = jira.handle().now();
    browser.click("[data-forward='3600']");
    wait("the clock to go forward", || {
        jira.handle().now() - before >= Duration::from_secs(3600)
    });

    let outside = browser.run(
        "return performance.getEntriesByType('resource').map(it => it.name)\
         .filter(name => !name.startsWith(location.origin));",
    );
    assert_eq!(outside, json!([]), "nothing comes from elsewhere");
    assert_eq!(browser.log(), json!([]));
}

#[test]
fn a_board_needs_no_console() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let jira = Jira::start();
    jira.post("issue", &task_with("TEAM", json!({})));
    browser.visit(&format!(
        "{}/sites/acme/board/TEAM",
        jira.sandbox.base_url()
    ));
    browser.drag(
        ".card[data-issue='TEAM-1']",
        "section[data-status='In Progress']",
    );
    moved(&jira, "In Progress");
    browser.shows("section[data-status='In Progress']", "TEAM-1");
}

fn moved(jira: &Jira, status: &str) {
    wait(status, || {
        jira.handle().issue("TEAM-1").unwrap().status() == status
    });
}

#[track_caller]
fn wait(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The driver and its port, or nothing where it is not installed.
///
/// It picks a port that is free for IPv4 and gives up when that one is taken for IPv6, so that it
/// is asked a few times.
fn start_driver() -> Option<(Child, u16)> {
    for _ in 0..10 {
        let mut driver = Command::new("chromedriver");
        let driver = driver.arg("--port=0").stdout(Stdio::piped());
        let mut driver = driver.stderr(Stdio::null()).spawn().ok()?;
        let output = BufReader::new(driver.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        if let Some(port) = port {
            // What it goes on to say is of no interest, but must be read.
            thread::spawn(move || lines.for_each(drop));
            return Some((driver, port));
        }
        driver.wait().unwrap();
    }
    panic!("chromedriver does not start; run `chromedriver --port=0` to see why");
}

/// A browser with a profile of its own, closed on drop.
struct Browser {
    driver: Child,
    base: String,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one, or says what is missing.
    fn open() -> Option<Self> {
        let Some((driver, port)) = start_driver() else {
            println!("skipped: no chromedriver; on Debian `apt-get install chromium-driver`");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            base: format!("http://127.0.0.1:{port}"),
            session: String::new(),
            _profile: profile,
        };
        let mut arguments = vec![
            "--headless".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--window-size=1600,1000".to_owned(),
            format!("--user-data-dir={}", browser._profile.path().display()),
        ];
        if is_root() {
            arguments.push("--no-sandbox".to_owned());
        }
        let chrome = json!({"args": arguments});
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": chrome}}});
        let started = browser.ask("POST", "/session", &wanted).unwrap();
        browser.session = format!("/session/{}", started["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let headers = [("Content-Type", "application/json")];
        let path = format!("{}{path}", self.session);
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let stream = open(&self.base, method, &path, &headers, body.as_bytes()).unwrap();
        let value = read(stream)["value"].take();
        match value.get("error") {
            Some(_) => Err(value),
            None => Ok(value),
        }
    }

    fn visit(&self, url: &str) {
        self.ask("POST", "/url", &json!({"url": url})).unwrap();
    }

    fn run(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        self.ask("POST", "/execute/sync", &body).unwrap()
    }

    fn find(&self, css: &str) -> Option<String> {
        let body = json!({"using": "css selector", "value": css});
        let found = self.ask("POST", "/element", &body).ok()?;
        Some(found[ELEMENT].as_str()?.to_owned())
    }

    /// Clicks once it is there; the page may replace it in between.
    #[track_caller]
    fn click(&self, css: &str) {
        wait(css, || {
            let clicked =
                |id: String| self.ask("POST", &format!("/element/{id}/click"), &json!({}));
            self.find(css).is_some_and(|id| clicked(id).is_ok())
        });
    }

    #[track_caller]
    fn drag(&self, from: &str, to: &str) {
        wait(from, || {
            let (Some(from), Some(to)) = (self.find(from), self.find(to)) else {
                return false;
            };
            let over = |id: &str, y: i32| json!({"type": "pointerMove", "duration": 100, "origin": {ELEMENT: id}, "x": 0, "y": y});
            let steps = json!([
                over(&from, -20), {"type": "pointerDown", "button": 0},
                over(&to, 0), over(&to, 5), {"type": "pointerUp", "button": 0},
            ]);
            let mouse = json!({"type": "pointer", "id": "mouse", "actions": steps});
            self.ask("POST", "/actions", &json!({"actions": [mouse]}))
                .is_ok()
        });
    }

    /// Waits until an element shows a text.
    #[track_caller]
    fn shows(&self, css: &str, text: &str) {
        let script = format!(
            "const found = document.querySelector({}); return !!found && !found.hidden && \
             found.textContent.includes({});",
            json!(css),
            json!(text)
        );
        wait(&format!("{css} to show {text}"), || {
            self.run(&script) == true
        });
    }

    /// Gives what the page has complained of.
    fn log(&self) -> Value {
        self.ask("POST", "/se/log", &json!({"type": "browser"}))
            .unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            drop(self.ask("DELETE", "", &Value::Null));
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// Reads an answer whose connection stays open.
fn read(stream: TcpStream) -> Value {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        match line.trim_end().to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Tells whether the browser would refuse to run in its own sandbox.
fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output();
    asked.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
