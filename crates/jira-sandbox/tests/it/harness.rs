//! A sandbox with a connected client.

use std::io;

use jira_sandbox::{ACME_CLOUD_ID, Sandbox, SandboxConfig, SandboxHandle};
use serde_json::{Value, json};

use crate::contract;
use crate::http::{Reply, open, send};

pub(crate) const CALLBACK: &str = "http://localhost:9999/callback?from=jira";
pub(crate) const SCOPES: &str = "read:jira-work write:jira-work read:jira-user offline_access";

/// A sandbox and an access token for its site Acme.
pub(crate) struct Jira {
    pub(crate) sandbox: Sandbox,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) cloud_id: String,
    /// Whether answers may differ from Atlassian's descriptions, as a switch wants it.
    lenient: bool,
}

impl Jira {
    pub(crate) fn start() -> Self {
        Self::with(SandboxConfig::default())
    }

    pub(crate) fn with(config: SandboxConfig) -> Self {
        let sandbox = Sandbox::start(config).unwrap();
        sandbox.handle().keep_exchanges();
        let code = consent(sandbox.base_url(), SCOPES, &[ACME_CLOUD_ID]);
        let pair = exchange(sandbox.base_url(), &code).json();
        Self {
            access_token: pair["access_token"].as_str().unwrap().to_owned(),
            refresh_token: pair["refresh_token"].as_str().unwrap().to_owned(),
            cloud_id: ACME_CLOUD_ID.to_owned(),
            lenient: false,
            sandbox,
        }
    }

    /// Takes answers that Atlassian does not describe.
    pub(crate) fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    pub(crate) fn handle(&self) -> &SandboxHandle {
        self.sandbox.handle()
    }

    /// Takes a new pair of tokens.
    pub(crate) fn refresh(&mut self) {
        let pair = refresh(self.sandbox.base_url(), &self.refresh_token).json();
        self.access_token = pair["access_token"].as_str().unwrap().to_owned();
        self.refresh_token = pair["refresh_token"].as_str().unwrap().to_owned();
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Reply {
        self.call("PUT", path, Some(body))
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.try_call(method, path, body).unwrap()
    }

    /// Calls Jira, where the connection may end without an answer.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Reply> {
        let bearer = format!("Bearer {}", self.access_token);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let path = format!("/ex/jira/{}/rest/api/3/{path}", self.cloud_id);
        let body = body.map(Value::to_string).unwrap_or_default();
        send(
            self.sandbox.base_url(),
            method,
            &path,
            &headers,
            body.as_bytes(),
        )
    }

    /// Sends a request and hangs up without waiting for its answer, once it has arrived.
    pub(crate) fn post_and_leave(&self, path: &str, body: &Value) {
        let before = self.handle().arrived();
        let bearer = format!("Bearer {}", self.access_token);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let path = format!("/ex/jira/{}/rest/api/3/{path}", self.cloud_id);
        let body = body.to_string();
        let base = self.sandbox.base_url();
        let stream = open(base, "POST", &path, &headers, body.as_bytes()).unwrap();
        while self.handle().arrived() == before {
            std::thread::yield_now();
        }
        drop(stream);
    }

    /// Calls what lies beside Jira, with the bearer token.
    pub(crate) fn beside(&self, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {}", self.access_token);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        send(
            self.sandbox.base_url(),
            method,
            path,
            &headers,
            body.as_bytes(),
        )
        .unwrap()
    }

    /// Calls the control API; null stands for no body.
    pub(crate) fn try_control(&self, method: &str, path: &str, body: &Value) -> Reply {
        let text = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        self.beside(method, &format!("/sandbox/{path}"), &text)
    }

    /// Calls the control API, which must agree, and gives its answer.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let reply = self.try_control(method, path, body);
        let status = reply.status;
        assert!(status < 300, "{path}: {status} {}", reply.text());
        match reply.body.is_empty() {
            true => Value::Null,
            false => reply.json(),
        }
    }

    /// Creates issues with these summaries in SHOP and gives their keys.
    pub(crate) fn create(&self, summaries: &[&str]) -> Vec<String> {
        let issues: Vec<_> = summaries
            .iter()
            .map(|summary| task("SHOP", summary))
            .collect();
        let reply = self.post("issue/bulk", &json!({"issueUpdates": issues}));
        assert_eq!(reply.status, 201, "{}", reply.text());
        let created = reply.json()["issues"].as_array().unwrap().clone();
        created
            .iter()
            .map(|issue| issue["key"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Everything that went between a test and the sandbox fits Atlassian's descriptions.
impl Drop for Jira {
    fn drop(&mut self) {
        if !self.lenient && !std::thread::panicking() {
            contract::check(&self.handle().exchanges());
        }
    }
}

/// The body of a create with only what every project of the stock kind needs.
pub(crate) fn task(project: &str, summary: &str) -> Value {
    json!({"fields": {
        "project": {"key": project}, "issuetype": {"name": "Task"}, "summary": summary,
    }})
}

/// The same with further or other fields.
pub(crate) fn task_with(project: &str, fields: Value) -> Value {
    let mut body = task(project, "Summary");
    let into = body["fields"].as_object_mut().unwrap();
    into.extend(fields.as_object().unwrap().clone());
    body
}

/// A document of one paragraph.
pub(crate) fn document(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": text}]},
    ]})
}

/// Encodes a text for a query or a form.
pub(crate) fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = |byte: u8| {
        if keep(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(each).collect()
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", encode(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Posts the consent form and gives the answer.
pub(crate) fn decide(base: &str, fields: &[(&str, &str)]) -> Reply {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    send(
        base,
        "POST",
        "/authorize/decision",
        &headers,
        form(fields).as_bytes(),
    )
    .unwrap()
}

/// Gives the fields that the consent form always has.
pub(crate) fn consent_fields(scopes: &str) -> Vec<(&str, &str)> {
    vec![
        ("client_id", "sandbox-client"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("audience", "api.atlassian.com"),
        ("state", "a state/with signs"),
        ("scope", scopes),
    ]
}

/// Consents as the first account and gives the code.
pub(crate) fn consent(base: &str, scopes: &str, sites: &[&str]) -> String {
    let mut fields = consent_fields(scopes);
    fields.extend(sites.iter().map(|site| ("site", *site)));
    fields.push(("decision", "accept"));
    let reply = decide(base, &fields);
    assert_eq!(reply.status, 302, "{}", reply.text());
    parameter(reply.header("Location").unwrap(), "code").unwrap()
}

/// Reads a parameter that needs no decoding from a URL.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .into_iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

pub(crate) fn token(base: &str, body: &Value) -> Reply {
    let headers = [("Content-Type", "application/json")];
    send(
        base,
        "POST",
        "/oauth/token",
        &headers,
        body.to_string().as_bytes(),
    )
    .unwrap()
}

pub(crate) fn exchange(base: &str, code: &str) -> Reply {
    let body = json!({
        "grant_type": "authorization_code", "client_id": "sandbox-client",
        "client_secret": "sandbox-client-value", "code": code, "redirect_uri": CALLBACK,
    });
    token(base, &body)
}

pub(crate) fn refresh(base: &str, refresh_token: &str) -> Reply {
    let body = json!({
        "grant_type": "refresh_token", "client_id": "sandbox-client",
        "client_secret": "sandbox-client-value", "refresh_token": refresh_token,
    });
    token(base, &body)
}
