//! Waking workers within this process.

use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::delivery::service::WorkSignal;
use tokio::sync::Notify;

/// Wakes every worker that waits, or the next one that would.
#[derive(Debug, Default)]
pub struct WorkNotice(Notify);

#[async_trait]
impl WorkSignal for WorkNotice {
    fn wake(&self) {
        self.0.notify_waiters();
        self.0.notify_one();
    }

    async fn wait(&self, at_most: Duration) {
        // Whether somebody woke us or the time is over makes no difference: there may be work.
        drop(tokio::time::timeout(at_most, self.0.notified()).await);
    }
}
