//! What is asked all the time must stay cheap beside what was finished long ago.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _};
use handoff_store::testing::TestDatabase;

use crate::world::World;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Copies a finished push many times.
const FILL: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO deliveries (id, push_id, workspace_id, ticket_id, site_id, state, attempts, payload, warnings, external_id,
        external_key, external_url, change_number, created_at, updated_at, attempt_id, attempted_at)
    SELECT randomblob(16), p.id, p.workspace_id, randomblob(16), p.site_id, 'confirmed', 1, '{}', '[]', 'x' || i, 'K-' || i,
        'https://example.test', i, p.created_at, p.created_at, randomblob(16), p.created_at
    FROM n, pushes p;
    ANALYZE;";

#[tokio::test]
async fn idle_questions_read_no_finished_deliveries() {
    let database = TestDatabase::sqlite().await;
    let world = World::new(&database).await;
    world.push_new(1).await;
    let path = database.url().sqlite_path().unwrap();
    let mut connection = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    connection.batch_execute(FILL).unwrap();

    let unsettled = "deliveries.state IN ('queued', 'sending', 'uncertain')";
    let questions = [
        "SELECT lease_id, max(change_number) FROM deliveries WHERE deliveries.state = 'sending' GROUP BY lease_id".to_owned(),
        format!(
            "SELECT id FROM pushes WHERE pushes.state = 'running' AND EXISTS (SELECT 1 FROM deliveries \
             WHERE deliveries.push_id = pushes.id AND {unsettled} AND deliveries.state = 'queued')"
        ),
        format!("SELECT id FROM deliveries WHERE push_id = x'00' AND {unsettled} AND state = 'queued' ORDER BY id"),
        "SELECT DISTINCT push_id, attempt_id FROM deliveries WHERE push_id IN (x'00', x'01') AND deliveries.state = 'uncertain'".to_owned(),
        "SELECT id FROM deliveries WHERE deliveries.state = 'uncertain' AND attempted_at < '2026' ORDER BY id LIMIT 1000".to_owned(),
        "SELECT max(change_number) FROM deliveries WHERE attempt_id IN (x'00', x'01') GROUP BY attempt_id".to_owned(),
    ];
    for question in questions {
        let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {question}"))
            .load(&mut connection)
            .unwrap();
        let plan: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
        let uses = [
            "deliveries_unsettled",
            "deliveries_lease",
            "deliveries_sending",
            "deliveries_attempt",
            "deliveries_uncertain",
        ];
        assert!(
            plan.iter()
                .any(|step| uses.iter().any(|index| step.contains(index))),
            "{question}: {plan:?}"
        );
    }
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        world.ports.deliveries.list_held().await.unwrap();
        world
            .ports
            .deliveries
            .list_uncertain(10, crate::world::at(60))
            .await
            .unwrap();
    }
    println!(
        "40 idle questions beside 100,000 deliveries: {:?}",
        begun.elapsed()
    );
}
