//! The connections to the server.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolError};
use diesel::ConnectionError;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Connection;
use super::tls;
use super::url::{Encryption, PostgresUrl};
use crate::config::StoreConfig;
use crate::error::StoreError;

type Connections = AsyncDieselConnectionManager<AsyncPgConnection>;

/// A connection taken from its pool.
pub(crate) type Pooled = Object<Connections>;

/// The pool of one database.
#[derive(Clone)]
pub(crate) struct Database {
    pool: Pool<Connections>,
    connector: Connector,
}

impl Database {
    /// Connects, and refuses a server that may lose what it has committed.
    pub(crate) async fn open(url: &SecretString, config: &StoreConfig) -> Result<Self, StoreError> {
        let connector = Connector::new(url, config)?;
        let database = Self {
            pool: open_pool(connector.clone(), config)?,
            connector,
        };
        require_synchronous_commit(database.read().await?.connection()?).await?;
        Ok(database)
    }

    /// A connection of its own, outside the pool.
    pub(crate) async fn connect(&self) -> Result<Connection, StoreError> {
        self.connector
            .connect()
            .await
            .map_err(|error| StoreError::Connect(error.to_string()))
    }

    /// A connection that will only read.
    pub(crate) async fn reader(&self) -> Result<Pooled, StoreError> {
        self.writer().await
    }

    /// A connection that can write.
    pub(crate) async fn writer(&self) -> Result<Pooled, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => StoreError::Busy,
            PoolError::Backend(error) => StoreError::Connect(error.to_string()),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                StoreError::Closed
            }
        })
    }
}

/// The connection inside.
pub(crate) fn connection(pooled: &mut Pooled) -> &mut Connection {
    pooled
}

/// Whether the connection can go back to its pool; the pool itself sees broken ones.
pub(crate) fn is_idle(_: &Pooled) -> bool {
    true
}

/// Begins to write; every statement sees what was committed before it, and rows are locked where that is not enough.
pub(crate) async fn begin_write(connection: &mut Connection) -> Result<(), StoreError> {
    begin(connection, "BEGIN ISOLATION LEVEL READ COMMITTED").await
}

/// Begins to read one state of the database.
pub(crate) async fn begin_snapshot(connection: &mut Connection) -> Result<(), StoreError> {
    begin(
        connection,
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    )
    .await
}

async fn begin(connection: &mut Connection, sql: &str) -> Result<(), StoreError> {
    Ok(AnsiTransactionManager::begin_transaction_sql(connection, sql).await?)
}

/// Knows how to connect.
#[derive(Clone)]
struct Connector {
    config: Arc<Config>,
    tls: Option<MakeRustlsConnect>,
    statement_timeout: Duration,
}

impl Connector {
    fn new(url: &SecretString, config: &StoreConfig) -> Result<Self, StoreError> {
        let url = PostgresUrl::parse(url.expose_secret())?;
        let mut parsed = Config::from_str(url.driver_url.expose_secret())
            .map_err(|error| StoreError::Url(describe(&error)))?;
        let tls = match url.encryption {
            Encryption::None => None,
            Encryption::Verified { root_file } => {
                let config = tls::client_config(root_file.as_deref())?;
                Some(MakeRustlsConnect::new(config))
            }
        };
        if parsed.get_application_name().is_none() {
            parsed.application_name(&config.application_name);
        }
        if parsed.get_connect_timeout().is_none() {
            parsed.connect_timeout(config.acquire_timeout);
        }
        if parsed.get_tcp_user_timeout().is_none() {
            // A server that vanished without a word is given up as soon as a slow statement would be.
            parsed.tcp_user_timeout(config.statement_timeout);
        }
        let (config, statement_timeout) = (Arc::new(parsed), config.statement_timeout);
        Ok(Self {
            config,
            tls,
            statement_timeout,
        })
    }

    async fn connect(&self) -> Result<AsyncPgConnection, ConnectionError> {
        let mut connection = match self.tls.clone() {
            None => self.establish(NoTls).await?,
            Some(tls) => self.establish(tls).await?,
        };
        let millis = self.statement_timeout.as_millis();
        let settings = format!(
            "SET statement_timeout = {millis}; SET idle_in_transaction_session_timeout = {millis}"
        );
        let set = connection.batch_execute(&settings).await;
        set.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }

    async fn establish<T>(&self, tls: T) -> Result<AsyncPgConnection, ConnectionError>
    where
        T: MakeTlsConnect<Socket, Stream: Send + 'static>,
    {
        let connected = self.config.connect(tls).await;
        let (client, connection) =
            connected.map_err(|error| ConnectionError::BadConnection(describe(&error)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// The error with its causes, which hold no password.
fn describe(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", describe(source)),
        None => error.to_string(),
    }
}

fn open_pool(connector: Connector, config: &StoreConfig) -> Result<Pool<Connections>, StoreError> {
    let mut setup = ManagerConfig::default();
    setup.recycling_method = RecyclingMethod::Fast;
    setup.custom_setup = Box::new(move |_| {
        let connector = connector.clone();
        Box::pin(async move { connector.connect().await })
    });
    Pool::builder(Connections::new_with_config(String::new(), setup))
        .max_size(config.pool_size.max(1))
        .wait_timeout(Some(config.acquire_timeout))
        .create_timeout(Some(config.acquire_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Connect(error.to_string()))
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Without it a crash of the server could forget a delivery that was committed before its request left.
async fn require_synchronous_commit(connection: &mut Connection) -> Result<(), StoreError> {
    let query = diesel::sql_query("SELECT current_setting('synchronous_commit') AS value");
    let found: Setting = query.get_result(connection).await?;
    if matches!(found.value.as_str(), "on" | "remote_apply") {
        return Ok(());
    }
    Err(StoreError::Setting {
        setting: "synchronous_commit",
        found: found.value,
        needed: "on",
    })
}
