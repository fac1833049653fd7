//! Codes, token families and grants.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::config::LeewayPairs;
use crate::journal::TokenCounters;
use crate::switches::OAuthSwitches;

/// How long a code can be exchanged; Atlassian does not say, RFC 6749 recommends this at most.
const CODE_LIFE: Duration = Duration::minutes(10);
/// How long an access token works where nothing else is switched.
const ACCESS_LIFE: Duration = Duration::seconds(3600);
/// How long a used refresh token may be exchanged again where nothing else is switched.
const LEEWAY: Duration = Duration::minutes(10);
/// How long a refresh token lives unused.
const IDLE_LIFE: Duration = Duration::days(90);
/// How long a consent lasts, however often it is refreshed.
const ABSOLUTE_LIFE: Duration = Duration::days(365);

/// Every code, token and grant there is.
#[derive(Default)]
pub(crate) struct Tokens {
    /// Granted sites by account; a later consent adds to them.
    grants: HashMap<String, Vec<String>>,
    codes: HashMap<String, Code>,
    families: Vec<Family>,
    refresh: HashMap<String, RefreshToken>,
    access: HashMap<String, AccessToken>,
    pub(crate) counters: TokenCounters,
    access_seconds: Option<u32>,
    leeway_seconds: Option<u32>,
    /// Whether a further consent of an account goes on with the family of the one before.
    joins_family: bool,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

struct Code {
    account: String,
    scopes: Vec<String>,
    redirect_uri: String,
    expires_at: OffsetDateTime,
}

/// The tokens that come from one consent and live and die together.
struct Family {
    account: String,
    scopes: Vec<String>,
    consented_at: OffsetDateTime,
    alive: bool,
}

struct RefreshToken {
    family: usize,
    issued_at: OffsetDateTime,
    used_at: Option<OffsetDateTime>,
    /// The refresh tokens made from this one.
    children: Vec<String>,
    dead: bool,
}

struct AccessToken {
    family: usize,
    expires_at: OffsetDateTime,
    /// The refresh token handed out beside it, whose fate it shares.
    companion: Option<String>,
}

/// What the token endpoint hands out.
pub(crate) struct Pair {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: i64,
    pub(crate) scopes: Vec<String>,
}

/// Whom a working access token speaks for.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) account: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) sites: Vec<String>,
}

impl Tokens {
    /// Takes over what the switches say of tokens.
    pub(crate) fn follow(&mut self, switches: &OAuthSwitches) {
        self.access_seconds = switches.access_token_seconds;
        self.leeway_seconds = switches.leeway_seconds;
        self.joins_family = switches.consent_joins_family;
    }

    fn access_life(&self) -> Duration {
        let seconds = self.access_seconds.map(|it| Duration::seconds(it.into()));
        seconds.unwrap_or(ACCESS_LIFE)
    }

    fn leeway(&self) -> Duration {
        let seconds = self.leeway_seconds.map(|it| Duration::seconds(it.into()));
        seconds.unwrap_or(LEEWAY)
    }

    /// Notes a person's consent and gives the code for it.
    pub(crate) fn consent(
        &mut self,
        account: &str,
        sites: &[String],
        scopes: Vec<String>,
        redirect_uri: &str,
        now: OffsetDateTime,
    ) -> String {
        for site in sites {
            self.add_site(account, site);
        }
        let code = format!("sandbox-code-{}", Uuid::new_v4().simple());
        let expires_at = now + CODE_LIFE;
        let account = account.to_owned();
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(
            code.clone(),
            Code {
                account,
                scopes,
                redirect_uri,
                expires_at,
            },
        );
        code
    }

    /// Exchanges a code, which is gone afterwards whatever comes of it.
    pub(crate) fn exchange(
        &mut self,
        code: &str,
        redirect_uri: &str,
        now: OffsetDateTime,
    ) -> Option<Pair> {
        let code = self.codes.remove(code)?;
        if now >= code.expires_at || code.redirect_uri != redirect_uri {
            return None;
        }
        let family = Family {
            account: code.account,
            scopes: code.scopes,
            consented_at: now,
            alive: true,
        };
        self.counters.exchanges += 1;
        let at = self.enter(family);
        self.issue(at, now)
    }

    /// Keeps what a consent has begun: as a family of its own, or in the place of the last one.
    fn enter(&mut self, family: Family) -> usize {
        let same = |held: &Family| held.alive && held.account == family.account;
        let joined = self.families.iter().rposition(same);
        if let (true, Some(at)) = (self.joins_family, joined)
            && let Some(held) = self.families.get_mut(at)
        {
            *held = family;
            return at;
        }
        self.families.push(family);
        self.families.len() - 1
    }

    /// Exchanges a refresh token; none where it no longer works.
    pub(crate) fn refresh(
        &mut self,
        token: &str,
        rule: LeewayPairs,
        now: OffsetDateTime,
    ) -> Option<Pair> {
        let known = self.refresh.get(token)?;
        let (family, used_at) = (known.family, known.used_at);
        let idle_out = now > known.issued_at + IDLE_LIFE;
        let absolute_out = now > self.families.get(family)?.consented_at + ABSOLUTE_LIFE;
        if known.dead || idle_out || absolute_out || !self.families.get(family)?.alive {
            return None;
        }
        match used_at {
            None => self.counters.refreshes += 1,
            Some(used_at) if now <= used_at + self.leeway() => self.counters.leeway_refreshes += 1,
            Some(_) => {
                self.kill_family(family);
                return None;
            }
        }
        self.rotate(token, family, used_at.is_some(), rule, now)
    }

    fn rotate(
        &mut self,
        token: &str,
        family: usize,
        again: bool,
        rule: LeewayPairs,
        now: OffsetDateTime,
    ) -> Option<Pair> {
        if again && rule == LeewayPairs::LastWins {
            let children = self.refresh.get(token)?.children.clone();
            children.iter().for_each(|child| self.kill(child));
        }
        let pair = self.issue(family, now)?;
        let used = self.refresh.get_mut(token)?;
        used.used_at.get_or_insert(now);
        if let Some(child) = pair.refresh_token.clone() {
            used.children.push(child.clone());
            if again && rule == LeewayPairs::FirstWins {
                self.kill(&child);
            }
        }
        Some(pair)
    }

    fn issue(&mut self, family: usize, now: OffsetDateTime) -> Option<Pair> {
        let scopes = self.families.get(family)?.scopes.clone();
        let offline = scopes.iter().any(|scope| scope == "offline_access");
        let refresh_token = offline.then(|| long_token("refresh"));
        if let Some(token) = refresh_token.clone() {
            let fresh = RefreshToken {
                family,
                issued_at: now,
                used_at: None,
                children: vec![],
                dead: false,
            };
            self.refresh.insert(token, fresh);
        }
        let access_token = long_token("access");
        let life = self.access_life();
        let expires_at = now + life;
        let companion = refresh_token.clone();
        self.access.insert(
            access_token.clone(),
            AccessToken {
                family,
                expires_at,
                companion,
            },
        );
        let expires_in = life.whole_seconds();
        Some(Pair {
            access_token,
            refresh_token,
            expires_in,
            scopes,
        })
    }

    /// Finds whom an access token speaks for, where it still works.
    pub(crate) fn bearer(&self, token: &str, now: OffsetDateTime) -> Option<Bearer> {
        let access = self
            .access
            .get(token)
            .filter(|access| now < access.expires_at)?;
        let family = self
            .families
            .get(access.family)
            .filter(|family| family.alive)?;
        let companion = access
            .companion
            .as_ref()
            .and_then(|token| self.refresh.get(token));
        let outlived = companion.is_some_and(|companion| {
            companion.dead
                || companion
                    .used_at
                    .is_some_and(|used| now > used + self.leeway())
        });
        if outlived {
            return None;
        }
        Some(Bearer {
            account: family.account.clone(),
            scopes: family.scopes.clone(),
            sites: self
                .grants
                .get(&family.account)
                .cloned()
                .unwrap_or_default(),
        })
    }

    fn kill(&mut self, token: &str) {
        if let Some(token) = self.refresh.get_mut(token) {
            token.dead = true;
        }
    }

    fn kill_family(&mut self, family: usize) {
        if let Some(family) = self.families.get_mut(family) {
            family.alive = false;
            self.counters.families_killed += 1;
        }
    }

    /// Adds a site to an account's grant.
    pub(crate) fn add_site(&mut self, account: &str, site: &str) {
        let sites = self.grants.entry(account.to_owned()).or_default();
        if !sites.iter().any(|held| held == site) {
            sites.push(site.to_owned());
        }
    }

    /// Gives the granted sites of each account.
    pub(crate) fn grants(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.grants.iter()
    }

    /// Takes a site from an account's grant.
    pub(crate) fn remove_site(&mut self, account: &str, site: &str) {
        if let Some(sites) = self.grants.get_mut(account) {
            sites.retain(|held| held != site);
        }
    }

    /// Ends every grant, as a person does under connected apps.
    pub(crate) fn revoke_all(&mut self) {
        self.grants.clear();
        self.families
            .iter_mut()
            .for_each(|family| family.alive = false);
    }

    /// Lets every access token expire at once; refresh tokens go on.
    pub(crate) fn expire_access(&mut self, now: OffsetDateTime) {
        self.access
            .values_mut()
            .for_each(|access| access.expires_at = now);
    }
}

/// Makes a token about as long as Atlassian's, so that no column is too short by luck.
fn long_token(kind: &str) -> String {
    let random = (0..30)
        .map(|_| Uuid::new_v4().simple().to_string())
        .collect::<String>();
    format!("sandbox-{kind}-{random}")
}

#[cfg(test)]
mod tests;
