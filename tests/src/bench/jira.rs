//! Jira without Handoff: the same requests, sent straight to the sandbox.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use jira_sandbox::{ACME_CLOUD_ID, SandboxConfig};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use super::IN_FLIGHT;
use crate::browser::{Browser, Consent};
use crate::chaos::sandbox::Control;

/// Nothing listens there; only the code that is sent there is read.
const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// A caller of Jira with a grant of its own.
#[derive(Clone, Debug)]
pub(super) struct BareJira {
    http: reqwest::Client,
    control: Control,
    token: String,
}

/// What Jira has counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charges {
    pub(super) requests: f64,
    pub(super) quota_points: f64,
}

impl Charges {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            quota_points: self.quota_points - before.quota_points,
        }
    }
}

impl BareJira {
    /// Takes the consent as a browser does.
    pub(super) async fn consented(control: &Control) -> Result<Self> {
        let app = SandboxConfig::default();
        let base_url = &control.base_url;
        let mut ask = Url::parse(&format!("{base_url}/authorize"))?;
        ask.query_pairs_mut()
            .append_pair("audience", "api.atlassian.com")
            .append_pair("client_id", &app.client_id)
            .append_pair("scope", &app.enabled_scopes.join(" "))
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("state", "bench")
            .append_pair("response_type", "code")
            .append_pair("prompt", "consent");
        let landed = Browser::default().consent(&ask, Consent::Acme).await;
        let code = landed.query_pairs().find(|(name, _)| name == "code");
        let body = json!({
            "grant_type": "authorization_code", "client_id": app.client_id, "client_secret": app.client_secret,
            "code": code.context("no code")?.1, "redirect_uri": CALLBACK,
        });
        let http = reqwest::Client::new();
        let answer = http.post(format!("{base_url}/oauth/token")).json(&body);
        let answer: Value = answer.send().await?.error_for_status()?.json().await?;
        Ok(Self {
            http,
            control: control.clone(),
            token: answer["access_token"]
                .as_str()
                .context("no token")?
                .to_owned(),
        })
    }

    /// What the app was charged until now.
    pub(super) async fn charges(&self) -> Result<Charges> {
        let charges = self.control.get("charges").await?;
        let apps = charges["apps"].as_array().context("no apps")?;
        let name = SandboxConfig::default().client_id;
        let app = apps.iter().find(|app| app["app"] == name);
        let total = &app.context("the app was charged nothing")?["total"];
        let number = |field: &str| total[field].as_f64().context("no number");
        Ok(Charges {
            requests: number("requests")?,
            quota_points: number("quota_points")?,
        })
    }

    /// Creates issues in requests of so many, several in flight, and gives their keys.
    pub(super) async fn create_in_bulk(&self, issues: &[Value]) -> Result<Vec<String>> {
        let bodies = issues.chunks(50);
        let bodies = bodies.map(|issues| json!({"issueUpdates": issues}));
        let answers = self.all("issue/bulk", bodies.collect()).await?;
        let keys = answers
            .iter()
            .flat_map(|answer| keys(answer).unwrap_or_default());
        let keys: Vec<_> = keys.collect();
        ensure!(keys.len() == issues.len(), "{} issues", keys.len());
        Ok(keys)
    }

    /// Reads issues in requests of a hundred, several in flight, with what a sync asks for.
    pub(super) async fn fetch_in_bulk(&self, keys: &[String]) -> Result<()> {
        let bodies = keys.chunks(100).map(|keys| {
            json!({
                "issueIdsOrKeys": keys, "fields": ["summary", "status", "priority", "labels"],
                "properties": ["handoff.delivery"],
            })
        });
        self.all("issue/bulkfetch", bodies.collect()).await?;
        Ok(())
    }

    /// Creates one issue.
    pub(super) async fn create(&self, issue: &Value) -> Result<()> {
        self.call(Method::POST, "issue", Some(issue)).await?;
        Ok(())
    }

    /// Reads one issue.
    pub(super) async fn fetch(&self, key: &str) -> Result<()> {
        let path = format!("issue/{key}?fields=summary,status,priority,labels");
        self.call(Method::GET, &path, None).await?;
        Ok(())
    }

    async fn all(&self, path: &'static str, bodies: VecDeque<Value>) -> Result<Vec<Value>> {
        let queue = Arc::new(Mutex::new(bodies));
        let mut callers = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (jira, queue) = (self.clone(), Arc::clone(&queue));
            callers.spawn(async move {
                let next = || {
                    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    queue.pop_front()
                };
                let mut answers = Vec::new();
                while let Some(body) = next() {
                    answers.push(jira.call(Method::POST, path, Some(&body)).await?);
                }
                anyhow::Ok(answers)
            });
        }
        let mut answers = Vec::new();
        while let Some(made) = callers.join_next().await {
            answers.extend(made??);
        }
        Ok(answers)
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!(
            "{}/ex/jira/{ACME_CLOUD_ID}/rest/api/3/{path}",
            self.control.base_url
        );
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

fn keys(answer: &Value) -> Option<Vec<String>> {
    let issues = answer["issues"].as_array()?;
    let keys = issues.iter().map(|issue| issue["key"].as_str());
    keys.map(|key| key.map(str::to_owned)).collect()
}
