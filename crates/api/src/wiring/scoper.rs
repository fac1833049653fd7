//! The rules behind the ports of scoping.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::ScopedDocument;
use handoff_scoping::{Limits, RuleScoper};

use crate::config::LimitsConfig;
use crate::turns::{BlockingScoper, TurnTaking};

/// How long a document waits for others of its workspace.
const PATIENCE: Duration = Duration::from_secs(30);

/// The rules, which take the thread that calls them.
#[derive(Debug)]
pub(super) struct Rules(RuleScoper);

impl BlockingScoper for Rules {
    fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError> {
        self.0.scope(markdown)
    }

    fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError> {
        self.0.cut(markdown)
    }
}

/// The rules with the configured bounds, on as many threads as there are cores.
pub(super) fn rules(limits: LimitsConfig) -> anyhow::Result<TurnTaking<Rules>> {
    let limits = Limits {
        tickets: usize::try_from(limits.tickets_per_document)?,
        blocks: usize::try_from(limits.blocks_per_document)?,
    };
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let rules = Rules(RuleScoper::new(limits));
    Ok(TurnTaking::new(rules, cores, PATIENCE))
}
