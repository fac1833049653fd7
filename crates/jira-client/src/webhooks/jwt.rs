//! The bearer token of a delivery (RFC 7519), signed with the app's client secret.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// Longer tokens are not looked at.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// How far Atlassian's clock may differ from ours.
const LEEWAY: Duration = Duration::from_secs(60);

/// What a delivery's token claims; Atlassian documents none of it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct WebhookClaims {
    /// Who issued the token (`iss`).
    pub issuer: Option<String>,
    /// When it was issued (`iat`).
    pub issued_at: Option<OffsetDateTime>,
    /// When it expires (`exp`).
    pub expires_at: Option<OffsetDateTime>,
    /// All claims, as they came.
    pub all: Map<String, Value>,
}

/// Why a delivery's token was not accepted; answer such a request with 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no bearer token.
    #[error("no bearer token")]
    NoBearerToken,
    /// The token is no JWT, or one with claims of the wrong type.
    #[error("the token is malformed")]
    Malformed,
    /// The token asks for another algorithm than HS256, such as `none`, or for an extension.
    #[error("the token is not signed with HS256")]
    UnsupportedAlgorithm,
    /// The signature is not of this client secret.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token is not valid yet, or was issued in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The client secret is empty, so that anybody could have signed.
    #[error("the client secret is empty")]
    EmptySecret,
}

/// Verifies the `Authorization` header of a delivery with the app's client secret.
///
/// Accepted is only `Bearer` with a JWT signed by HMAC-SHA-256, compared in constant time. `exp`, `nbf`
/// and `iat` are obeyed where present, with a leeway of 60 seconds; no claim is required. The token does not
/// cover the body.
///
/// # Errors
/// [`VerifyError`].
///
/// **Source:** Atlassian, "Webhooks", authentication for OAuth 2.0 apps; RFC 7515, RFC 7519, RFC 8725.
pub fn verify(
    authorization: &str,
    client_secret: &SecretString,
) -> Result<WebhookClaims, VerifyError> {
    verify_at(authorization, client_secret, OffsetDateTime::now_utc())
}

/// Verifies like [`verify`], at a given time.
///
/// # Errors
/// [`VerifyError`].
pub fn verify_at(
    authorization: &str,
    client_secret: &SecretString,
    now: OffsetDateTime,
) -> Result<WebhookClaims, VerifyError> {
    let secret = client_secret.expose_secret();
    if secret.is_empty() {
        return Err(VerifyError::EmptySecret);
    }
    let token = bearer(authorization)?;
    let (signed, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(VerifyError::Malformed)?;
    check_header(header)?;
    let signature = decode(signature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &signature)
        .map_err(|_unspecified| VerifyError::WrongSignature)?;
    let all = serde_json::from_slice(&decode(claims)?).map_err(|_| VerifyError::Malformed)?;
    let claims = read_claims(all)?;
    check_times(&claims, now)?;
    Ok(claims)
}

fn bearer(authorization: &str) -> Result<&str, VerifyError> {
    let (scheme, token) = authorization
        .trim()
        .split_once(' ')
        .ok_or(VerifyError::NoBearerToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(VerifyError::NoBearerToken);
    }
    let token = token.trim_start();
    if token.len() > MAX_TOKEN_BYTES {
        return Err(VerifyError::Malformed);
    }
    Ok(token)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    crit: Option<Value>,
}

/// The algorithm is ours to choose, never the token's; extensions that must be understood are not.
fn check_header(part: &str) -> Result<(), VerifyError> {
    let header: Header =
        serde_json::from_slice(&decode(part)?).map_err(|_| VerifyError::Malformed)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(VerifyError::UnsupportedAlgorithm);
    }
    Ok(())
}

fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| VerifyError::Malformed)
}

fn read_claims(all: Map<String, Value>) -> Result<WebhookClaims, VerifyError> {
    let issuer = all.get("iss").and_then(Value::as_str).map(str::to_owned);
    Ok(WebhookClaims {
        issuer,
        issued_at: moment(&all, "iat")?,
        expires_at: moment(&all, "exp")?,
        all,
    })
}

/// Reads a claim that is seconds since 1970, whole or not.
fn moment(all: &Map<String, Value>, claim: &str) -> Result<Option<OffsetDateTime>, VerifyError> {
    let value = match all.get(claim) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_f64().ok_or(VerifyError::Malformed)?,
    };
    let since = time::Duration::checked_seconds_f64(value).ok_or(VerifyError::Malformed)?;
    OffsetDateTime::UNIX_EPOCH
        .checked_add(since)
        .map(Some)
        .ok_or(VerifyError::Malformed)
}

fn check_times(claims: &WebhookClaims, now: OffsetDateTime) -> Result<(), VerifyError> {
    if claims.expires_at.is_some_and(|at| now - at >= LEEWAY) {
        return Err(VerifyError::Expired);
    }
    let not_before = moment(&claims.all, "nbf")?;
    let starts = [not_before, claims.issued_at];
    if starts.into_iter().flatten().any(|at| at - now > LEEWAY) {
        return Err(VerifyError::NotYetValid);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-10-04 12:00 UTC);

    fn sign(header: &Value, claims: &Value, secret: &str) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = hmac::sign(&key, signed.as_bytes());
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn check(authorization: &str) -> Result<WebhookClaims, VerifyError> {
        verify_at(authorization, &"app-secret".into(), NOW)
    }

    fn hs256(claims: &Value) -> Result<WebhookClaims, VerifyError> {
        check(&sign(
            &json!({"alg": "HS256", "typ": "JWT"}),
            claims,
            "app-secret",
        ))
    }

    #[test]
    fn the_published_example_of_the_standard_verifies() {
        // RFC 7515, appendix A.1, with its key and its line breaks inside the JSON.
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = decode(signature).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
        check_header(token.split('.').next().unwrap()).unwrap();
    }

    #[test]
    fn a_token_needs_no_claim_and_may_have_any() {
        assert_eq!(hs256(&json!({})).unwrap(), WebhookClaims::default());
        let now = NOW.unix_timestamp();
        let claims = json!({"iss": "i", "aud": ["a"], "iat": now, "nbf": now, "exp": now + 180,
            "qsh": "x", "sub": null});
        let read = hs256(&claims).unwrap();
        assert_eq!(read.issuer.as_deref(), Some("i"));
        assert_eq!(read.issued_at, Some(NOW));
        assert_eq!(read.all["aud"][0], "a");
    }

    #[test]
    fn times_are_obeyed_with_a_minute_of_leeway() {
        let now = NOW.unix_timestamp();
        for claims in [
            json!({"exp": now - 59}),
            json!({"nbf": now + 60, "iat": now + 60}),
            json!({"exp": 1.0e10, "iat": 0.5, "nbf": null}),
        ] {
            assert!(hs256(&claims).is_ok(), "{claims}");
        }
        for (claims, error) in [
            (json!({"exp": now - 60}), VerifyError::Expired),
            (json!({"nbf": now + 61}), VerifyError::NotYetValid),
            (json!({"iat": now + 61}), VerifyError::NotYetValid),
            (json!({"exp": "soon"}), VerifyError::Malformed),
            (json!({"nbf": true}), VerifyError::Malformed),
            (json!({"exp": 1.0e300}), VerifyError::Malformed),
            (json!([]), VerifyError::Malformed),
        ] {
            assert_eq!(hs256(&claims), Err(error), "{claims}");
        }
    }

    #[test]
    fn other_algorithms_and_extensions_are_refused_even_when_signed_alike() {
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "hs256"}),
            json!({"alg": "HS512"}),
            json!({"alg": "RS256"}),
            json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
        ] {
            let token = sign(&header, &json!({}), "app-secret");
            assert_eq!(
                check(&token),
                Err(VerifyError::UnsupportedAlgorithm),
                "{header}"
            );
        }
        let unsigned = format!(
            "Bearer {}.{}.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
            URL_SAFE_NO_PAD.encode("{}")
        );
        assert_eq!(check(&unsigned), Err(VerifyError::UnsupportedAlgorithm));
    }

    #[test]
    fn a_changed_byte_another_secret_or_no_secret_is_refused() {
        let header = json!({"alg": "HS256"});
        let token = sign(&header, &json!({"iss": "i"}), "app-secret");
        for at in "Bearer ".len()..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(check(&changed).is_err(), "byte {at}");
        }
        let other = sign(&header, &json!({}), "other");
        assert_eq!(check(&other), Err(VerifyError::WrongSignature));
        let empty = sign(&header, &json!({}), "");
        let refused = verify_at(&empty, &String::new().into(), NOW);
        assert_eq!(refused, Err(VerifyError::EmptySecret));
    }

    #[test]
    fn what_is_no_bearer_token_is_refused() {
        for text in ["", "Bearer", "Basic eDp5", "JWT a.b.c", "a.b.c"] {
            assert_eq!(check(text), Err(VerifyError::NoBearerToken), "{text}");
        }
        for text in [
            "Bearer a",
            "Bearer a.b",
            "Bearer ..",
            "Bearer a.b.c.d",
            "Bearer {}.{}.x",
        ] {
            assert_eq!(check(text), Err(VerifyError::Malformed), "{text}");
        }
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
        assert_eq!(check(&long), Err(VerifyError::Malformed));
    }
}
