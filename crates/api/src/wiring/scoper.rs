//! Scoping off the threads that answer requests.

use async_trait::async_trait;
use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::ScopedDocument;
use handoff_domain::scoping::ports::{BlockCutter, TicketScoper};
use handoff_domain::shared::failure::Failure;
use handoff_scoping::{Limits, RuleScoper};

/// The rules, run where a document of megabytes keeps nobody else waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockingScoper {
    rules: RuleScoper,
}

impl BlockingScoper {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            rules: RuleScoper::new(limits),
        }
    }
}

#[async_trait]
impl TicketScoper for BlockingScoper {
    async fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError> {
        let (rules, markdown) = (self.rules, markdown.to_owned());
        let scoping = tokio::task::spawn_blocking(move || rules.scope(&markdown));
        scoping.await.map_err(Failure::internal)?
    }
}

#[async_trait]
impl BlockCutter for BlockingScoper {
    async fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError> {
        let (rules, markdown) = (self.rules, markdown.to_owned());
        let cutting = tokio::task::spawn_blocking(move || rules.cut(&markdown));
        cutting.await.map_err(Failure::internal)?
    }
}
