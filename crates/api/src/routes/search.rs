//! Finding what a path names by an id alone: only in the caller's own workspaces, so that other ids do not exist.

use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::document::error::DocumentError;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::ticket::error::TicketError;

use crate::error::ApiError;
use crate::extract::Caller;
use crate::state::AppState;

/// An error that may say that a thing is not in a workspace.
pub(crate) trait MaybeAbsent: Into<ApiError> {
    /// Whether this is that error.
    fn is_absent(&self) -> bool;
}

impl MaybeAbsent for DocumentError {
    fn is_absent(&self) -> bool {
        matches!(self, Self::NotFound)
    }
}

impl MaybeAbsent for TicketError {
    fn is_absent(&self) -> bool {
        matches!(self, Self::NotFound | Self::DocumentNotFound)
    }
}

impl MaybeAbsent for DeliveryError {
    fn is_absent(&self) -> bool {
        matches!(self, Self::PushNotFound | Self::DeliveryNotFound)
    }
}

/// Calls for each of the caller's workspaces until the thing is there; `absent` where there is none to ask.
pub(crate) async fn in_own_workspaces<T, E: MaybeAbsent>(
    state: &AppState,
    caller: Caller,
    mut absent: E,
    call: impl AsyncFn(WorkspaceId) -> Result<T, E>,
) -> Result<T, ApiError> {
    for access in state.workspaces.workspaces_of(caller.actor).await? {
        match call(access.workspace.id).await {
            Err(error) if error.is_absent() => absent = error,
            other => return other.map_err(Into::into),
        }
    }
    Err(absent.into())
}
