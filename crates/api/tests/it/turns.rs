//! A document that takes long to scope, and everybody else meanwhile.

use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handoff_api::assembly::assemble;
use handoff_api::turns::{BlockingScoper, TurnTaking};
use handoff_api::{server, wiring};
use handoff_domain::document::model::ScopedBlock;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::scoping::model::ScopedDocument;
use reqwest::Method;
use serde_json::json;

use crate::app::{TestApp, settings};

/// Says when it has begun with a text, and goes on when it is told to.
struct Slow {
    begun: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl BlockingScoper for Slow {
    fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError> {
        if markdown == "slow" {
            self.begun.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
        Ok(ScopedDocument::default())
    }

    fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError> {
        self.scope(markdown).map(|document| document.blocks)
    }
}

impl TestApp {
    /// The same data, served with the slow scoper.
    async fn scoping_slowly(mut self) -> (Self, Receiver<()>, Sender<()>) {
        let ((begun, has_begun), (go_on, may_go_on)) = (channel(), channel());
        let slow = Slow {
            begun,
            go_on: Mutex::new(may_go_on),
        };
        let slow = Arc::new(TurnTaking::new(slow, 2, Duration::from_millis(1)));
        let config = settings(self.folder.path(), &self.sandbox, &[]);
        let store = wiring::open_store(&config).await.unwrap();
        let keys = wiring::keys_for_serving(&config, &store).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mut ports, settings) = wiring::ports(&config, &store, keys, address).unwrap();
        (ports.scoper, ports.cutter) = (Arc::clone(&slow) as _, slow);
        let state = assemble(ports, settings).state;
        tokio::spawn(server::serve(listener, state).unwrap());
        self.base_url = format!("http://{address}");
        (self, has_begun, go_on)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_answered_while_a_document_is_scoped() {
    let (app, begun, go_on) = TestApp::start().await.scoping_slowly().await;
    let (other, token) = app.other_workspace().await;
    let slow = app
        .request(Method::POST, "/api/scope")
        .bearer_auth(&app.token);
    let slow = slow.json(&app.own(json!({"content": "slow"})));
    let slow = tokio::spawn(slow.send());
    tokio::task::spawn_blocking(move || begun.recv())
        .await
        .unwrap()
        .unwrap();

    for _ in 0..20 {
        app.get("/api/me").await.ok(200);
    }
    let quick = json!({"workspace_id": other, "content": "quick"});
    let quick = app
        .request(Method::POST, "/api/scope")
        .bearer_auth(token)
        .json(&quick);
    app.send(quick).await.ok(200);
    let same = app
        .post("/api/scope", app.own(json!({"content": "quick"})))
        .await;
    same.refused(429, "RATE_LIMITED");
    assert_eq!(same.header("retry-after"), "5");
    assert!(!slow.is_finished());

    go_on.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap().status().as_u16(), 200);
}
