//! Follows the issues of a project: prints all of them once, then each change, as search shows it.
//!
//! ```text
//! JIRA_SITE_URL=https://example.atlassian.net JIRA_EMAIL=you@example.com JIRA_API_TOKEN=… \
//!     cargo run --example follow_project -- PROD
//! ```
//!
//! `FOLLOW_SECONDS` is the pause between two looks (30); a second argument ends the example after so
//! many looks.

#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]
#![expect(clippy::print_stderr, reason = "an example says what went wrong")]

#[path = "shared/account.rs"]
mod account;

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::{TryStreamExt, pin_mut};
use jira_client::{Issue, Jira, SearchQuery};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What is known of the issues, by id; a key may change.
type Known = HashMap<String, String>;

/// How far back every look reaches: search shows a change late, after bulk changes minutes late.
const OVERLAP_MINUTES: u64 = 15;

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
    let mut arguments = std::env::args().skip(1);
    let project = arguments.next();
    let project = project.ok_or("usage: follow_project PROJECT [LOOKS]")?;
    let looks: usize = arguments.next().map_or(Ok(usize::MAX), |n| n.parse())?;
    let seconds = std::env::var("FOLLOW_SECONDS").map_or(Ok(30), |text| text.parse())?;
    let pause = Duration::from_secs(seconds);
    let jira = account::jira()?;

    let mut known = Known::new();
    let everything = format!("project = \"{project}\" ORDER BY updated ASC");
    look(&jira, everything, &mut known).await?;
    println!("{} issues, following", known.len());

    let minutes = OVERLAP_MINUTES + seconds.div_ceil(60);
    let changed =
        format!("project = \"{project}\" AND updated >= -{minutes}m ORDER BY updated ASC");
    for _ in 1..looks {
        tokio::time::sleep(pause).await;
        // One look that failed is made up for by the next, as long as the overlap lasts.
        if let Err(error) = look(&jira, changed.clone(), &mut known).await {
            eprintln!("{error}");
        }
    }
    Ok(())
}

/// Prints what is new or different; pages are read as they are needed.
async fn look(jira: &Jira, jql: String, known: &mut Known) -> Result<()> {
    let query = SearchQuery {
        page_size: Some(100),
        ..SearchQuery::new(jql, ["summary", "status", "updated"])
    };
    let issues = jira.search_stream(query);
    pin_mut!(issues);
    while let Some(issue) = issues.try_next().await? {
        let line = describe(&issue);
        if known.get(&issue.id) != Some(&line) {
            println!("{line}");
            known.insert(issue.id, line);
        }
    }
    Ok(())
}

fn describe(issue: &Issue) -> String {
    let status = issue.fields.status.as_ref();
    format!(
        "{} [{}] {}",
        issue.key,
        status.map_or("no status", |status| &status.name),
        issue.fields.summary.as_deref().unwrap_or_default()
    )
}
