//! Connections as the repositories hold them, safe against being dropped at any moment.

use std::future::Future;

use deadpool::managed::Object;
use diesel_async::{AsyncConnection, TransactionManager};

use super::{Connection, Pooled, begin_snapshot, begin_write, connection, is_idle};
use crate::error::StoreError;

type Manager = <Connection as AsyncConnection>::TransactionManager;

/// How often a transaction that the database gave up is run.
const ATTEMPTS: u32 = 4;

/// A connection for a single reading statement; it goes back to its pool unless it was dropped at work.
pub(crate) struct Reader(Option<Pooled>);

impl Reader {
    pub(crate) const fn new(pooled: Pooled) -> Self {
        Self(Some(pooled))
    }

    /// The connection.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.0.as_mut().map(connection).ok_or(StoreError::Closed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(pooled) = self.0.take_if(|pooled| !is_idle(pooled)) {
            drop(Object::take(pooled));
        }
    }
}

/// A transaction. Dropped before its end it is rolled back by closing the connection, at once.
pub(crate) struct Transaction(Option<Pooled>);

impl Transaction {
    /// Begins to write.
    pub(crate) async fn write(pooled: Pooled) -> Result<Self, StoreError> {
        let mut transaction = Self(Some(pooled));
        begin_write(transaction.connection()?).await?;
        Ok(transaction)
    }

    /// Begins to read.
    pub(crate) async fn snapshot(pooled: Pooled) -> Result<Self, StoreError> {
        let mut transaction = Self(Some(pooled));
        begin_snapshot(transaction.connection()?).await?;
        Ok(transaction)
    }

    /// The connection.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.0.as_mut().map(connection).ok_or(StoreError::Closed)
    }

    /// Commits what went well and takes back what did not.
    pub(crate) async fn end<T>(mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.connection()?;
        if outcome.is_err() {
            if Manager::rollback_transaction(connection).await.is_ok() {
                self.give_back();
            }
            return outcome;
        }
        Manager::commit_transaction(connection).await?;
        self.give_back();
        outcome
    }

    fn give_back(&mut self) {
        drop(self.0.take());
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(pooled) = self.0.take() {
            drop(Object::take(pooled));
        }
    }
}

/// Runs a transaction again when the database gave it up for the sake of another one.
pub(crate) async fn retrying<T, F>(attempt: impl Fn() -> F + Send) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>> + Send,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "running a transaction again");
            }
            outcome => return outcome,
        }
    }
    attempt().await
}
