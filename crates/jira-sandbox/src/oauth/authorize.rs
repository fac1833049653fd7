//! The consent page and the decision taken on it.

use time::OffsetDateTime;
use url::Url;

use crate::config::SandboxConfig;
use crate::kit::http::{Answer, Answered, Request};
use crate::pages::consent;
use crate::switches::OAuthSwitches;
use crate::world::World;

use super::Tokens;

/// An authorize request that may be shown to a person.
#[derive(Debug)]
pub(crate) struct Authorization {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// Shows the consent page, or decides at once where the sandbox is set to do so.
pub(crate) fn authorize(
    world: &World,
    tokens: &mut Tokens,
    config: &SandboxConfig,
    switches: &OAuthSwitches,
    now: OffsetDateTime,
    request: &Request,
) -> Answered {
    let asked = read(config, switches, &request.query)?;
    let first = world.accounts.first().zip(world.sites.first());
    Ok(match first.filter(|_| config.auto_consent) {
        Some((account, site)) => {
            let sites = [site.cloud_id.clone()];
            accept(tokens, now, &asked, &account.id, &sites)
        }
        None => consent::page(world, &asked, None),
    })
}

/// Takes the posted consent form and sends the browser back to the app.
pub(crate) fn decide(
    world: &World,
    tokens: &mut Tokens,
    config: &SandboxConfig,
    switches: &OAuthSwitches,
    now: OffsetDateTime,
    request: &Request,
) -> Answered {
    if request.method.as_str() != "POST" {
        return Err(consent::error(
            405,
            "This page takes the posted consent form only.",
        ));
    }
    let form = request.form();
    let asked = read(config, switches, &form)?;
    let field = |name: &str| value(&form, name);
    match field("decision") {
        Some("accept") => {}
        Some("decline") => {
            let text = "User did not authorize the request";
            return Err(sent_back(switches, &asked, "access_denied", text));
        }
        _ => {
            return Err(consent::error(
                400,
                "The decision must be accept or decline.",
            ));
        }
    }
    let first_account = world
        .accounts
        .first()
        .map_or("", |account| account.id.as_str());
    let account = field("account").unwrap_or(first_account);
    let chosen = form
        .iter()
        .filter(|(name, _)| name == "site")
        .map(|(_, site)| site.clone());
    let sites: Vec<String> = chosen.collect();
    if world.account(account).is_none() {
        return Err(consent::error(400, "No such account."));
    }
    if sites.is_empty() {
        return Ok(consent::page(
            world,
            &asked,
            Some("Choose at least one site."),
        ));
    }
    if sites.iter().any(|site| world.site(site).is_none()) {
        return Err(consent::error(400, "No such site."));
    }
    Ok(accept(tokens, now, &asked, account, &sites))
}

fn accept(
    tokens: &mut Tokens,
    now: OffsetDateTime,
    asked: &Authorization,
    account: &str,
    sites: &[String],
) -> Answer {
    let scopes = asked.scopes.clone();
    let code = tokens.consent(account, sites, scopes, &asked.redirect_uri, now);
    redirect(asked, &[("code", &code)], asked.state.as_deref())
}

/// Checks the parameters: those that name the app must be right before anything is sent back.
fn read(
    config: &SandboxConfig,
    switches: &OAuthSwitches,
    parameters: &[(String, String)],
) -> Result<Authorization, Answer> {
    let field = |name: &str| value(parameters, name).unwrap_or_default();
    let (client_id, redirect_uri) = (field("client_id"), field("redirect_uri"));
    if client_id != config.client_id {
        return Err(consent::error(
            400,
            "The client_id is missing or names no app.",
        ));
    }
    if !is_callback(config, redirect_uri) {
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
        return Err(sent_back(
            switches,
            &asked,
            "unsupported_response_type",
            text,
        ));
    }
    if field("audience") != "api.atlassian.com" {
        let text = "The audience must be api.atlassian.com.";
        return Err(sent_back(switches, &asked, "invalid_request", text));
    }
    let enabled = |scope: &String| config.enabled_scopes.contains(scope);
    if asked.scopes.is_empty() || !asked.scopes.iter().all(enabled) {
        let text = "A requested scope is not enabled for this app.";
        return Err(sent_back(switches, &asked, "invalid_scope", text));
    }
    Ok(asked)
}

/// Tells whether a callback is one of the app's, by text as Atlassian compares it.
fn is_callback(config: &SandboxConfig, redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    let registered = &config.callback_urls;
    let known = registered.is_empty() || registered.iter().any(|known| known == redirect_uri);
    known && matches!(url.scheme(), "http" | "https") && url.fragment().is_none()
}

fn sent_back(
    switches: &OAuthSwitches,
    asked: &Authorization,
    error: &str,
    description: &str,
) -> Answer {
    let parameters = [("error", error), ("error_description", description)];
    let echoed = asked.state.as_deref();
    let echoed = echoed.filter(|_| !switches.error_redirect_without_state);
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
