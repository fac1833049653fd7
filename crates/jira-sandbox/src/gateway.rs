//! The gateway before Jira: bearer, site and scope.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::config::SandboxConfig;
use crate::effect::Effect;
use crate::endpoint::Endpoint;
use crate::errors::{gateway_error, html_error, jira_error};
use crate::kit::http::{Answer, Answered, Request};
use crate::oauth::{Bearer, Tokens};
use crate::rest;
use crate::rest::table::Handler;
use crate::state::State;
use crate::switches::{BadSiteLogin, BadToken, GatewaySwitches, UnknownSite};
use crate::world::{Site, World};

/// The header by which Jira tells that a login was wrong, also where it goes on without one.
const LOGIN_FAILED: (&str, &str) = ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");
const NOT_AUTHENTICATED: &str = "Client must be authenticated to access this resource.";

/// A request that has passed the gateway, with who asks and of which site.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) cloud_id: &'a str,
    pub(crate) account: String,
    pub(crate) fault: Option<&'a Effect>,
    pub(crate) now: OffsetDateTime,
}

impl Call<'_> {
    /// Gives a part of the path behind `/rest/api/3/`.
    pub(crate) fn part(&self, at: usize) -> &str {
        self.request.part(6 + at)
    }

    /// Gives the site that the gateway has already found.
    pub(crate) fn site<'w>(&self, world: &'w World) -> Result<&'w Site, Answer> {
        let site = world.site(self.cloud_id);
        site.ok_or_else(|| jira_error(404, "No such site."))
    }

    pub(crate) fn site_mut<'w>(&self, world: &'w mut World) -> Result<&'w mut Site, Answer> {
        let site = world.site_mut(self.cloud_id);
        site.ok_or_else(|| jira_error(404, "No such site."))
    }

    /// Tells whether nobody is known to ask.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.account.is_empty()
    }

    /// Tells whether version 2 of the REST API is spoken, which has texts instead of documents.
    pub(crate) fn is_v2(&self) -> bool {
        self.request.version() == "2"
    }

    /// Reads the body of a write, with documents also where version 2 sends texts.
    pub(crate) fn details(&self) -> Result<Value, Answer> {
        let mut body = self.request.json()?;
        if self.is_v2() {
            rest::v2::upgrade(&mut body)?;
        }
        Ok(body)
    }
}

impl Request {
    /// Reads a call to a site's own address as the gateway's call for the same resource.
    pub(crate) fn enter_site(&mut self, cloud_id_of: impl Fn(&str) -> Option<String>) {
        let parts = self.parts(0);
        let ["sites", slug, "rest", "api", rest @ ..] = parts.as_slice() else {
            return;
        };
        let Some(cloud_id) = cloud_id_of(slug) else {
            return;
        };
        let gateway = ["ex", "jira", &cloud_id, "rest", "api"];
        let parts = gateway.iter().chain(rest);
        self.segments = parts.map(|part| (*part).to_owned()).collect();
        self.at_site = true;
    }

    /// Gives the version of the REST API that a Jira call names; `latest` is the second.
    pub(crate) fn version(&self) -> &str {
        match self.part(5) {
            "latest" => "2",
            version => version,
        }
    }

    /// Reads the body as JSON, answering as Jira does where it is not.
    pub(crate) fn json(&self) -> Result<Value, Answer> {
        if !self.is_json() {
            return Err(Answer::json(
                415,
                &json!({"errorMessages": [], "errors": {}}),
            ));
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            let text = "There was an error parsing JSON. Check that your request body is valid.";
            jira_error(400, text)
        })
    }
}

/// Checks a request as the gateway does and passes it on to Jira.
pub(crate) fn answer(
    state: &mut State,
    endpoint: Endpoint,
    request: &Request,
    fault: Option<&Effect>,
) -> Answered {
    let cloud_id = request.part(2);
    let now = state.timing.now();
    let bearer = if request.at_site {
        site_caller(
            &state.world,
            &state.config,
            &state.switches.gateway,
            request,
            endpoint,
        )?
    } else {
        let bearer = bearer(&state.tokens, &state.switches.gateway, now, request)?;
        admit(
            &state.world,
            &state.switches.gateway,
            &bearer,
            cloud_id,
            endpoint,
        )?;
        bearer
    };
    let call = Call {
        request,
        cloud_id,
        account: bearer.account,
        fault,
        now,
    };
    let mut answered = match call.is_anonymous() {
        true => answer_anybody(state, endpoint, &call),
        false => answer_caller(state, endpoint, &call),
    };
    if call.is_v2() {
        rest::v2::downgrade(&mut answered);
    }
    let (name, value) = match call.is_anonymous() {
        false => ("X-AAccountId", call.account.as_str()),
        true if request.basic.is_some() => LOGIN_FAILED,
        true => return Ok(answered),
    };
    answered.headers.push((name.to_owned(), value.to_owned()));
    Ok(answered)
}

fn answer_caller(state: &mut State, endpoint: Endpoint, call: &Call<'_>) -> Answer {
    let answered = match endpoint.row().map(|row| row.handler) {
        Some(Handler::Jira(answer)) => answer(state, call),
        _ => Err(jira_error(404, "The sandbox does not know this resource.")),
    };
    answered.unwrap_or_else(|refusal| refusal)
}

/// Answers somebody without a login, to whom the site shows nothing.
fn answer_anybody(state: &mut State, endpoint: Endpoint, call: &Call<'_>) -> Answer {
    let close = |world: &mut World, closed: bool| {
        if let Some(site) = world.site_mut(call.cloud_id) {
            site.closed = closed;
        }
    };
    close(&mut state.world, true);
    let answered = answer_caller(state, endpoint, call);
    close(&mut state.world, false);
    answered
}

/// Finds whom e-mail address and API token speak for, which only a site's own address takes.
fn site_caller(
    world: &World,
    config: &SandboxConfig,
    switches: &GatewaySwitches,
    request: &Request,
    endpoint: Endpoint,
) -> Result<Bearer, Answer> {
    if request.bearer.is_some() {
        return Err(gateway_error(401, "Unauthorized"));
    }
    let right_token = |(_, token): &&(String, String)| *token == config.api_token;
    let named = request.basic.as_ref().filter(right_token);
    let account = named.and_then(|(email, _)| world.account_of(email));
    let is_open = match switches.bad_site_login {
        BadSiteLogin::Refused => endpoint == Endpoint::ServerInfo,
        BadSiteLogin::Anonymous => endpoint.is_open(),
    };
    match account {
        None if !is_open => {
            let mut refusal = jira_error(401, NOT_AUTHENTICATED);
            let (name, value) = LOGIN_FAILED;
            refusal.headers.push((name.to_owned(), value.to_owned()));
            Err(refusal)
        }
        account => Ok(Bearer {
            account: account
                .map(|account| account.id.to_owned())
                .unwrap_or_default(),
            scopes: Vec::new(),
            sites: Vec::new(),
        }),
    }
}

/// Finds whom the bearer token speaks for.
pub(crate) fn bearer(
    tokens: &Tokens,
    switches: &GatewaySwitches,
    now: OffsetDateTime,
    request: &Request,
) -> Result<Bearer, Answer> {
    let token = request.bearer.as_deref().unwrap_or_default();
    let bearer = tokens.bearer(token, now);
    bearer.ok_or_else(|| bad_token(switches.bad_token))
}

fn bad_token(shape: BadToken) -> Answer {
    match shape {
        BadToken::Gateway => gateway_error(401, "Unauthorized"),
        BadToken::Jira => jira_error(401, NOT_AUTHENTICATED),
        BadToken::Empty => Answer::empty(401),
        BadToken::Html => html_error(401),
        BadToken::Forbidden => gateway_error(403, "Forbidden"),
    }
}

fn admit(
    world: &World,
    switches: &GatewaySwitches,
    bearer: &Bearer,
    cloud_id: &str,
    endpoint: Endpoint,
) -> Result<(), Answer> {
    let forbidden = || gateway_error(403, "The app is not installed on this instance");
    if world.site(cloud_id).is_none() {
        return Err(match switches.unknown_site {
            UnknownSite::NotFound => gateway_error(404, "Not Found"),
            UnknownSite::Forbidden => forbidden(),
        });
    }
    if !bearer.sites.iter().any(|site| site == cloud_id) {
        return Err(forbidden());
    }
    let also = endpoint.also_reads().then_some("read:jira-work");
    let mut wanted = endpoint.scope().into_iter().chain(also);
    if wanted.all(|scope| bearer.scopes.iter().any(|held| held == scope)) {
        Ok(())
    } else {
        Err(gateway_error(401, "Unauthorized; scope does not match"))
    }
}
