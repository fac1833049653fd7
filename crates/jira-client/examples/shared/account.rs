//! Where and as whom the examples call Jira: read from the environment.

use std::env;
use std::error::Error;
use std::sync::Arc;

use jira_client::auth::{ApiToken, StaticBearer};
use jira_client::{Jira, JiraBuilder, SiteAddress};

/// Makes a client from `JIRA_SITE_URL`, `JIRA_EMAIL` and `JIRA_API_TOKEN`, or, with a token that
/// the example `connect_by_oauth` has got, from `JIRA_CLOUD_ID` and `JIRA_ACCESS_TOKEN`.
pub(crate) fn jira() -> Result<Jira, Box<dyn Error + Send + Sync>> {
    // The application chooses the TLS provider, once for the whole process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = match env::var("JIRA_CLOUD_ID") {
        Ok(cloud_id) => by_access_token(cloud_id)?,
        Err(_) => by_api_token()?,
    };
    Ok(builder.build()?)
}

fn by_api_token() -> Result<JiraBuilder, Box<dyn Error + Send + Sync>> {
    let site = SiteAddress::Direct(variable("JIRA_SITE_URL")?.parse()?);
    let token = ApiToken::new(&variable("JIRA_EMAIL")?, variable("JIRA_API_TOKEN")?);
    Ok(Jira::builder(site).token_source(Arc::new(token)))
}

fn by_access_token(cloud_id: String) -> Result<JiraBuilder, Box<dyn Error + Send + Sync>> {
    let token = StaticBearer::new(variable("JIRA_ACCESS_TOKEN")?);
    let builder = Jira::builder(SiteAddress::Cloud { cloud_id }).token_source(Arc::new(token));
    Ok(match env::var("JIRA_API_URL") {
        Ok(url) => builder.api_url(url.parse()?),
        Err(_) => builder,
    })
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
}
