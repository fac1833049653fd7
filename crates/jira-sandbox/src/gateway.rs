//! The gateway before Jira: bearer, site and scope.

use crate::endpoint::Endpoint;
use crate::errors::{SEARCH_REMOVED, gateway_error, jira_error};
use crate::faults::Effect;
use crate::http::{Answer, Request};
use crate::oauth::Bearer;
use crate::rest;
use crate::state::State;

/// A request that has passed the gateway, with who asks and of which site.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) cloud_id: &'a str,
    pub(crate) account: String,
    pub(crate) fault: Option<&'a Effect>,
}

impl Call<'_> {
    /// Gives a part of the path behind `/rest/api/3/`.
    pub(crate) fn part(&self, at: usize) -> &str {
        self.request.part(6 + at)
    }
}

/// Checks a request as the gateway does and passes it on to Jira.
pub(crate) fn answer(
    state: &mut State,
    endpoint: Endpoint,
    request: &Request,
    fault: Option<&Effect>,
) -> Result<Answer, Answer> {
    let cloud_id = request.part(2);
    let bearer = bearer(state, request)?;
    admit(state, &bearer, cloud_id, endpoint)?;
    let call = Call {
        request,
        cloud_id,
        account: bearer.account,
        fault,
    };
    let mut answered = match endpoint {
        Endpoint::RemovedSearch => Err(jira_error(410, SEARCH_REMOVED)),
        Endpoint::UnknownJira => Err(jira_error(404, "The sandbox does not know this resource.")),
        endpoint => rest::answer(state, endpoint, &call),
    }
    .unwrap_or_else(|refusal| refusal);
    answered
        .headers
        .push(("X-AAccountId".to_owned(), call.account.clone()));
    Ok(answered)
}

/// Finds whom the bearer token speaks for.
pub(crate) fn bearer(state: &State, request: &Request) -> Result<Bearer, Answer> {
    let token = request.bearer.as_deref().unwrap_or_default();
    state
        .tokens
        .bearer(token, state.now())
        .ok_or_else(|| gateway_error(401, "Unauthorized"))
}

fn admit(state: &State, bearer: &Bearer, cloud_id: &str, endpoint: Endpoint) -> Result<(), Answer> {
    if state.world.site(cloud_id).is_none() {
        return Err(gateway_error(404, "Not Found"));
    }
    if !bearer.sites.iter().any(|site| site == cloud_id) {
        return Err(gateway_error(
            403,
            "The app is not installed on this instance",
        ));
    }
    match endpoint.scope() {
        Some(scope) if !bearer.scopes.iter().any(|held| held == scope) => {
            Err(gateway_error(401, "Unauthorized; scope does not match"))
        }
        _ => Ok(()),
    }
}
