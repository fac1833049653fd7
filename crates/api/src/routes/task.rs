//! Work that is finished even when the caller goes away.

use std::future::Future;

use tracing::Instrument as _;

use crate::error::ApiError;

/// Runs a use case in a task of its own: a dropped connection must not leave it half done.
pub(crate) async fn detached<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    tokio::spawn(work.in_current_span())
        .await
        .map_err(ApiError::internal)?
        .map_err(Into::into)
}
