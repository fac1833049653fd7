//! Tokens of the web app's identity provider.

use acceptance::{App, AppBuilder, Client};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;

const ISSUER: &str = "https://id.example.test/";
const AUDIENCE: &str = "handoff";
/// Enough to tell whether signatures are checked, and found quickly by a test that is not optimised.
const RSA_BITS: usize = 1024;

/// A key of the provider, made for this test.
pub(super) struct Key {
    id: &'static str,
    algorithm: Algorithm,
    signing: EncodingKey,
    jwk: Value,
    /// What an attacker knows of it, in the forms they may try as a shared secret.
    public: Vec<Vec<u8>>,
}

impl Key {
    fn es256(id: &'static str) -> Self {
        let (curve, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let (x, y) = (
            URL_SAFE_NO_PAD.encode(&point[1..33]),
            URL_SAFE_NO_PAD.encode(&point[33..]),
        );
        Self {
            id,
            algorithm: Algorithm::ES256,
            signing: EncodingKey::from_ec_der(pkcs8.as_ref()),
            jwk: json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256", "x": x, "y": y}),
            public: vec![point],
        }
    }

    fn rs256(id: &'static str) -> Self {
        let key = RsaPrivateKey::new(&mut OsRng, RSA_BITS).unwrap();
        let public = key.to_public_key();
        let modulus = public.n().to_bytes_be();
        let (n, e) = (
            URL_SAFE_NO_PAD.encode(&modulus),
            URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
        );
        let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
        let der = public.to_public_key_der().unwrap().into_vec();
        Self {
            id,
            algorithm: Algorithm::RS256,
            signing: EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes()),
            jwk: json!({"kty": "RSA", "kid": id, "use": "sig", "n": n, "e": e}),
            public: vec![pem.into_bytes(), der, n.into_bytes(), modulus],
        }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.algorithm, Some(self.id), &self.signing, claims)
    }

    fn sign_as(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        signing: &EncodingKey,
        claims: &Value,
    ) -> String {
        let mut header = Header::new(algorithm);
        header.kid = id.map(str::to_owned);
        encode(&header, claims, signing).unwrap()
    }
}

/// The claims of a good token of a person.
pub(super) fn claims(subject: &str) -> Value {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    json!({"sub": subject, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600})
}

/// A service that trusts these keys.
pub(super) async fn trusting(keys: &[&Key]) -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let set: Vec<&Value> = keys.iter().map(|key| &key.jwk).collect();
    std::fs::write(&file, json!({"keys": set}).to_string()).unwrap();
    let app = AppBuilder::default()
        .env("HANDOFF__AUTH__JWKS_FILE", file.to_str().unwrap())
        .env("HANDOFF__AUTH__ISSUER", ISSUER)
        .env("HANDOFF__AUTH__AUDIENCE", AUDIENCE)
        .start()
        .await;
    (app, folder)
}

/// A key and a service that trusts it.
pub(super) async fn provided() -> (App, Key, TempDir) {
    let key = Key::es256("signing");
    let (app, folder) = trusting(&[&key]).await;
    (app, key, folder)
}

/// A person as the web app brings them.
pub(super) fn person(app: &App, key: &Key, subject: &str) -> Client {
    app.client_with(Some(&key.sign(&claims(subject))))
}

async fn assert_refused(app: &App, token: &str, why: &str) {
    let answer = app.client_with(Some(token)).get("/api/me").await;
    assert_eq!(answer.status, 401, "{why}: {}", answer.text);
    answer.problem(401, "UNAUTHORIZED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_known_from_first_sight_whichever_key_signed() {
    let (es, rs) = (Key::es256("curve"), Key::rs256("modulus"));
    let (app, _folder) = trusting(&[&es, &rs]).await;
    let first = person(&app, &es, "person-1")
        .get("/api/me")
        .await
        .expect(200);
    assert!(first["user_id"].is_string() && first.get("token_id").is_none());
    assert_eq!(first["workspaces"], json!([]));
    let second = person(&app, &rs, "person-1")
        .get("/api/me")
        .await
        .expect(200);
    assert_eq!(second["user_id"], first["user_id"]);
    let other = person(&app, &rs, "person-2")
        .get("/api/me")
        .await
        .expect(200);
    assert_ne!(other["user_id"], first["user_id"]);

    let mut several = claims("person-1");
    several["aud"] = json!(["another", AUDIENCE]);
    let several = app.client_with(Some(&es.sign(&several)));
    several.get("/api/me").await.expect(200);
    let token = app.client("member");
    token.get("/api/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_late_early_foreign_or_forged_is_refused() {
    let (es, rs) = (Key::es256("curve"), Key::rs256("modulus"));
    let (app, _folder) = trusting(&[&es, &rs]).await;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    for key in [&es, &rs] {
        for (claim, value) in [
            ("exp", json!(now - 120)),
            ("exp", Value::Null),
            ("nbf", json!(now + 120)),
            ("iss", json!("https://elsewhere.example.test/")),
            ("iss", Value::Null),
            ("aud", json!("another")),
            ("aud", json!(["another"])),
            ("aud", Value::Null),
            ("sub", json!("")),
            ("sub", Value::Null),
        ] {
            let mut wrong = claims("person-1");
            match &value {
                Value::Null => drop(wrong.as_object_mut().unwrap().remove(claim)),
                value => wrong[claim] = value.clone(),
            }
            assert_refused(&app, &key.sign(&wrong), &format!("{claim} = {value}")).await;
        }
        let good = claims("person-1");
        let unsigned = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(format!(
                r#"{{"alg":"none","typ":"JWT","kid":"{}"}}"#,
                key.id
            )),
            URL_SAFE_NO_PAD.encode(good.to_string())
        );
        assert_refused(&app, &unsigned, "alg none").await;
        for secret in &key.public {
            let secret = EncodingKey::from_secret(secret);
            let confused = key.sign_as(Algorithm::HS256, Some(key.id), &secret, &good);
            assert_refused(&app, &confused, "the public key as a shared secret").await;
        }
        let unknown = key.sign_as(key.algorithm, Some("unknown"), &key.signing, &good);
        assert_refused(&app, &unknown, "an unknown key id").await;
        let nameless = key.sign_as(key.algorithm, None, &key.signing, &good);
        assert_refused(&app, &nameless, "no key id where there are two keys").await;
        let signed = key.sign(&good);
        let (head, signature) = signed.rsplit_once('.').unwrap();
        let altered = head.replacen("ey", "ez", 1);
        assert_refused(&app, &format!("{altered}.{signature}"), "another header").await;
        let mut other = claims("person-2");
        other["exp"] = json!(now + 6_000);
        let stolen = key.sign(&other);
        let stolen = stolen.rsplit_once('.').unwrap().0;
        assert_refused(
            &app,
            &format!("{stolen}.{signature}"),
            "another's signature",
        )
        .await;
        app.client_with(Some(&signed))
            .get("/api/me")
            .await
            .expect(200);
    }
    let forger = Key::es256("curve");
    assert_refused(
        &app,
        &forger.sign(&claims("person-1")),
        "another key of the same id",
    )
    .await;
    let crossed = es.sign_as(
        Algorithm::ES256,
        Some(rs.id),
        &es.signing,
        &claims("person-1"),
    );
    assert_refused(&app, &crossed, "a key under the other's id").await;
}
