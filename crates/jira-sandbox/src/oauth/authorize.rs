//! The consent page and the decision taken on it.

use url::Url;

use crate::kit::http::{Answer, Request};
use crate::pages::consent;
use crate::state::State;

/// An authorize request that may be shown to a person.
#[derive(Debug)]
pub(crate) struct Authorization {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// Shows the consent page, or decides at once where the sandbox is set to do so.
pub(crate) fn authorize(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    let asked = read(state, &request.query)?;
    if !state.config.auto_consent {
        return Ok(consent::page(state, &asked, None));
    }
    let (Some(account), Some(site)) = (state.world.accounts.first(), state.world.sites.first())
    else {
        return Ok(consent::page(state, &asked, None));
    };
    let (account, site) = (account.id.clone(), site.cloud_id.clone());
    Ok(accept(state, &asked, &account, &[site]))
}

/// Takes the posted consent form and sends the browser back to the app.
pub(crate) fn decide(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    if request.method.as_str() != "POST" {
        return Err(consent::error(
            405,
            "This page takes the posted consent form only.",
        ));
    }
    let form = request.form();
    let asked = read(state, &form)?;
    let field = |name: &str| value(&form, name);
    match field("decision") {
        Some("accept") => {}
        Some("decline") => {
            let text = "User did not authorize the request";
            return Err(sent_back(state, &asked, "access_denied", text));
        }
        _ => {
            return Err(consent::error(
                400,
                "The decision must be accept or decline.",
            ));
        }
    }
    let first_account = state
        .world
        .accounts
        .first()
        .map_or("", |account| account.id.as_str());
    let account = field("account").unwrap_or(first_account);
    let chosen = form
        .iter()
        .filter(|(name, _)| name == "site")
        .map(|(_, site)| site.clone());
    let sites: Vec<String> = chosen.collect();
    if state.world.account(account).is_none() {
        return Err(consent::error(400, "No such account."));
    }
    if sites.is_empty() {
        return Ok(consent::page(
            state,
            &asked,
            Some("Choose at least one site."),
        ));
    }
    if sites.iter().any(|site| state.world.site(site).is_none()) {
        return Err(consent::error(400, "No such site."));
    }
    let account = account.to_owned();
    Ok(accept(state, &asked, &account, &sites))
}

fn accept(state: &mut State, asked: &Authorization, account: &str, sites: &[String]) -> Answer {
    let now = state.now();
    let scopes = asked.scopes.clone();
    let code = state
        .tokens
        .consent(account, sites, scopes, &asked.redirect_uri, now);
    redirect(asked, &[("code", &code)], asked.state.as_deref())
}

/// Checks the parameters: those that name the app must be right before anything is sent back.
fn read(state: &State, parameters: &[(String, String)]) -> Result<Authorization, Answer> {
    let field = |name: &str| value(parameters, name).unwrap_or_default();
    let (client_id, redirect_uri) = (field("client_id"), field("redirect_uri"));
    if client_id != state.config.client_id {
        return Err(consent::error(
            400,
            "The client_id is missing or names no app.",
        ));
    }
    if !is_callback(state, redirect_uri) {
        let text = "The redirect_uri is missing or not registered for this app.";
        return Err(consent::error(400, text));
    }
    let asked = Authorization {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: value(parameters, "state").map(str::to_owned),
        scopes: field("scope")
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    };
    if field("response_type") != "code" {
        let text = "The response_type must be code.";
        return Err(sent_back(state, &asked, "unsupported_response_type", text));
    }
    if field("audience") != "api.atlassian.com" {
        let text = "The audience must be api.atlassian.com.";
        return Err(sent_back(state, &asked, "invalid_request", text));
    }
    let enabled = |scope: &String| state.config.enabled_scopes.contains(scope);
    if asked.scopes.is_empty() || !asked.scopes.iter().all(enabled) {
        let text = "A requested scope is not enabled for this app.";
        return Err(sent_back(state, &asked, "invalid_scope", text));
    }
    Ok(asked)
}

/// Tells whether a callback is one of the app's, by text as Atlassian compares it.
fn is_callback(state: &State, redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    let registered = &state.config.callback_urls;
    let known = registered.is_empty() || registered.iter().any(|known| known == redirect_uri);
    known && matches!(url.scheme(), "http" | "https") && url.fragment().is_none()
}

fn sent_back(state: &State, asked: &Authorization, error: &str, description: &str) -> Answer {
    let parameters = [("error", error), ("error_description", description)];
    let echoed = asked.state.as_deref();
    let echoed = echoed.filter(|_| !state.switches.error_redirect_without_state);
    redirect(asked, &parameters, echoed)
}

/// Sends the browser back to the app, with the app's own `state` where it is echoed.
fn redirect(asked: &Authorization, parameters: &[(&str, &str)], state: Option<&str>) -> Answer {
    let Ok(mut url) = Url::parse(&asked.redirect_uri) else {
        return consent::error(400, "The redirect_uri cannot be read.");
    };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(parameters);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
    }
    Answer::redirect(url.into())
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
