//! The promises of [`DeliveryRepository`](crate::delivery::ports::DeliveryRepository), and what connecting, disconnecting,
//! generating and deleting do to deliveries.
//!
//! Claims are made from the whole ledger: nothing else may queue, claim or deliver in the same database meanwhile. Every
//! function leaves nothing queued behind.

use super::Ports;

pub mod accepting;
pub mod cancelling;
pub mod changes;
pub mod claiming;
pub mod effects;
pub mod keys;
mod ledger;
pub mod listing;
pub mod pausing;
pub mod reconciling;
pub mod relinking;
pub mod resolving;
pub mod settling;

/// Runs the suite.
pub async fn check(ports: &Ports) {
    accepting::check(ports).await;
    keys::check(ports).await;
    claiming::check(ports).await;
    pausing::check(ports).await;
    settling::check(ports).await;
    cancelling::check(ports).await;
    reconciling::check(ports).await;
    resolving::check(ports).await;
    changes::check(ports).await;
    listing::check(ports).await;
    effects::check(ports).await;
    relinking::check(ports).await;
}
