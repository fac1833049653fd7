//! Connects to a Jira by OAuth, creates 120 issues in three requests and reads their status back.
//!
//! Runs against the sandbox, so nothing has to be registered anywhere:
//! `cargo run -p jira-client --example connect_and_bulk_create`.

#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jira_client::auth::{RefreshingTokenSource, TokenPair, TokenStore};
use jira_client::{
    ElementOutcome, FetchOptions, Jira, NewIssue, OAuthClient, OAuthConfig, ProjectQuery,
    SiteAddress, adf,
};
use jira_sandbox::{Sandbox, SandboxConfig};
use url::Url;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const SCOPES: [&str; 4] = [
    "read:jira-work",
    "write:jira-work",
    "read:jira-user",
    "offline_access",
];
const CALLBACK: &str = "http://127.0.0.1:8080/callback";

#[tokio::main]
async fn main() -> Result<()> {
    // The application chooses the TLS provider, once for the whole process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(SandboxConfig {
        auto_consent: true,
        ..Default::default()
    })?;
    let atlassian = Url::parse(sandbox.base_url())?;

    let jira = connect(&atlassian).await?;
    let me = jira.myself().await?;
    println!("connected as {}", me.display_name);

    let issues = prepare(&jira, 120).await?;
    let ids = create(&jira, &issues).await;
    print_statuses(&jira, &ids).await
}

/// Walks the consent and returns a client of the first Jira site of the grant.
async fn connect(atlassian: &Url) -> Result<Jira> {
    let app = SandboxConfig::default();
    let oauth = OAuthClient::new(OAuthConfig {
        // Left out for the real Atlassian, whose addresses are the default.
        auth_url: atlassian.clone(),
        api_url: atlassian.clone(),
        ..OAuthConfig::new(app.client_id, app.client_secret, Url::parse(CALLBACK)?)?
    })?;
    let code = let_the_user_consent(oauth.authorize_url("state-of-this-session", &SCOPES)).await?;
    let tokens = oauth.exchange_code(&code.into()).await?;
    let sites = oauth.accessible_resources(&tokens.access_token).await?;
    let site = sites
        .into_iter()
        .find(|site| site.is_jira())
        .ok_or("the grant has no Jira site")?;
    println!("site {} at {}", site.name, site.url);

    let pair = TokenPair::from_set(tokens).ok_or("the grant has no refresh token")?;
    let source = RefreshingTokenSource::new(oauth, pair, Arc::new(Vault));
    let jira = Jira::builder(SiteAddress::Cloud { cloud_id: site.id })
        .api_url(atlassian.clone())
        .token_source(Arc::new(source))
        .build()?;
    Ok(jira)
}

/// Plays the browser: opens the consent page and takes the code from the redirect.
async fn let_the_user_consent(page: Url) -> Result<String> {
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let answer = browser.get(page).send().await?;
    let location = answer
        .headers()
        .get("location")
        .ok_or("no redirect")?
        .to_str()?;
    let callback = Url::parse(location)?;
    let code = callback.query_pairs().find(|(name, _)| name == "code");
    Ok(code.ok_or("consent was declined")?.1.into_owned())
}

/// Where a real service would seal the pair and write it to its database.
#[derive(Debug)]
struct Vault;

#[async_trait]
impl TokenStore for Vault {
    async fn save(&self, _pair: &TokenPair) -> Result<()> {
        Ok(())
    }
}

/// Makes issues for the first project that takes them; every fortieth has a title Jira refuses.
async fn prepare(jira: &Jira, count: usize) -> Result<Vec<NewIssue>> {
    let page = jira.projects(&ProjectQuery::creatable()).await?;
    let project = page.values.first().ok_or("no project takes issues")?;
    let types = jira.create_meta_issue_types(&project.id).await?;
    let kind = types
        .iter()
        .find(|kind| !kind.subtask && kind.hierarchy_level == 0);
    let kind = kind.ok_or("the project has no usual issue type")?;
    println!("creating {count} × {} in {}", kind.name, project.key);

    let text = adf::from_markdown("Imported by an **example**.\n\n- [ ] look at it").document;
    let issue = |row: usize| {
        let title = if row % 40 == 39 {
            "two\nlines".to_owned()
        } else {
            format!("Row {row}")
        };
        NewIssue::new(&project.id, &kind.id, &title)
            .description(text.to_value())
            .labels(["imported"])
            .property("example.import", serde_json::json!({ "row": row }))
    };
    Ok((0..count).map(issue).collect())
}

/// Creates all issues and returns the ids of those created; says of each other what became of it.
async fn create(jira: &Jira, issues: &[NewIssue]) -> Vec<String> {
    let mut ids = Vec::new();
    for chunk in jira.create_issues_chunked(issues).await {
        let outcomes = match chunk.result {
            Ok(bulk) => bulk.outcomes,
            Err(error) if error.may_have_been_applied() => {
                println!(
                    "rows {:?} may exist, look before repeating: {error}",
                    chunk.range
                );
                continue;
            }
            Err(error) => {
                println!("rows {:?} certainly do not exist: {error}", chunk.range);
                continue;
            }
        };
        for (row, outcome) in chunk.range.zip(outcomes) {
            match outcome {
                ElementOutcome::Created(issue) => ids.push(issue.id),
                ElementOutcome::Rejected(why) => println!("row {row}: {:?}", why.field_errors),
                _ => println!("row {row}: unknown"),
            }
        }
    }
    println!("created {}", ids.len());
    ids
}

async fn print_statuses(jira: &Jira, ids: &[String]) -> Result<()> {
    let started = std::time::Instant::now();
    let found = jira
        .bulk_fetch(ids, &FetchOptions::fields(["summary", "status"]))
        .await?;
    let elapsed: Duration = started.elapsed();
    for issue in found.issues.iter().take(3) {
        let status = issue
            .fields
            .status
            .as_ref()
            .map_or("unknown", |status| &status.name);
        println!(
            "{:8} {status:12} {}",
            issue.key,
            issue.fields.summary.as_deref().unwrap_or("")
        );
    }
    println!(
        "… {} in all, read in {} ms",
        found.issues.len(),
        elapsed.as_millis()
    );
    Ok(())
}
