//! Carrying deliveries to the registered addresses over real HTTP.

use std::time::Duration;

use actix_web::rt;
use actix_web::rt::time::sleep;
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::handle::SandboxHandle;

use super::outbox::Due;

/// How often the sender looks for something to carry.
const TICK: Duration = Duration::from_millis(10);
/// How long an answer is waited for where the switches do not say; Atlassian does not either.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What the switches say of deliveries at the moment of sending.
struct DeliverySettings {
    token: Option<String>,
    flow: &'static str,
    timeout: Duration,
}

/// Delivers whatever becomes due, until the server stops.
pub(crate) async fn run(handle: SandboxHandle) {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody else may have been quicker, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .user_agent("Atlassian Webhook HTTP Client")
        .build();
    let Ok(client) = client else {
        return;
    };
    loop {
        sleep(TICK).await;
        let due = handle.with(|state| {
            state.collect_events();
            let now = state.timing.now();
            state.webhooks.outbox.take_due(now)
        });
        for due in due {
            rt::spawn(deliver(client.clone(), handle.clone(), due));
        }
    }
}

async fn deliver(client: Client, handle: SandboxHandle, due: Due) {
    let settings = handle.with(|state| {
        let config = &state.config;
        let jwt = state.switches.webhooks.webhook_jwt;
        DeliverySettings {
            token: jwt.token(&config.client_id, &config.client_secret),
            flow: if state.switches.webhooks.webhook_secondary_flow {
                "Secondary"
            } else {
                "Primary"
            },
            timeout: state
                .switches
                .webhooks
                .webhook_timeout_ms
                .map_or(TIMEOUT, Duration::from_millis),
        }
    });
    let id = due.id;
    let outcome = send(&client, due, settings).await;
    handle.with(|state| {
        let now = state.timing.now();
        let draws = &mut state.timing.draws;
        state.webhooks.outbox.finish(id, outcome, draws, now);
    });
}

async fn send(client: &Client, due: Due, settings: DeliverySettings) -> Result<u16, String> {
    let mut request = client
        .post(&due.url)
        .timeout(settings.timeout)
        .header("Content-Type", "application/json; charset=UTF-8")
        .header("X-Atlassian-Webhook-Identifier", due.identifier)
        .header("X-Atlassian-Webhook-Flow", settings.flow)
        .body(due.body);
    if due.retry > 0 {
        request = request.header("X-Atlassian-Webhook-Retry", due.retry.to_string());
    }
    if let Some(token) = settings.token {
        request = request.bearer_auth(token);
    }
    match request.send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) if error.is_timeout() => Err("timed out".to_owned()),
        Err(error) if error.is_connect() => Err("cannot connect".to_owned()),
        Err(_) => Err("no answer".to_owned()),
    }
}
