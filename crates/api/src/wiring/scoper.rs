//! Scoping off the threads that answer requests.

use async_trait::async_trait;
use handoff_domain::scoping::model::ScopedDocument;
use handoff_domain::scoping::ports::TicketScoper;
use handoff_domain::scoping::rules::RuleScoper;
use handoff_domain::shared::failure::Failure;

/// The rules, run where a document of megabytes keeps nobody else waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockingScoper;

#[async_trait]
impl TicketScoper for BlockingScoper {
    async fn scope(&self, title: &str, markdown: &str) -> Result<ScopedDocument, Failure> {
        let (title, markdown) = (title.to_owned(), markdown.to_owned());
        let scoping = tokio::task::spawn_blocking(move || RuleScoper::scope(&title, &markdown));
        scoping.await.map_err(Failure::internal)
    }
}
