//! A disk that is really full, under a worker that is about to send.
#![expect(
    clippy::print_stdout,
    reason = "a test says on standard output why it is skipped"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::delivery::service::{DeliveryPorts, WorkSignal};
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::worker::DeliveryWorker;
use handoff_domain::shared::failure::FailureKind;
use handoff_domain::testing::{CountingRandomness, FakeTracker, FixedClock};
use handoff_store::{DatabaseUrl, Store, StoreConfig};
use tempfile::TempDir;

use crate::world::{World, at, ports_of, states};

/// A small disk in memory.
struct Disk(TempDir);

impl Disk {
    /// `None`, and a line that says so, where nothing may be mounted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: a full disk: a small disk can only be mounted by root on Linux");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves not a single byte free.
    fn fill(&self) {
        let mut filler = fs::File::create(self.path().join("filler")).unwrap();
        while filler.write_all(&[0; 4_096]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Files that are still open go with the last process that holds them.
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            println!("{} could not be unmounted", self.path().display());
        }
    }
}

/// Nobody waits in this test.
struct Unheard;

#[async_trait]
impl WorkSignal for Unheard {
    fn wake(&self) {}

    async fn wait(&self, _: Duration) {}
}

fn worker(world: &World, tracker: &Arc<FakeTracker>) -> DeliveryWorker {
    let clock = FixedClock::default();
    clock.set(at(20));
    let ports = DeliveryPorts {
        pushes: world.ports.deliveries.clone(),
        queue: world.ports.deliveries.clone(),
        uncertain: world.ports.deliveries.clone(),
        tickets: world.ports.tickets.clone(),
        documents: world.ports.documents.clone(),
        integrations: world.ports.connections.clone(),
        tracker: tracker.clone(),
        signal: Arc::new(Unheard),
        clock: Arc::new(clock),
        randomness: Arc::new(CountingRandomness::default()),
        ids: world.ports.ids.clone(),
    };
    DeliveryWorker::new(ports, DeliveryTimes::default(), 4)
}

#[tokio::test]
async fn nothing_is_sent_while_the_disk_is_full_and_all_of_it_when_there_is_room_again() {
    let Some(disk) = Disk::mount() else {
        return;
    };
    let url = DatabaseUrl::sqlite(disk.path().join("handoff.db"));
    let store = Store::open(StoreConfig::new(url)).await.unwrap();
    store.migrate_up().await.unwrap();
    let world = World::beside(ports_of(&store)).await;
    let (push, _) = world.push_new(60).await;
    let tracker = Arc::new(FakeTracker::default());
    let worker = worker(&world, &tracker);

    disk.fill();
    for _ in 0..3 {
        let failure = worker.run_once().await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Unavailable, "{failure:?}");
    }

    assert!(tracker.calls().creates.is_empty());
    assert_eq!(states(&world.report(push).await), [Some("queued"); 60]);
    disk.make_room();
    while worker.run_once().await.unwrap() {}
    assert_eq!(states(&world.report(push).await), [Some("confirmed"); 60]);
    assert_eq!(tracker.issues().len(), 60);
    assert_eq!(tracker.duplicates(), 0);
    drop((worker, world, store));
}
