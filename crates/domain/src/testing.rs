//! In-memory fakes of the ports, and the contracts that every adapter must pass.
//!
//! The repositories share one [`InMemoryStore`], because accepting, settling and disconnecting touch several of them in one
//! step. Nothing here needs a runtime: pauses move the [`FixedClock`] and let other tasks run.

mod authorizer;
mod clock;
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
