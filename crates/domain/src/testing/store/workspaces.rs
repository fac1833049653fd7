//! Workspaces in memory.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{InMemoryStore, State, StoredToken, page_up};
use crate::shared::failure::Failure;
use crate::shared::ids::{ApiTokenId, UserId, WorkspaceId};
use crate::shared::page::{Page, PageRequest};
use crate::workspace::model::{Actor, ApiToken, Member, Role, User, Workspace, WorkspaceAccess};
use crate::workspace::ports::{MemberOutcome, WorkspaceDirectory};

/// Keeps workspaces in memory.
#[derive(Clone, Debug)]
pub struct InMemoryWorkspaceDirectory(InMemoryStore);

impl InMemoryWorkspaceDirectory {
    /// Puts the directory on a memory.
    #[must_use]
    pub fn new(store: &InMemoryStore) -> Self {
        Self(store.clone())
    }
}

impl State {
    fn access_as(&self, workspace: WorkspaceId, role: Role) -> Option<WorkspaceAccess> {
        let workspace = self.workspaces.get(&workspace)?.clone();
        let mine = self.features.iter().filter(|(id, _)| *id == workspace.id);
        let features = mine.map(|(_, feature)| feature.clone()).collect();
        Some(WorkspaceAccess {
            workspace,
            role,
            features,
        })
    }

    fn put(
        &mut self,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
        now: OffsetDateTime,
    ) -> bool {
        let Some(user) = self.users.get(&user).cloned() else {
            return false;
        };
        let key = (workspace, user.id);
        let created_at = self
            .members
            .get(&key)
            .map_or(now, |member| member.created_at);
        self.members.insert(
            key,
            Member {
                user,
                role,
                created_at,
            },
        );
        true
    }

    /// Whether a workspace would be without an owner if this member were none.
    fn is_last_owner(&self, workspace: WorkspaceId, user: UserId) -> bool {
        let owners = self
            .members
            .iter()
            .filter(|((id, _), member)| *id == workspace && member.role == Role::Owner);
        let mut owners = owners.map(|((_, owner), _)| *owner);
        owners.next() == Some(user) && owners.next().is_none()
    }
}

fn is_usable(token: &ApiToken, now: OffsetDateTime) -> bool {
    token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now)
}

#[async_trait]
impl WorkspaceDirectory for InMemoryWorkspaceDirectory {
    async fn create_workspace(
        &self,
        workspace: &Workspace,
        owner: Option<UserId>,
        features: &[&str],
    ) -> Result<bool, Failure> {
        let mut state = self.0.enter().await;
        if state.workspaces.contains_key(&workspace.id) {
            return Ok(false);
        }
        if owner.is_some_and(|owner| !state.users.contains_key(&owner)) {
            return Err(Failure::internal("the owner is not known"));
        }
        state.workspaces.insert(workspace.id, workspace.clone());
        if let Some(owner) = owner {
            state.put(workspace.id, owner, Role::Owner, workspace.created_at);
        }
        for feature in features {
            state.features.insert((workspace.id, (*feature).to_owned()));
        }
        Ok(true)
    }

    async fn list_workspaces(&self, page: PageRequest) -> Result<Page<Workspace>, Failure> {
        let state = self.0.enter().await;
        let all = state.workspaces.values().cloned();
        Ok(page_up(all, page, |workspace| workspace.id.as_uuid()))
    }

    async fn find_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Failure> {
        Ok(self.0.enter().await.workspaces.get(&id).cloned())
    }

    async fn workspaces_of(&self, actor: Actor) -> Result<Vec<WorkspaceAccess>, Failure> {
        let state = self.0.enter().await;
        let access = match actor {
            Actor::User(user) => state
                .members
                .iter()
                .filter(|((_, member), _)| *member == user)
                .filter_map(|((workspace, _), member)| state.access_as(*workspace, member.role))
                .collect(),
            Actor::Token(id) => {
                let token = state.tokens.get(&id).map(|stored| &stored.token);
                let token = token.filter(|token| token.revoked_at.is_none());
                let access =
                    token.and_then(|token| state.access_as(token.workspace_id, token.role));
                access.into_iter().collect()
            }
            Actor::System => Vec::new(),
        };
        Ok(access)
    }

    async fn access(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        now: OffsetDateTime,
    ) -> Result<Option<WorkspaceAccess>, Failure> {
        let state = self.0.enter().await;
        let role = match actor {
            Actor::User(user) => state
                .members
                .get(&(workspace, user))
                .map(|member| member.role),
            Actor::Token(id) => {
                let token = state.tokens.get(&id).map(|stored| &stored.token);
                let token = token.filter(|token| token.workspace_id == workspace);
                token
                    .filter(|token| is_usable(token, now))
                    .map(|token| token.role)
            }
            Actor::System => None,
        };
        Ok(role.and_then(|role| state.access_as(workspace, role)))
    }

    async fn ensure_user(&self, proposed: &User) -> Result<User, Failure> {
        let mut state = self.0.enter().await;
        if let Some(known) = state
            .users
            .values()
            .find(|user| user.subject == proposed.subject)
        {
            return Ok(known.clone());
        }
        state.users.insert(proposed.id, proposed.clone());
        Ok(proposed.clone())
    }

    async fn list_members(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Member>, Failure> {
        let state = self.0.enter().await;
        let mine = state.members.iter().filter(|((id, _), _)| *id == workspace);
        Ok(page_up(
            mine.map(|(_, member)| member.clone()),
            page,
            |member| member.user.id.as_uuid(),
        ))
    }

    async fn put_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<MemberOutcome, Failure> {
        let mut state = self.0.enter().await;
        if role != Role::Owner && state.is_last_owner(workspace, user) {
            return Ok(MemberOutcome::LastOwner);
        }
        let is_put =
            state.workspaces.contains_key(&workspace) && state.put(workspace, user, role, now);
        Ok(if is_put {
            MemberOutcome::Done
        } else {
            MemberOutcome::NotFound
        })
    }

    async fn remove_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<MemberOutcome, Failure> {
        let mut state = self.0.enter().await;
        if state.is_last_owner(workspace, user) {
            return Ok(MemberOutcome::LastOwner);
        }
        let removed = state.members.remove(&(workspace, user));
        Ok(removed.map_or(MemberOutcome::NotFound, |_| MemberOutcome::Done))
    }

    async fn create_token(&self, token: &ApiToken, secret_hash: &[u8; 32]) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        if !state.workspaces.contains_key(&token.workspace_id) {
            return Err(Failure::internal("the token's workspace is not known"));
        }
        let stored = StoredToken {
            token: token.clone(),
            secret_hash: *secret_hash,
        };
        state.tokens.insert(token.id, stored);
        Ok(())
    }

    async fn find_token(
        &self,
        secret_hash: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<Option<ApiToken>, Failure> {
        let state = self.0.enter().await;
        let found = state
            .tokens
            .values()
            .find(|stored| stored.secret_hash == *secret_hash);
        Ok(found
            .map(|stored| stored.token.clone())
            .filter(|token| is_usable(token, now)))
    }

    async fn revoke_token(&self, id: ApiTokenId, now: OffsetDateTime) -> Result<bool, Failure> {
        let mut state = self.0.enter().await;
        let token = state.tokens.get_mut(&id).map(|stored| &mut stored.token);
        let Some(token) = token.filter(|token| token.revoked_at.is_none()) else {
            return Ok(false);
        };
        token.revoked_at = Some(now);
        Ok(true)
    }

    async fn set_feature(
        &self,
        workspace: WorkspaceId,
        feature: &str,
        on: bool,
    ) -> Result<(), Failure> {
        let mut state = self.0.enter().await;
        let key = (workspace, feature.to_owned());
        if on {
            state.features.insert(key);
        } else {
            state.features.remove(&key);
        }
        Ok(())
    }
}
