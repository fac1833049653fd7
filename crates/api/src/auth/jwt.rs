//! JWTs of the web app's identity provider (RFC 7519, RFC 8725).

use std::fmt;

use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::jwks::{JwksError, KeySource};
use crate::config::IdentityProviderConfig;

/// The longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// How far the provider's clock may differ from ours.
const LEEWAY_SECONDS: u64 = 30;

/// The identity provider of the web app.
pub struct IdentityProvider {
    keys: KeySource,
    issuer: String,
    audience: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl IdentityProvider {
    /// Knows the provider by its keys, issuer and audience.
    ///
    /// # Errors
    /// When the key file cannot be read.
    pub fn new(config: IdentityProviderConfig) -> Result<Self, JwksError> {
        let keys = KeySource::open(config.jwks)?;
        Ok(Self {
            keys,
            issuer: config.issuer,
            audience: config.audience,
        })
    }

    /// The subject of a token; `None` when the token is not valid.
    ///
    /// # Errors
    /// When there are no keys to check with.
    pub async fn subject(&self, token: &str) -> Result<Option<String>, JwksError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Ok(None);
        }
        let Ok(header) = decode_header(token) else {
            return Ok(None);
        };
        let Some(key) = self.keys.find(header.kid.as_deref()).await? else {
            return Ok(None);
        };
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        match decode::<Claims>(token, &key.decoding, &validation) {
            Ok(data) if is_subject(&data.claims.sub) => Ok(Some(data.claims.sub)),
            Ok(_) => Ok(None),
            Err(error) => {
                tracing::debug!(reason = %error, "token refused");
                Ok(None)
            }
        }
    }
}

fn is_subject(subject: &str) -> bool {
    !subject.is_empty() && subject.chars().count() <= 255
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}
