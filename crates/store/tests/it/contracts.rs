//! The contracts that the in-memory repositories keep too.

use handoff_domain::testing::contracts;
use handoff_store::testing::TestDatabase;

use crate::on_both_databases;
use crate::world::ports;

on_both_databases!(
    documents,
    tickets,
    workspaces,
    connections,
    deliveries,
    audit
);

async fn documents(database: &TestDatabase) {
    contracts::documents::check(&ports(database)).await;
}

async fn tickets(database: &TestDatabase) {
    contracts::tickets::check(&ports(database)).await;
}

async fn workspaces(database: &TestDatabase) {
    contracts::workspaces::check(&ports(database)).await;
}

async fn connections(database: &TestDatabase) {
    contracts::connections::check(&ports(database)).await;
}

async fn deliveries(database: &TestDatabase) {
    contracts::deliveries::check(&ports(database)).await;
}

async fn audit(database: &TestDatabase) {
    contracts::audit::check(&ports(database)).await;
}
