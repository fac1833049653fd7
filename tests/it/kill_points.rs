//! The service is killed at each named point of the protocol and started again.
//!
//! Nothing in the service helps with that: the points are held from outside, by a delayed answer of Atlassian or Jira, or
//! by the database's write lock.

mod accepting;
mod looking;
mod refreshing;
mod sending;
mod stage;

pub(crate) use stage::Stage;
