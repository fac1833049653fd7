//! JWTs of the web app's identity provider.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::app::{Answer, TestApp};

/// An identity provider with one key, made for this test.
struct Provider {
    key: EncodingKey,
    public: Vec<u8>,
}

impl Provider {
    fn new() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let public = pair.public_key().as_ref().to_vec();
        Self {
            key: EncodingKey::from_ed_der(pkcs8.as_ref()),
            public,
        }
    }

    fn jwks(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "use": "sig", "alg": "EdDSA", "x": x}]})
    }

    fn claims(&self) -> Value {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        json!({"sub": "person-1", "iss": "https://id.example", "aud": "handoff", "exp": now + 600})
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("k1".to_owned());
        encode(&header, claims, &self.key).unwrap()
    }
}

async fn app(provider: &Provider) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, provider.jwks().to_string()).unwrap();
    TestApp::with(&[
        ("auth.jwks_file", file.to_str().unwrap()),
        ("auth.issuer", "https://id.example"),
        ("auth.audience", "handoff"),
    ])
    .await
}

/// Serves a key set on a free port; gives its address and counts how often it was asked for.
fn serve_jwks(set: &Value) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let (asked, body) = (Arc::new(AtomicUsize::new(0)), set.to_string());
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            drop(stream.read(&mut request));
            count.fetch_add(1, Ordering::SeqCst);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            drop(stream.write_all(format!("{head}{body}").as_bytes()));
        }
    });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_fetched_once_and_unknown_ones_do_not_make_us_hammer_the_provider() {
    let provider = Provider::new();
    let (url, asked) = serve_jwks(&provider.jwks());
    let app = TestApp::with(&[
        ("auth.jwks_url", &url),
        ("auth.issuer", "https://id.example"),
        ("auth.audience", "handoff"),
    ])
    .await;

    for _ in 0..3 {
        me(&app, &provider.sign(&provider.claims())).await.ok(200);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("unknown".to_owned());
    let unknown = encode(&header, &provider.claims(), &provider.key).unwrap();
    for _ in 0..5 {
        me(&app, &unknown).await.refused(401, "UNAUTHORIZED");
    }
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "not again so soon after the last time"
    );
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.send(app.request(Method::GET, "/api/me").bearer_auth(token))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_known_from_first_sight_and_makes_a_workspace() {
    let provider = Provider::new();
    let app = app(&provider).await;
    let token = provider.sign(&provider.claims());

    let first = me(&app, &token).await.ok(200);
    assert!(first["user_id"].is_string());
    assert_eq!(first["workspaces"], json!([]));
    let request = app
        .request(Method::POST, "/api/workspaces")
        .bearer_auth(&token);
    let made = app
        .send(request.json(&json!({"name": "Mine"})))
        .await
        .ok(201);
    let again = me(&app, &token).await.ok(200);
    assert_eq!(again["user_id"], first["user_id"]);
    assert_eq!(again["workspaces"][0]["id"], made["id"]);
    assert_eq!(again["workspaces"][0]["role"], "owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_late_early_foreign_or_forged_is_refused() {
    let provider = Provider::new();
    let app = app(&provider).await;
    let now = OffsetDateTime::now_utc().unix_timestamp();

    for (claim, value) in [
        ("exp", json!(now - 600)),
        ("exp", Value::Null),
        ("nbf", json!(now + 600)),
        ("iss", json!("https://other.example")),
        ("aud", json!("another")),
        ("sub", json!("")),
        ("sub", Value::Null),
    ] {
        let mut claims = provider.claims();
        claims[claim] = value;
        me(&app, &provider.sign(&claims))
            .await
            .refused(401, "UNAUTHORIZED");
    }
    let forger = Provider::new();
    me(&app, &forger.sign(&forger.claims()))
        .await
        .refused(401, "UNAUTHORIZED");
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".to_owned());
    let confused = encode(
        &header,
        &provider.claims(),
        &EncodingKey::from_secret(&provider.public),
    );
    me(&app, &confused.unwrap())
        .await
        .refused(401, "UNAUTHORIZED");
    let claims = URL_SAFE_NO_PAD.encode(provider.claims().to_string());
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"k1"}"#);
    me(&app, &format!("{head}.{claims}."))
        .await
        .refused(401, "UNAUTHORIZED");
    me(&app, &provider.sign(&provider.claims())).await.ok(200);
}
