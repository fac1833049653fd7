//! Transactions that meet at a bad moment on PostgreSQL, brought about by holding a row lock.

use std::pin::pin;

use handoff_domain::delivery::model::{DeliveryState, PushEntry, Settlement};
use handoff_domain::delivery::ports::ResolveOutcome;
use handoff_domain::shared::ids::PushId;
use handoff_store::testing::TestDatabase;
use tokio::task::{JoinHandle, yield_now};
use tokio_postgres::{Client, Error, NoTls};

use crate::world::{World, at, error};

/// Somebody else on the same database, who holds locks and sees who waits. Two connections, because within one
/// transaction the server tells the same of the others for ever.
struct Other {
    holder: Client,
    watcher: Client,
    drivers: [JoinHandle<Result<(), Error>>; 2],
}

impl Other {
    async fn new(database: &TestDatabase) -> Self {
        let url = database.url_text();
        let (holder, first) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let (watcher, second) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        Self {
            holder,
            watcher,
            drivers: [tokio::spawn(first), tokio::spawn(second)],
        }
    }

    /// Takes locks until [`Other::release`].
    async fn hold(&self, lock: &str) {
        let sql = format!("BEGIN; {lock}");
        self.holder.batch_execute(&sql).await.unwrap();
    }

    async fn release(&self) {
        self.holder.batch_execute("ROLLBACK").await.unwrap();
    }

    /// Waits until so many connections wait for locks.
    async fn until_blocked(&self, connections: i64) {
        let sql = "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        loop {
            let row = self.watcher.query_one(sql, &[]).await.unwrap();
            if row.get::<_, i64>(0) >= connections {
                return;
            }
            yield_now().await;
        }
    }

    async fn leave(self) {
        drop((self.holder, self.watcher));
        for driver in self.drivers {
            driver.await.unwrap().unwrap();
        }
    }
}

async fn state(world: &World, push: PushId) -> DeliveryState {
    match &world.report(push).await.entries[0] {
        PushEntry::Delivery(delivery) => delivery.state,
        PushEntry::AlreadyPushed { .. } => panic!("it is a delivery"),
    }
}

#[tokio::test]
async fn what_comes_back_unsent_while_another_site_is_connected_is_not_stuck() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let world = World::new(&database).await;
    let (sent, _) = world.push_new(1).await;
    let batch = world.claim().await;
    let (waiting, _) = world.push_new(1).await;
    let other = Other::new(&database).await;
    let lock = format!("SELECT id FROM pushes WHERE id = '{waiting}' FOR UPDATE");
    other.hold(&lock).await;

    let beside = async {
        other.until_blocked(1).await;
        let retry = |_| Settlement::Retry {
            at: at(40),
            error: error("slow down"),
        };
        let mut settled = pin!(world.settle_all(&batch, batch.lease_id, retry));
        let is_done = tokio::select! {
            _ = &mut settled => true,
            () = other.until_blocked(2) => false,
        };
        other.release().await;
        if !is_done {
            settled.await;
        }
    };
    tokio::join!(world.connect("elsewhere", Some(1)), beside);

    assert_eq!(state(&world, waiting).await, DeliveryState::Cancelled);
    let sent = state(&world, sent).await;
    assert!(
        sent != DeliveryState::Queued,
        "it is stuck for the old site"
    );
    other.leave().await;
}

#[tokio::test]
async fn a_workspace_whose_integration_is_in_use_holds_up_nobody_else() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let world = World::new(&database).await;
    let (oldest, _) = world.push_new(1).await;
    let neighbour = World::beside(world.ports.clone()).await;
    let (theirs, _) = neighbour.push_new(1).await;
    let other = Other::new(&database).await;
    let lock = format!(
        "SELECT id FROM integrations WHERE workspace_id = '{}' FOR NO KEY UPDATE",
        world.workspace
    );
    other.hold(&lock).await;

    for expected in [Some(theirs), None] {
        let batch = tokio::select! {
            batch = world.try_claim(50) => batch,
            () = other.until_blocked(1) => panic!("a claim waits for another workspace"),
        };
        assert_eq!(batch.map(|batch| batch.push.id), expected);
    }

    other.release().await;
    assert_eq!(world.claim().await.push.id, oldest);
    other.leave().await;
}

#[tokio::test]
async fn a_resend_beside_a_connect_to_another_site_is_not_stuck() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let world = World::new(&database).await;
    let (push, _) = world.push_new(1).await;
    let id = world.claim().await.deliveries[0].id;
    world.quarantine().await;
    let other = Other::new(&database).await;
    other.hold("LOCK TABLE audit_entries IN SHARE MODE").await;

    let beside = async {
        // The connect has written everything but its audit entry.
        other.until_blocked(1).await;
        let mut resent = pin!(world.resend(id));
        tokio::select! {
            outcome = &mut resent => panic!("it did not wait: {outcome:?}"),
            () = other.until_blocked(2) => other.release().await,
        }
        resent.await
    };
    let ((), outcome) = tokio::join!(world.connect("elsewhere", Some(1)), beside);

    assert_eq!(outcome, ResolveOutcome::NotConnected);
    assert_eq!(state(&world, push).await, DeliveryState::NeedsAttention);
    other.leave().await;
}
