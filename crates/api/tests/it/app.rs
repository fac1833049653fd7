//! A running service with a workspace, and calls of it.

use std::path::Path;

use handoff_api::config::{Config, SettingsFile, Sources};
use handoff_api::serve::{self, Service};
use handoff_api::wiring;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::workspace::model::{Actor, Role};
use handoff_domain::workspace::service::WorkspaceService;
use jira_sandbox::{Sandbox, SandboxConfig};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A running service with one workspace and an owner's token.
pub(crate) struct TestApp {
    pub(crate) sandbox: Sandbox,
    pub(crate) base_url: String,
    pub(crate) http: Client,
    pub(crate) workspace: String,
    pub(crate) token: String,
    pub(crate) operator: WorkspaceService,
    pub(crate) folder: TempDir,
    _service: Service,
}

/// What a call gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The stable code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Asserts the status and gives the body.
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// Asserts a problem in the right form.
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{}",
            self.body
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        assert!(!self.header("x-request-id").is_empty());
        assert!(
            self.body["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty())
        );
    }
}

pub(crate) fn settings(folder: &Path, sandbox: &Sandbox, more: &[(&str, &str)]) -> Config {
    let default = SandboxConfig::default();
    let folder = folder.to_str().unwrap();
    let mut flags = vec![
        ("data_dir", folder),
        ("server.bind", "127.0.0.1:0"),
        ("server.metrics_bind", "off"),
        ("web.app_url", "http://web.example/app?view=jira"),
        ("jira.client_id", &default.client_id),
        ("jira.client_secret", &default.client_secret),
        ("jira.auth_url", sandbox.base_url()),
        ("jira.api_url", sandbox.base_url()),
        ("limits.requests_per_minute", "100000"),
    ];
    flags.extend_from_slice(more);
    let flags = flags
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    Config::load(Sources {
        file: SettingsFile::Never,
        environment: Vec::new(),
        flags,
    })
    .unwrap()
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        let sandbox = SandboxConfig {
            auto_consent: true,
            ..SandboxConfig::default()
        };
        Self::build(Sandbox::start(sandbox).unwrap(), more).await
    }

    pub(crate) async fn build(sandbox: Sandbox, more: &[(&str, &str)]) -> Self {
        wiring::install_tls();
        let folder = tempfile::tempdir().unwrap();
        let config = settings(folder.path(), &sandbox, more);
        let store = wiring::open_store(&config).await.unwrap();
        wiring::ensure_migrated(&config, &store).await.unwrap();
        let operator = wiring::core(&store).unwrap().workspaces();
        let workspace = operator
            .create(Actor::System, "Test", None)
            .await
            .unwrap()
            .id;
        let service = serve::start(&config, None).await.unwrap();
        let mut app = Self {
            sandbox,
            base_url: service.public_url.as_str().trim_end_matches('/').to_owned(),
            http: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            workspace: workspace.to_string(),
            token: String::new(),
            operator,
            folder,
            _service: service,
        };
        app.token = app.token_of(&app.workspace, Role::Owner).await;
        app
    }

    /// The same data, served anew with other settings.
    pub(crate) async fn again(mut self, more: &[(&str, &str)]) -> Self {
        let config = settings(self.folder.path(), &self.sandbox, more);
        let service = serve::start(&config, None).await.unwrap();
        self.base_url = service.public_url.as_str().trim_end_matches('/').to_owned();
        std::mem::replace(&mut self._service, service).stop().await;
        self
    }

    /// A fresh token for a workspace.
    pub(crate) async fn token_of(&self, workspace: &str, role: Role) -> String {
        let id: WorkspaceId = workspace.parse().unwrap();
        let made = self
            .operator
            .create_token(Actor::System, id, role, None)
            .await
            .unwrap();
        made.secret.expose_secret().to_owned()
    }

    /// Another workspace with an owner's token.
    pub(crate) async fn other_workspace(&self) -> (String, String) {
        let id = self
            .operator
            .create(Actor::System, "Other", None)
            .await
            .unwrap()
            .id
            .to_string();
        let token = self.token_of(&id, Role::Owner).await;
        (id, token)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base_url))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(&self.token))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).bearer_auth(&self.token))
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(
            self.request(Method::POST, path)
                .bearer_auth(&self.token)
                .json(&body),
        )
        .await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(
            self.request(Method::PATCH, path)
                .bearer_auth(&self.token)
                .json(&body),
        )
        .await
    }

    /// A body of the workspace.
    pub(crate) fn own(&self, mut body: Value) -> Value {
        body["workspace_id"] = json!(self.workspace);
        body
    }

    /// A path with the workspace in its query.
    pub(crate) fn in_own(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}workspace_id={}", self.workspace)
    }

    /// Connects the workspace as a browser would; gives where that browser ends.
    pub(crate) async fn connect(&self) -> String {
        let started = self
            .post("/api/integrations/jira/connect", self.own(json!({})))
            .await;
        let cookie = started
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let body = started.ok(200);
        let callback = self.consent(body["auth_url"].as_str().unwrap()).await;
        let back = self.http.get(callback).header("cookie", cookie);
        let answer = self.send(back).await;
        assert_eq!(answer.status, StatusCode::FOUND);
        answer.header("location").to_owned()
    }

    /// Consents on the stand-in, which asks nothing; gives where it sends the browser.
    pub(crate) async fn consent(&self, auth_url: &str) -> String {
        let answer = self.send(self.http.get(auth_url)).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
        answer.header("location").to_owned()
    }

    /// A document with the given Markdown.
    pub(crate) async fn document(&self, content: &str) -> String {
        let body = self.own(json!({"title": "Plan", "document_type": "prd", "content": content}));
        let made = self.post("/api/documents", body).await.ok(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// The ids of the tickets generated from a document.
    pub(crate) async fn generate(&self, document: &str) -> Vec<String> {
        let body = self.own(json!({"document_id": document}));
        let made = self.post("/api/execution/generate", body).await.ok(200);
        let tickets = made["tickets"].as_array().unwrap();
        tickets
            .iter()
            .map(|ticket| ticket["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A document that calls for three tasks.
pub(crate) const THREE_TASKS: &str = "# Plan\n\n## Tasks\n\n- [ ] Write the importer (P0)\n- [ ] Write the exporter (P1)\n- [ ] Tidy up\n";
