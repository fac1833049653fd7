//! Who belongs to a workspace.

use uuid::Uuid;

use super::error::WorkspaceError;
use super::model::{Actor, Member, Role};
use super::ports::MemberOutcome;
use super::service::WorkspaceService;
use crate::audit::model::AuditAction;
use crate::shared::ids::{UserId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::shared::validation::{Problems, has_chars};

impl WorkspaceService {
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
        let stored = self.member(workspace, user.id).await?;
        Ok(stored.unwrap_or(Member {
            user,
            role,
            created_at: now,
        }))
    }

    /// One member: the page of the list that begins with them.
    async fn member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<Option<Member>, WorkspaceError> {
        let before = user.as_uuid().as_u128().checked_sub(1);
        let page = PageRequest {
            limit: 1,
            after: before.map(Uuid::from_u128),
        };
        let found = self.directory.list_members(workspace, page).await?.items;
        Ok(found.into_iter().find(|member| member.user.id == user))
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
}
