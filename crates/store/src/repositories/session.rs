//! Connections as the repositories hold them, safe against being dropped at any moment.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use deadpool::managed::Object;
use diesel_async::{AsyncConnection, TransactionManager};

use super::{Connection, Database, Pooled, begin_snapshot, begin_write, connection, is_idle};
use crate::error::StoreError;

type Manager = <Connection as AsyncConnection>::TransactionManager;

/// How often a transaction that the database gave up is run.
const ATTEMPTS: u32 = 4;

/// A connection for a single reading statement; it goes back to its pool unless it was dropped at work.
pub(crate) struct Reader(Option<Pooled>);

impl Reader {
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
struct Transaction(Option<Pooled>);

impl Transaction {
    /// Begins to write.
    async fn write(pooled: Pooled) -> Result<Self, StoreError> {
        let mut transaction = Self(Some(pooled));
        begin_write(transaction.connection()?).await?;
        Ok(transaction)
    }

    /// Begins to read.
    async fn snapshot(pooled: Pooled) -> Result<Self, StoreError> {
        let mut transaction = Self(Some(pooled));
        begin_snapshot(transaction.connection()?).await?;
        Ok(transaction)
    }

    /// The connection.
    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.0.as_mut().map(connection).ok_or(StoreError::Closed)
    }

    /// Commits what went well and takes back what did not.
    async fn end<T>(mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
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

/// What is done within a transaction. What it borrows (`'a`) outlives the connection's loan (`'c`), which no closure can
/// say of the future that it gives.
pub(crate) struct Work<'c, 'a, T>(
    Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>,
    PhantomData<&'c &'a ()>,
);

/// Makes a future the work of a transaction.
pub(crate) fn work<'c, 'a, T>(
    future: impl Future<Output = Result<T, StoreError>> + Send + 'c,
) -> Work<'c, 'a, T> {
    Work(Box::pin(future), PhantomData)
}

impl Database {
    /// A connection for a single reading statement.
    pub(crate) async fn read(&self) -> Result<Reader, StoreError> {
        Ok(Reader(Some(self.reader().await?)))
    }

    /// Reads one state of the database.
    pub(crate) async fn snapshot<'a, T, E: From<StoreError>>(
        &self,
        read: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, 'a, T> + Send,
    ) -> Result<T, E> {
        let mut transaction = Transaction::snapshot(self.reader().await?).await?;
        let outcome = read(transaction.connection()?).0.await;
        Ok(transaction.end(outcome).await?)
    }

    /// Writes all or nothing, again when the database gave the transaction up for the sake of another one.
    pub(crate) async fn write<'a, T, E: From<StoreError>>(
        &self,
        write: impl for<'c> Fn(&'c mut Connection) -> Work<'c, 'a, T> + Send + Sync,
    ) -> Result<T, E> {
        for _ in 1..ATTEMPTS {
            match self.write_once(&write).await {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "running a transaction again");
                }
                outcome => return Ok(outcome?),
            }
        }
        Ok(self.write_once(&write).await?)
    }

    /// Writes, and again where another transaction wrote the same key at the same moment; then it is seen.
    pub(crate) async fn write_in_turn<'a, T, E: From<StoreError>>(
        &self,
        write: impl for<'c> Fn(&'c mut Connection) -> Work<'c, 'a, T> + Send + Sync,
    ) -> Result<T, E> {
        match self.write(&write).await {
            Err(error) if StoreError::is_unique_violation(&error) => self.write(&write).await,
            outcome => Ok(outcome?),
        }
    }

    async fn write_once<'a, T>(
        &self,
        write: &(impl for<'c> Fn(&'c mut Connection) -> Work<'c, 'a, T> + Send + Sync),
    ) -> Result<T, StoreError> {
        let mut transaction = Transaction::write(self.writer().await?).await?;
        let outcome = write(transaction.connection()?).0.await;
        transaction.end(outcome).await
    }
}
