//! Receives webhooks: registers one, verifies and reads what it delivers, looks at the issue again.
//!
//! ```text
//! JIRA_CLOUD_ID=… JIRA_ACCESS_TOKEN=… JIRA_CLIENT_SECRET=… \
//!     WEBHOOK_URL=https://you.example.com/jira cargo run --example webhook_receiver -- PROD
//! ```
//!
//! The token is one of an OAuth app with the scopes `read:jira-work` and `manage:jira-webhook`.
//! `WEBHOOK_BIND` is where to listen (127.0.0.1:8766); Jira calls `WEBHOOK_URL`, which has to lead
//! there. A second argument ends the example after so many deliveries, else Ctrl-C does.

#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]
#![expect(clippy::print_stderr, reason = "an example says what went wrong")]

#[path = "shared/account.rs"]
mod account;

use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jira_client::webhooks::{self, Delivery, NewWebhook, Registration, WebhookEvent};
use jira_client::{FetchOptions, Jira, SecretString, Url};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let project = arguments.next();
    let project = project.ok_or("usage: webhook_receiver PROJECT [DELIVERIES]")?;
    let count: usize = arguments.next().map_or(Ok(usize::MAX), |n| n.parse())?;
    let variable = |name| env::var(name).map_err(|_| format!("{name} is not set"));
    let url: Url = variable("WEBHOOK_URL")?.parse()?;
    let secret = SecretString::from(variable("JIRA_CLIENT_SECRET")?);
    let bind = env::var("WEBHOOK_BIND").unwrap_or_else(|_| "127.0.0.1:8766".to_owned());
    let jira = account::jira()?;

    // Listen first: a delivery may come as soon as the webhook is there.
    let listener = TcpListener::bind(bind).await?;
    let (queue, deliveries) = mpsc::channel(1_000);
    let receiver = Arc::new(Receiver { secret, queue });
    let routes = Router::new()
        .route(url.path(), post(receive))
        .with_state(receiver);
    let server = tokio::spawn(axum::serve(listener, routes).into_future());

    let id = register(&jira, &url, &project).await?;
    println!("webhook {id} is registered");
    tokio::select! {
        worked = work(&jira, deliveries, count) => worked?,
        ended = server => ended??,
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    jira.delete_webhooks(&[id]).await?;
    println!("webhook {id} is deleted");
    Ok(())
}

/// A webhook ends after 30 days; whoever keeps it calls `refresh_webhooks` now and then.
async fn register(jira: &Jira, url: &Url, project: &str) -> Result<i64> {
    let events = [WebhookEvent::IssueCreated, WebhookEvent::IssueUpdated];
    let webhook = NewWebhook::new(events, format!("project = {project}"));
    let registered = jira.register_webhooks(url, &[webhook]).await?;
    match registered.into_iter().next() {
        Some(Registration::Created(id)) => Ok(id),
        // Jira refuses a filter inside a success.
        Some(Registration::Rejected(why)) => Err(why.join("; ").into()),
        _ => Err("Jira does not say what became of the webhook".into()),
    }
}

struct Receiver {
    secret: SecretString,
    queue: mpsc::Sender<Delivery>,
}

/// Answers at once; Jira repeats what it gets no quick answer to.
async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text("authorization").unwrap_or_default();
    if let Err(error) = webhooks::verify(authorization, &receiver.secret) {
        println!("refused a delivery: {error}");
        return StatusCode::UNAUTHORIZED;
    }
    let named = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let Ok(delivery) = Delivery::read(named, &body) else {
        return StatusCode::BAD_REQUEST;
    };
    match receiver.queue.try_send(delivery) {
        Ok(()) => StatusCode::OK,
        // Jira comes again later.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn work(jira: &Jira, mut deliveries: mpsc::Receiver<Delivery>, count: usize) -> Result<()> {
    let (mut known, mut handled) = (HashSet::new(), 0);
    while handled < count {
        let Some(delivery) = deliveries.recv().await else {
            return Ok(());
        };
        let site = delivery.site_host.clone().unwrap_or_default();
        // A repetition has the identifier of the first attempt; without one, nothing can be told.
        let is_new = match delivery.identifier.clone() {
            Some(identifier) => known.insert((site, identifier)),
            None => true,
        };
        if is_new {
            handle(jira, &delivery).await;
            handled += 1;
        }
    }
    Ok(())
}

/// Reads the issue again: the signature does not cover the body, and deliveries come in any order.
async fn handle(jira: &Jira, delivery: &Delivery) {
    let Some(issue) = &delivery.issue else {
        return println!("{}", delivery.event);
    };
    let changed = delivery.changes.iter().map(|change| change.field.as_str());
    let changed: Vec<&str> = changed.collect();
    match jira
        .issue(&issue.id, &FetchOptions::fields(["status"]))
        .await
    {
        Ok(issue) => {
            let status = issue.fields.status.map(|status| status.name);
            println!(
                "{} {} {changed:?} is {}",
                delivery.event,
                issue.key,
                status.unwrap_or_default()
            );
        }
        Err(error) => eprintln!("{} {}: {error}", delivery.event, issue.key),
    }
}
