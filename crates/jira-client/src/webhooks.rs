//! Dynamic webhooks of OAuth 2.0 apps: registering them, and receiving what they deliver.
//!
//! A receiver checks a request with [`verify`], reads it with [`Delivery::read`], answers 200 at once and
//! works afterwards: Jira repeats deliveries it gets no quick answer to, sends them in no order and several
//! at a time, and sometimes never. The signature does not cover the body, so a delivery is a hint: read the
//! issue before acting on it, and compare from time to time what no delivery told.
//!
//! ```
//! use jira_client::SecretString;
//! use jira_client::webhooks::{self, Delivery};
//!
//! # fn handle(headers: &[(&str, &str)], body: &[u8], client_secret: &SecretString)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let authorization = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
//! webhooks::verify(authorization.map_or("", |(_, value)| *value), client_secret)?;
//! let delivery = Delivery::read(headers.iter().copied(), body)?;
//! if let (Some(site), Some(issue)) = (&delivery.site_host, &delivery.issue) {
//!     println!("{} on {site}: read issue {} again", delivery.event, issue.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Source:** Atlassian, "Webhooks" (Jira Cloud platform), read 2026-10.

mod delivery;
mod event;
mod jwt;

pub use delivery::{ChangeItem, DeliveredIssue, Delivery, DeliveryError, Flow};
pub use event::WebhookEvent;
pub use jwt::{VerifyError, WebhookClaims, verify, verify_at};

pub use crate::rest::{NewWebhook, Registration, Webhook};
