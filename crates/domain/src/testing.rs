//! In-memory fakes of the ports, and the contracts that every adapter must pass.
//!
//! The repositories share one [`InMemoryStore`], because accepting, settling and disconnecting touch several of them in one
//! step. Nothing here needs a runtime: pauses move the [`FixedClock`] and let other tasks run.

mod authorizer;
mod clock;
pub mod contracts;
mod secrets;
mod store;
mod tracker;

pub use authorizer::{AuthorizerCalls, FakeAuthorizer};
pub use clock::{CountingRandomness, FixedClock, yield_now};
pub use secrets::{FixedTokens, PlainHasher, PlainSealer};
pub use store::InMemoryStore;
pub use store::audit::InMemoryAuditTrail;
pub use store::connections::InMemoryConnectionRepository;
pub use store::deliveries::InMemoryDeliveryRepository;
pub use store::documents::InMemoryDocumentRepository;
pub use store::tickets::InMemoryTicketRepository;
pub use store::workspaces::InMemoryWorkspaceDirectory;
pub use tracker::{CreateScript, FakeCreate, FakeIssue, FakeTracker, TrackerCalls};

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::contracts::{self, Ports};
    use super::{CountingRandomness, FixedClock, InMemoryStore};
    use crate::shared::ids::IdSource;

    fn in_memory() -> Ports {
        let clock = Arc::new(FixedClock::default());
        let ids = IdSource::new(clock, Arc::new(CountingRandomness::default()));
        Ports::in_memory(&InMemoryStore::new(), ids)
    }

    #[tokio::test]
    async fn memory_keeps_the_contract_of_documents() {
        contracts::documents::check(&in_memory()).await;
    }

    #[tokio::test]
    async fn memory_keeps_the_contract_of_tickets() {
        contracts::tickets::check(&in_memory()).await;
    }

    #[tokio::test]
    async fn memory_keeps_the_contract_of_workspaces() {
        contracts::workspaces::check(&in_memory()).await;
    }

    #[tokio::test]
    async fn memory_keeps_the_contract_of_connections() {
        contracts::connections::check(&in_memory()).await;
    }

    #[tokio::test]
    async fn memory_keeps_the_contract_of_deliveries() {
        contracts::deliveries::check(&in_memory()).await;
    }

    #[tokio::test]
    async fn memory_keeps_the_contract_of_the_audit_trail() {
        contracts::audit::check(&in_memory()).await;
    }
}
