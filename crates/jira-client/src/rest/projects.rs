//! Projects: search with paging, and one by id or key.

use std::collections::BTreeMap;

use futures_util::Stream;
use serde::Deserialize;

use super::lenient::{id, null_as_empty};
use super::page::Page;
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

const SEARCH: &str = "/rest/api/3/project/search";
/// Jira silently caps the page size here.
const MAX_PAGE_SIZE: u32 = 100;

/// A project ("space" in newer screens).
///
/// **Source:** Jira Cloud REST API v3, "Get projects paginated".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Project {
    /// The id, which stays when the key changes.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The key, such as `PROD`; case sensitive in paths.
    pub key: String,
    /// The name.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub name: String,
    /// `classic` (company-managed) or `next-gen` (team-managed).
    #[serde(default)]
    pub style: Option<String>,
    /// Whether the project is of the simplified, team-managed kind.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub simplified: bool,
    /// `software`, `business` or `service_desk`.
    #[serde(default)]
    pub project_type_key: Option<String>,
    /// Whether the project is archived.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub archived: bool,
    /// Pictures by size, such as `48x48`.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub avatar_urls: BTreeMap<String, String>,
}

impl Project {
    /// Returns the address of the largest picture.
    #[must_use]
    pub fn avatar_url(&self) -> Option<&str> {
        self.avatar_urls
            .get("48x48")
            .or_else(|| self.avatar_urls.values().next_back())
            .map(String::as_str)
    }

    /// Tells whether the project is team-managed.
    #[must_use]
    pub fn is_team_managed(&self) -> bool {
        self.style.as_deref() == Some("next-gen")
    }
}

/// What the user must be allowed to do in the projects listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProjectAction {
    /// See the project.
    #[default]
    View,
    /// See its issues.
    Browse,
    /// Change its settings.
    Edit,
    /// Create issues in it.
    Create,
}

impl ProjectAction {
    const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Browse => "browse",
            Self::Edit => "edit",
            Self::Create => "create",
        }
    }
}

/// Which projects to list; the default lists all that are visible.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectQuery {
    /// Part of the key or name, whatever its case.
    pub query: Option<String>,
    /// What the user must be allowed to do there.
    pub action: ProjectAction,
    /// Only these ids, at most 50; none means any.
    pub ids: Vec<String>,
    /// Only these keys, at most 50; none means any.
    pub keys: Vec<String>,
    /// The position of the first project.
    pub start_at: u64,
    /// Projects per page, at most 100; 0 means 100.
    pub page_size: u32,
}

impl ProjectQuery {
    /// Lists the projects in which the user may create issues.
    #[must_use]
    pub fn creatable() -> Self {
        Self {
            action: ProjectAction::Create,
            ..Self::default()
        }
    }

    fn call(&self) -> Call {
        let size = if self.page_size == 0 {
            MAX_PAGE_SIZE
        } else {
            self.page_size
        };
        let mut call = Call::get(SEARCH)
            .query("startAt", self.start_at.to_string())
            .query("maxResults", size.min(MAX_PAGE_SIZE).to_string())
            .query("action", self.action.as_str())
            .query("orderBy", "key")
            .query_if("query", self.query.as_deref());
        for id in &self.ids {
            call = call.query("id", id);
        }
        for key in &self.keys {
            call = call.query("keys", key);
        }
        call
    }
}

impl Jira {
    /// Returns one page of the projects that match, ordered by key.
    ///
    /// Needs the scope `read:jira-work`. "Nothing matches" is an empty page. Costs one quota point per request
    /// and one per project.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    ///
    /// **Source:** Jira Cloud REST API v3, "Get projects paginated".
    pub async fn projects(&self, query: &ProjectQuery) -> Result<Page<Project>, Error> {
        match self.send(query.call()).await {
            Ok(answer) => answer.json(),
            Err(error) if error.is_jiras_not_found() => Ok(Page::empty(query.start_at)),
            Err(error) => Err(error),
        }
    }

    /// Streams all projects that match, page by page; ends with the first error.
    ///
    /// **Source:** Jira Cloud REST API v3, "Get projects paginated".
    pub fn projects_stream(
        &self,
        query: ProjectQuery,
    ) -> impl Stream<Item = Result<Project, Error>> + Send + use<> {
        let jira = self.clone();
        super::page::stream(query, move |query| {
            let jira = jira.clone();
            async move {
                let page = jira.projects(&query).await?;
                let next = page.next_start_after(query.start_at, query.call().route)?;
                let next = next.map(|start_at| ProjectQuery { start_at, ..query });
                Ok((page.values, next))
            }
        })
    }

    /// Returns one project by id or by key.
    ///
    /// Needs the scope `read:jira-work`.
    ///
    /// # Errors
    /// [`Error`] as for every read; 404 also when the user cannot see it.
    ///
    /// **Source:** Jira Cloud REST API v3, "Get project".
    pub async fn project(&self, id_or_key: &str) -> Result<Project, Error> {
        let call = Call::get("/rest/api/3/project/{projectIdOrKey}").argument(id_or_key);
        self.send(call).await?.json()
    }
}
