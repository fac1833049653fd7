//! Search by JQL, page by page or as a stream.

use std::collections::HashSet;

use futures_util::Stream;
use serde::{Deserialize, Serialize};

use super::Issue;
use super::lenient::null_as_empty;
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

/// What to search for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchQuery {
    /// The JQL; must be bounded, an empty or unrestricted one is refused.
    pub jql: String,
    /// Field ids to return; none means the id only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Keys of entity properties to return, at most 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// Issues per page, at most 5,000; Jira may return fewer. `None` means 50.
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u32>,
    /// Numeric ids, at most 50, whose latest state must be seen although search lags behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reconcile_issues: Vec<u64>,
    /// The token of the page to read; `None` for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

impl SearchQuery {
    /// Searches by JQL and returns the given fields.
    #[must_use]
    pub fn new<F: Into<String>>(
        jql: impl Into<String>,
        fields: impl IntoIterator<Item = F>,
    ) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        Self {
            jql: jql.into(),
            fields,
            ..Self::default()
        }
    }
}

/// One page of a search; there is no total.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SearchPage {
    /// The issues found; their keys are empty strings where only ids came.
    #[serde(deserialize_with = "null_as_empty")]
    pub issues: Vec<Issue>,
    /// The token of the next page, valid for seven days.
    #[serde(default)]
    pub next_page_token: Option<String>,
    /// Whether Jira calls this the last page.
    #[serde(default)]
    pub is_last: Option<bool>,
}

impl SearchPage {
    /// Returns the next page's token, `None` after the last page.
    ///
    /// The last page is one that says so, has no token, or is empty.
    #[must_use]
    pub fn next_token(&self) -> Option<&str> {
        if self.is_last == Some(true) || self.issues.is_empty() {
            return None;
        }
        self.next_page_token
            .as_deref()
            .filter(|token| !token.is_empty())
    }
}

impl Jira {
    /// Returns one page of a search.
    ///
    /// Search is eventually consistent: a new or changed issue may be missing for seconds, after bulk
    /// operations for minutes; see [`SearchQuery::reconcile_issues`]. Needs the scope `read:jira-work`. Costs
    /// one quota point per request and one per issue.
    ///
    /// # Errors
    /// [`Error`] as for every read; 400 when the JQL is empty, unbounded or names what the user cannot
    /// see.
    ///
    /// **Source:** Jira Cloud REST API v3, "Search for issues using JQL enhanced search".
    pub async fn search(&self, query: &SearchQuery) -> Result<SearchPage, Error> {
        self.search_once(query).await.map(|(page, _)| page)
    }

    /// Streams all issues that a search finds; ends with the first error.
    ///
    /// A server that hands out the same page token twice is an [`Error::Decode`] at `nextPageToken`, not
    /// an endless stream.
    pub fn search_stream(
        &self,
        query: SearchQuery,
    ) -> impl Stream<Item = Result<Issue, Error>> + Send + use<> {
        let jira = self.clone();
        let first = Position {
            query,
            seen: HashSet::new(),
        };
        super::page::stream(first, move |position| {
            let jira = jira.clone();
            async move { jira.search_from(position).await }
        })
    }

    async fn search_from(
        &self,
        position: Position,
    ) -> Result<(Vec<Issue>, Option<Position>), Error> {
        let Position { query, mut seen } = position;
        let (page, repeated) = self.search_once(&query).await?;
        let Some(token) = page.next_token().map(str::to_owned) else {
            return Ok((page.issues, None));
        };
        if !seen.insert(token.clone()) {
            return Err(repeated);
        }
        let query = SearchQuery {
            next_page_token: Some(token),
            ..query
        };
        Ok((page.issues, Some(Position { query, seen })))
    }

    /// Returns a page, and the error to report should its token turn out to be a repeated one.
    async fn search_once(&self, query: &SearchQuery) -> Result<(SearchPage, Error), Error> {
        let answer = self
            .send(Call::post_read("/rest/api/3/search/jql").json(query))
            .await?;
        let reason = "a page token came twice".to_owned();
        let repeated = answer.undecodable("nextPageToken".to_owned(), reason);
        Ok((answer.json()?, repeated))
    }
}

struct Position {
    query: SearchQuery,
    seen: HashSet<String>,
}
