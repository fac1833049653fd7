//! A script with an e-mail address and an API token: makes an issue, labels it and moves it on.
//!
//! ```text
//! JIRA_SITE_URL=https://example.atlassian.net JIRA_EMAIL=you@example.com JIRA_API_TOKEN=… \
//!     cargo run --example script_with_api_token -- PROD "Export to CSV"
//! ```
//!
//! API tokens are for scripts in one's own organisation; an app that serves others uses OAuth.

#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]
#![expect(clippy::print_stderr, reason = "an example says what went wrong")]

#[path = "shared/account.rs"]
mod account;

use std::error::Error;
use std::process::ExitCode;

use jira_client::{
    CreatedIssue, FetchOptions, IssueEdit, Jira, NewIssue, StatusCategoryKey, TargetStatus, adf,
};

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
    let mut arguments = std::env::args().skip(1);
    let (Some(project), Some(title)) = (arguments.next(), arguments.next()) else {
        return Err("usage: script_with_api_token PROJECT TITLE".into());
    };
    let jira = account::jira()?;
    println!("calling as {}", jira.myself().await?.display_name);

    let issue = create(&jira, &project, &title).await?;
    println!("created {}", issue.key);

    let edit = IssueEdit::default().add_label("from-a-script");
    jira.edit_issue(&issue.id, &edit).await?;
    // Statuses have other names in every project; the category is the same everywhere.
    let done = TargetStatus::Category(StatusCategoryKey::Done);
    jira.transition_to(&issue.id, &done).await?;

    let options = FetchOptions::fields(["status", "labels"]);
    let found = jira.issue(&issue.id, &options).await?;
    let status = found.fields.status.map(|status| status.name);
    println!(
        "{} is {} with the labels {:?}",
        found.key,
        status.unwrap_or_default(),
        found.fields.labels
    );
    Ok(())
}

async fn create(jira: &Jira, project_key: &str, title: &str) -> Result<CreatedIssue> {
    let project = jira.project(project_key).await?;
    let types = jira.create_meta_issue_types(&project.id).await?;
    let usual = types
        .iter()
        .find(|kind| !kind.subtask && kind.hierarchy_level == 0);
    let usual = usual.ok_or("the project has no usual issue type")?;

    let text = adf::from_markdown("Made by a **script**.\n\n- [ ] look at it").document;
    let issue = NewIssue::new(&project.id, &usual.id, title).description(text.to_value());
    let created = jira.create_issue(&issue).await;
    if created
        .as_ref()
        .is_err_and(|error| error.may_have_been_applied())
    {
        eprintln!("the issue may exist: look for it before running this again");
    }
    Ok(created?)
}
