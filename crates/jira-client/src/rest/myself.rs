//! Who the token belongs to.

use serde::Deserialize;

use super::lenient::null_as_empty;
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

/// The account that the token acts as.
///
/// **Source:** Jira Cloud REST API v3, "Get current user".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Myself {
    /// The Atlassian account id, the same on every site.
    pub account_id: String,
    /// The name shown.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub display_name: String,
    /// The profile's time zone, which JQL dates use, such as `Europe/Berlin`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The e-mail address, where the account shows it.
    #[serde(default, rename = "emailAddress")]
    pub email: Option<String>,
}

impl Jira {
    /// Returns the account that the token acts as; also the best test of a connection.
    ///
    /// Needs the scope `read:jira-user`.
    ///
    /// # Errors
    /// [`Error`] as for every read.
    pub async fn myself(&self) -> Result<Myself, Error> {
        self.send(Call::get("/rest/api/3/myself")).await?.json()
    }
}
