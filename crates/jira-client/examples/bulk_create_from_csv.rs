//! Creates an issue for every row of a CSV file, names each row that was refused, by its line, and looks
//! for those in doubt.
//!
//! ```text
//! JIRA_SITE_URL=https://example.atlassian.net JIRA_EMAIL=you@example.com JIRA_API_TOKEN=… \
//!     cargo run --example bulk_create_from_csv -- PROD issues.csv
//! ```
//!
//! The columns are `summary`, and where wanted `description` (Markdown), `labels` (separated by
//! spaces) and `priority`.

#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]
#![expect(clippy::print_stderr, reason = "an example says what went wrong")]

#[path = "shared/account.rs"]
mod account;

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use futures_util::{TryStreamExt, pin_mut};
use jira_client::{
    Alignment, BulkCreated, ElementOutcome, IssueRejection, Jira, NewIssue, SearchQuery, adf,
};
use serde::Deserialize;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Invisible to people; by it the issue of a row is found again after an answer that was lost.
const MARK: &str = "example.import";

#[derive(Deserialize)]
struct Row {
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    labels: String,
    #[serde(default)]
    priority: String,
}

/// How many rows ended in which way, and the lines of those that may exist.
#[derive(Default)]
struct Count {
    created: usize,
    refused: usize,
    in_doubt: Vec<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(count) if count.refused + count.in_doubt.len() == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Count> {
    let mut arguments = std::env::args().skip(1);
    let (Some(project), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bulk_create_from_csv PROJECT FILE.csv".into());
    };
    let jira = account::jira()?;
    let mut count = Count::default();
    let rows = read(&path, &mut count)?;
    let run = UNIX_EPOCH.elapsed()?.as_millis().to_string();
    let issues = prepare(&jira, &project, &run, &rows).await?;
    create(&jira, &rows, &issues, &mut count).await;
    if !count.in_doubt.is_empty() {
        look(&jira, &project, &run, &mut count).await?;
    }
    println!(
        "{} created, {} refused, {} uncertain",
        count.created,
        count.refused,
        count.in_doubt.len()
    );
    Ok(count)
}

/// Reads the rows, each with its line in the file; a row that is no row of this table is refused.
fn read(path: &str, count: &mut Count) -> Result<Vec<(u64, Row)>> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let row = record.and_then(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            Ok((line, record.deserialize(Some(&headers))?))
        });
        match row {
            Ok(row) => rows.push(row),
            // The error says at which line.
            Err(error) => {
                count.refused += 1;
                println!("{error}");
            }
        }
    }
    Ok(rows)
}

async fn prepare(
    jira: &Jira,
    project_key: &str,
    run: &str,
    rows: &[(u64, Row)],
) -> Result<Vec<NewIssue>> {
    let project = jira.project(project_key).await?;
    let types = jira.create_meta_issue_types(&project.id).await?;
    let usual = types
        .iter()
        .find(|kind| !kind.subtask && kind.hierarchy_level == 0);
    let usual = usual.ok_or("the project has no usual issue type")?;

    let issue = |(line, row): &(u64, Row)| {
        let issue = NewIssue::new(&project.id, &usual.id, &row.summary)
            .description(adf::from_markdown(&row.description).document.to_value())
            .labels(row.labels.split_whitespace())
            .property(MARK, json!({ "run": run, "line": line }));
        match row.priority.as_str() {
            "" => issue,
            name => issue.field("priority", json!({ "name": name })),
        }
    };
    Ok(rows.iter().map(issue).collect())
}

/// Creates the issues in requests of 50 and says of every row what became of it.
async fn create(jira: &Jira, rows: &[(u64, Row)], issues: &[NewIssue], count: &mut Count) {
    for chunk in jira.create_issues_chunked(issues).await {
        let lines = rows.iter().map(|(line, _)| *line);
        let lines: Vec<u64> = lines
            .skip(chunk.range.start)
            .take(chunk.range.len())
            .collect();
        match chunk.result {
            Ok(bulk) => report(&lines, bulk, count),
            Err(error) if error.may_have_been_applied() => {
                println!("lines {lines:?}: may exist: {error}");
                count.in_doubt.extend(lines);
            }
            Err(error) => {
                count.refused += lines.len();
                println!("lines {lines:?}: not created: {error}");
            }
        }
    }
}

/// Believes an answer that says which issue is of which line; what it leaves open is to be checked.
fn report(lines: &[u64], bulk: BulkCreated, count: &mut Count) {
    let is_sure = bulk.alignment == Alignment::Aligned;
    for (line, outcome) in lines.iter().zip(bulk.outcomes) {
        match outcome {
            ElementOutcome::Created(issue) if is_sure => {
                count.created += 1;
                println!("line {line}: {}", issue.key);
            }
            ElementOutcome::Rejected(why) if is_sure && !why.may_have_been_applied() => {
                count.refused += 1;
                println!("line {line}: not created: {}", reasons(&why));
            }
            other => {
                count.in_doubt.push(*line);
                println!("line {line}: check: {other:?}");
            }
        }
    }
    for issue in bulk.unplaced {
        println!("check: {} is of one of the lines {lines:?}", issue.key);
    }
    for why in bulk.unplaced_rejections {
        println!("check: one of the lines {lines:?}: {}", reasons(&why));
    }
}

/// Looks for the rows in doubt; one that is not found may still come, as search lags.
async fn look(jira: &Jira, project: &str, run: &str, count: &mut Count) -> Result<()> {
    let found = marked(jira, project, run).await?;
    let lines = std::mem::take(&mut count.in_doubt);
    for line in lines {
        match found.get(&line).map(Vec::as_slice) {
            Some([key]) => {
                count.created += 1;
                println!("line {line}: {key}");
            }
            Some(keys) => {
                count.in_doubt.push(line);
                println!("line {line}: more than one issue: {keys:?}");
            }
            None => {
                count.in_doubt.push(line);
                println!("line {line}: not found yet; look again later, before repeating");
            }
        }
    }
    Ok(())
}

/// Finds what this run has created, by line.
async fn marked(jira: &Jira, project: &str, run: &str) -> Result<HashMap<u64, Vec<String>>> {
    let jql = format!("project = \"{project}\" AND creator = currentUser() AND created >= -1d");
    let query = SearchQuery {
        properties: vec![MARK.to_owned()],
        ..SearchQuery::new(jql, ["created"])
    };
    let mut found: HashMap<u64, Vec<String>> = HashMap::new();
    let issues = jira.search_stream(query);
    pin_mut!(issues);
    while let Some(issue) = issues.try_next().await? {
        let mark = issue.properties.get(MARK);
        let line = mark
            .filter(|mark| mark.get("run").is_some_and(|of| of == run))
            .and_then(|mark| mark.get("line")?.as_u64());
        if let Some(line) = line {
            found.entry(line).or_default().push(issue.key);
        }
    }
    Ok(found)
}

fn reasons(why: &IssueRejection) -> String {
    let fields = why
        .field_errors
        .iter()
        .map(|(field, text)| format!("{field}: {text}"));
    let all: Vec<String> = fields.chain(why.error_messages.iter().cloned()).collect();
    all.join("; ")
}
