#![doc = include_str!("../README.md")]

mod adf;
mod chaos;
mod config;
mod control;
mod duplicates;
mod effect;
mod endpoint;
mod errors;
mod gateway;
mod handle;
mod journal;
mod jql;
mod json;
mod kit;
mod late;
mod limits;
mod localise;
mod oauth;
mod others;
mod pages;
mod rest;
mod seed_file;
mod server;
mod state;
mod switches;
mod timing;
mod webhooks;
mod world;

pub use chaos::{
    Chaos, ChaosKind, ChaosReport, ChaosRule, ChaosTarget, EndpointGroup, StruckCount,
};
pub use config::{DeadRefresh, LeewayPairs, SandboxConfig, SiteListing};
pub use duplicates::{DuplicateReport, MarkedIssue, MarkedIssues};
pub use effect::{Effect, RateLimitReason, TokenError};
pub use endpoint::Endpoint;
pub use errors::SandboxError;
pub use handle::{IssueSnapshot, SandboxHandle};
pub use journal::{
    AppCharges, ChargeReport, Charges, EndpointCharges, JournalEntry, TokenCounters,
};
pub use kit::faults::{Fault, When};
pub use kit::journal::{Exchange, ExchangeAnswer};
pub use limits::{QuotaScope, RateHeaders};
pub use localise::Language;
pub use seed_file::SeedFile;
pub use server::Sandbox;
pub use switches::{
    BadSiteLogin, BadToken, CreateMetaWithoutCreate, EmailShown, GatewaySwitches, HiddenIssues,
    LimitSwitches, NoCreate, OAuthSwitches, ReadSwitches, SearchLastPage, Switches, TimingSwitches,
    TooManyCreates, UnknownSite, WebhookSwitches, WriteSwitches,
};
pub use webhooks::{
    WebhookAttempt, WebhookDelivery, WebhookDeliveryState, WebhookJwt, WebhookUrlScope,
};
pub use world::{
    ACME_CLOUD_ID, AccountSeed, BEACON_CLOUD_ID, Category, FieldSeed, FieldSeedKind, IssueSeed,
    NamedSeed, OTHER_USER_ACCOUNT_ID, ProjectSeed, ProjectTemplate, SiteSeed, StatusSeed, TypeSeed,
    USER_ACCOUNT_ID, WorldSeed,
};
