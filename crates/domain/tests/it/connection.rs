//! Connecting a workspace, from the first click to the disconnect.

mod callback;
mod confirm;
mod connect;
mod status;
