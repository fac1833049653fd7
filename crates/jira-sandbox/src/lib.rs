#![doc = include_str!("../README.md")]

mod adf;
mod clock;
mod config;
mod control;
mod endpoint;
mod errors;
mod faults;
mod gateway;
mod handle;
mod http;
mod journal;
mod jql;
mod oauth;
mod pages;
mod rest;
mod server;
mod state;
mod world;

pub use config::{DeadRefresh, LeewayPairs, SandboxConfig, SiteListing};
pub use endpoint::Endpoint;
pub use errors::SandboxError;
pub use faults::{Effect, Fault, RateLimitReason, TokenError, When};
pub use handle::{IssueSnapshot, SandboxHandle};
pub use journal::{
    AppCharges, ChargeReport, Charges, EndpointCharges, Exchange, ExchangeAnswer, JournalEntry,
    TokenCounters,
};
pub use server::Sandbox;
pub use world::{ACME_CLOUD_ID, BEACON_CLOUD_ID, OTHER_USER_ACCOUNT_ID, USER_ACCOUNT_ID};
