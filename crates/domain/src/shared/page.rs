//! Paging by the last id seen.

use uuid::Uuid;

/// The number of items a list gives when nothing is asked.
pub const DEFAULT_LIMIT: u32 = 50;
/// The greatest number of items a list gives.
pub const MAX_LIMIT: u32 = 200;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The greatest number of items, 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// The id after which the page begins, in the order of the list.
    pub after: Option<Uuid>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            after: None,
        }
    }
}

/// One part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The id of the last item when more follow.
    pub next: Option<Uuid>,
}

impl<T> Page<T> {
    /// Cuts a page out of up to `limit + 1` rows, the surplus row telling that more follow.
    pub fn from_rows(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if has_more { rows.last().map(id) } else { None };
        Self { items: rows, next }
    }

    /// Turns each item into another.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}
