//! A client of our own API, as a web app would be one.

use anyhow::{Context as _, Result, bail};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A ticket, as far as the demonstration looks at it.
#[derive(Debug, Deserialize)]
pub(super) struct Ticket {
    pub(super) id: String,
    pub(super) parent_id: Option<String>,
    pub(super) title: String,
    pub(super) priority: Option<String>,
    pub(super) status: String,
    pub(super) external_key: Option<String>,
    pub(super) external_url: Option<String>,
    pub(super) synced_status: Option<String>,
    pub(super) external_status: Option<String>,
}

/// One part of the tickets.
#[derive(Debug, Deserialize)]
pub(super) struct Tickets {
    pub(super) tickets: Vec<Ticket>,
    #[serde(default)]
    next_cursor: Option<String>,
}

/// What generating gives.
#[derive(Debug, Deserialize)]
pub(super) struct Generated {
    pub(super) tickets: Vec<Ticket>,
    pub(super) notes: Vec<Note>,
}

/// Something that people should know of the tickets.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub(super) message: String,
}

/// A push, as far as the demonstration looks at it.
#[derive(Debug, Deserialize)]
pub(super) struct Push {
    pub(super) push_id: Option<String>,
    pub(super) state: String,
    pub(super) total: u64,
    pub(super) pushed: u64,
    pub(super) failed: u64,
    pub(super) pending: u64,
    pub(super) already_pushed: u64,
    pub(super) needs_attention: u64,
    pub(super) results: Vec<PushResult>,
}

/// What became of one ticket.
#[derive(Debug, Deserialize)]
pub(super) struct PushResult {
    pub(super) error: Option<PushError>,
}

/// Why a ticket failed.
#[derive(Debug, Deserialize)]
pub(super) struct PushError {
    pub(super) code: String,
    pub(super) message: String,
}

/// Speaks to the service with a workspace's token.
pub(super) struct Client {
    http: reqwest::Client,
    base_url: String,
    token: SecretString,
    workspace: String,
}

impl Client {
    pub(super) fn new(base_url: &str, token: &str, workspace: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            base_url: base_url.to_owned(),
            token: SecretString::from(token),
            workspace: workspace.to_owned(),
        })
    }

    pub(super) const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base_url);
        self.http
            .request(method, url)
            .bearer_auth(self.token.expose_secret())
    }

    /// Posts a body, to which the workspace is added, and gives the whole answer.
    pub(super) async fn post_raw(&self, path: &str, mut body: Value) -> Result<Response> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("workspace_id".to_owned(), json!(self.workspace));
        }
        let request = self
            .request(Method::POST, path)
            .header("prefer", "respond-async");
        good(request.json(&body).send().await?).await
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T> {
        Ok(self.post_raw(path, body).await?.json().await?)
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T> {
        let request = self.request(Method::GET, path).query(query);
        Ok(good(request.send().await?).await?.json().await?)
    }

    /// Gets something of the workspace.
    pub(super) async fn get_own<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.get(path, &[("workspace_id", &self.workspace)]).await
    }

    /// All tickets of a document.
    pub(super) async fn tickets(&self, document: &str) -> Result<Vec<Ticket>> {
        let path = format!("/api/execution/{document}/tickets");
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", "200")];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page: Tickets = self.get(&path, &query).await?;
            all.extend(page.tickets);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}

/// Turns a problem document into an error that says what is wrong.
pub(super) async fn good(response: Response) -> Result<Response> {
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, url) = (response.status(), response.url().path().to_owned());
    let text = response.text().await.context("the answer ends too early")?;
    bail!("{url} answered {status}: {text}");
}
