//! The port to workspaces, members and tokens.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{Actor, ApiToken, Member, Role, User, Workspace, WorkspaceAccess};
use crate::shared::failure::Failure;
use crate::shared::ids::{ApiTokenId, UserId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};

/// What became of a change of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberOutcome {
    /// It was done.
    Done,
    /// There is no such member.
    NotFound,
    /// A workspace keeps at least one owner.
    LastOwner,
}

/// Knows workspaces, who belongs to them, and their tokens. Nothing here is cached.
#[async_trait]
pub trait WorkspaceDirectory: Send + Sync + 'static {
    /// Makes a workspace with its features and, where given, its first owner; does nothing and says so when the id is taken.
    async fn create_workspace(
        &self,
        workspace: &Workspace,
        owner: Option<UserId>,
        features: &[&str],
    ) -> Result<bool, Failure>;

    /// All workspaces, in the order of their ids; for operators.
    async fn list_workspaces(&self, page: PageRequest) -> Result<Page<Workspace>, Failure>;

    /// One workspace.
    async fn find_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Failure>;

    /// The workspaces a caller belongs to, in the order of their ids.
    async fn workspaces_of(&self, actor: Actor) -> Result<Vec<WorkspaceAccess>, Failure>;

    /// What a caller may do in one workspace; `None` where they do not belong to it.
    ///
    /// For a token its revocation and its end are checked again, against `now`.
    async fn access(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        now: OffsetDateTime,
    ) -> Result<Option<WorkspaceAccess>, Failure>;

    /// The user with this subject, made with the proposed id on first sight. Two callers at once get the same user.
    async fn ensure_user(&self, proposed: &User) -> Result<User, Failure>;

    /// The members of a workspace, in the order of their user ids.
    async fn list_members(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Member>, Failure>;

    /// Adds a member or changes their role.
    async fn put_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<MemberOutcome, Failure>;

    /// Removes a member.
    async fn remove_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<MemberOutcome, Failure>;

    /// Keeps a new token by the SHA-256 of its secret.
    async fn create_token(&self, token: &ApiToken, secret_hash: &[u8; 32]) -> Result<(), Failure>;

    /// The token with this hash that is neither revoked nor past its end.
    async fn find_token(
        &self,
        secret_hash: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<Option<ApiToken>, Failure>;

    /// Revokes a token; `false` where there is none or it was revoked before.
    async fn revoke_token(&self, id: ApiTokenId, now: OffsetDateTime) -> Result<bool, Failure>;

    /// Switches a feature of a workspace.
    async fn set_feature(
        &self,
        workspace: WorkspaceId,
        feature: &str,
        on: bool,
    ) -> Result<(), Failure>;
}
