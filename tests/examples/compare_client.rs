//! One side of `crates/jira-sandbox/tests/foreign/compare.mjs`: creates issues with `jira-client`
//! while answers are lost, looks for what may have been made, and reads everything back.

#![expect(clippy::print_stderr, reason = "it says what went wrong")]

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use jira_client::auth::StaticBearer;
use jira_client::{FetchOptions, Jira, NewIssue, SearchQuery, SiteAddress};
use serde_json::json;

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
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let property = variable("COMPARE_PROPERTY")?;
    let count: usize = variable("COMPARE_COUNT")?.parse()?;
    let site = SiteAddress::Cloud {
        cloud_id: variable("JIRA_CLOUD_ID")?,
    };
    let jira = Jira::builder(site)
        .api_url(variable("JIRA_SANDBOX_URL")?.parse()?)
        .token_source(Arc::new(StaticBearer::new(variable("JIRA_ACCESS_TOKEN")?)))
        .build()?;
    let mut missing: BTreeSet<usize> = (0..count).collect();
    while !missing.is_empty() {
        let marks: Vec<_> = missing.iter().copied().collect();
        let issues: Vec<_> = marks.iter().map(|mark| issue(&property, *mark)).collect();
        let mut is_unsure = false;
        for chunk in jira.create_issues_chunked(&issues).await {
            match chunk.result {
                Ok(_) => {
                    for mark in marks.iter().skip(chunk.range.start).take(chunk.range.len()) {
                        missing.remove(mark);
                    }
                }
                Err(error) => is_unsure |= error.may_have_been_applied(),
            }
        }
        if is_unsure {
            for mark in found(&jira, &property)
                .await?
                .iter()
                .filter_map(|(mark, _)| *mark)
            {
                missing.remove(&mark);
            }
        }
    }
    let ids: Vec<_> = found(&jira, &property)
        .await?
        .into_iter()
        .map(|(_, id)| id)
        .collect();
    let read = jira
        .bulk_fetch(&ids, &FetchOptions::fields(["summary"]))
        .await?;
    if read.issues.len() < count {
        return Err(format!("only {} of {count} issues were read", read.issues.len()).into());
    }
    Ok(())
}

fn issue(property: &str, mark: usize) -> NewIssue {
    NewIssue::new("10000", "10001", &format!("Issue {mark}"))
        .labels([property])
        .property(property, json!({ "mark": mark.to_string() }))
}

/// Finds what is there: the mark and id of every issue.
async fn found(jira: &Jira, property: &str) -> Result<Vec<(Option<usize>, String)>> {
    let mut query = SearchQuery::new(
        format!("project = SHOP AND labels = \"{property}\""),
        ["id"],
    );
    query.properties = vec![property.to_owned()];
    query.page_size = Some(5_000);
    let issues: Vec<_> = jira.search_stream(query).try_collect().await?;
    let mark = |issue: &jira_client::Issue| {
        let mark = issue.properties.get(property)?.get("mark")?.as_str()?;
        mark.parse().ok()
    };
    Ok(issues
        .iter()
        .map(|issue| (mark(issue), issue.id.clone()))
        .collect())
}
