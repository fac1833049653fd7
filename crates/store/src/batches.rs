//! Many rows, cut into what one statement takes.

/// Gives the rows in batches of at most `size`.
pub(crate) fn batches<T>(rows: Vec<T>, size: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<T> = rows.by_ref().take(size).collect();
        (!batch.is_empty()).then_some(batch)
    })
}
