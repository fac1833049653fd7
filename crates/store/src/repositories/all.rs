//! The repositories. Children reach the database only through what is imported here.

use super::{
    Backend, Connection, Database, Pooled, begin_snapshot, begin_write, connection, execute_batch,
    is_idle, locks, schema,
};

pub(crate) mod audit;
pub(crate) mod connections;
pub(crate) mod deliveries;
pub(crate) mod documents;
pub(crate) mod health;
pub(crate) mod overview;
pub(crate) mod session;
pub(crate) mod tickets;
pub(crate) mod workspaces;
