//! The only place that names concrete adapters.

mod clock;
mod files;
mod first_start;
mod keys;
mod readiness;
mod scoper;
mod signal;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use handoff_crypto::{KeyRing, RingRandomness, RingSealer, Sha256Hasher};
use handoff_domain::connection::ports::{AccessTokens, SecretSealer, TrackerAuthorizer};
use handoff_domain::connection::tokens::TokenKeeper;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::IdSource;
use handoff_store::{DatabaseUrl, StoreConfig};
pub use handoff_store::{LedgerOverview, Store};
use handoff_trackers::jira::{AppConfig, JiraAuthorizer, JiraTracker, JiraTrackerConfig};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::assembly::{Assembly, Core, Ports, Settings, assemble};
use crate::auth::IdentityProvider;
use crate::config::{Config, DatabaseKind};
use crate::routes::CALLBACK_PATH;

pub use clock::SystemClock;
pub use first_start::first_start;
pub use keys::{configured_keys, key_rotation, keys_for_serving};
pub use signal::WorkNotice;

/// Makes TLS available to every HTTP client of the process.
pub fn install_tls() {
    // Fails only where a provider was installed before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Opens the database, which may lack migrations.
///
/// # Errors
/// When it cannot be reached, or the data folder cannot be made.
pub async fn open_store(config: &Config) -> Result<Store> {
    files::make_private_folder(&config.data_dir)?;
    let url = DatabaseUrl::parse(config.database.url.expose_secret())?;
    let mut store = StoreConfig::new(url);
    store.pool_size = usize::try_from(config.database.pool_size)?;
    let shown = store.url.to_string();
    Store::open(store)
        .await
        .with_context(|| format!("cannot open the database {shown}"))
}

/// Applies pending migrations where that is wanted, else names the command that does.
///
/// # Errors
/// When migrations are pending and may not be applied, or fail, and when a newer program has changed the database so that
/// this one would break.
pub async fn ensure_migrated(config: &Config, store: &Store) -> Result<()> {
    let pending = store.pending_migrations().await?;
    if !pending.is_empty() {
        migrate(config, store, pending.len()).await?;
    }
    for change in store.unknown_changes().await? {
        let version = change.version;
        if change.breaks_older {
            bail!(
                "a newer program has changed the database ({version}); this one would break, so start that one"
            );
        }
        tracing::warn!(version, "a newer program has changed the database");
    }
    Ok(())
}

async fn migrate(config: &Config, store: &Store, n_pending: usize) -> Result<()> {
    if !config.database.migrate_on_start {
        bail!("the database lacks {n_pending} migrations; run: handoff migrate up");
    }
    for name in store.migrate_up().await? {
        tracing::info!(name, "migration applied");
    }
    Ok(())
}

/// What the command line needs of a database.
///
/// # Errors
/// When the system has no randomness.
pub fn core(store: &Store) -> Result<Core> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let randomness = Arc::new(RingRandomness::new()?);
    Ok(Core {
        directory: store.workspaces(),
        audit: store.audit(),
        hasher: Arc::new(Sha256Hasher),
        ids: IdSource::new(Arc::clone(&clock), Arc::clone(&randomness) as _),
        clock,
        randomness,
    })
}

/// Wires the whole application.
///
/// # Errors
/// When an adapter cannot be made from the settings.
pub fn wire(
    config: &Config,
    store: &Store,
    keys: KeyRing,
    address: SocketAddr,
) -> Result<Assembly> {
    let (ports, settings) = ports(config, store, keys, address)?;
    Ok(assemble(ports, settings))
}

/// The adapters behind the ports, and what is chosen by configuration.
///
/// # Errors
/// When an adapter cannot be made from the settings.
pub fn ports(
    config: &Config,
    store: &Store,
    keys: KeyRing,
    address: SocketAddr,
) -> Result<(Ports, Settings)> {
    install_tls();
    let core = core(store)?;
    let public_url = public_url(config, address)?;
    let settings = Settings {
        app_url: config
            .web
            .app_url
            .clone()
            .unwrap_or_else(|| public_url.clone()),
        requests_per_minute: NonZeroU32::new(config.limits.requests_per_minute)
            .unwrap_or(NonZeroU32::MIN),
        max_in_flight_per_site: usize::try_from(config.delivery.max_in_flight_per_site)?,
        delivery_times: config.delivery.times(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        identity_provider: config.auth.clone().map(IdentityProvider::new).transpose()?,
        public_url,
    };
    let authorizer: Arc<dyn TrackerAuthorizer> = Arc::new(authorizer(config, &settings)?);
    let sealer: Arc<dyn SecretSealer> = Arc::new(RingSealer::new(keys));
    let connections = store.connections();
    let connecting = Ports::connecting(
        Arc::clone(&connections),
        Arc::clone(&authorizer),
        Arc::clone(&sealer),
        &core,
    );
    let tokens: Arc<dyn AccessTokens> = Arc::new(TokenKeeper::new(connecting));
    let jira = JiraTrackerConfig {
        api_url: config.jira.api_url.clone(),
        max_in_flight_per_site: settings.max_in_flight_per_site,
        user_agent: concat!("handoff/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let scoper = Arc::new(scoper::rules(config.limits)?);
    let ports = Ports {
        documents: store.documents(),
        tickets: store.tickets(),
        connections,
        deliveries: store.deliveries(),
        tracker: Arc::new(JiraTracker::new(jira, tokens, Arc::clone(&core.clock))?),
        authorizer,
        sealer,
        scoper: Arc::clone(&scoper) as _,
        cutter: scoper,
        signal: Arc::new(WorkNotice::default()),
        readiness: Arc::new(readiness::StoreReadiness::new(store.clone())),
        directory: core.directory,
        audit: core.audit,
        hasher: core.hasher,
        clock: core.clock,
        randomness: core.randomness,
        ids: core.ids,
    };
    Ok((ports, settings))
}

fn authorizer(config: &Config, settings: &Settings) -> Result<JiraAuthorizer> {
    let callback = format!(
        "{}{CALLBACK_PATH}",
        settings.public_url.as_str().trim_end_matches('/')
    );
    Ok(JiraAuthorizer::new(AppConfig {
        client_id: config.jira.client_id.clone(),
        client_secret: config.jira.client_secret.clone(),
        scopes: config.jira.scopes.join(" "),
        redirect_uri: Url::parse(&callback)?,
        auth_url: config.jira.auth_url.clone(),
        api_url: config.jira.api_url.clone(),
        keys: ["HANDOFF__JIRA__CLIENT_ID", "HANDOFF__JIRA__CLIENT_SECRET"],
    })?)
}

/// The configured URL, or one made from the address that is listened on.
fn public_url(config: &Config, address: SocketAddr) -> Result<Url> {
    if let Some(url) = &config.server.public_url {
        return Ok(url.clone());
    }
    let port = address.port();
    let host = if address.ip().is_unspecified() {
        format!("localhost:{port}")
    } else {
        address.to_string()
    };
    Ok(Url::parse(&format!("http://{host}"))?)
}

/// Whether losing the key file would lose nothing, so that a new one may be made.
async fn may_make_keys(config: &Config, store: &Store) -> Result<bool> {
    Ok(config.database.kind == DatabaseKind::Sqlite && !store.has_sealed_secrets().await?)
}
