//! One client for each workspace's site, kept as long as the process lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::AccessTokens;
use handoff_domain::shared::failure::Failure;
use jira_client::{HttpClients, Jira, SiteAddress, SiteLimits};

use super::tokens::SiteTokens;
use super::tracker::JiraTrackerConfig;

/// How long one question may take with its repeats: longer than the lease of a refresh whose process died, yet whoever waits for
/// a push is told of a longer pause instead.
const PATIENCE: Duration = Duration::from_secs(45);

/// Makes clients and keeps them, so that limits hold and a refused token is remembered.
pub(super) struct Sites {
    config: JiraTrackerConfig,
    http: HttpClients,
    tokens: Arc<dyn AccessTokens>,
    clients: Mutex<HashMap<TrackerSite, Jira>>,
    limits: Mutex<HashMap<String, SiteLimits>>,
}

impl Sites {
    pub(super) fn new(
        config: JiraTrackerConfig,
        http: HttpClients,
        tokens: Arc<dyn AccessTokens>,
    ) -> Self {
        Self {
            config,
            http,
            tokens,
            clients: Mutex::default(),
            limits: Mutex::default(),
        }
    }

    /// The client of a site.
    pub(super) fn client(&self, site: &TrackerSite) -> Result<Jira, Failure> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(site) {
            return Ok(client.clone());
        }
        let source = SiteTokens {
            site: site.clone(),
            tokens: Arc::clone(&self.tokens),
        };
        let client = Jira::builder(SiteAddress::Cloud {
            cloud_id: site.cloud_id.clone(),
        })
        .api_url(self.config.api_url.clone())
        .token_source(Arc::new(source))
        .user_agent(self.config.user_agent.clone())
        .deadline(PATIENCE)
        .site_limits(self.limit(&site.cloud_id))
        .http_clients(self.http.clone())
        .build()
        .map_err(Failure::internal)?;
        clients.insert(site.clone(), client.clone());
        Ok(client)
    }

    /// The limit that all workspaces on one site share.
    fn limit(&self, cloud_id: &str) -> SiteLimits {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        // Pauses are kept in the database, where every process obeys them.
        let make = || SiteLimits::new(self.config.max_in_flight_per_site).without_pauses();
        limits
            .entry(cloud_id.to_owned())
            .or_insert_with(make)
            .clone()
    }
}
