//! Typed identifiers and the source they are drawn from.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::clock::{Clock, Randomness};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name such a thing.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// Names a workspace.
    WorkspaceId,
    /// Names a person known by the subject of an identity provider.
    UserId,
    /// Names a workspace API token, never its secret.
    ApiTokenId,
    /// Names a document.
    DocumentId,
    /// Names a block of a document.
    BlockId,
    /// Names an execution ticket.
    TicketId,
    /// Names the integration of a workspace with a tracker.
    IntegrationId,
    /// Names a push.
    PushId,
    /// Names a delivery; it is also the mark that an issue carries.
    DeliveryId,
    /// Names one hold on a row: a claimed delivery or a running refresh.
    LeaseId,
    /// Names an audit entry.
    AuditEntryId,
}

/// Draws UUIDs of version 7 that rise within this process, so that ids sort in the order of their making.
#[derive(Clone)]
pub struct IdSource {
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    last: Arc<Mutex<u128>>,
}

impl IdSource {
    /// Makes a source on the given clock and randomness.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        Self {
            clock,
            randomness,
            last: Arc::default(),
        }
    }

    /// Draws the next id.
    #[must_use]
    pub fn next<T: From<Uuid>>(&self) -> T {
        let mut random = [0; 10];
        self.randomness.fill(&mut random);
        let millis = self.clock.now().unix_timestamp_nanos() / 1_000_000;
        let millis = u64::try_from(millis).unwrap_or_default();
        let drawn = Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .as_u128();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = drawn.max(last.saturating_add(1));
        T::from(Uuid::from_u128(*last))
    }
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSource").finish_non_exhaustive()
    }
}
