//! What every adapter of the repositories must do, to be run against each of them.
//!
//! A suite is a module with one function for each promise and a `check` that runs them all; a promise that is broken panics.
//! Every function makes its own workspace, so that suites can share a database, with one exception: those of
//! [`deliveries`] claim from the whole ledger, and nothing else may claim or deliver beside them.
//! The [`IdSource`] must not repeat ids of an earlier run in the same database.

#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a contract is test code: it tells of a broken promise by panicking"
)]

use std::fmt;
use std::sync::Arc;

use super::{
    InMemoryAuditTrail, InMemoryConnectionRepository, InMemoryDeliveryRepository,
    InMemoryDocumentRepository, InMemoryStore, InMemoryTicketRepository,
    InMemoryWorkspaceDirectory,
};
use crate::audit::ports::AuditTrail;
use crate::connection::ports::ConnectionRepository;
use crate::delivery::ports::DeliveryRepository;
use crate::document::ports::DocumentRepository;
use crate::shared::ids::IdSource;
use crate::ticket::ports::TicketRepository;
use crate::workspace::ports::WorkspaceDirectory;

pub mod audit;
pub mod connections;
pub mod deliveries;
pub mod documents;
pub mod tickets;
pub mod workspaces;
mod world;

/// The repositories of one adapter, on one database.
#[derive(Clone)]
pub struct Ports {
    /// Workspaces, members and tokens.
    pub workspaces: Arc<dyn WorkspaceDirectory>,
    /// Documents.
    pub documents: Arc<dyn DocumentRepository>,
    /// Tickets.
    pub tickets: Arc<dyn TicketRepository>,
    /// Integrations.
    pub connections: Arc<dyn ConnectionRepository>,
    /// Pushes and deliveries.
    pub deliveries: Arc<dyn DeliveryRepository>,
    /// The audit record.
    pub audit: Arc<dyn AuditTrail>,
    /// Fresh ids.
    pub ids: IdSource,
}

impl Ports {
    /// The in-memory repositories on one memory.
    #[must_use]
    pub fn in_memory(store: &InMemoryStore, ids: IdSource) -> Self {
        Self {
            workspaces: Arc::new(InMemoryWorkspaceDirectory::new(store)),
            documents: Arc::new(InMemoryDocumentRepository::new(store)),
            tickets: Arc::new(InMemoryTicketRepository::new(store)),
            connections: Arc::new(InMemoryConnectionRepository::new(store)),
            deliveries: Arc::new(InMemoryDeliveryRepository::new(store)),
            audit: Arc::new(InMemoryAuditTrail::new(store)),
            ids,
        }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
