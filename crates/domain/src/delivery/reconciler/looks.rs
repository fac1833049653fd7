//! Looks under way, one site beside the other.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;

use crate::delivery::model::UncertainPush;

/// The looks at each site as tasks that go on while something else is waited for.
#[derive(Default)]
pub(super) struct Looks<'a>(Vec<BoxFuture<'a, bool>>);

impl<'a> Looks<'a> {
    /// Adds the looks at one site.
    pub(super) fn add(&mut self, looks: BoxFuture<'a, bool>) {
        self.0.push(looks);
    }

    /// Lets the looks go on until this other work is done.
    pub(super) async fn go_on_beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.0
                .retain_mut(|looks| looks.as_mut().poll(context).is_pending());
            work.as_mut().poll(context)
        })
        .await
    }
}

/// The sites that are being looked at, so that no two looks of this process ask the same one.
#[derive(Debug, Default)]
pub(super) struct BusySites(Mutex<HashSet<String>>);

impl BusySites {
    /// Takes the site for oneself; `None` while somebody else has it.
    pub(super) fn take(&self, site: &str) -> Option<SiteTurn<'_>> {
        self.sites().insert(site.to_owned()).then(|| SiteTurn {
            sites: self,
            site: site.to_owned(),
        })
    }

    fn sites(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A site that is being looked at, until dropped.
#[derive(Debug)]
pub(super) struct SiteTurn<'a> {
    sites: &'a BusySites,
    site: String,
}

impl Drop for SiteTurn<'_> {
    fn drop(&mut self) {
        self.sites.sites().remove(&self.site);
    }
}

/// The pushes of one site that are due.
#[derive(Debug)]
pub(super) struct DueSite<'a> {
    pub(super) pushes: Vec<UncertainPush>,
    /// Held until all of them have been looked at.
    pub(super) _turn: SiteTurn<'a>,
}
