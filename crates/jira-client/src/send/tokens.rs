//! Which access token a call carries, and when another one is asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::auth::{AccessToken, TokenError, TokenSource};

/// How long a token that came of a renewal, and was never accepted, is not renewed again.
///
/// A 401 that lasts has another cause, and would wear the grant out.
const INTERVAL: Duration = Duration::from_secs(60);
/// How often within that time tokens are renewed that were accepted in between: one endpoint may refuse for ever.
const MAX_RENEWALS: usize = 3;

/// The token source of a client, and what its calls have learnt of the tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    source: Arc<dyn TokenSource>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The version refused last that its own call could not renew.
    refused: Option<u64>,
    /// The version that the last renewal gave.
    renewed: Option<u64>,
    /// Whether that one was accepted since.
    is_accepted: bool,
    /// When the latest renewals were.
    recent: Vec<Instant>,
}

/// Why a call has no token.
#[derive(Debug)]
pub(super) enum NoToken {
    /// The source did not answer in time.
    Late,
    /// The source has none.
    Failed(TokenError),
}

impl Tokens {
    pub(super) fn new(source: Arc<dyn TokenSource>) -> Self {
        Self {
            source,
            known: Mutex::default(),
        }
    }

    /// Returns the present token, another one when it was refused before; a call renews at most once.
    pub(super) async fn present(
        &self,
        renewed: &mut bool,
        until: Instant,
    ) -> Result<AccessToken, NoToken> {
        let source = Arc::clone(&self.source);
        let token = within(until, async move { source.access_token().await }).await?;
        if *renewed || self.known().refused != Some(token.version()) {
            return Ok(token);
        }
        *renewed = true;
        Ok(self.renew(&token, until).await?.unwrap_or(token))
    }

    /// Remembers that a token was refused, for the next call; not where it was renewed just now.
    pub(super) fn note_refused(&self, token: &AccessToken) {
        let mut known = self.known();
        if !known.is_spent(token.version()) {
            known.refused = Some(token.version());
        }
    }

    /// Remembers that a token was accepted, so that a later 401 is news.
    pub(super) fn note_accepted(&self, token: &AccessToken) {
        let mut known = self.known();
        known.is_accepted |= known.renewed == Some(token.version());
    }

    /// Returns another token than the one refused, `None` when there is none.
    pub(super) async fn renew(
        &self,
        refused: &AccessToken,
        until: Instant,
    ) -> Result<Option<AccessToken>, NoToken> {
        if self.known().is_spent(refused.version()) {
            return Ok(None);
        }
        let (source, given) = (Arc::clone(&self.source), refused.clone());
        let renewed = within(until, async move { source.renew(&given).await }).await;
        let token = match renewed {
            Ok(token) if token.version() != refused.version() => token,
            Ok(_) | Err(NoToken::Failed(TokenError::NotRenewable)) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.known().note_renewed(token.version());
        Ok(Some(token))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn note_renewed(&mut self, version: u64) {
        if self.renewed == Some(version) {
            return;
        }
        self.renewed = Some(version);
        self.is_accepted = false;
        self.recent.retain(|at| at.elapsed() < INTERVAL);
        self.recent.push(Instant::now());
    }

    /// Tells whether a token came of a renewal after which another one would be too much.
    fn is_spent(&self, version: u64) -> bool {
        let recent = self.recent.iter().filter(|at| at.elapsed() < INTERVAL);
        let most = if self.is_accepted { MAX_RENEWALS } else { 1 };
        self.renewed == Some(version) && recent.count() >= most
    }
}

/// Waits for the source no longer than the call lasts; what the source has begun it may finish.
async fn within(
    until: Instant,
    work: impl Future<Output = Result<AccessToken, TokenError>> + Send + 'static,
) -> Result<AccessToken, NoToken> {
    let mut work = Box::pin(work);
    if let Ok(result) = timeout_at(until, &mut work).await {
        return result.map_err(NoToken::Failed);
    }
    tokio::spawn(work);
    Err(NoToken::Late)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use async_trait::async_trait;

    use super::*;

    /// A source whose versions count its renewals.
    #[derive(Debug, Default)]
    struct Counting(AtomicU64);

    #[async_trait]
    impl TokenSource for Counting {
        async fn access_token(&self) -> Result<AccessToken, TokenError> {
            let version = self.0.load(Ordering::SeqCst);
            Ok(AccessToken::bearer("secret".into(), version))
        }

        async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
            let next = rejected.version() + 1;
            self.0.fetch_max(next, Ordering::SeqCst);
            self.access_token().await
        }
    }

    fn start() -> (Tokens, Arc<Counting>, Instant) {
        let source = Arc::new(Counting::default());
        let until = Instant::now() + Duration::from_secs(3600);
        (Tokens::new(source.clone()), source, until)
    }

    #[tokio::test]
    async fn what_another_call_was_refused_with_is_not_renewed_for_this_one() {
        let (tokens, source, until) = start();
        let mine = tokens.present(&mut false, until).await.unwrap();
        let theirs = tokens.renew(&mine, until).await.unwrap().unwrap();
        tokens.note_refused(&theirs);
        let given = tokens.renew(&mine, until).await.unwrap().unwrap();
        assert_eq!(given.version(), theirs.version());
        tokens.present(&mut false, until).await.unwrap();
        assert_eq!(source.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lasting_refusal_renews_once_in_a_while() {
        let (tokens, source, until) = start();
        for _call in 0..10 {
            let mut renewed = false;
            let token = tokens.present(&mut renewed, until).await.unwrap();
            tokens.note_refused(&token);
            assert!(!renewed || source.0.load(Ordering::SeqCst) == 1);
        }
        assert_eq!(source.0.load(Ordering::SeqCst), 1);
        tokio::time::advance(INTERVAL).await;
        let token = tokens.present(&mut false, until).await.unwrap();
        let other = tokens.renew(&token, until).await.unwrap().unwrap();
        assert_eq!(other.version(), 2);
        assert!(tokens.renew(&other, until).await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_was_accepted_is_renewed_again_but_not_without_end() {
        let (tokens, source, until) = start();
        for _call in 0..10 {
            let token = tokens.present(&mut false, until).await.unwrap();
            tokens.note_accepted(&token);
            tokens.renew(&token, until).await.unwrap();
        }
        assert_eq!(source.0.load(Ordering::SeqCst), 3);
        tokio::time::advance(INTERVAL).await;
        let token = tokens.present(&mut false, until).await.unwrap();
        assert!(tokens.renew(&token, until).await.unwrap().is_some());
    }
}
