//! A small run of chaos; `cargo xtask chaos` makes the large ones.

use acceptance::chaos::{ChaosDatabase, ChaosOptions, run};
use handoff_store::testing::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn every_ticket_becomes_one_issue_under_chaos_on_sqlite() {
    delivers_each_once(ChaosDatabase::Sqlite, 1, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ticket_becomes_one_issue_under_chaos_in_two_processes_on_postgres() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let url = database.url_text();
    let postgres = ChaosDatabase::Postgres {
        url,
        pid_file: None,
    };
    delivers_each_once(postgres, 2, 12).await;
}

async fn delivers_each_once(database: ChaosDatabase, processes: usize, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let options = ChaosOptions {
        deliveries: 60,
        seed,
        database,
        processes,
        folder: folder.path().to_owned(),
        every_kind: false,
    };
    let verdict = run(&options).await.unwrap();
    if !verdict.is_ok() {
        let kept = folder.keep();
        panic!("{verdict}\nlogs and data: {}", kept.display());
    }
}
