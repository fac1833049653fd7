//! How domain values are kept in columns of both databases.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Binary, Uuid as PgUuid};
use diesel::sqlite::Sqlite;
use handoff_domain::connection::model::{Platform, ReconnectReason};
use handoff_domain::delivery::model::{DeliveryState, PushState};
use handoff_domain::document::model::{BlockType, DocumentStatus, DocumentType};
use handoff_domain::ticket::model::{Effort, SyncedStatus, TicketSource, TicketStatus, TicketType};
use handoff_domain::workspace::model::{Actor, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;

/// An id as a column: `uuid` on PostgreSQL, sixteen bytes on SQLite; both sort in the order of making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
#[diesel(sql_type = PgUuid)]
pub(crate) struct RowId(pub(crate) Uuid);

impl RowId {
    /// The domain's id of this row.
    pub(crate) fn id<T: From<Uuid>>(self) -> T {
        T::from(self.0)
    }
}

impl ToSql<Binary, Sqlite> for RowId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(serialize::IsNull::No)
    }
}

impl FromSql<Binary, Sqlite> for RowId {
    fn from_sql(bytes: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(bytes)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<PgUuid, Pg> for RowId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Uuid as ToSql<PgUuid, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<PgUuid, Pg> for RowId {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<PgUuid, Pg>>::from_sql(bytes).map(Self)
    }
}

/// Turns domain ids into row ids.
macro_rules! row_ids {
    ($($id:ident),+ $(,)?) => {$(
        impl From<handoff_domain::shared::ids::$id> for RowId {
            fn from(id: handoff_domain::shared::ids::$id) -> Self {
                Self(id.as_uuid())
            }
        }
    )+};
}

row_ids! {
    WorkspaceId, UserId, ApiTokenId, DocumentId, BlockId, TicketId, IntegrationId, PushId, DeliveryId, LeaseId,
    AuditEntryId,
}

/// The row ids of many domain ids, sorted and without repeats, as rows are locked.
pub(crate) fn row_ids<T: Copy + Into<RowId>>(ids: &[T]) -> Vec<RowId> {
    let mut ids: Vec<RowId> = ids.iter().copied().map(Into::into).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A value that is kept as a word.
pub(crate) trait Word: Sized {
    /// The word in the column.
    fn word(self) -> &'static str;

    /// The value behind the word.
    fn parse_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($type:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        impl Word for $type {
            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn parse_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    )+};
}

words! {
    Role { Member = "member", Admin = "admin", Owner = "owner" }
    DocumentType {
        Prd = "prd", Spec = "spec", Memo = "memo", UserStory = "user_story",
        RoadmapUpdate = "roadmap_update", ReleaseNotes = "release_notes",
    }
    DocumentStatus { Draft = "draft", Review = "review", Approved = "approved", Published = "published" }
    BlockType {
        Problem = "problem", Persona = "persona", Goal = "goal", Solution = "solution", UserStory = "user_story",
        Requirement = "requirement", Task = "task", Metrics = "metrics", NonGoal = "non_goal", Risk = "risk",
        Timeline = "timeline", OpenQuestion = "open_question", Note = "note",
    }
    TicketType { Task = "task", Story = "story", Bug = "bug", Epic = "epic", Subtask = "subtask" }
    TicketSource { Scoped = "scoped", Manual = "manual" }
    TicketStatus {
        Generated = "generated", Reviewed = "reviewed", Pushed = "pushed", Synced = "synced",
        PushFailed = "push_failed",
    }
    Effort { Trivial = "trivial", Small = "small", Medium = "medium", Large = "large", Xlarge = "xlarge" }
    SyncedStatus { Open = "open", InProgress = "in_progress", Done = "done", Missing = "missing" }
    PushState { Running = "running", Settled = "settled" }
}

impl Word for DeliveryState {
    fn word(self) -> &'static str {
        self.as_str()
    }

    fn parse_word(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

impl Word for Platform {
    fn word(self) -> &'static str {
        self.as_str()
    }

    fn parse_word(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

impl Word for ReconnectReason {
    fn word(self) -> &'static str {
        self.as_str()
    }

    fn parse_word(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

/// Reads a word column, named for the error.
pub(crate) fn parse_word<T: Word>(column: &'static str, word: &str) -> Result<T, StoreError> {
    T::parse_word(word).ok_or(StoreError::Corrupt { column })
}

/// Reads an actor column.
pub(crate) fn parse_actor(column: &'static str, text: &str) -> Result<Actor, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { column })
}

/// Reads a count or position column, which is never negative.
pub(crate) fn parse_u32(column: &'static str, number: i32) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Corrupt { column })
}

/// Reads the columns of a SHA-256.
pub(crate) fn parse_hash(column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt { column })
}

/// Reads a JSON column.
pub(crate) fn parse_json<T: DeserializeOwned>(
    column: &'static str,
    json: Value,
) -> Result<T, StoreError> {
    serde_json::from_value(json).map_err(|_| StoreError::Corrupt { column })
}

/// Writes a JSON column.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(StoreError::Json)
}

/// Writes a line number or position; what does not fit is the greatest number.
pub(crate) fn to_i32(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
