//! Pages counted by offset.

use std::future::Future;

use futures_util::future::{self, FutureExt, TryFutureExt};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use serde::{Deserialize, Deserializer};

use super::lenient::{null_as_empty, number};
use crate::error::{Error, Route};

/// A server whose pages never end is given up here.
const MAX_ITEMS: u64 = 1_000_000;

/// One page of a list counted by offset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    #[serde(
        default = "Vec::new",
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

    /// Returns where the next page starts; a server that repeats a page's position does not hold it back.
    pub(crate) fn next_start_after(&self, asked: u64, route: Route) -> Result<Option<u64>, Error> {
        let Some(next) = self.next_start() else {
            return Ok(None);
        };
        let count = u64::try_from(self.values.len()).unwrap_or(u64::MAX);
        let next = next.max(asked.saturating_add(count));
        if self.total.is_some_and(|total| next >= total) {
            return Ok(None);
        }
        if next >= MAX_ITEMS {
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
        let count = u64::try_from(self.values.len()).unwrap_or(u64::MAX);
        if count == 0 || self.is_last == Some(true) {
            return None;
        }
        let next = self.start_at.saturating_add(count);
        match self.total {
            Some(total) if next >= total => None,
            _ => Some(next),
        }
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
    fn pages_that_never_end_are_an_error_and_a_repeated_position_moves_on() {
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
        let last = page(50, Some(600), Some(false));
        assert_eq!(last.next_start_after(550, route).unwrap(), None);
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
