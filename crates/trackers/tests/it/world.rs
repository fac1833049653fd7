//! A sandbox with a connected tracker.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handoff_domain::connection::model::{Platform, TokenGrant, TrackerSite};
use handoff_domain::connection::ports::{
    AccessToken, AccessTokenError, AccessTokens, SendDeadline, TrackerAuthorizer,
};
use handoff_domain::delivery::model::{ClaimedDelivery, ProjectRef};
use handoff_domain::delivery::tracker::{
    CreateReport, IssueTracker, PreflightBatch, PreflightTicket, TrackerError, Verdict,
};
use handoff_domain::shared::ids::{DeliveryId, IdSource, TicketId, WorkspaceId};
use handoff_domain::testing::{CountingRandomness, FixedClock};
use handoff_domain::ticket::model::TicketContent;
use handoff_trackers::jira::{AppConfig, JiraAuthorizer, JiraTracker, JiraTrackerConfig};
use jira_sandbox::{ACME_CLOUD_ID, Sandbox, SandboxConfig, USER_ACCOUNT_ID};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use url::Url;

pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// A running sandbox with a grant for Acme.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) authorizer: JiraAuthorizer,
    pub(crate) tracker: JiraTracker,
    pub(crate) site: TrackerSite,
    pub(crate) ids: IdSource,
    gates: Arc<Mutex<Gates>>,
}

/// Holds requests back, each until something has happened; every request asks for its token first.
#[derive(Default)]
struct Gates {
    asked: usize,
    held: BTreeMap<usize, (oneshot::Sender<()>, oneshot::Receiver<()>)>,
}

/// A request that waits as soon as it is its turn.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Held {
    /// Does something while the request waits, and lets it go.
    pub(crate) async fn meanwhile<T>(self, work: impl Future<Output = T>) {
        self.reached.await.unwrap();
        work.await;
        self.go.send(()).unwrap();
    }
}

/// Tokens that are given out as they are; a renewal exchanges the refresh token for real.
struct GrantTokens {
    authorizer: JiraAuthorizer,
    grant: Mutex<(TokenGrant, i64)>,
    gates: Arc<Mutex<Gates>>,
}

#[async_trait]
impl AccessTokens for GrantTokens {
    async fn token(&self, _site: &TrackerSite) -> Result<AccessToken, AccessTokenError> {
        let gate = {
            let mut gates = self.gates.lock().unwrap();
            gates.asked += 1;
            let turn = gates.asked;
            gates.held.remove(&turn)
        };
        if let Some((reached, go)) = gate {
            reached.send(()).unwrap();
            go.await.unwrap();
        }
        let held = self.grant.lock().unwrap();
        Ok(AccessToken {
            secret: held.0.access_token.clone(),
            generation: held.1,
        })
    }

    async fn renew(
        &self,
        site: &TrackerSite,
        _refused_generation: i64,
    ) -> Result<AccessToken, AccessTokenError> {
        let refresh = self.grant.lock().unwrap().0.refresh_token.clone().unwrap();
        let grant = self.authorizer.refresh(&refresh, soon()).await.unwrap();
        {
            let mut held = self.grant.lock().unwrap();
            *held = (grant, held.1 + 1);
        }
        self.token(site).await
    }
}

/// A deadline that is far enough.
pub(crate) fn soon() -> SendDeadline {
    SendDeadline(jira_client::monotonic_now() + Duration::from_secs(30))
}

pub(crate) fn authorizer(base_url: &str, secret: &str) -> JiraAuthorizer {
    let url = Url::parse(base_url).unwrap();
    JiraAuthorizer::new(AppConfig {
        client_id: Some("sandbox-client".to_owned()),
        client_secret: Some(SecretString::from(secret)),
        scopes: "read:jira-work write:jira-work read:jira-user offline_access".to_owned(),
        redirect_uri: Url::parse(CALLBACK).unwrap(),
        auth_url: url.clone(),
        api_url: url,
        keys: ["HANDOFF__JIRA__CLIENT_ID", "HANDOFF__JIRA__CLIENT_SECRET"],
    })
    .unwrap()
}

/// Consents as the first account for Acme and gives the code.
pub(crate) async fn consent(authorizer: &JiraAuthorizer) -> String {
    let url = authorizer.authorize_url("the-state").unwrap();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let answer = http.unwrap().get(url).send().await.unwrap();
    let location = answer.headers().get("location").unwrap().to_str().unwrap();
    let location = Url::parse(location).unwrap();
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    location
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned()
}

impl World {
    pub(crate) async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = SandboxConfig {
            auto_consent: true,
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::start(config).unwrap();
        let base_url = sandbox.base_url().to_owned();
        let secret = SandboxConfig::default().client_secret;
        let authorizer = authorizer(&base_url, &secret);
        let code = consent(&authorizer).await;
        let grant = authorizer.exchange(&code).await.unwrap();
        let gates = Arc::<Mutex<Gates>>::default();
        let tokens = GrantTokens {
            authorizer: self::authorizer(&base_url, &secret),
            grant: Mutex::new((grant, 1)),
            gates: Arc::clone(&gates),
        };
        let clock = Arc::new(FixedClock::default());
        let ids = IdSource::new(clock.clone(), Arc::new(CountingRandomness::default()));
        let config = JiraTrackerConfig {
            api_url: Url::parse(&base_url).unwrap(),
            max_in_flight_per_site: 4,
            user_agent: "handoff-test".to_owned(),
        };
        let tracker = JiraTracker::new(config, Arc::new(tokens), clock).unwrap();
        let site = TrackerSite {
            workspace_id: ids.next::<WorkspaceId>(),
            platform: Platform::Jira,
            cloud_id: ACME_CLOUD_ID.to_owned(),
            site_url: format!("{base_url}/sites/acme"),
            account_id: USER_ACCOUNT_ID.to_owned(),
        };
        Self {
            sandbox,
            authorizer,
            tracker,
            site,
            ids,
            gates,
        }
    }

    /// Holds the request of this number back, counted from the next one, which is 1.
    pub(crate) fn hold(&self, number: usize) -> Held {
        let (reached, is_reached) = oneshot::channel();
        let (go, may_go) = oneshot::channel();
        let mut gates = self.gates.lock().unwrap();
        let turn = gates.asked + number;
        gates.held.insert(turn, (reached, may_go));
        Held {
            reached: is_reached,
            go,
        }
    }

    pub(crate) async fn project(&self, key: &str) -> ProjectRef {
        let project = self.tracker.project(&self.site, key).await.unwrap().value;
        ProjectRef {
            id: project.id,
            key: project.key,
        }
    }

    pub(crate) async fn judge(
        &self,
        project: &str,
        contents: Vec<TicketContent>,
        fields: Map<String, Value>,
    ) -> Result<Vec<(DeliveryId, TicketId, Verdict)>, TrackerError> {
        let tickets: Vec<PreflightTicket> = contents
            .into_iter()
            .map(|content| PreflightTicket {
                ticket_id: self.ids.next(),
                delivery_id: self.ids.next(),
                content,
                parent: None,
                depends_on: Vec::new(),
            })
            .collect();
        let named: Vec<_> = tickets
            .iter()
            .map(|ticket| (ticket.delivery_id, ticket.ticket_id))
            .collect();
        let batch = PreflightBatch {
            project: self.project(project).await,
            issue_type: None,
            fields,
            document_title: "The plan".to_owned(),
            tickets,
        };
        let verdicts = self.tracker.preflight(&self.site, &batch).await?;
        Ok(named
            .into_iter()
            .zip(verdicts.value)
            .map(|((d, t), verdict)| (d, t, verdict))
            .collect())
    }

    pub(crate) async fn create(&self, judged: &[(DeliveryId, TicketId, Verdict)]) -> CreateReport {
        let claimed: Vec<ClaimedDelivery> = judged
            .iter()
            .map(|(id, ticket_id, verdict)| ClaimedDelivery {
                id: *id,
                ticket_id: *ticket_id,
                payload: verdict.payload.clone(),
                attempt: 1,
            })
            .collect();
        self.tracker.create(&self.site, &claimed, soon()).await
    }
}

pub(crate) fn titled(title: &str) -> TicketContent {
    TicketContent {
        title: title.to_owned(),
        ..TicketContent::default()
    }
}
