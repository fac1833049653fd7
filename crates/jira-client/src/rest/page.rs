//! Pages counted by offset.

use std::future::Future;

use futures_util::future::{self, FutureExt, TryFutureExt};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use serde::{Deserialize, Deserializer};

use super::lenient::{null_as_empty, number};
use crate::error::Error;
use crate::send::Route;

/// A server whose pages never end is given up here.
const MAX_ITEMS: u64 = 1_000_000;
/// A total may be stale; so many items beyond it are read where more pages are announced.
const MAX_BEYOND_TOTAL: u64 = 200;

/// One page of a list counted by offset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    #[serde(
        deserialize_with = "null_as_empty",
        bound(deserialize = "T: Deserialize<'de>")
    )]
    pub values: Vec<T>,
    /// The position of the first item.
    #[serde(default, deserialize_with = "start")]
    pub start_at: u64,
    /// How many items there are in all, where Jira tells.
    #[serde(default, deserialize_with = "number")]
    pub total: Option<u64>,
    /// Whether Jira calls this the last page.
    #[serde(default)]
    pub is_last: Option<bool>,
}

fn start<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(number(deserializer)?.unwrap_or_default())
}

impl<T> Page<T> {
    pub(crate) const fn empty(start_at: u64) -> Self {
        Self {
            values: Vec::new(),
            start_at,
            total: Some(start_at),
            is_last: Some(true),
        }
    }

    /// Returns where the next page starts, counted from what was asked for.
    ///
    /// A page's own position is not believed: one that is ahead would leave items out.
    pub(crate) fn next_start_after(&self, asked: u64, route: Route) -> Result<Option<u64>, Error> {
        let Some(next) = self.next_after(asked) else {
            return Ok(None);
        };
        let end = self.total.map_or(MAX_ITEMS, |total| {
            total.saturating_add(MAX_BEYOND_TOTAL).min(MAX_ITEMS)
        });
        if next >= end {
            return Err(Error::Decode {
                route,
                status: 200,
                path: "isLast".to_owned(),
                reason: "the pages do not end".to_owned(),
            });
        }
        Ok(Some(next))
    }

    /// Returns where the next page starts, `None` after the last one.
    ///
    /// An empty page is the last one whatever it says of itself, so that paging always ends.
    #[must_use]
    pub fn next_start(&self) -> Option<u64> {
        self.next_after(self.start_at)
    }

    /// The total counts only where nothing says which page is the last.
    fn next_after(&self, start_at: u64) -> Option<u64> {
        let count = u64::try_from(self.values.len()).unwrap_or(u64::MAX);
        let next = start_at.saturating_add(count);
        let is_last = self
            .is_last
            .unwrap_or_else(|| self.total.is_some_and(|total| next >= total));
        (count > 0 && !is_last).then_some(next)
    }
}

/// Streams the items of all pages; `fetch` returns a page's items and what fetches the next page.
///
/// The stream ends with the first error.
pub(crate) fn stream<Q, T, F, R>(first: Q, mut fetch: F) -> impl Stream<Item = Result<T, Error>>
where
    F: FnMut(Q) -> R,
    R: Future<Output = Result<(Vec<T>, Option<Q>), Error>>,
{
    stream::try_unfold(Some(first), move |position| match position {
        Some(query) => fetch(query).map_ok(Some).left_future(),
        None => future::ready(Ok(None)).right_future(),
    })
    .map_ok(|items| stream::iter(items).map(Ok))
    .try_flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(count: usize, total: Option<u64>, is_last: Option<bool>) -> Page<u8> {
        Page {
            values: vec![0; count],
            start_at: 50,
            total,
            is_last,
        }
    }

    #[test]
    fn pages_that_never_end_are_an_error_and_a_wrong_position_or_total_skips_nothing() {
        let route = Route {
            method: "GET",
            template: "/",
            writes: false,
        };
        let endless = page(50, None, Some(false));
        assert_eq!(endless.next_start_after(50, route).unwrap(), Some(100));
        assert_eq!(endless.next_start_after(500, route).unwrap(), Some(550));
        let error = endless.next_start_after(MAX_ITEMS - 50, route).unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error:?}");
        assert_eq!(endless.next_start_after(10, route).unwrap(), Some(60));
        let last = page(50, Some(600), None);
        assert_eq!(last.next_start_after(550, route).unwrap(), None);
        let not_last = page(50, Some(600), Some(false));
        assert_eq!(not_last.next_start_after(550, route).unwrap(), Some(600));
    }

    #[test]
    fn paging_ends_at_the_total_at_the_last_page_and_at_an_empty_one() {
        assert_eq!(page(50, Some(120), None).next_start(), Some(100));
        assert_eq!(page(50, None, Some(false)).next_start(), Some(100));
        assert_eq!(page(50, Some(100), None).next_start(), None);
        assert_eq!(page(50, Some(120), Some(true)).next_start(), None);
        assert_eq!(page(0, Some(120), Some(false)).next_start(), None);
    }
}
