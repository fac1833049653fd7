//! The identity provider's keys (RFC 7517).

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use crate::config::JwksSource;

/// How long fetched keys are used before they are fetched again.
const FRESH_FOR: Duration = Duration::from_secs(600);
/// How long after a fetch an unknown key id does not cause another one.
const FETCH_PAUSE: Duration = Duration::from_secs(10);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_SET_BYTES: usize = 1024 * 1024;

/// Why there are no keys.
#[derive(Debug, Error)]
pub enum JwksError {
    /// The key file cannot be read.
    #[error("the JWKS file {path} cannot be read")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The set is none, or has no key for signatures.
    #[error("the JWKS has no usable key for signatures")]
    NoKeys,
    /// The set could not be fetched.
    #[error("the JWKS could not be fetched")]
    Fetch(#[from] reqwest::Error),
    /// The set is larger than any honest one.
    #[error("the JWKS is too large")]
    TooLarge,
}

/// A key and the one algorithm it is used with.
pub(super) struct VerifyingKey {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

type Keys = Arc<Vec<Arc<VerifyingKey>>>;

/// Keys of a file, or of a URL with a cache.
pub(super) enum KeySource {
    Fixed(Keys),
    Remote(Remote),
}

pub(super) struct Remote {
    url: Url,
    client: reqwest::Client,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    keys: Keys,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl KeySource {
    pub(super) fn open(source: JwksSource) -> Result<Self, JwksError> {
        match source {
            JwksSource::File(path) => {
                let set = fs::read(&path).map_err(|source| JwksError::File { path, source })?;
                Ok(Self::Fixed(parse(&set)?))
            }
            JwksSource::Url(url) => {
                let client = reqwest::Client::builder().timeout(FETCH_TIMEOUT).build()?;
                Ok(Self::Remote(Remote {
                    url,
                    client,
                    cache: Mutex::default(),
                }))
            }
        }
    }

    /// The key with this id; without one only a key that stands alone.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
    ) -> Result<Option<Arc<VerifyingKey>>, JwksError> {
        match self {
            Self::Fixed(keys) => Ok(pick(keys, id)),
            Self::Remote(remote) => remote.find(id).await,
        }
    }
}

impl Remote {
    async fn find(&self, id: Option<&str>) -> Result<Option<Arc<VerifyingKey>>, JwksError> {
        let mut cache = self.cache.lock().await;
        let is_fresh = cache.fetched.is_some_and(|at| at.elapsed() < FRESH_FOR);
        let found = pick(&cache.keys, id);
        if is_fresh && found.is_some() {
            return Ok(found);
        }
        if cache.tried.is_some_and(|at| at.elapsed() < FETCH_PAUSE) && cache.fetched.is_some() {
            return Ok(found);
        }
        cache.tried = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                cache.keys = keys;
                cache.fetched = Some(Instant::now());
                Ok(pick(&cache.keys, id))
            }
            Err(error) if cache.fetched.is_some() => {
                tracing::warn!(cause = crate::error::chain(&error), "keeping the old JWKS");
                Ok(found)
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch(&self) -> Result<Keys, JwksError> {
        let mut response = self
            .client
            .get(self.url.clone())
            .send()
            .await?
            .error_for_status()?;
        let mut set = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if set.len() + chunk.len() > MAX_SET_BYTES {
                return Err(JwksError::TooLarge);
            }
            set.extend_from_slice(&chunk);
        }
        parse(&set)
    }
}

fn pick(keys: &Keys, id: Option<&str>) -> Option<Arc<VerifyingKey>> {
    match (id, keys.as_slice()) {
        (Some(id), keys) => keys
            .iter()
            .find(|key| key.id.as_deref() == Some(id))
            .cloned(),
        (None, [only]) => Some(Arc::clone(only)),
        (None, _) => None,
    }
}

fn parse(set: &[u8]) -> Result<Keys, JwksError> {
    /// Keys of kinds unknown to us stand beside usable ones.
    #[derive(serde::Deserialize)]
    struct LooseSet {
        keys: Vec<serde_json::Value>,
    }
    let loose: LooseSet = serde_json::from_slice(set).map_err(|_| JwksError::NoKeys)?;
    let known = loose
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value(key).ok());
    let set = JwkSet {
        keys: known.collect(),
    };
    let keys: Vec<_> = set
        .keys
        .iter()
        .filter_map(verifying)
        .map(Arc::new)
        .collect();
    if keys.is_empty() {
        Err(JwksError::NoKeys)
    } else {
        Ok(Arc::new(keys))
    }
}

/// Pins the algorithm to the key: the one it names, else the usual one of its kind; never what a token asks for.
fn verifying(jwk: &Jwk) -> Option<VerifyingKey> {
    let common = &jwk.common;
    if common
        .public_key_use
        .as_ref()
        .is_some_and(|purpose| *purpose != PublicKeyUse::Signature)
    {
        return None;
    }
    let usual = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
        _ => return None,
    };
    let algorithm = match common.key_algorithm {
        Some(named) => Algorithm::try_from(named).ok()?,
        None => usual,
    };
    let decoding = DecodingKey::from_jwk(jwk).ok()?;
    (decoding.family() == algorithm.family()).then(|| VerifyingKey {
        id: common.key_id.clone(),
        algorithm,
        decoding,
    })
}
