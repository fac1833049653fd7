//! Stand-ins for sealing, hashing and access tokens; none of them protects anything.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::clock::yield_now;
use crate::connection::model::{SealedSecret, TrackerSite};
use crate::connection::ports::{
    AccessToken, AccessTokenError, AccessTokens, SealContext, SealError, SecretHasher, SecretSealer,
};

/// Seals by writing the key's name and the context before the text.
#[derive(Clone, Debug)]
pub struct PlainSealer {
    key_id: &'static str,
    old_keys: &'static [&'static str],
}

impl PlainSealer {
    /// A sealer that names this key, and knows no other.
    #[must_use]
    pub const fn with_key(key_id: &'static str) -> Self {
        Self::with_keys(key_id, &[])
    }

    /// A sealer that names this key, and opens what was sealed with the old ones too.
    #[must_use]
    pub const fn with_keys(key_id: &'static str, old_keys: &'static [&'static str]) -> Self {
        Self { key_id, old_keys }
    }
}

impl Default for PlainSealer {
    fn default() -> Self {
        Self::with_key("test")
    }
}

fn context_line(context: SealContext) -> String {
    format!(
        "{} {} {}",
        context.workspace_id, context.platform, context.column
    )
}

impl SecretSealer for PlainSealer {
    fn seal(&self, secret: &SecretString, context: SealContext) -> Result<SealedSecret, SealError> {
        let text = [self.key_id, &context_line(context), secret.expose_secret()].join("\n");
        Ok(SealedSecret::from_bytes(text.into_bytes()))
    }

    fn open(&self, sealed: &SealedSecret, context: SealContext) -> Result<SecretString, SealError> {
        let text = str::from_utf8(sealed.as_bytes()).map_err(|_| SealError::Damaged)?;
        let (key_id, rest) = text.split_once('\n').ok_or(SealError::Damaged)?;
        if key_id != self.key_id && !self.old_keys.contains(&key_id) {
            return Err(SealError::UnknownKey {
                key_id: key_id.to_owned(),
            });
        }
        match rest.split_once('\n') {
            Some((line, secret)) if line == context_line(context) => Ok(SecretString::from(secret)),
            _ => Err(SealError::Damaged),
        }
    }

    fn key_of<'a>(&self, sealed: &'a SealedSecret) -> Result<&'a str, SealError> {
        let text = str::from_utf8(sealed.as_bytes()).map_err(|_| SealError::Damaged)?;
        text.split_once('\n')
            .map(|(key_id, _)| key_id)
            .ok_or(SealError::Damaged)
    }

    fn writing_key(&self) -> &str {
        self.key_id
    }
}

/// Hashes with the standard library's hasher, which is the same in each run and no cryptographic one.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainHasher;

impl SecretHasher for PlainHasher {
    fn hash(&self, secret: &str) -> [u8; 32] {
        let mut hash = [0; 32];
        for (round, chunk) in (0_u8..).zip(hash.chunks_mut(8)) {
            let mut hasher = DefaultHasher::new();
            (round, secret).hash(&mut hasher);
            chunk.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        hash
    }
}

/// Gives the same access token for every site, and the next one after a refusal.
#[derive(Debug)]
pub struct FixedTokens {
    prefix: String,
    state: Mutex<Tokens>,
}

#[derive(Debug)]
struct Tokens {
    generation: i64,
    renewals: u32,
    failures: VecDeque<AccessTokenError>,
}

impl FixedTokens {
    /// Gives `<prefix>-1`, after a renewal `<prefix>-2` and so on.
    #[must_use]
    pub fn new(prefix: impl Into<String>) -> Self {
        let state = Tokens {
            generation: 1,
            renewals: 0,
            failures: VecDeque::new(),
        };
        Self {
            prefix: prefix.into(),
            state: Mutex::new(state),
        }
    }

    /// Lets the next call fail.
    pub fn fail_next(&self, error: AccessTokenError) {
        self.state().failures.push_back(error);
    }

    /// How often a newer token was made.
    #[must_use]
    pub fn renewals(&self) -> u32 {
        self.state().renewals
    }

    fn state(&self) -> MutexGuard<'_, Tokens> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, refused_generation: Option<i64>) -> Result<AccessToken, AccessTokenError> {
        let mut state = self.state();
        if let Some(error) = state.failures.pop_front() {
            return Err(error);
        }
        if refused_generation == Some(state.generation) {
            state.generation += 1;
            state.renewals += 1;
        }
        let secret = SecretString::from(format!("{}-{}", self.prefix, state.generation));
        Ok(AccessToken {
            secret,
            generation: state.generation,
        })
    }
}

#[async_trait]
impl AccessTokens for FixedTokens {
    async fn token(&self, _site: &TrackerSite) -> Result<AccessToken, AccessTokenError> {
        yield_now().await;
        self.give(None)
    }

    async fn renew(
        &self,
        _site: &TrackerSite,
        refused_generation: i64,
    ) -> Result<AccessToken, AccessTokenError> {
        yield_now().await;
        self.give(Some(refused_generation))
    }
}
