//! What the user may do, and what the site is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::values::null_as_empty;
use crate::error::Error;
use crate::http::Call;
use crate::site::Jira;

/// What a site says about itself.
///
/// **Source:** Jira Cloud REST API v3, "Get Jira instance info".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServerInfo {
    /// The site's own address.
    #[serde(default)]
    pub base_url: String,
    /// The site's title.
    #[serde(default)]
    pub server_title: String,
    /// `Cloud`.
    #[serde(default)]
    pub deployment_type: String,
    /// Jira's version.
    #[serde(default)]
    pub version: String,
}

#[derive(Deserialize)]
struct Permissions {
    #[serde(default, deserialize_with = "null_as_empty")]
    permissions: BTreeMap<String, Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default)]
    have_permission: bool,
}

impl Jira {
    /// Tells for each of the permissions asked for whether the user has it, in a project where one is given.
    ///
    /// Keys are such as `CREATE_ISSUES` and `BROWSE_PROJECTS`; what Jira does not mention is `false`.
    ///
    /// # Errors
    /// [`Error`] as for every read; 400 for an unknown key.
    pub async fn my_permissions(
        &self,
        project_id: Option<&str>,
        keys: &[&str],
    ) -> Result<BTreeMap<String, bool>, Error> {
        let call = Call::get("/rest/api/3/mypermissions")
            .query_if("projectId", project_id)
            .query("permissions", keys.join(","));
        let found: Permissions = self.send(call).await?.json()?;
        let has = |key: &str| {
            found
                .permissions
                .get(key)
                .is_some_and(|found| found.have_permission)
        };
        Ok(keys
            .iter()
            .map(|key| ((*key).to_owned(), has(key)))
            .collect())
    }

    /// Returns what the site says about itself; needs no scope.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        self.send(Call::get("/rest/api/3/serverInfo")).await?.json()
    }
}
