//! Scoping off the threads that answer requests.

use async_trait::async_trait;
use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::ScopedDocument;
use handoff_domain::scoping::ports::{BlockCutter, TicketScoper};
use handoff_domain::shared::failure::Failure;
use handoff_scoping::RuleScoper;

/// The rules, run where a document of megabytes keeps nobody else waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockingScoper;

#[async_trait]
impl TicketScoper for BlockingScoper {
    async fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError> {
        let markdown = markdown.to_owned();
        let scoping = tokio::task::spawn_blocking(move || RuleScoper::scope(&markdown));
        Ok(scoping.await.map_err(Failure::internal)?)
    }
}

#[async_trait]
impl BlockCutter for BlockingScoper {
    async fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError> {
        Ok(self.scope(markdown).await?.blocks)
    }
}
