//! What is done with workspaces, members and tokens.

use std::sync::Arc;

use super::error::WorkspaceError;
use super::model::{Actor, HAS_INTEGRATIONS, Role, User, Workspace, WorkspaceAccess};
use super::ports::WorkspaceDirectory;
use crate::audit::model::{AuditAction, AuditEntry};
use crate::audit::ports::AuditTrail;
use crate::connection::ports::SecretHasher;
use crate::shared::clock::{Clock, Randomness};
use crate::shared::ids::{IdSource, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::shared::validation::{Problems, has_chars, one_line};

/// What the service stands on.
#[derive(Clone)]
pub struct WorkspaceService {
    pub(super) directory: Arc<dyn WorkspaceDirectory>,
    pub(super) audit: Arc<dyn AuditTrail>,
    pub(super) hasher: Arc<dyn SecretHasher>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) randomness: Arc<dyn Randomness>,
    pub(super) ids: IdSource,
}

impl std::fmt::Debug for WorkspaceService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkspaceService").finish_non_exhaustive()
    }
}

impl WorkspaceService {
    /// Puts the service on its ports.
    #[must_use]
    pub fn new(
        directory: Arc<dyn WorkspaceDirectory>,
        audit: Arc<dyn AuditTrail>,
        hasher: Arc<dyn SecretHasher>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        ids: IdSource,
    ) -> Self {
        Self {
            directory,
            audit,
            hasher,
            clock,
            randomness,
            ids,
        }
    }

    /// The user behind a subject of the identity provider, made on first sight.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn user(&self, subject: &str) -> Result<User, WorkspaceError> {
        let proposed = User {
            id: self.ids.next(),
            subject: subject.to_owned(),
            created_at: self.clock.now(),
        };
        Ok(self.directory.ensure_user(&proposed).await?)
    }

    /// The workspaces a caller belongs to.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn workspaces_of(
        &self,
        actor: Actor,
    ) -> Result<Vec<WorkspaceAccess>, WorkspaceError> {
        Ok(self.directory.workspaces_of(actor).await?)
    }

    /// What a caller may do in a workspace, if it is at least this.
    ///
    /// # Errors
    /// [`WorkspaceError::Forbidden`] where they do not belong to it or their role is lower.
    pub async fn require(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        role: Role,
    ) -> Result<WorkspaceAccess, WorkspaceError> {
        let access = self
            .directory
            .access(actor, workspace, self.clock.now())
            .await?;
        access
            .filter(|access| access.role >= role)
            .ok_or(WorkspaceError::Forbidden)
    }

    /// As [`WorkspaceService::require`], and the workspace may use integrations.
    ///
    /// # Errors
    /// Also [`WorkspaceError::FeatureNotEnabled`].
    pub async fn require_integrations(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        role: Role,
    ) -> Result<WorkspaceAccess, WorkspaceError> {
        let access = self.require(actor, workspace, role).await?;
        if !access.has_feature(HAS_INTEGRATIONS) {
            return Err(WorkspaceError::FeatureNotEnabled);
        }
        Ok(access)
    }

    /// Makes a workspace; a person becomes its first owner. Integrations are on.
    ///
    /// # Errors
    /// [`WorkspaceError::Forbidden`] for a token, which belongs to one workspace only; [`WorkspaceError::Invalid`] for a
    /// bad name or an id that is taken.
    pub async fn create(
        &self,
        actor: Actor,
        name: &str,
        id: Option<WorkspaceId>,
    ) -> Result<Workspace, WorkspaceError> {
        let owner = match actor {
            Actor::User(user) => Some(user),
            Actor::System => None,
            Actor::Token(_) => return Err(WorkspaceError::Forbidden),
        };
        let name = one_line(name);
        if !has_chars(&name, 1, 200) {
            return Err(WorkspaceError::Invalid(Problems::one(
                "/name",
                "give 1 to 200 characters",
            )));
        }
        let id = id.unwrap_or_else(|| self.ids.next());
        let workspace = Workspace {
            id,
            name,
            created_at: self.clock.now(),
        };
        if !self
            .directory
            .create_workspace(&workspace, owner, &[HAS_INTEGRATIONS])
            .await?
        {
            return Err(WorkspaceError::Invalid(Problems::one(
                "/id",
                "this id is taken",
            )));
        }
        Ok(workspace)
    }

    /// All workspaces; for operators.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn list_all(&self, page: PageRequest) -> Result<Page<Workspace>, WorkspaceError> {
        Ok(self.directory.list_workspaces(page).await?)
    }

    /// Switches a feature of a workspace.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`]; [`WorkspaceError::Invalid`] for a name that is not `[a-z0-9_]{1,64}`.
    pub async fn set_feature(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        feature: &str,
        on: bool,
    ) -> Result<(), WorkspaceError> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !has_chars(feature, 1, 64) || !feature.chars().all(is_name) {
            let message = "give 1 to 64 lower-case letters, digits or underscores";
            return Err(WorkspaceError::Invalid(Problems::one("/feature", message)));
        }
        self.existing(workspace).await?;
        self.directory.set_feature(workspace, feature, on).await?;
        self.note(
            actor,
            workspace,
            AuditAction::FeatureSet,
            format!("feature:{feature}"),
        )
        .await
    }

    pub(super) async fn existing(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Workspace, WorkspaceError> {
        self.directory
            .find_workspace(workspace)
            .await?
            .ok_or(WorkspaceError::NotFound)
    }

    pub(super) async fn note(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        action: AuditAction,
        subject: String,
    ) -> Result<(), WorkspaceError> {
        Ok(self
            .audit
            .record(&self.entry(actor, Some(workspace), action, subject))
            .await?)
    }

    pub(super) fn entry(
        &self,
        actor: Actor,
        workspace_id: Option<WorkspaceId>,
        action: AuditAction,
        subject: String,
    ) -> AuditEntry {
        AuditEntry {
            id: self.ids.next(),
            workspace_id,
            actor,
            action,
            subject,
            result: "ok".to_owned(),
            at: self.clock.now(),
        }
    }
}
