//! How a sandbox is set up.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::chaos::Chaos;
use crate::kit::faults::Fault;
use crate::switches::Switches;
use crate::world::WorldSeed;

/// Everything about a sandbox that is chosen before it starts.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The registered app's client id.
    pub client_id: String,
    /// The registered app's secret.
    pub client_secret: String,
    /// The API token of every account, for basic authentication at a site's own address.
    pub api_token: String,
    /// The registered callback URLs; none means that any is accepted.
    pub callback_urls: Vec<String>,
    /// The scopes switched on for the app; asking for another one fails at authorize.
    pub enabled_scopes: Vec<String>,
    /// Consents at once as the first account for the site Acme, without showing the page.
    pub auto_consent: bool,
    /// Further projects on Acme (`EXTRA1` and on), for paging.
    pub extra_projects: usize,
    /// Further optional fields on the create screens of `SHOP`, for paging.
    pub extra_fields: usize,
    /// The accounts and sites to start with; none is the stock world.
    pub world: Option<WorldSeed>,
    /// Faults that are switched on from the start.
    pub faults: Vec<Fault>,
    /// Random faults that are in force from the start.
    pub chaos: Option<Chaos>,
    /// Everything that can be switched later too.
    pub switches: Switches,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        let scopes = [
            "read:jira-work",
            "write:jira-work",
            "read:jira-user",
            "manage:jira-webhook",
            "offline_access",
        ];
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-client-value".to_owned(),
            api_token: "sandbox-api-token".to_owned(),
            callback_urls: Vec::new(),
            enabled_scopes: scopes.map(str::to_owned).to_vec(),
            auto_consent: false,
            extra_projects: 0,
            extra_fields: 0,
            world: None,
            faults: Vec::new(),
            chaos: None,
            switches: Switches::default(),
        }
    }
}

impl fmt::Debug for SandboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxConfig")
            .field("bind", &self.bind)
            .field("client_id", &self.client_id)
            .field("callback_urls", &self.callback_urls)
            .finish_non_exhaustive()
    }
}

/// The two answers seen in the field for a refresh token that no longer works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadRefresh {
    /// `invalid_grant`, as Atlassian's page says.
    #[default]
    InvalidGrant,
    /// `unauthorized_client`, as production has been seen to answer.
    UnauthorizedClient,
}

/// What becomes of two pairs made from one refresh token within the leeway; Atlassian says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeewayPairs {
    /// Both pairs work.
    #[default]
    BothLive,
    /// The first pair dies when the second is made.
    LastWins,
    /// The second pair is dead when it is handed out.
    FirstWins,
}

/// What accessible-resources shows of a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteListing {
    /// The granted sites.
    #[default]
    AsGranted,
    /// Nothing, as guests see it.
    Empty,
    /// The granted sites, but only for Confluence.
    ConfluenceOnly,
    /// Every granted site twice: an entry for Confluence, then one for Jira.
    WithConfluence,
}
