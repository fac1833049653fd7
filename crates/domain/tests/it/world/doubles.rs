//! What the crate's own fakes leave out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::connection::model::{TokenGrant, TrackerSiteChoice};
use handoff_domain::connection::ports::{AuthorizerError, SendDeadline, TrackerAuthorizer};
use handoff_domain::delivery::service::WorkSignal;
use handoff_domain::document::model::{BlockType, ScopedBlock};
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::{ScopedDocument, ScopedTicket};
use handoff_domain::scoping::ports::{BlockCutter, TicketScoper};
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::testing::{FakeAuthorizer, FixedClock};
use handoff_domain::ticket::model::TicketContent;
use secrecy::SecretString;
use url::Url;

/// Reads `# type: title` as a block and `- title | description` as a ticket of it.
#[derive(Debug)]
pub(crate) struct LineScoper;

fn block_type(word: &str) -> BlockType {
    match word {
        "user_story" => BlockType::UserStory,
        "task" => BlockType::Task,
        "requirement" => BlockType::Requirement,
        _ => BlockType::Note,
    }
}

#[async_trait]
impl TicketScoper for LineScoper {
    async fn scope(
        &self,
        _workspace: WorkspaceId,
        markdown: &str,
    ) -> Result<ScopedDocument, ScopeError> {
        let mut scoped = ScopedDocument::default();
        for (number, line) in (1_u32..).zip(markdown.lines()) {
            if let Some((word, title)) = line
                .strip_prefix("# ")
                .and_then(|rest| rest.split_once(": "))
            {
                scoped.blocks.push(ScopedBlock {
                    block_type: block_type(word),
                    title: title.to_owned(),
                    content: line.to_owned(),
                    start_line: number,
                    end_line: number,
                });
            } else if let Some(text) = line.strip_prefix("- ") {
                let (title, description) = text.split_once(" | ").unwrap_or((text, ""));
                let block = scoped.blocks.len() - 1;
                scoped.tickets.push(ScopedTicket {
                    block,
                    content: TicketContent {
                        title: title.to_owned(),
                        description: description.to_owned(),
                        ..TicketContent::default()
                    },
                    source_line: number,
                    source_end_line: number,
                    parent: None,
                    depends_on: Vec::new(),
                    item_id: None,
                    section: vec![scoped.blocks[block].title.clone()],
                    source_text: format!("{}/{title}", scoped.blocks[block].title),
                });
            }
        }
        Ok(scoped)
    }
}

#[async_trait]
impl BlockCutter for LineScoper {
    async fn cut(
        &self,
        workspace: WorkspaceId,
        markdown: &str,
    ) -> Result<Vec<ScopedBlock>, ScopeError> {
        Ok(self.scope(workspace, markdown).await?.blocks)
    }
}

/// Counts how often workers were woken; waiting moves the clock.
#[derive(Debug)]
pub(crate) struct Wakes {
    clock: FixedClock,
    count: AtomicU32,
}

impl Wakes {
    pub(crate) fn new(clock: &FixedClock) -> Self {
        Self {
            clock: clock.clone(),
            count: AtomicU32::new(0),
        }
    }

    /// How often somebody woke the workers.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl WorkSignal for Wakes {
    fn wake(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    async fn wait(&self, at_most: Duration) {
        self.clock.sleep(at_most).await;
    }
}

/// Keeps the deadline of a refresh, as a real client does: too late, it sends nothing.
#[derive(Debug)]
pub(crate) struct FencedAuthorizer {
    pub(crate) inner: Arc<FakeAuthorizer>,
    pub(crate) clock: FixedClock,
}

#[async_trait]
impl TrackerAuthorizer for FencedAuthorizer {
    fn authorize_url(&self, state: &str) -> Result<Url, AuthorizerError> {
        self.inner.authorize_url(state)
    }

    async fn exchange(&self, code: &str) -> Result<TokenGrant, AuthorizerError> {
        self.inner.exchange(code).await
    }

    async fn refresh(
        &self,
        refresh_token: &SecretString,
        deadline: SendDeadline,
    ) -> Result<TokenGrant, AuthorizerError> {
        if self.clock.monotonic() >= deadline.0 {
            let late = Failure::new(FailureKind::TimedOut, "the deadline has passed");
            return Err(AuthorizerError::NotSent(late));
        }
        self.inner.refresh(refresh_token, deadline).await
    }

    async fn sites(
        &self,
        access_token: &SecretString,
    ) -> Result<Vec<TrackerSiteChoice>, AuthorizerError> {
        self.inner.sites(access_token).await
    }

    async fn account_id(
        &self,
        access_token: &SecretString,
        cloud_id: &str,
    ) -> Result<String, AuthorizerError> {
        self.inner.account_id(access_token, cloud_id).await
    }
}
