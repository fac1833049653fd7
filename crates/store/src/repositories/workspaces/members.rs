//! Users and their places in workspaces.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::shared::ids::{UserId, WorkspaceId};
use handoff_domain::shared::page::PageRequest;
use handoff_domain::workspace::model::{Member, Role, User};
use handoff_domain::workspace::ports::MemberOutcome;
use time::OffsetDateTime;

use super::super::schema::{users, workspace_members};
use super::super::{Backend, Connection, locks};
use super::find;
use super::rows::UserRow;
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_word};

pub(super) async fn find_user(
    connection: &mut Connection,
    subject: &str,
) -> Result<Option<UserRow>, StoreError> {
    let query = users::table
        .filter(users::subject.eq(subject))
        .select(UserRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

pub(super) async fn insert_user(
    connection: &mut Connection,
    user: &User,
) -> Result<UserRow, StoreError> {
    let row = UserRow::from(user);
    let insert = diesel::insert_into(users::table).values(&row);
    insert
        .on_conflict(users::subject)
        .do_nothing()
        .execute(connection)
        .await?;
    let query = users::table
        .filter(users::subject.eq(&row.subject))
        .select(UserRow::as_select());
    Ok(query.first(connection).await?)
}

pub(super) type MemberColumns = (UserRow, String, OffsetDateTime);

pub(super) async fn load_members(
    connection: &mut Connection,
    workspace: WorkspaceId,
    page: PageRequest,
) -> Result<Vec<MemberColumns>, StoreError> {
    let mut query = workspace_members::table
        .inner_join(users::table.on(users::id.eq(workspace_members::user_id)))
        .filter(workspace_members::workspace_id.eq(RowId::from(workspace)))
        .order(users::id)
        .limit(i64::from(page.limit) + 1)
        .select((
            UserRow::as_select(),
            workspace_members::role,
            workspace_members::created_at,
        ))
        .into_boxed::<Backend>();
    if let Some(after) = page.after {
        query = query.filter(users::id.gt(RowId(after)));
    }
    Ok(query.load(connection).await?)
}

pub(super) fn to_member((user, role, created_at): MemberColumns) -> Result<Member, StoreError> {
    let role = parse_word("workspace_members.role", &role)?;
    Ok(Member {
        user: user.into(),
        role,
        created_at,
    })
}

pub(super) async fn put_member(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: OffsetDateTime,
) -> Result<MemberOutcome, StoreError> {
    locks::workspace(connection, workspace.into()).await?;
    if role != Role::Owner && is_last_owner(connection, workspace, user).await? {
        return Ok(MemberOutcome::LastOwner);
    }
    if find(connection, workspace).await?.is_none() || !user_exists(connection, user).await? {
        return Ok(MemberOutcome::NotFound);
    }
    write_member(connection, workspace, user, role, now).await?;
    Ok(MemberOutcome::Done)
}

pub(super) async fn remove_member(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<MemberOutcome, StoreError> {
    locks::workspace(connection, workspace.into()).await?;
    if is_last_owner(connection, workspace, user).await? {
        return Ok(MemberOutcome::LastOwner);
    }
    let member = workspace_members::table.find((RowId::from(workspace), RowId::from(user)));
    match diesel::delete(member).execute(connection).await? {
        0 => Ok(MemberOutcome::NotFound),
        _ => Ok(MemberOutcome::Done),
    }
}

pub(super) async fn write_member(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let row = (
        workspace_members::workspace_id.eq(RowId::from(workspace)),
        workspace_members::user_id.eq(RowId::from(user)),
        workspace_members::role.eq(role.word()),
        workspace_members::created_at.eq(now),
    );
    diesel::insert_into(workspace_members::table)
        .values(row)
        .on_conflict((workspace_members::workspace_id, workspace_members::user_id))
        .do_update()
        .set(workspace_members::role.eq(role.word()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn is_last_owner(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<bool, StoreError> {
    let owners: Vec<RowId> = workspace_members::table
        .filter(workspace_members::workspace_id.eq(RowId::from(workspace)))
        .filter(workspace_members::role.eq(Role::Owner.word()))
        .select(workspace_members::user_id)
        .limit(2)
        .load(connection)
        .await?;
    Ok(owners == [RowId::from(user)])
}

async fn user_exists(connection: &mut Connection, user: UserId) -> Result<bool, StoreError> {
    let found: Option<RowId> = users::table
        .find(RowId::from(user))
        .select(users::id)
        .first(connection)
        .await
        .optional()?;
    Ok(found.is_some())
}
