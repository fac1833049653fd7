//! What the site is.

use serde::Deserialize;

use super::lenient::null_as_empty;
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

/// What a site says about itself.
///
/// **Source:** Jira Cloud REST API v3, "Get Jira instance info".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServerInfo {
    /// The site's own address.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub base_url: String,
    /// The site's title.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub server_title: String,
    /// `Cloud`.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub deployment_type: String,
    /// Jira's version.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub version: String,
}

impl Jira {
    /// Returns what the site says about itself; needs no scope.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        self.send(Call::get("/rest/api/3/serverInfo")).await?.json()
    }
}
