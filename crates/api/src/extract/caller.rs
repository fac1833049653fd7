//! Who calls.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::workspace::error::WorkspaceError;
use handoff_domain::workspace::model::{Actor, Role};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;

use crate::error::{ApiError, Code};
use crate::state::AppState;

/// A caller whose bearer token was checked and who keeps to the rate limit.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Who it is.
    pub actor: Actor,
}

/// One check a request, however many extractors ask.
type Checked = Rc<OnceCell<Caller>>;

impl Caller {
    /// The caller of a request.
    ///
    /// # Errors
    /// UNAUTHORIZED, RATE_LIMITED.
    pub async fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let cell = request.extensions().get::<Checked>().cloned();
        let cell = cell.unwrap_or_else(|| {
            let cell = Checked::default();
            request.extensions_mut().insert(Rc::clone(&cell));
            cell
        });
        cell.get_or_try_init(|| Self::check(request)).await.copied()
    }

    async fn check(request: &HttpRequest) -> Result<Self, ApiError> {
        let state = AppState::of(request)?;
        let bearer = bearer(request).ok_or_else(unauthorized)?;
        let actor = state
            .authenticator
            .actor(bearer)
            .await?
            .ok_or_else(unauthorized)?;
        state.limiter.check(actor)?;
        Ok(Self { actor })
    }
}

/// The right to go on reading from a workspace, which is asked for again and again while an answer lasts.
#[derive(Debug)]
pub struct Standing {
    actor: Actor,
    workspace: WorkspaceId,
    bearer: SecretString,
}

impl Standing {
    /// The right that a request stands on.
    ///
    /// # Errors
    /// UNAUTHORIZED, RATE_LIMITED.
    pub async fn of(request: &HttpRequest, workspace: WorkspaceId) -> Result<Self, ApiError> {
        let actor = Caller::of(request).await?.actor;
        let bearer = bearer(request).ok_or_else(unauthorized)?;
        Ok(Self {
            actor,
            workspace,
            bearer: SecretString::from(bearer.to_owned()),
        })
    }

    /// The workspace that is read from.
    #[must_use]
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Whether token and membership still hold.
    ///
    /// # Errors
    /// When they cannot be looked up.
    pub async fn holds(&self, state: &AppState) -> Result<bool, ApiError> {
        let bearer = self.bearer.expose_secret();
        if state.authenticator.actor(bearer).await? != Some(self.actor) {
            return Ok(false);
        }
        let required = state
            .workspaces
            .require(self.actor, self.workspace, Role::Member)
            .await;
        match required {
            Ok(_) => Ok(true),
            Err(WorkspaceError::Forbidden) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn unauthorized() -> ApiError {
    ApiError::new(Code::Unauthorized, "give a valid bearer token")
}
