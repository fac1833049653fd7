//! What the user may do.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::lenient::null_as_empty;
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

/// A permission by Jira's key.
///
/// **Source:** Jira Cloud REST API v3, "Permissions", built-in permissions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// `BROWSE_PROJECTS`: see a project and its issues.
    BrowseProjects,
    /// `CREATE_ISSUES`.
    CreateIssues,
    /// `EDIT_ISSUES`.
    EditIssues,
    /// `DELETE_ISSUES`.
    DeleteIssues,
    /// `ASSIGN_ISSUES`.
    AssignIssues,
    /// `MODIFY_REPORTER`: choose an issue's reporter.
    ModifyReporter,
    /// `TRANSITION_ISSUES`: change an issue's status.
    TransitionIssues,
    /// `ADD_COMMENTS`.
    AddComments,
    /// `ADMINISTER_PROJECTS`.
    AdministerProjects,
    /// `ADMINISTER`: administer the site's Jira.
    Administer,
    /// Any other, such as one that an app has brought.
    Other(String),
}

impl Permission {
    /// Returns Jira's key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::BrowseProjects => "BROWSE_PROJECTS",
            Self::CreateIssues => "CREATE_ISSUES",
            Self::EditIssues => "EDIT_ISSUES",
            Self::DeleteIssues => "DELETE_ISSUES",
            Self::AssignIssues => "ASSIGN_ISSUES",
            Self::ModifyReporter => "MODIFY_REPORTER",
            Self::TransitionIssues => "TRANSITION_ISSUES",
            Self::AddComments => "ADD_COMMENTS",
            Self::AdministerProjects => "ADMINISTER_PROJECTS",
            Self::Administer => "ADMINISTER",
            Self::Other(key) => key,
        }
    }
}

impl From<&str> for Permission {
    fn from(key: &str) -> Self {
        match key {
            "BROWSE_PROJECTS" => Self::BrowseProjects,
            "CREATE_ISSUES" => Self::CreateIssues,
            "EDIT_ISSUES" => Self::EditIssues,
            "DELETE_ISSUES" => Self::DeleteIssues,
            "ASSIGN_ISSUES" => Self::AssignIssues,
            "MODIFY_REPORTER" => Self::ModifyReporter,
            "TRANSITION_ISSUES" => Self::TransitionIssues,
            "ADD_COMMENTS" => Self::AddComments,
            "ADMINISTER_PROJECTS" => Self::AdministerProjects,
            "ADMINISTER" => Self::Administer,
            _ => Self::Other(key.to_owned()),
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What Jira said of the user's permissions; what it did not mention is not had.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MyPermissions {
    by_permission: BTreeMap<Permission, bool>,
}

impl MyPermissions {
    /// Tells whether the user has a permission; no where Jira did not mention it.
    #[must_use]
    pub fn has(&self, permission: &Permission) -> bool {
        self.by_permission.get(permission) == Some(&true)
    }

    /// Returns those of `wanted` that the user does not have.
    pub fn missing<'w>(
        &self,
        wanted: &'w [Permission],
    ) -> impl Iterator<Item = &'w Permission> + use<'_, 'w> {
        wanted.iter().filter(|permission| !self.has(permission))
    }

    /// Returns every permission Jira mentioned, and whether the user has it.
    pub fn iter(&self) -> impl Iterator<Item = (&Permission, bool)> {
        self.by_permission
            .iter()
            .map(|(permission, has)| (permission, *has))
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(deserialize_with = "null_as_empty")]
    permissions: BTreeMap<String, State>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    #[serde(default, deserialize_with = "null_as_empty")]
    have_permission: bool,
}

impl Jira {
    /// Asks which of some permissions the user has, in one project or, with `None`, anywhere on the site.
    ///
    /// Needs the scope `read:jira-work`. `project_id` is the number as text, not the key.
    ///
    /// # Errors
    /// [`Error`] as for every read; 400 for an unknown key, 404 for a project the user cannot see. To ask
    /// for nothing is [`Error::InvalidArgument`].
    ///
    /// **Source:** Jira Cloud REST API v3, "Get my permissions".
    pub async fn my_permissions(
        &self,
        project_id: Option<&str>,
        permissions: &[Permission],
    ) -> Result<MyPermissions, Error> {
        let keys: Vec<&str> = permissions.iter().map(Permission::as_str).collect();
        let mut call = Call::get("/rest/api/3/mypermissions")
            .query_if("projectId", project_id)
            .query("permissions", keys.join(","));
        if keys.is_empty() {
            call = call.refuse("no permission to ask for");
        }
        let answer: Answer = self.send(call).await?.json()?;
        let states = answer.permissions.into_iter();
        Ok(MyPermissions {
            by_permission: states
                .map(|(key, state)| (Permission::from(key.as_str()), state.have_permission))
                .collect(),
        })
    }
}
