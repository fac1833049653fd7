//! Scoping off the threads that answer requests: one document of a workspace at a time, as many at once as are useful.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::ScopedDocument;
use handoff_domain::scoping::ports::{BlockCutter, TicketScoper};
use handoff_domain::shared::failure::Failure;
use handoff_domain::shared::ids::WorkspaceId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// How many of a workspace may stand in line, with the one whose turn it is.
const MOST_IN_LINE: usize = 64;

/// A scoper that keeps the thread busy that calls it.
pub trait BlockingScoper: Send + Sync + 'static {
    /// Scopes Markdown text.
    ///
    /// # Errors
    /// Those of [`TicketScoper::scope`].
    fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError>;

    /// Cuts Markdown text into blocks.
    ///
    /// # Errors
    /// Those of [`BlockCutter::cut`].
    fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError>;
}

/// Gives each call of a scoper a turn and a thread of its own.
pub struct TurnTaking<S> {
    scoper: Arc<S>,
    lines: Lines,
}

impl<S> fmt::Debug for TurnTaking<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnTaking").finish_non_exhaustive()
    }
}

impl<S: BlockingScoper> TurnTaking<S> {
    /// Lets so many calls run at once, and each wait so long for its turn.
    #[must_use]
    pub fn new(scoper: S, at_once: usize, patience: Duration) -> Self {
        Self {
            scoper: Arc::new(scoper),
            lines: Lines {
                of_workspaces: Mutex::default(),
                threads: Arc::new(Semaphore::new(at_once.max(1))),
                patience,
            },
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        workspace: WorkspaceId,
        markdown: &str,
        work: fn(&S, &str) -> Result<T, ScopeError>,
    ) -> Result<T, ScopeError> {
        let turn = self.lines.turn(workspace).await?;
        let (scoper, markdown) = (Arc::clone(&self.scoper), markdown.to_owned());
        let working = tokio::task::spawn_blocking(move || {
            // The turn ends with the work, also where the caller has gone away.
            let _turn = turn;
            work(&scoper, &markdown)
        });
        working.await.map_err(Failure::internal)?
    }
}

#[async_trait]
impl<S: BlockingScoper> TicketScoper for TurnTaking<S> {
    async fn scope(
        &self,
        workspace: WorkspaceId,
        markdown: &str,
    ) -> Result<ScopedDocument, ScopeError> {
        self.run(workspace, markdown, S::scope).await
    }
}

#[async_trait]
impl<S: BlockingScoper> BlockCutter for TurnTaking<S> {
    async fn cut(
        &self,
        workspace: WorkspaceId,
        markdown: &str,
    ) -> Result<Vec<ScopedBlock>, ScopeError> {
        self.run(workspace, markdown, S::cut).await
    }
}

/// Those who wait, a line for each workspace.
struct Lines {
    of_workspaces: Mutex<HashMap<WorkspaceId, Weak<AsyncMutex<()>>>>,
    threads: Arc<Semaphore>,
    patience: Duration,
}

/// The right to work, until it is dropped.
struct Turn {
    _workspace: OwnedMutexGuard<()>,
    _thread: OwnedSemaphorePermit,
}

impl Lines {
    /// Waits first for the others of the workspace, then for a thread, so that one workspace takes one thread at most.
    async fn turn(&self, workspace: WorkspaceId) -> Result<Turn, ScopeError> {
        let line = self.line_of(workspace)?;
        let waiting = async {
            let workspace = line.lock_owned().await;
            let thread = Arc::clone(&self.threads).acquire_owned().await;
            Ok(Turn {
                _workspace: workspace,
                _thread: thread.map_err(Failure::internal)?,
            })
        };
        let waited = tokio::time::timeout(self.patience, waiting).await;
        waited.unwrap_or(Err(ScopeError::Busy))
    }

    /// The line of a workspace; lines in which nobody stands are forgotten.
    fn line_of(&self, workspace: WorkspaceId) -> Result<Arc<AsyncMutex<()>>, ScopeError> {
        let lines = self.of_workspaces.lock();
        let mut lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.retain(|_, line| line.strong_count() > 0);
        let Some(line) = lines.get(&workspace).and_then(Weak::upgrade) else {
            let line = Arc::new(AsyncMutex::new(()));
            lines.insert(workspace, Arc::downgrade(&line));
            return Ok(line);
        };
        if Arc::strong_count(&line) > MOST_IN_LINE {
            return Err(ScopeError::Busy);
        }
        Ok(line)
    }
}

#[cfg(test)]
mod tests;
