//! Several sites, of which one does not answer.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::delivery::reconciler::Reconciler;
use handoff_domain::delivery::service::DeliveryPorts;
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::testing::{FakeAuthorizer, FakeTracker, yield_now};

use super::{Confirmed, MADE, pushed, states};
use crate::world::{Proxied, TrackerProxy};

/// A tracker whose first site never answers a look.
struct Hanging {
    inner: Arc<FakeTracker>,
    begun: AtomicUsize,
}

#[async_trait]
impl TrackerProxy for Hanging {
    fn tracker(&self) -> &FakeTracker {
        &self.inner
    }

    async fn end_look(&self, site: &TrackerSite) {
        if site.cloud_id == "cloud-1" {
            self.begun.fetch_add(1, Ordering::Relaxed);
            pending::<()>().await;
        }
    }
}

#[tokio::test]
async fn a_site_that_does_not_answer_holds_no_other_back_and_is_asked_once() {
    let (mut world, _) = pushed(&[MADE]).await;
    let hanging = Arc::new(Hanging {
        inner: world.tracker.clone(),
        begun: AtomicUsize::new(0),
    });
    let ports = DeliveryPorts {
        tracker: Arc::new(Proxied(hanging.clone())),
        ..world.delivery_ports.clone()
    };
    let reconciler = Reconciler::new(ports, DeliveryTimes::default());
    let never = AtomicBool::new(false);
    let running = pin!(reconciler.run(&never));
    let other = async {
        while hanging.begun.load(Ordering::Relaxed) == 0 {
            yield_now().await;
        }
        let other = world.workspaces.create(world.owner, "Other", None).await;
        world.workspace = other.unwrap().id;
        let site = FakeAuthorizer::site("cloud-2", "other");
        world.authorizer.next_sites(Ok(vec![site]));
        world.connect().await;
        let (document, _) = world.reviewed(1).await;
        world.push(&world.push_of(document)).await;
        world.tracker.next_outcomes([MADE]);
        world.work().await;
        for _ in 0..1_000 {
            world.pass(1);
            yield_now().await;
        }
        assert_eq!(states(&world).await, [Confirmed]);
    };

    let ended = select(running, Box::pin(other)).await;

    assert!(matches!(ended, Either::Right(_)));
    assert_eq!(hanging.begun.load(Ordering::Relaxed), 1);
}
