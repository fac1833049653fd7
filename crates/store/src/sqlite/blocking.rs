//! Running statements on blocking threads, in a way that a dropped future cannot hurt.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel_async::sync_connection_wrapper::SpawnBlocking;

/// How many statements of a connection are at work; more than none once its future was dropped in the middle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running(Arc<AtomicUsize>);

impl Running {
    /// Whether no statement is at work.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

/// Sends statements to the blocking threads of the present runtime.
///
/// The wrapper's own choice waits for the statement when its future is dropped, which panics on a single-threaded
/// runtime such as that of an HTTP worker. Here the statement runs to its end unattended, and the pool, seeing that it is
/// still [`Running`], gives the connection up.
#[derive(Debug, Default)]
pub(crate) struct Blocking {
    running: Running,
}

impl Blocking {
    pub(crate) const fn new(running: Running) -> Self {
        Self { running }
    }
}

impl SpawnBlocking for Blocking {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = Result<R, Box<dyn Error + Send + Sync>>> + Send + 'a>>
    where
        R: Send + 'static,
    {
        let running = self.running.clone();
        running.0.fetch_add(1, Ordering::AcqRel);
        let done = tokio::task::spawn_blocking(move || {
            let result = task();
            running.0.fetch_sub(1, Ordering::AcqRel);
            result
        });
        Box::pin(async move { done.await.map_err(Box::from) })
    }

    fn get_runtime() -> Self {
        Self::default()
    }
}
