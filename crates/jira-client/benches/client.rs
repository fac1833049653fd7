//! What the client costs beside the network: encoding, decoding, conversion, overhead of a request.
//!
//! The server is a loopback one in the same process that answers with prepared bytes, so whole calls
//! include its work and that of the HTTP library; "bare" is the same request by the library alone.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops where something is wrong"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jira_client::auth::StaticBearer;
use jira_client::rest::BulkFetched;
use jira_client::{EndpointRates, FetchOptions, Jira, NewIssue, SiteAddress, SiteLimits, Url, adf};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

const ISSUES: usize = 1_000;

fn document() -> String {
    let mut markdown = String::new();
    let mut number = 0;
    while markdown.len() < 100 * 1024 {
        number += 1;
        let _ = write!(
            markdown,
            "## Requirement {number}\n\nAs a *user* I want **one account**, see \
             <https://example.com/{number}> and `POST /login`.\n\n- fast\n  - under 100 ms\n- safe\n\n\
             - [ ] open\n- [x] done\n\n| Name | Value |\n|---|---|\n| a | `b` |\n\n\
             ```rust\nfn main() {{}}\n```\n\n> Quoted text, over\n> two lines.\n\n"
        );
    }
    markdown
}

fn new_issues() -> Vec<NewIssue> {
    let description = adf::from_markdown("Some **text** with a list:\n\n- one\n- [ ] two\n- three");
    let description = description.document.to_value();
    let issue = |number: usize| {
        NewIssue::new("10000", "10001", &format!("Issue {number}"))
            .description(description.clone())
            .labels(["imported", "bench"])
            .field("priority", json!({ "name": "High" }))
            .property("example.mark", json!({ "row": number }))
    };
    (0..ISSUES).map(issue).collect()
}

fn fetched(range: std::ops::Range<usize>) -> Value {
    let status = json!({ "id": "10002", "name": "Done", "statusCategory": {
        "id": 3, "key": "done", "name": "Done", "colorName": "green" } });
    let issue = |number: usize| {
        json!({
            "id": (10_000 + number).to_string(), "key": format!("SHOP-{number}"),
            "self": format!("https://example.atlassian.net/rest/api/3/issue/{number}"),
            "fields": {
                "summary": format!("Issue {number}"), "status": status, "labels": ["imported"],
                "priority": { "id": "2", "name": "High" },
                "updated": "2026-09-27T10:03:11.123+0200",
            },
        })
    };
    json!({ "issues": range.map(issue).collect::<Vec<_>>(), "issueErrors": [] })
}

fn created() -> Value {
    let issue = |number: usize| {
        json!({ "id": (10_000 + number).to_string(), "key": format!("SHOP-{number}"),
            "self": format!("https://example.atlassian.net/rest/api/3/issue/{number}") })
    };
    json!({ "issues": (0..50).map(issue).collect::<Vec<_>>(), "errors": [] })
}

/// Answers every request with the same body.
fn server(body: &Value) -> Url {
    let body = body.to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
    let answer: Arc<[u8]> = format!("{head}{}\r\n\r\n{body}", body.len())
        .into_bytes()
        .into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || serve(stream.unwrap(), &answer));
        }
    });
    url.parse().unwrap()
}

/// Serves one connection until the client leaves.
fn serve(mut stream: TcpStream, answer: &[u8]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().ok()?;
                }
                _ if line.trim().is_empty() => break,
                _ => {}
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        stream.write_all(answer).ok()?;
    }
}

fn jira(url: &Url) -> Jira {
    // Only the client is measured, not the pace that it keeps towards a real Jira.
    let limits = SiteLimits::new(4).with_rates(EndpointRates::UNLIMITED);
    Jira::builder(SiteAddress::Direct(url.clone()))
        .token_source(Arc::new(StaticBearer::new("token")))
        .site_limits(limits)
        .build()
        .unwrap()
}

fn runtime() -> Runtime {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn bulk(criterion: &mut Criterion) {
    let runtime = runtime();
    let issues = new_issues();
    let answer = serde_json::to_vec(&fetched(0..ISSUES)).unwrap();
    let mut group = criterion.benchmark_group("1,000 issues");
    group.throughput(Throughput::Elements(ISSUES as u64));
    group.bench_function("encode for bulk create", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&issues)).unwrap());
    });
    group.bench_function("decode from bulk fetch", |bencher| {
        bencher.iter(|| serde_json::from_slice::<BulkFetched>(black_box(&answer)).unwrap());
    });
    let creator = jira(&server(&created()));
    group.bench_function("whole bulk create, 20 requests", |bencher| {
        bencher.iter(|| {
            let chunks = runtime.block_on(creator.create_issues_chunked(&issues));
            assert!(chunks.iter().all(|chunk| chunk.result.is_ok()));
        });
    });
    let reader = jira(&server(&fetched(0..100)));
    let ids: Vec<String> = (0..ISSUES).map(|id| id.to_string()).collect();
    let options = FetchOptions::fields(["summary", "status", "priority", "labels"]);
    group.bench_function("whole bulk fetch, 10 requests", |bencher| {
        bencher.iter(|| {
            let found = runtime.block_on(reader.bulk_fetch(&ids, &options)).unwrap();
            assert_eq!(found.issues.len(), ISSUES);
        });
    });
    group.finish();
}

fn conversion(criterion: &mut Criterion) {
    let markdown = document();
    let converted = adf::from_markdown(&markdown).document;
    let mut group = criterion.benchmark_group("a document of 100 KB");
    group.throughput(Throughput::Bytes(markdown.len() as u64));
    group.bench_function("Markdown to ADF", |bencher| {
        bencher.iter(|| adf::from_markdown(black_box(&markdown)));
    });
    group.bench_function("Markdown to the JSON of ADF", |bencher| {
        bencher.iter(|| {
            let document = adf::from_markdown(black_box(&markdown)).document;
            serde_json::to_vec(&document).unwrap()
        });
    });
    group.bench_function("ADF to Markdown", |bencher| {
        bencher.iter(|| adf::to_markdown(black_box(&converted)));
    });
    group.finish();
}

fn overhead(criterion: &mut Criterion) {
    let runtime = runtime();
    let url = server(&json!({ "accountId": "1", "displayName": "x" }));
    let jira = jira(&url);
    let bare = reqwest::Client::builder().build().unwrap();
    let address = url.join("rest/api/3/myself").unwrap();
    let mut group = criterion.benchmark_group("a request");
    group.bench_function("by the client", |bencher| {
        bencher.iter(|| runtime.block_on(jira.myself()).unwrap());
    });
    group.bench_function("bare", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let answer = bare.get(address.clone()).send().await.unwrap();
                answer.json::<Value>().await.unwrap()
            })
        });
    });
    group.finish();
}

criterion_group!(benches, bulk, conversion, overhead);
criterion_main!(benches);
