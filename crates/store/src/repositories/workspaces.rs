//! Workspaces, their members and their tokens.

mod members;
mod rows;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::{ApiTokenId, UserId, WorkspaceId};
use handoff_domain::shared::page::{Page, PageRequest};
use handoff_domain::workspace::model::{
    Actor, ApiToken, Member, Role, User, Workspace, WorkspaceAccess,
};
use handoff_domain::workspace::ports::{MemberOutcome, WorkspaceDirectory};
use time::OffsetDateTime;

use super::schema::{api_tokens, workspace_features, workspace_members, workspaces};
use super::session::work;
use super::{Backend, Connection, Database};
use crate::error::StoreError;
use crate::values::{RowId, parse_word};
use rows::{TokenRow, WorkspaceRow};

/// Knows workspaces, who belongs to them, and their tokens.
pub(crate) struct Workspaces {
    database: Database,
}

impl Workspaces {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl WorkspaceDirectory for Workspaces {
    async fn create_workspace(
        &self,
        workspace: &Workspace,
        owner: Option<UserId>,
        features: &[&str],
    ) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(insert(connection, workspace, owner, features)))
            .await
    }

    async fn list_workspaces(&self, page: PageRequest) -> Result<Page<Workspace>, Failure> {
        let rows = list(&self.database, page).await?;
        let rows = rows.into_iter().map(Workspace::from).collect();
        Ok(Page::from_rows(
            rows,
            page.limit,
            |workspace: &Workspace| workspace.id.as_uuid(),
        ))
    }

    async fn find_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Failure> {
        let mut reader = self.database.read().await?;
        let row = find(reader.connection()?, id).await?;
        Ok(row.map(Workspace::from))
    }

    async fn workspaces_of(&self, actor: Actor) -> Result<Vec<WorkspaceAccess>, Failure> {
        let mut reader = self.database.read().await?;
        Ok(accesses(reader.connection()?, actor, None, None).await?)
    }

    async fn access(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        now: OffsetDateTime,
    ) -> Result<Option<WorkspaceAccess>, Failure> {
        let mut reader = self.database.read().await?;
        let found = accesses(reader.connection()?, actor, Some(workspace), Some(now)).await?;
        Ok(found.into_iter().next())
    }

    async fn ensure_user(&self, proposed: &User) -> Result<User, Failure> {
        let mut reader = self.database.read().await?;
        let known = members::find_user(reader.connection()?, &proposed.subject).await?;
        drop(reader);
        if let Some(known) = known {
            return Ok(known.into());
        }
        let inserted = self
            .database
            .write::<_, Failure>(|connection| work(members::insert_user(connection, proposed)));
        Ok(inserted.await?.into())
    }

    async fn list_members(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Member>, Failure> {
        let mut reader = self.database.read().await?;
        let rows = members::load_members(reader.connection()?, workspace, page).await?;
        let members = rows
            .into_iter()
            .map(members::to_member)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(members, page.limit, |member: &Member| {
            member.user.id.as_uuid()
        }))
    }

    async fn put_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<MemberOutcome, Failure> {
        self.database
            .write(|connection| work(members::put_member(connection, workspace, user, role, now)))
            .await
    }

    async fn remove_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<MemberOutcome, Failure> {
        self.database
            .write(|connection| work(members::remove_member(connection, workspace, user)))
            .await
    }

    async fn create_token(&self, token: &ApiToken, secret_hash: &[u8; 32]) -> Result<(), Failure> {
        self.database
            .write(|connection| work(insert_token(connection, token, secret_hash)))
            .await
    }

    async fn find_token(
        &self,
        secret_hash: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<Option<ApiToken>, Failure> {
        let mut reader = self.database.read().await?;
        let row = find_token(reader.connection()?, secret_hash, now).await?;
        Ok(row.map(ApiToken::try_from).transpose()?)
    }

    async fn revoke_token(&self, id: ApiTokenId, now: OffsetDateTime) -> Result<bool, Failure> {
        self.database
            .write(|connection| work(revoke_token(connection, id, now)))
            .await
    }

    async fn set_feature(
        &self,
        workspace: WorkspaceId,
        feature: &str,
        on: bool,
    ) -> Result<(), Failure> {
        self.database
            .write(|connection| work(set_feature(connection, workspace, feature, on)))
            .await
    }
}

async fn insert_token(
    connection: &mut Connection,
    token: &ApiToken,
    secret_hash: &[u8; 32],
) -> Result<(), StoreError> {
    diesel::insert_into(api_tokens::table)
        .values(&TokenRow::new(token, secret_hash))
        .execute(connection)
        .await?;
    Ok(())
}

async fn revoke_token(
    connection: &mut Connection,
    id: ApiTokenId,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let unrevoked = api_tokens::table
        .filter(api_tokens::id.eq(RowId::from(id)))
        .filter(api_tokens::revoked_at.is_null());
    let revoked = diesel::update(unrevoked)
        .set(api_tokens::revoked_at.eq(now))
        .execute(connection)
        .await?;
    Ok(revoked > 0)
}

async fn insert(
    connection: &mut Connection,
    workspace: &Workspace,
    owner: Option<UserId>,
    features: &[&str],
) -> Result<bool, StoreError> {
    let row = WorkspaceRow::from(workspace);
    let insert = diesel::insert_into(workspaces::table)
        .values(&row)
        .on_conflict_do_nothing();
    if insert.execute(connection).await? == 0 {
        return Ok(false);
    }
    for feature in features {
        set_feature(connection, workspace.id, feature, true).await?;
    }
    if let Some(owner) = owner {
        members::write_member(
            connection,
            workspace.id,
            owner,
            Role::Owner,
            workspace.created_at,
        )
        .await?;
    }
    Ok(true)
}

async fn set_feature(
    connection: &mut Connection,
    workspace: WorkspaceId,
    feature: &str,
    on: bool,
) -> Result<(), StoreError> {
    let id = RowId::from(workspace);
    if on {
        let row = (
            workspace_features::workspace_id.eq(id),
            workspace_features::feature.eq(feature),
        );
        let insert = diesel::insert_into(workspace_features::table).values(row);
        insert.on_conflict_do_nothing().execute(connection).await?;
    } else {
        let row = workspace_features::table.find((id, feature));
        diesel::delete(row).execute(connection).await?;
    }
    Ok(())
}

async fn list(database: &Database, page: PageRequest) -> Result<Vec<WorkspaceRow>, StoreError> {
    let mut query = workspaces::table
        .order(workspaces::id)
        .limit(i64::from(page.limit) + 1)
        .select(WorkspaceRow::as_select())
        .into_boxed::<Backend>();
    if let Some(after) = page.after {
        query = query.filter(workspaces::id.gt(RowId(after)));
    }
    let mut reader = database.read().await?;
    Ok(query.load(reader.connection()?).await?)
}

async fn find(
    connection: &mut Connection,
    id: WorkspaceId,
) -> Result<Option<WorkspaceRow>, StoreError> {
    let query = workspaces::table
        .find(RowId::from(id))
        .select(WorkspaceRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

/// A workspace, the caller's role in it, and one of its features; a workspace has a row for each.
type AccessColumns = (WorkspaceRow, String, Option<String>);

/// What a caller may do, in one workspace or in all of them; one statement, since each request asks.
async fn accesses(
    connection: &mut Connection,
    actor: Actor,
    only: Option<WorkspaceId>,
    now: Option<OffsetDateTime>,
) -> Result<Vec<WorkspaceAccess>, StoreError> {
    let only = only.map(RowId::from);
    let rows = match actor {
        Actor::User(user) => workspaces_of_user(connection, user, only).await?,
        Actor::Token(token) => workspace_of_token(connection, token, only, now).await?,
        Actor::System => return Ok(Vec::new()),
    };
    let mut found: Vec<WorkspaceAccess> = Vec::new();
    for (workspace, role, feature) in rows {
        let workspace = Workspace::from(workspace);
        match found.last_mut() {
            Some(access) if access.workspace.id == workspace.id => access.features.extend(feature),
            _ => found.push(WorkspaceAccess {
                workspace,
                role: parse_word("workspace_members.role", &role)?,
                features: feature.into_iter().collect(),
            }),
        }
    }
    Ok(found)
}

async fn workspaces_of_user(
    connection: &mut Connection,
    user: UserId,
    only: Option<RowId>,
) -> Result<Vec<AccessColumns>, StoreError> {
    let mut query = workspace_members::table
        .inner_join(workspaces::table.on(workspaces::id.eq(workspace_members::workspace_id)))
        .left_join(
            workspace_features::table.on(workspace_features::workspace_id.eq(workspaces::id)),
        )
        .filter(workspace_members::user_id.eq(RowId::from(user)))
        .order((workspaces::id, workspace_features::feature))
        .select((
            WorkspaceRow::as_select(),
            workspace_members::role,
            workspace_features::feature.nullable(),
        ))
        .into_boxed::<Backend>();
    if let Some(only) = only {
        query = query.filter(workspaces::id.eq(only));
    }
    Ok(query.load(connection).await?)
}

async fn workspace_of_token(
    connection: &mut Connection,
    token: ApiTokenId,
    only: Option<RowId>,
    now: Option<OffsetDateTime>,
) -> Result<Vec<AccessColumns>, StoreError> {
    let mut query = api_tokens::table
        .inner_join(workspaces::table.on(workspaces::id.eq(api_tokens::workspace_id)))
        .left_join(
            workspace_features::table.on(workspace_features::workspace_id.eq(workspaces::id)),
        )
        .filter(api_tokens::id.eq(RowId::from(token)))
        .filter(api_tokens::revoked_at.is_null())
        .order((workspaces::id, workspace_features::feature))
        .select((
            WorkspaceRow::as_select(),
            api_tokens::role,
            workspace_features::feature.nullable(),
        ))
        .into_boxed::<Backend>();
    if let Some(only) = only {
        query = query.filter(workspaces::id.eq(only));
    }
    if let Some(now) = now {
        query = query.filter(
            api_tokens::expires_at
                .is_null()
                .or(api_tokens::expires_at.gt(now)),
        );
    }
    Ok(query.load(connection).await?)
}

async fn find_token(
    connection: &mut Connection,
    secret_hash: &[u8; 32],
    now: OffsetDateTime,
) -> Result<Option<TokenRow>, StoreError> {
    let query = api_tokens::table
        .filter(api_tokens::secret_hash.eq(secret_hash.as_slice()))
        .filter(api_tokens::revoked_at.is_null())
        .filter(
            api_tokens::expires_at
                .is_null()
                .or(api_tokens::expires_at.gt(now)),
        )
        .select(TokenRow::as_select());
    Ok(query.first(connection).await.optional()?)
}
