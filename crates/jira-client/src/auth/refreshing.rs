//! A token source that refreshes a 3LO grant, one flight at a time, saving before using.

use std::error::Error as StdError;
use std::fmt;
use std::fmt::Debug;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::{AccessToken, HeldBack, TokenError, TokenSource};
use crate::oauth::{OAuthClient, TokenSet};
use crate::send::{SendDeadline, instant_after};

/// At most this long, and a fifth of the life of tokens that live shorter, is a token refreshed ahead.
const LONGEST_REFRESH_AHEAD: Duration = Duration::from_secs(120);
/// Within Atlassian's ten minutes in which the same refresh token may be exchanged again.
const LOST_ANSWER_ATTEMPTS: u32 = 3;
const LOST_ANSWER_PAUSE: Duration = Duration::from_millis(500);
/// How long the token endpoint is left alone at least after it gave no usable answer.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
/// How long the caller that begins a refresh ahead of time waits for it while its token is still good.
const AHEAD_WAIT: Duration = Duration::from_secs(5);
const SEND_WITHIN: Duration = Duration::from_secs(30);

/// The tokens of a grant, as they are to be stored.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token that gets the next pair.
    pub refresh_token: SecretString,
    /// When the access token expires.
    pub expires_at: OffsetDateTime,
}

impl TokenPair {
    /// Makes a pair from a fresh answer; `None` when the grant has no refresh token (`offline_access`).
    #[must_use]
    pub fn from_set(set: TokenSet) -> Option<Self> {
        let refresh_token = set.refresh_token?;
        let expires_at = OffsetDateTime::now_utc() + set.expires_in;
        Some(Self {
            access_token: set.access_token,
            refresh_token,
            expires_at,
        })
    }
}

/// Where a [`RefreshingTokenSource`] keeps its pair beyond the life of the process.
#[async_trait]
pub trait TokenStore: Send + Sync + Debug {
    /// Stores a new pair durably; the new token is used only after this has succeeded.
    ///
    /// # Errors
    /// Any error: the call that needed the token fails with [`TokenError::NotSaved`], the pair is kept
    /// and saving is tried again by the next call.
    async fn save(&self, pair: &TokenPair) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

/// Keeps a 3LO grant fresh within one process.
///
/// - One refresh at a time; who waits for it shares its result, also its failure.
/// - A refresh under way is finished and saved even when the call that began it is dropped.
/// - Refreshed ahead of expiry (120 seconds, or a fifth of a shorter life) and when Jira refuses a token;
///   who comes while that is under way gets the present token as long as it is good.
/// - After a failure the endpoint is left alone for 5 seconds, or as long as it asked for.
/// - A lost answer is asked for again with the same refresh token, as Atlassian's leeway allows.
/// - Once the grant is gone, the token endpoint is left alone and every call is told so.
///
/// Several processes that share a grant need a lock between them; implement [`TokenSource`] for that.
#[derive(Clone)]
pub struct RefreshingTokenSource {
    state: Arc<Mutex<State>>,
    present: Arc<std::sync::Mutex<Present>>,
}

/// The token in use, readable while a refresh holds the state.
#[derive(Clone)]
struct Present {
    token: AccessToken,
    expires_at: OffsetDateTime,
}

impl Present {
    fn is_still_valid(&self) -> bool {
        OffsetDateTime::now_utc() < self.expires_at
    }
}

struct State {
    oauth: OAuthClient,
    store: Arc<dyn TokenStore>,
    refresh_ahead: Duration,
    pair: TokenPair,
    version: u64,
    present: Arc<std::sync::Mutex<Present>>,
    unsaved: Option<TokenPair>,
    failure: Option<Failure>,
}

/// A refresh that failed.
struct Failure {
    at: Instant,
    error: TokenError,
    /// Until when the token endpoint is left alone.
    not_before: Instant,
}

fn refresh_ahead(life: time::Duration) -> Duration {
    let life = Duration::try_from(life).unwrap_or(Duration::ZERO);
    (life / 5).min(LONGEST_REFRESH_AHEAD)
}

impl Debug for RefreshingTokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshingTokenSource")
            .finish_non_exhaustive()
    }
}

impl RefreshingTokenSource {
    /// Starts from a stored pair.
    #[must_use]
    pub fn new(oauth: OAuthClient, pair: TokenPair, store: Arc<dyn TokenStore>) -> Self {
        let refresh_ahead = LONGEST_REFRESH_AHEAD;
        let (version, unsaved, failure) = (1, None, None);
        let present = Arc::new(std::sync::Mutex::new(present(&pair, version)));
        let state = State {
            oauth,
            store,
            refresh_ahead,
            pair,
            version,
            present: Arc::clone(&present),
            unsaved,
            failure,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            present,
        }
    }

    /// Returns the token in use if it is still good, without waiting for a refresh under way.
    fn valid_token(&self) -> Option<AccessToken> {
        let present = lock(&self.present).clone();
        present.is_still_valid().then_some(present.token)
    }

    /// Returns a token of another version than `rejected`, or any that is fresh.
    ///
    /// The work runs in a task of its own: a refresh that was sent must also be saved.
    async fn fresh_token(
        &self,
        rejected: Option<u64>,
        asked_at: Instant,
    ) -> Result<AccessToken, TokenError> {
        let state = Arc::clone(&self.state);
        let flight = tokio::spawn(async move {
            let mut state = state.lock().await;
            if state.needs_refresh(rejected) {
                let refreshed = state.refresh(asked_at).await;
                state.forgive(refreshed, rejected)?;
            }
            Ok(state.token())
        });
        let ended = match self.valid_token().filter(|_| rejected.is_none()) {
            None => flight.await,
            Some(token) => match timeout(AHEAD_WAIT, flight).await {
                Ok(ended) => ended,
                Err(_late) => return Ok(self.valid_token().unwrap_or(token)),
            },
        };
        ended.unwrap_or_else(|error| Err(TokenError::Unavailable(Arc::new(error))))
    }
}

#[async_trait]
impl TokenSource for RefreshingTokenSource {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        let asked_at = Instant::now();
        let known = match self.state.try_lock() {
            Ok(state) => (!state.needs_refresh(None)).then(|| state.token()),
            Err(_under_way) => self.valid_token(),
        };
        if let Some(token) = known {
            return Ok(token);
        }
        self.fresh_token(None, asked_at).await
    }

    async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        self.fresh_token(Some(rejected.version()), Instant::now())
            .await
    }
}

fn present(pair: &TokenPair, version: u64) -> Present {
    Present {
        token: AccessToken::bearer(pair.access_token.clone(), version),
        expires_at: pair.expires_at,
    }
}

fn lock(present: &std::sync::Mutex<Present>) -> MutexGuard<'_, Present> {
    present.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn token(&self) -> AccessToken {
        lock(&self.present).token.clone()
    }

    fn needs_refresh(&self, rejected: Option<u64>) -> bool {
        let expires_soon = OffsetDateTime::now_utc() + self.refresh_ahead >= self.pair.expires_at;
        self.unsaved.is_some() || expires_soon || rejected == Some(self.version)
    }

    async fn refresh(&mut self, asked_at: Instant) -> Result<(), TokenError> {
        if let Some(failure) = &self.failure {
            let is_shared = failure.at >= asked_at;
            let is_held_back = Instant::now() < failure.not_before;
            if failure.error.needs_reconnect() || is_shared || is_held_back {
                return Err(failure.error.clone());
            }
        }
        let result = self.refresh_and_save().await;
        self.failure = result.as_ref().err().map(Failure::new);
        match &self.failure {
            Some(failure) => Err(failure.error.clone()),
            None => Ok(()),
        }
    }

    /// Lets a failed refresh ahead of time pass while the present token is still good.
    fn forgive(
        &self,
        refreshed: Result<(), TokenError>,
        rejected: Option<u64>,
    ) -> Result<(), TokenError> {
        match refreshed {
            Err(TokenError::Unavailable(_)) if rejected.is_none() && self.is_still_valid() => {
                Ok(())
            }
            other => other,
        }
    }

    fn is_still_valid(&self) -> bool {
        OffsetDateTime::now_utc() < self.pair.expires_at
    }

    async fn refresh_and_save(&mut self) -> Result<(), TokenError> {
        if self.unsaved.is_some() {
            self.save().await?;
            // It may have waited for long.
            if self.is_still_valid() {
                return Ok(());
            }
        }
        self.unsaved = Some(self.next_pair().await?);
        self.save().await
    }

    /// Saves the new pair and takes it into use; it stays unsaved, and is not lost, where that fails or panics.
    async fn save(&mut self) -> Result<(), TokenError> {
        let Some(pair) = self.unsaved.clone() else {
            return Ok(());
        };
        if let Err(error) = self.store.save(&pair).await {
            return Err(TokenError::NotSaved(Arc::from(error)));
        }
        self.unsaved = None;
        self.refresh_ahead = refresh_ahead(pair.expires_at - OffsetDateTime::now_utc());
        self.version += 1;
        *lock(&self.present) = present(&pair, self.version);
        self.pair = pair;
        Ok(())
    }

    async fn next_pair(&self) -> Result<TokenPair, TokenError> {
        let mut attempt = 1;
        let set = loop {
            let deadline = SendDeadline::after(SEND_WITHIN);
            match self.oauth.refresh(&self.pair.refresh_token, deadline).await {
                Ok(set) => break set,
                Err(error) if error.is_transient() && attempt < LOST_ANSWER_ATTEMPTS => {
                    let floor = error.retry_after().unwrap_or(LOST_ANSWER_PAUSE);
                    if floor > SEND_WITHIN {
                        return Err(error.into());
                    }
                    sleep(floor).await;
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        };
        let kept = self.pair.refresh_token.clone();
        let set = TokenSet {
            refresh_token: set.refresh_token.or(Some(kept)),
            ..set
        };
        TokenPair::from_set(set).ok_or(TokenError::NotRenewable)
    }
}

impl Failure {
    fn new(error: &TokenError) -> Self {
        let at = Instant::now();
        let TokenError::Unavailable(source) = error else {
            return Self {
                at,
                error: error.clone(),
                not_before: at,
            };
        };
        let not_before = instant_after(error.retry_after().unwrap_or_default().max(FAILURE_PAUSE));
        let source = Arc::clone(source);
        Self {
            at,
            error: TokenError::Unavailable(Arc::new(HeldBack { source, not_before })),
            not_before,
        }
    }
}
