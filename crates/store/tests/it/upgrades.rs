//! Databases of earlier releases, with rows in every state, are migrated up and down and lose nothing.

use handoff_store::testing::TestDatabase;

use crate::raw::Raw;

/// What every release so far had, by the number of migrations that came after it.
const LATER_MIGRATIONS: [usize; 3] = [1, 2, 3];

const STATUSES: [&str; 5] = ["generated", "reviewed", "pushed", "synced", "push_failed"];
const STATES: [&str; 8] = [
    "queued",
    "sending",
    "uncertain",
    "confirmed",
    "rejected",
    "cancelled",
    "needs_attention",
    "abandoned",
];
const AT: &str = "'2026-11-23 09:00:00.123456+00:00'";
const TABLES: [&str; 9] = [
    "workspaces",
    "documents",
    "document_blocks",
    "execution_tickets",
    "integrations",
    "pushes",
    "deliveries",
    "push_tickets",
    "audit_entries",
];

#[tokio::test]
async fn earlier_sqlite_databases_are_upgraded_and_taken_back() {
    for later in LATER_MIGRATIONS {
        upgrade_and_back(&TestDatabase::sqlite().await, later).await;
    }
}

#[tokio::test]
async fn earlier_postgres_databases_are_upgraded_and_taken_back() {
    for later in LATER_MIGRATIONS {
        if let Some(database) = TestDatabase::postgres().await {
            upgrade_and_back(&database, later).await;
        }
    }
}

#[tokio::test]
async fn a_sqlite_database_with_new_words_goes_back() {
    goes_back_with_new_words(&TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn a_postgres_database_with_new_words_goes_back() {
    if let Some(database) = TestDatabase::postgres().await {
        goes_back_with_new_words(&database).await;
    }
}

async fn upgrade_and_back(database: &TestDatabase, later: usize) {
    let (store, mut raw) = (database.store(), Raw::open(database).await);
    for _ in 0..later {
        store.migrate_down().await.unwrap().unwrap();
    }
    fill(&mut raw).await;
    let before = everything(&mut raw).await;
    let known = states(&mut raw).await;

    store.migrate_up().await.unwrap();

    assert_eq!(states(&mut raw).await, known);
    assert_eq!(raw.foreign_key_faults().await, Vec::<String>::new());
    is_brought_over(&mut raw).await;
    for _ in 0..later {
        store.migrate_down().await.unwrap().unwrap();
    }
    assert_eq!(states(&mut raw).await, known);
    assert_eq!(raw.foreign_key_faults().await, Vec::<String>::new());
    if later == 1 {
        assert_eq!(everything(&mut raw).await, before);
    }
    store.migrate_up().await.unwrap();
    is_brought_over(&mut raw).await;
}

/// What the upgrade makes of what was there.
async fn is_brought_over(raw: &mut Raw) {
    let items = "SELECT item_id FROM execution_tickets WHERE item_id IS NOT NULL ORDER BY id";
    assert_eq!(raw.words(items).await, ["FR-1", "FR-1"]);
    let site = "SELECT site_id FROM integrations";
    assert_eq!(raw.words(site).await, ["cloud-1"]);
    let sources = "SELECT DISTINCT source FROM execution_tickets";
    assert_eq!(raw.words(sources).await, ["scoped"]);
    let homeless = "SELECT fingerprint FROM execution_tickets WHERE external_id IS NOT NULL AND platform IS NULL";
    assert_eq!(raw.words(homeless).await, Vec::<String>::new());
}

async fn goes_back_with_new_words(database: &TestDatabase) {
    let (store, mut raw) = (database.store(), Raw::open(database).await);
    store.migrate_down().await.unwrap().unwrap();
    fill(&mut raw).await;
    store.migrate_up().await.unwrap();
    let count = "SELECT CAST(count(*) AS TEXT) FROM execution_tickets";
    let tickets = raw.words(count).await;
    let parent = raw.id(101);
    raw.run(&format!(
        "UPDATE execution_tickets SET fingerprint = 'same', ticket_type = 'subtask', source = 'manual', source_line = NULL;
         UPDATE execution_tickets SET parent_id = {parent} WHERE id <> {parent};
         UPDATE deliveries SET state = 'unlinked' WHERE state = 'confirmed';"
    ))
    .await;

    store.migrate_down().await.unwrap().unwrap();

    assert_eq!(raw.words(count).await, tickets);
    let types = "SELECT DISTINCT ticket_type FROM execution_tickets";
    assert_eq!(raw.words(types).await, ["task"]);
    let unlinked = "SELECT state FROM deliveries WHERE state IN ('unlinked', 'confirmed')";
    assert_eq!(raw.words(unlinked).await, Vec::<String>::new());
    store.migrate_up().await.unwrap();
    assert_eq!(raw.foreign_key_faults().await, Vec::<String>::new());
}

/// Fills a database of any release with tickets in every status and deliveries in every state.
async fn fill(raw: &mut Raw) {
    let (workspace, document, block) = (raw.id(1), raw.id(2), raw.id(3));
    let truth = raw.truth();
    raw.run(&format!(
        "INSERT INTO workspaces VALUES ({workspace}, 'W', {AT});
         INSERT INTO documents (id, workspace_id, document_type, title, content, status, version, created_by, created_at, updated_at)
             VALUES ({document}, {workspace}, 'prd', 'D', '# D', 'draft', 1, 'system', {AT}, {AT});
         INSERT INTO document_blocks VALUES ({block}, {document}, 0, 'task', 'B', '# B', 1, 2);
         INSERT INTO integrations (id, workspace_id, integration_type, is_active, config, generation, connected_by, connected_at, updated_at)
             VALUES ({}, {workspace}, 'jira', {truth}, '{{\"cloud_id\":\"cloud-1\"}}', 1, 'system', {AT}, {AT});
         INSERT INTO audit_entries VALUES ({}, {workspace}, 'system', 'connected', 'workspace', 'ok', {AT});",
        raw.id(4),
        raw.id(5),
    ))
    .await;
    fill_tickets(raw).await;
    fill_deliveries(raw).await;
}

async fn fill_tickets(raw: &mut Raw) {
    let (workspace, document, block) = (raw.id(1), raw.id(2), raw.id(3));
    let mut number = 100;
    for status in STATUSES {
        for is_deleted in [false, true] {
            number += 1;
            let is_linked = matches!(status, "pushed" | "synced");
            let id = raw.id(number);
            let fingerprint = match number {
                101 => "id:FR-1".to_owned(),
                102 => "id:FR-1#2".to_owned(),
                _ => format!("title:{number}"),
            };
            let link = match is_linked {
                true => {
                    format!("'jira', 'cloud-1', '{number}', 'ENG-{number}', 'https://example.test'")
                }
                false => "NULL, NULL, NULL, NULL, NULL".to_owned(),
            };
            let deleted_at = if is_deleted { AT } else { "NULL" };
            raw.run(&format!(
                "INSERT INTO execution_tickets (id, workspace_id, document_id, block_id, fingerprint, source_line, title,
                     description, ticket_type, priority, labels, acceptance_criteria, estimated_effort, status, platform,
                     external_site_id, external_id, external_key, external_url, version, created_at, updated_at, deleted_at)
                 VALUES ({id}, {workspace}, {document}, {block}, '{fingerprint}', {number}, 'T', 'd', 'story', 'P1', '[\"a\"]',
                     '[\"b\"]', 'small', '{status}', {link}, 3, {AT}, {AT}, {deleted_at});"
            ))
            .await;
        }
    }
}

async fn fill_deliveries(raw: &mut Raw) {
    let (workspace, document) = (raw.id(1), raw.id(2));
    for (push, state) in [(201, "running"), (202, "settled")] {
        let id = raw.id(push);
        let settled_at = if state == "settled" { AT } else { "NULL" };
        raw.run(&format!(
            "INSERT INTO pushes (id, workspace_id, document_id, platform, site_id, account_id, project_id, project_key, fence,
                 state, quota_points, change_number, created_by, created_at, settled_at)
             VALUES ({id}, {workspace}, {document}, 'jira', 'cloud-1', 'a', '1', 'ENG', '', '{state}', 1, 40, 'system', {AT},
                 {settled_at});"
        ))
        .await;
    }
    for (number, state) in (300..).zip(STATES) {
        let lease = if state == "sending" {
            raw.id(900)
        } else {
            "NULL".to_owned()
        };
        let link = match state {
            "confirmed" => "'1', 'ENG-1', 'https://example.test'",
            _ => "NULL, NULL, NULL",
        };
        let (id, push, ticket) = (raw.id(number), raw.id(201), raw.id(number - 199));
        raw.run(&format!(
            "INSERT INTO deliveries (id, push_id, workspace_id, ticket_id, site_id, state, attempts, lease_id, payload, warnings,
                 external_id, external_key, external_url, change_number, created_at, updated_at)
             VALUES ({id}, {push}, {workspace}, {ticket}, 'cloud-1', '{state}', 1, {lease}, '{{}}', '[]', {link}, {number}, {AT}, {AT});
             INSERT INTO push_tickets (push_id, \"position\", ticket_id, delivery_id) VALUES ({push}, {number}, {ticket}, {id});"
        ))
        .await;
    }
}

/// Every row of every table.
async fn everything(raw: &mut Raw) -> Vec<String> {
    let mut found = Vec::new();
    for table in TABLES {
        found.append(&mut raw.dump(table).await);
    }
    found
}

/// What each ticket and delivery is, in words that every release knows.
async fn states(raw: &mut Raw) -> Vec<String> {
    let tickets = "SELECT title || fingerprint || status || COALESCE(external_key, '') || CAST(version AS TEXT) \
                   || COALESCE(CAST(deleted_at AS TEXT), '') FROM execution_tickets ORDER BY id";
    let deliveries = "SELECT deliveries.state || COALESCE(external_key, '') || CAST(\"position\" AS TEXT) FROM deliveries \
                      JOIN push_tickets ON delivery_id = deliveries.id ORDER BY deliveries.id";
    let mut found = raw.words(tickets).await;
    found.append(&mut raw.words(deliveries).await);
    assert_eq!(found.len(), 18);
    found
}
