//! One side of `../compare.mjs`: creates issues with gouqi while answers are lost, and reads
//! everything back.
//!
//! gouqi's own `CreateIssue` asks for user names, components and an environment, which Jira Cloud
//! refuses, so the creates go through its untyped `post`. Its errors do not tell whether a create
//! may have been carried out; `COMPARE_CALLER` says what its caller does then: `again` creates once
//! more, `looks` searches for the summaries first, because gouqi's issues have no properties.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;

use futures::stream::{self, StreamExt as _};
use gouqi::r#async::Jira;
use gouqi::core::SearchApiVersion;
use gouqi::{Credentials, SearchOptions};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const PER_REQUEST: usize = 50;
const AT_ONCE: usize = 4;
const ATTEMPTS: usize = 4;

#[tokio::main]
async fn main() -> Result<()> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let (base, cloud_id) = (variable("JIRA_SANDBOX_URL")?, variable("JIRA_CLOUD_ID")?);
    let run = Run {
        jira: Jira::with_search_api_version(
            format!("{base}/ex/jira/{cloud_id}/"),
            Credentials::Bearer(variable("JIRA_ACCESS_TOKEN")?),
            SearchApiVersion::V3,
        )?,
        property: variable("COMPARE_PROPERTY")?,
        count: variable("COMPARE_COUNT")?.parse()?,
    };
    match variable("COMPARE_CALLER")?.as_str() {
        "again" => run.create_again().await?,
        "looks" => run.create_what_is_missing().await?,
        other => return Err(format!("COMPARE_CALLER is {other}").into()),
    }
    run.read_everything().await
}

struct Run {
    jira: Jira,
    property: String,
    count: usize,
}

impl Run {
    /// Repeats every request that failed, as programs do that take an error for "not done".
    async fn create_again(&self) -> Result<()> {
        let marks: Vec<usize> = (0..self.count).collect();
        let create = |chunk: Vec<usize>| async move {
            for _ in 1..ATTEMPTS {
                if self.create(&chunk).await.is_ok() {
                    return Ok(());
                }
            }
            self.create(&chunk).await
        };
        let chunks = marks.chunks(PER_REQUEST).map(<[usize]>::to_vec);
        let mut created = stream::iter(chunks.map(create)).buffer_unordered(AT_ONCE);
        while let Some(result) = created.next().await {
            result?;
        }
        Ok(())
    }

    /// Takes every error for a doubt and creates only what a search does not find.
    async fn create_what_is_missing(&self) -> Result<()> {
        let mut missing: BTreeSet<usize> = (0..self.count).collect();
        while !missing.is_empty() {
            let marks: Vec<usize> = missing.iter().copied().collect();
            let create = |chunk: Vec<usize>| async move { (self.create(&chunk).await, chunk) };
            let chunks = marks.chunks(PER_REQUEST).map(<[usize]>::to_vec);
            let created: Vec<_> = stream::iter(chunks.map(create))
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            let mut is_unsure = false;
            for (result, chunk) in created {
                match result {
                    Ok(()) => missing.retain(|mark| !chunk.contains(mark)),
                    Err(_) => is_unsure = true,
                }
            }
            if is_unsure {
                for (_, mark) in self.found().await? {
                    missing.remove(&mark);
                }
            }
        }
        Ok(())
    }

    async fn create(&self, marks: &[usize]) -> Result<()> {
        let issue = |mark: &usize| {
            json!({
                "fields": {
                    "project": {"id": "10000"}, "issuetype": {"id": "10001"},
                    "summary": format!("Issue {mark}"), "labels": [self.property],
                },
                "properties": [{"key": self.property, "value": {"mark": mark.to_string()}}],
            })
        };
        let body = json!({"issueUpdates": marks.iter().map(issue).collect::<Vec<_>>()});
        let answer: Value = self.jira.post("api", "/issue/bulk", body).await?;
        match answer["errors"].as_array() {
            Some(errors) if errors.is_empty() => Ok(()),
            _ => Err("a bulk create was refused in part".into()),
        }
    }

    /// Finds what is there: the key and mark of every issue.
    async fn found(&self) -> Result<Vec<(String, usize)>> {
        let jql = format!("project = SHOP AND labels = \"{}\"", self.property);
        let options = SearchOptions::builder()
            .fields(vec!["summary"])
            .max_results(5_000)
            .build();
        let search = self.jira.search();
        let issues = search.stream(jql, &options).await?;
        let marked = issues.filter_map(|issue| async move {
            let mark = issue.summary()?.strip_prefix("Issue ")?.parse().ok()?;
            Some((issue.key, mark))
        });
        Ok(marked.collect().await)
    }

    async fn read_everything(&self) -> Result<()> {
        let keys: Vec<String> = self
            .found()
            .await?
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let read = |keys: Vec<String>| async move {
            let body = json!({"issueIdsOrKeys": keys, "fields": ["summary"]});
            let answer = self
                .jira
                .post_versioned::<Value, _>("api", Some("3"), "/issue/bulkfetch", body)
                .await?;
            Ok::<_, gouqi::Error>(answer["issues"].as_array().map_or(0, Vec::len))
        };
        let chunks = keys.chunks(100).map(<[String]>::to_vec);
        let mut read = stream::iter(chunks.map(read)).buffer_unordered(AT_ONCE);
        let mut total = 0;
        while let Some(count) = read.next().await {
            total += count?;
        }
        if total < self.count {
            return Err(format!("only {total} of {} issues were read", self.count).into());
        }
        Ok(())
    }
}
