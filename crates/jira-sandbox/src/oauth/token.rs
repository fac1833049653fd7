//! The token endpoint.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::config::{DeadRefresh, SandboxConfig};
use crate::effect::TokenError;
use crate::errors;
use crate::json::set;
use crate::kit::http::{Answer, Answered, Request};
use crate::switches::OAuthSwitches;

use super::tokens::{Pair, Tokens};

/// Exchanges a code or a refresh token.
pub(crate) fn token(
    tokens: &mut Tokens,
    config: &SandboxConfig,
    switches: &OAuthSwitches,
    now: OffsetDateTime,
    request: &Request,
) -> Answered {
    let answered = exchange(tokens, config, switches, now, request);
    if answered.is_err() {
        tokens.counters.refused += 1;
    }
    answered
}

fn exchange(
    tokens: &mut Tokens,
    config: &SandboxConfig,
    switches: &OAuthSwitches,
    now: OffsetDateTime,
    request: &Request,
) -> Answered {
    if request.method.as_str() != "POST" {
        return Err(errors::token_error(
            405,
            "invalid_request",
            "Method not allowed.",
        ));
    }
    let body = body(switches, request)?;
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    check_client(config, field("client_id"), field("client_secret"))?;
    match field("grant_type") {
        "authorization_code" => {
            let (code, redirect_uri) = (field("code"), field("redirect_uri"));
            if code.is_empty() || redirect_uri.is_empty() {
                return Err(refuse(TokenError::InvalidRequest));
            }
            let pair = tokens.exchange(code, redirect_uri, now);
            let refusal =
                || errors::token_error(403, "invalid_grant", "Invalid authorization code");
            Ok(answer(&pair.ok_or_else(refusal)?, true))
        }
        "refresh_token" => {
            let token = field("refresh_token");
            if token.is_empty() {
                return Err(refuse(TokenError::InvalidRequest));
            }
            let pair = tokens.refresh(token, switches.leeway_pairs, now);
            let dead = match switches.dead_refresh {
                DeadRefresh::InvalidGrant => TokenError::InvalidGrant,
                DeadRefresh::UnauthorizedClient => TokenError::UnauthorizedClient,
            };
            Ok(answer(&pair.ok_or_else(|| refuse(dead))?, false))
        }
        _ => {
            let text = "The grant_type is missing or not supported.";
            Err(errors::token_error(400, "unsupported_grant_type", text))
        }
    }
}

fn body(switches: &OAuthSwitches, request: &Request) -> Result<Value, Answer> {
    if switches.token_takes_forms && request.is_form() {
        let form = request.form().into_iter();
        return Ok(form
            .map(|(name, value)| (name, Value::from(value)))
            .collect());
    }
    if !request.is_json() {
        return Err(refuse(TokenError::InvalidRequest));
    }
    serde_json::from_slice(&request.body).map_err(|_| refuse(TokenError::InvalidRequest))
}

fn check_client(config: &SandboxConfig, id: &str, secret: &str) -> Result<(), Answer> {
    let known = id == config.client_id && secret == config.client_secret;
    if known {
        Ok(())
    } else {
        Err(refuse(TokenError::AccessDenied))
    }
}

fn refuse(error: TokenError) -> Answer {
    let (status, error, description) = error.parts();
    errors::token_error(status, error, description)
}

/// Builds the 200 answer; Atlassian's refresh example carries no token type.
fn answer(pair: &Pair, with_type: bool) -> Answer {
    let mut body = json!({
        "access_token": pair.access_token,
        "expires_in": pair.expires_in,
        "scope": pair.scopes.join(" "),
    });
    if let Some(token) = &pair.refresh_token {
        set(&mut body, "refresh_token", token.as_str());
    }
    if with_type {
        set(&mut body, "token_type", "Bearer");
    }
    let mut answer = Answer::json(200, &body);
    answer
        .headers
        .push(("Cache-Control".to_owned(), "no-store".to_owned()));
    answer
}
