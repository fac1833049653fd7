//! Creates an issue for every row of a CSV file and names each row that was refused, by its line.
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

use std::error::Error;
use std::process::ExitCode;

use jira_client::{ElementOutcome, IssueRejection, Jira, NewIssue, adf};
use serde::Deserialize;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

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

/// How many rows ended in which way.
#[derive(Default)]
struct Count {
    created: usize,
    refused: usize,
    uncertain: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(count) if count.refused + count.uncertain == 0 => ExitCode::SUCCESS,
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
    let issues = prepare(&jira, &project, &rows).await?;
    create(&jira, &rows, &issues, &mut count).await;
    println!(
        "{} created, {} refused, {} uncertain",
        count.created, count.refused, count.uncertain
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

async fn prepare(jira: &Jira, project_key: &str, rows: &[(u64, Row)]) -> Result<Vec<NewIssue>> {
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
            // Invisible to people; by it a row is found again after an answer that was lost.
            .property("example.import", json!({ "line": line }));
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
        let lines = rows.iter().map(|(line, _)| line);
        let lines = lines.skip(chunk.range.start).take(chunk.range.len());
        match chunk.result {
            Ok(bulk) => {
                for (line, outcome) in lines.zip(bulk.outcomes) {
                    report(*line, &outcome, count);
                }
            }
            Err(error) if error.may_have_been_applied() => {
                count.uncertain += chunk.range.len();
                lines.for_each(|line| println!("line {line}: may exist, look first: {error}"));
            }
            Err(error) => {
                count.refused += chunk.range.len();
                lines.for_each(|line| println!("line {line}: not created: {error}"));
            }
        }
    }
}

fn report(line: u64, outcome: &ElementOutcome, count: &mut Count) {
    match outcome {
        ElementOutcome::Created(issue) => {
            count.created += 1;
            println!("line {line}: {}", issue.key);
        }
        ElementOutcome::Rejected(why) if !why.may_have_been_applied() => {
            count.refused += 1;
            println!("line {line}: not created: {}", reasons(why));
        }
        _ => {
            count.uncertain += 1;
            println!("line {line}: may exist, look first");
        }
    }
}

fn reasons(why: &IssueRejection) -> String {
    let fields = why
        .field_errors
        .iter()
        .map(|(field, text)| format!("{field}: {text}"));
    let all: Vec<String> = fields.chain(why.error_messages.iter().cloned()).collect();
    all.join("; ")
}
