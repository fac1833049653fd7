//! The token by which a delivery proves where it comes from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::json::set;

/// How long a token is good for, in seconds.
const LIFE: i64 = 180;

/// What a delivery carries as its bearer token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookJwt {
    /// A JWT signed with the client secret by HS256, with `iss`, `iat` and `exp`.
    #[default]
    Valid,
    /// The same without any claim.
    NoClaims,
    /// No `Authorization` header at all.
    Missing,
    /// Signed with another secret.
    WrongSecret,
    /// Unsigned, with the algorithm `none`.
    AlgorithmNone,
    /// Signed well, but the header names HS512.
    AlgorithmWrong,
    /// Expired ten minutes ago.
    Expired,
    /// Valid only in ten minutes.
    NotYetValid,
    /// No JWT.
    Garbage,
}

impl WebhookJwt {
    /// Makes the token; its times are the machine's, since receivers compare with theirs.
    pub(super) fn token(self, client_id: &str, secret: &str) -> Option<String> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = |at: i64| json!({"iss": client_id, "iat": at, "exp": at + LIFE});
        let key = secret.as_bytes();
        match self {
            Self::Valid => Some(sign("HS256", &claims(now), Some(key))),
            Self::NoClaims => Some(sign("HS256", &json!({}), Some(key))),
            Self::Missing => None,
            Self::WrongSecret => Some(sign("HS256", &claims(now), Some(b"another value"))),
            Self::AlgorithmNone => Some(sign("none", &claims(now), None)),
            Self::AlgorithmWrong => Some(sign("HS512", &claims(now), Some(key))),
            Self::Expired => Some(sign("HS256", &claims(now - LIFE - 600), Some(key))),
            Self::NotYetValid => {
                let mut later = claims(now + 600);
                set(&mut later, "nbf", now + 600);
                Some(sign("HS256", &later, Some(key)))
            }
            Self::Garbage => Some("not-a-token".to_owned()),
        }
    }
}

fn sign(algorithm: &str, claims: &Value, key: Option<&[u8]>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&json!({"typ": "JWT", "alg": algorithm}));
    let signed = format!("{header}.{}", part(claims));
    let signature = key.map(|key| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()))
    });
    format!("{signed}.{}", signature.unwrap_or_default())
}
