//! Whether the database can be worked with.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use handoff_domain::shared::failure::Failure;
use handoff_store::Store;

use crate::state::Readiness;

/// Asks the database for a sign of life, and once for its migrations.
pub(super) struct StoreReadiness {
    store: Store,
    is_migrated: AtomicBool,
}

impl StoreReadiness {
    pub(super) const fn new(store: Store) -> Self {
        Self {
            store,
            is_migrated: AtomicBool::new(false),
        }
    }
}

impl fmt::Debug for StoreReadiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreReadiness").finish_non_exhaustive()
    }
}

#[async_trait]
impl Readiness for StoreReadiness {
    async fn is_ready(&self) -> Result<bool, Failure> {
        self.store.ping().await.map_err(Failure::internal)?;
        if self.is_migrated.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let pending = self
            .store
            .pending_migrations()
            .await
            .map_err(Failure::internal)?;
        self.is_migrated
            .store(pending.is_empty(), Ordering::Relaxed);
        Ok(pending.is_empty())
    }
}
