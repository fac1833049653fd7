//! Every fault against every write: whoever may have been heard is never said not to have been.

use std::time::Duration;

use futures_util::StreamExt;
use jira_client::webhooks::{NewWebhook, Registration, WebhookEvent};
use jira_client::{Error, HttpClients, IssueEdit, Jira, RetryPolicy, TargetStatus, Url};
use serde_json::json;

use crate::server::{Reply, Server};
use crate::support::{builder, install_tls, issue, issues, jira, soon};

/// The writes of the client.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Write {
    Create,
    CreateFifty,
    CreateMany,
    Edit,
    EditLabels,
    Transition,
    TransitionTo,
    SetProperty,
    DeleteProperty,
    RegisterWebhooks,
    RefreshWebhooks,
    DeleteWebhooks,
}

const WRITES: [Write; 12] = [
    Write::Create,
    Write::CreateFifty,
    Write::CreateMany,
    Write::Edit,
    Write::EditLabels,
    Write::Transition,
    Write::TransitionTo,
    Write::SetProperty,
    Write::DeleteProperty,
    Write::RegisterWebhooks,
    Write::RefreshWebhooks,
    Write::DeleteWebhooks,
];

impl Write {
    /// Performs the write; what a success leaves open counts as no error.
    async fn perform(self, jira: &Jira) -> Result<(), Error> {
        match self {
            Self::Create => jira.create_issue(&issue("x")).await.map(drop),
            Self::CreateFifty => jira.create_issues(&issues(2), soon()).await.map(drop),
            Self::CreateMany => {
                let mut chunks = jira.create_issues_chunked(&issues(2)).await;
                chunks.remove(0).result.map(drop)
            }
            Self::Edit => {
                let edit = IssueEdit::default().field("summary", "y");
                jira.edit_issue("A-1", &edit).await
            }
            Self::EditLabels => jira.edit_labels("A-1", &["a".to_owned()], &[]).await,
            Self::Transition => jira.transition("A-1", "31").await,
            Self::TransitionTo => {
                let target = TargetStatus::Name("done".to_owned());
                jira.transition_to("A-1", &target).await.map(drop)
            }
            Self::SetProperty => jira.set_issue_property("A-1", "k", &json!(1)).await,
            Self::DeleteProperty => jira.delete_issue_property("A-1", "k").await.map(drop),
            Self::RegisterWebhooks => {
                let url = Url::parse("https://app.test/hook").unwrap();
                let webhook = NewWebhook::new([WebhookEvent::IssueUpdated], "project = A");
                let registered = jira.register_webhooks(&url, &[webhook]).await?;
                assert_eq!(registered, [Registration::Unknown]);
                Ok(())
            }
            Self::RefreshWebhooks => jira.refresh_webhooks(&[1]).await.map(drop),
            Self::DeleteWebhooks => jira.delete_webhooks(&[1]).await,
        }
    }
}

/// What a server does that has received the whole request, and may have acted on it.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Drop,
    HalfAHead,
    HalfABody,
    Nonsense,
    Silence,
    EndlessBody,
    SlowBody,
    Status(u16),
    StatusAsPage(u16),
    PageAsSuccess,
    BadGzip,
}

impl Fault {
    fn all() -> Vec<Self> {
        let statuses = [
            300, 301, 302, 303, 304, 307, 308, 402, 408, 409, 412, 418, 423, 424, 425, 444, 451,
            499, 500, 501, 502, 503, 504, 507, 520, 529, 599,
        ];
        let pages = [302, 409, 500, 502, 503, 504];
        let others = [
            Self::Drop,
            Self::HalfAHead,
            Self::HalfABody,
            Self::Nonsense,
            Self::Silence,
            Self::EndlessBody,
            Self::SlowBody,
            Self::PageAsSuccess,
            Self::BadGzip,
        ];
        let statuses = statuses.map(Self::Status).into_iter();
        let pages = pages.map(Self::StatusAsPage);
        statuses.chain(pages).chain(others).collect()
    }

    fn reply(self) -> Reply {
        let json = "Content-Type: application/json\r\n";
        let page = "Content-Type: text/html\r\n";
        let headers = "Location: /other\r\nRetry-After: 0\r\nContent-Type: application/json\r\n";
        let endless = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
        match self {
            Self::Drop => Reply::Drop,
            Self::HalfAHead => Reply::raw("HTTP/1.1 201 Cre"),
            Self::HalfABody => Reply::raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"id",
            ),
            Self::Nonsense => Reply::raw("SSH-2.0-x\r\n\r\n"),
            Self::Silence => Reply::Hold,
            Self::EndlessBody => Reply::Endless(endless, vec![b' '; 65_536]),
            Self::SlowBody => Reply::raw_then_hold(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
            ),
            Self::Status(status) => Reply::with(status, headers, r#"{"errorMessages":["no"]}"#),
            Self::StatusAsPage(status) => Reply::with(status, page, "<html>no</html>"),
            Self::PageAsSuccess => Reply::with(200, page, "<html>please log in</html>"),
            Self::BadGzip => {
                let headers = format!("{json}Content-Encoding: gzip\r\n");
                Reply::with(200, &headers, "no gzip at all")
            }
        }
    }
}

/// Answers the look at the transitions, and every write by the fault.
fn script(fault: Fault) -> impl Fn(&crate::server::Seen, usize) -> Reply + Send + Sync {
    move |seen, _| {
        if seen.method != "GET" {
            return fault.reply();
        }
        let to = json!({"id": "3", "name": "Done", "statusCategory": {"key": "done"}});
        Reply::json(
            200,
            json!({"transitions": [{"id": 31, "name": "Done", "to": to}]}),
        )
    }
}

#[tokio::test]
async fn no_fault_of_a_server_that_may_have_acted_is_called_not_applied() {
    let faults = Fault::all().into_iter();
    let cases = faults.flat_map(|fault| WRITES.map(|write| (fault, write)));
    install_tls();
    let clients = HttpClients::new().unwrap();
    let checks = futures_util::stream::iter(cases);
    let checks = checks.map(|(fault, write)| check(fault, write, clients.clone()));
    checks.buffer_unordered(16).collect::<()>().await;
}

async fn check(fault: Fault, write: Write, clients: HttpClients) {
    let server = Server::start(script(fault)).await;
    let is_slow = matches!(fault, Fault::Silence | Fault::SlowBody);
    let request_timeout = Duration::from_secs(if is_slow { 3 } else { 30 });
    let jira = builder(&server.url)
        .http_clients(clients)
        .request_timeout(request_timeout)
        .max_body_bytes(1 << 20)
        .build()
        .unwrap();
    let error = match write.perform(&jira).await {
        Ok(()) => panic!("{write:?} took {fault:?} for a success"),
        Err(error) => error,
    };
    assert!(
        error.may_have_been_applied(),
        "{write:?}, {fault:?}: {error:?}"
    );
    assert_eq!(writes(&server), 1, "{write:?} was repeated, {fault:?}");
}

fn writes(server: &Server) -> usize {
    let seen = server.seen();
    assert!(seen.iter().all(crate::server::Seen::is_complete));
    seen.iter().filter(|seen| seen.method != "GET").count()
}

#[tokio::test]
async fn refusals_are_called_not_applied_by_every_write() {
    let refusals = [400, 401, 403, 404, 405, 410, 413, 414, 415, 422, 429, 431];
    for status in refusals {
        let server = Server::start(script(Fault::Status(status))).await;
        let jira = builder(&server.url)
            .retry_policy(RetryPolicy::NONE)
            .build()
            .unwrap();
        for write in WRITES {
            if (write, status) == (Write::DeleteProperty, 404) {
                assert!(!jira.delete_issue_property("A-1", "k").await.unwrap());
                continue;
            }
            let error = write.perform(&jira).await.unwrap_err();
            assert!(
                !error.may_have_been_applied(),
                "{write:?}, {status}: {error:?}"
            );
            assert_eq!(error.status(), Some(status), "{write:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_success_is_one_only_where_no_answer_is_needed() {
    let no_content = || Reply::raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    let server = Server::start(move |seen, number| match seen.method.as_str() {
        "GET" => script(Fault::Drop)(seen, number),
        _ => no_content(),
    })
    .await;
    let jira = jira(&server.url);
    for write in WRITES {
        let needs_answer = matches!(
            write,
            Write::Create
                | Write::CreateFifty
                | Write::CreateMany
                | Write::RegisterWebhooks
                | Write::RefreshWebhooks
        );
        match write.perform(&jira).await {
            Ok(()) => assert!(!needs_answer, "{write:?}"),
            Err(error) => {
                assert!(
                    needs_answer && error.may_have_been_applied(),
                    "{write:?}: {error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn nothing_answered_without_a_connection_was_applied() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let jira = jira(&url);
    for write in WRITES {
        let error = write.perform(&jira).await.unwrap_err();
        assert!(!error.may_have_been_applied(), "{write:?}: {error:?}");
    }
}
