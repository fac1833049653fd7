//! Control calls about grants and tokens.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::config::SandboxConfig;
use crate::kit::control::{ok, read, refused};
use crate::kit::http::{Answer, Answered, Request};
use crate::oauth::Tokens;
use crate::world::World;

use super::known_account;

/// The redirect address that a minted code is bound to.
const NOWHERE: &str = "http://localhost/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    #[serde(default)]
    account: Option<String>,
    /// A slug or a cloud id.
    site: String,
}

/// Shows which sites each account has granted to the app.
pub(super) fn list(tokens: &Tokens) -> Value {
    let grants = tokens.grants();
    let shown = grants.map(|(account, sites)| json!({"account": account, "sites": sites}));
    json!({"grants": shown.collect::<Vec<_>>()})
}

/// Adds a site to an account's grant, as a later consent does, or takes it away.
pub(super) fn change(world: &World, tokens: &mut Tokens, request: &Request, add: bool) -> Answered {
    let grant: Grant = read(request)?;
    let account = account(world, grant.account)?;
    let site = cloud_id(world, &grant.site)?;
    if add {
        tokens.add_site(&account, &site);
    } else {
        tokens.remove_site(&account, &site);
    }
    Ok(ok(&list(tokens)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mint {
    #[serde(default)]
    account: Option<String>,
    /// Slugs or cloud ids; the first site where it is left out.
    #[serde(default)]
    sites: Option<Vec<String>>,
    /// Every scope of the app where it is left out.
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

/// Consents and exchanges the code at once, without a browser.
pub(super) fn mint(
    world: &World,
    tokens: &mut Tokens,
    config: &SandboxConfig,
    now: OffsetDateTime,
    request: &Request,
) -> Answered {
    let mint: Mint = read(request)?;
    let account = account(world, mint.account)?;
    let sites = match mint.sites {
        Some(sites) => sites
            .iter()
            .map(|site| cloud_id(world, site))
            .collect::<Result<Vec<_>, _>>()?,
        None => {
            let first = world.sites.first();
            first
                .map(|site| site.cloud_id.clone())
                .into_iter()
                .collect()
        }
    };
    let scopes = mint.scopes.unwrap_or_else(|| config.enabled_scopes.clone());
    let code = tokens.consent(&account, &sites, scopes, NOWHERE, now);
    let pair = tokens.exchange(&code, NOWHERE, now);
    let pair = pair.ok_or_else(|| refused(500, "The code was refused."))?;
    let body = json!({
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": pair.expires_in,
        "scope": pair.scopes.join(" "),
        "account": account,
        "cloud_ids": sites,
    });
    Ok(Answer::json(201, &body))
}

fn account(world: &World, asked: Option<String>) -> Result<String, Answer> {
    let first = || world.accounts.first().map(|first| first.id.clone());
    let id = asked.or_else(first).unwrap_or_default();
    known_account(world, id)
}

fn cloud_id(world: &World, asked: &str) -> Result<String, Answer> {
    let by_id = world.site(asked);
    let found = by_id.or_else(|| world.site_by_slug(asked));
    let found = found.map(|site| site.cloud_id.clone());
    found.ok_or_else(|| refused(422, "There is no such site."))
}
