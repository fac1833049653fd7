//! What is done with workspaces, members and tokens.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::error::WorkspaceError;
use super::model::{
    Actor, ApiToken, HAS_INTEGRATIONS, Member, Role, User, Workspace, WorkspaceAccess,
};
use super::ports::{MemberOutcome, WorkspaceDirectory};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::audit::ports::AuditTrail;
use crate::connection::ports::SecretHasher;
use crate::shared::clock::{Clock, Randomness};
use crate::shared::ids::{ApiTokenId, IdSource, UserId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::shared::secret::new_secret;
use crate::shared::validation::{Problems, has_chars, one_line};

/// The prefix of every workspace API token, so that a leaked one can be told by its look.
pub const TOKEN_PREFIX: &str = "handoff_";

/// A new token with its secret, which is shown this once.
#[derive(Debug)]
pub struct NewToken {
    /// The token.
    pub token: ApiToken,
    /// The bearer secret.
    pub secret: SecretString,
}

/// What the service stands on.
#[derive(Clone)]
pub struct WorkspaceService {
    directory: Arc<dyn WorkspaceDirectory>,
    audit: Arc<dyn AuditTrail>,
    hasher: Arc<dyn SecretHasher>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    ids: IdSource,
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

    /// Who a bearer secret of ours belongs to.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn token_actor(&self, secret: &str) -> Result<Option<Actor>, WorkspaceError> {
        if !secret.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let hash = self.hasher.hash(secret);
        let found = self.directory.find_token(&hash, self.clock.now()).await?;
        Ok(found.map(|token| Actor::Token(token.id)))
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

    /// The members of a workspace.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn members(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Member>, WorkspaceError> {
        Ok(self.directory.list_members(workspace, page).await?)
    }

    /// Adds the person with this subject, or changes their role.
    ///
    /// # Errors
    /// [`WorkspaceError::Forbidden`] when one who is no owner names or changes an owner; [`WorkspaceError::Invalid`] when the
    /// last owner would lose that role.
    pub async fn put_member(
        &self,
        actor: Actor,
        actor_role: Role,
        workspace: WorkspaceId,
        subject: &str,
        role: Role,
    ) -> Result<Member, WorkspaceError> {
        if !has_chars(subject, 1, 255) {
            return Err(WorkspaceError::Invalid(Problems::one(
                "/subject",
                "give 1 to 255 characters",
            )));
        }
        self.existing(workspace).await?;
        let user = self.user(subject).await?;
        self.guard_owner(actor_role, workspace, user.id, Some(role))
            .await?;
        let now = self.clock.now();
        let outcome = self
            .directory
            .put_member(workspace, user.id, role, now)
            .await?;
        Self::member_done(outcome, "/role")?;
        self.note(
            actor,
            workspace,
            AuditAction::MemberPut,
            format!("user:{}", user.id),
        )
        .await?;
        Ok(Member {
            user,
            role,
            created_at: now,
        })
    }

    /// Removes a member.
    ///
    /// # Errors
    /// [`WorkspaceError::MemberNotFound`], and as for [`WorkspaceService::put_member`].
    pub async fn remove_member(
        &self,
        actor: Actor,
        actor_role: Role,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<(), WorkspaceError> {
        self.guard_owner(actor_role, workspace, user, None).await?;
        let outcome = self.directory.remove_member(workspace, user).await?;
        Self::member_done(outcome, "/user_id")?;
        self.note(
            actor,
            workspace,
            AuditAction::MemberRemoved,
            format!("user:{user}"),
        )
        .await
    }

    /// Makes a token for a workspace.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub async fn create_token(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        role: Role,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<NewToken, WorkspaceError> {
        self.existing(workspace).await?;
        let token = ApiToken {
            id: self.ids.next(),
            workspace_id: workspace,
            role,
            created_at: self.clock.now(),
            expires_at,
            revoked_at: None,
        };
        let secret = new_secret(self.randomness.as_ref(), TOKEN_PREFIX);
        self.directory
            .create_token(&token, &self.hasher.hash(secret.expose_secret()))
            .await?;
        self.note(
            actor,
            workspace,
            AuditAction::TokenCreated,
            format!("token:{}", token.id),
        )
        .await?;
        Ok(NewToken { token, secret })
    }

    /// Revokes a token by its id or by its secret; `false` where there is none.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn revoke_token(
        &self,
        actor: Actor,
        id_or_secret: &str,
    ) -> Result<bool, WorkspaceError> {
        let now = self.clock.now();
        let id = match id_or_secret.parse::<ApiTokenId>() {
            Ok(id) => Some(id),
            Err(_) => {
                let hash = self.hasher.hash(id_or_secret);
                self.directory
                    .find_token(&hash, now)
                    .await?
                    .map(|token| token.id)
            }
        };
        let Some(id) = id else { return Ok(false) };
        if !self.directory.revoke_token(id, now).await? {
            return Ok(false);
        }
        let entry = self.entry(
            actor,
            None,
            AuditAction::TokenRevoked,
            format!("token:{id}"),
        );
        self.audit.record(&entry).await?;
        Ok(true)
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

    async fn existing(&self, workspace: WorkspaceId) -> Result<Workspace, WorkspaceError> {
        self.directory
            .find_workspace(workspace)
            .await?
            .ok_or(WorkspaceError::NotFound)
    }

    /// Only an owner may make, change or remove an owner.
    async fn guard_owner(
        &self,
        actor_role: Role,
        workspace: WorkspaceId,
        user: UserId,
        new_role: Option<Role>,
    ) -> Result<(), WorkspaceError> {
        if actor_role == Role::Owner {
            return Ok(());
        }
        let now = self.clock.now();
        let present = self
            .directory
            .access(Actor::User(user), workspace, now)
            .await?;
        let is_owner = present.is_some_and(|access| access.role == Role::Owner);
        if is_owner || new_role == Some(Role::Owner) {
            return Err(WorkspaceError::Forbidden);
        }
        Ok(())
    }

    fn member_done(outcome: MemberOutcome, pointer: &str) -> Result<(), WorkspaceError> {
        match outcome {
            MemberOutcome::Done => Ok(()),
            MemberOutcome::NotFound => Err(WorkspaceError::MemberNotFound),
            MemberOutcome::LastOwner => {
                let message = "a workspace keeps at least one owner; name another owner first";
                Err(WorkspaceError::Invalid(Problems::one(pointer, message)))
            }
        }
    }

    async fn note(
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

    fn entry(
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
