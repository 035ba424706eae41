use std::{
    ops::Deref,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pgfold_core::{Error, Result};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, SimpleQueryMessage, config::TargetSessionAttrs, error::SqlState,
};

use crate::{
    postgres::{
        connect::{
            failure::from_postgres,
            host::Host,
            login::Login,
            shared_stream::{StreamLoan, share},
            tls::Tls,
            transaction::{self, Isolation},
            transport::{AsItIs, Transport},
        },
        service::SERVICE,
    },
    tls::CaFile,
};

/// How long opening a connection may take, authentication included; several hosts share it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an idle connection may take to show that it is alive.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// The one setting of a session, rather than of its transactions: an idle connection that a frozen
/// environment keeps is given back. It is asked for as the session starts, where a pooler that lends
/// its sessions to others refuses it.
///
/// So soon that those who wait their turn get it: after 200 submissions at once, each in an
/// environment of its own, 100 would keep all connections. Opening another takes milliseconds.
const IDLE_TIMEOUT: &str = "-c idle_session_timeout=2s";

/// How long planning may take with one statement.
pub(in crate::postgres) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);

/// Connections to one database; keeps one of them open while it is not used.
///
/// Whoever takes a connection owns it, and gives it back only in good order.
#[derive(Debug)]
pub(in crate::postgres) struct Connections {
    config: Config,
    login: Login,
    tls: Tls,
    idle: Mutex<Option<Connection>>,
    /// Whether the server, or a pooler before it, has refused to set anything for a session.
    refuses_options: AtomicBool,
}

/// Why there is no connection.
enum OpenError {
    /// The database does not let this user in with this password.
    Refused(Error),
    Other(Error),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Connections {
    pub(in crate::postgres) fn new(config: Config, login: Login, ca_file: Option<CaFile>) -> Self {
        let tls = Tls::new(ca_file, config.get_ssl_negotiation());
        Self { config, login, tls, idle: Mutex::new(None), refuses_options: AtomicBool::new(false) }
    }

    /// The idle connection if it is alive, else a new one.
    pub(in crate::postgres) async fn take(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(connection) = idle.filter(|connection| !connection.is_closed()) {
            let probe = tokio::time::timeout(PROBE_TIMEOUT, connection.check_connection());
            if let Ok(Ok(())) = probe.await {
                return Ok(connection);
            }
        }
        let mut opened = self.open().await;
        if matches!(opened, Err(OpenError::Refused(_))) && self.login.renew().await {
            opened = self.open().await;
        }
        opened.map_err(|error| match error {
            OpenError::Refused(error) if self.login.may_be_let_in_later() => {
                Error::unavailable(SERVICE, error)
            }
            OpenError::Refused(error) | OpenError::Other(error) => error,
        })
    }

    /// Keeps a connection on which nothing is under way for the next call.
    pub(in crate::postgres) fn put_back(&self, connection: Connection) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    /// A connection to the first host that has one to give.
    async fn open(&self) -> Result<Connection, OpenError> {
        let hosts = Host::all(&self.config);
        let each = CONNECT_TIMEOUT / u32::try_from(hosts.len()).unwrap_or(u32::MAX).max(1);
        let mut failure = Error::Misconfigured("DATABASE_URL names no host".to_owned()).into();
        for host in hosts {
            let mut config = self.config.clone();
            self.login.configure(&mut config, &host).await?;
            let opened = tokio::time::timeout(each, self.open_to(&host, config)).await;
            let opened = opened.unwrap_or_else(|_| {
                let late = format!("no connection to {host} within {each:?}");
                let reason = format!("no connection within {each:?}");
                Err(Error::unavailable_because(SERVICE, reason, late).into())
            });
            match (opened, failure) {
                (Ok(connection), _) => return Ok(connection),
                // That one host is away is no reason to log in to the other as before.
                (Err(OpenError::Other(_)), refused @ OpenError::Refused(_)) => failure = refused,
                (Err(error), _) => failure = error,
            }
        }
        Err(failure)
    }

    async fn open_to(&self, host: &Host, config: Config) -> Result<Connection, OpenError> {
        let with_options = !self.refuses_options.load(Ordering::Relaxed);
        let connection = match self.start(host, config.clone(), with_options).await? {
            Ok(connection) => connection,
            Err(error) if with_options && is_about_options(&error) => {
                self.refuses_options.store(true, Ordering::Relaxed);
                self.start(host, config, false).await?.map_err(from_login)?
            }
            Err(error) => return Err(from_login(error)),
        };
        connection.check_target(self.config.get_target_session_attrs()).await?;
        Ok(connection)
    }

    /// Starts a session, or returns what the server says instead.
    async fn start(
        &self,
        host: &Host,
        mut config: Config,
        with_options: bool,
    ) -> Result<Result<Connection, tokio_postgres::Error>> {
        config.application_name("pgfold");
        if with_options {
            let own = config.get_options().unwrap_or_default();
            config.options(format!("{own} {IDLE_TIMEOUT}").trim_start());
        }
        AsItIs::configure(&mut config);
        let (owner, stream) = share(self.transport(host).await?);
        let (client, driver) = match config.connect_raw(owner, AsItIs).await {
            Ok(connected) => connected,
            Err(error) => return Ok(Err(error)),
        };
        let version = driver.parameter("server_version").map_or(0, major);
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::warn!(error = from_postgres(error).with_causes(), "connection lost");
            }
        });
        Ok(Ok(Connection { client, stream, driver, version }))
    }

    async fn transport(&self, host: &Host) -> Result<Transport> {
        let unavailable = |error: std::io::Error| {
            Error::unavailable_because(SERVICE, format!("no connection: {}", error.kind()), error)
        };
        let socket = host.connect().await.map_err(unavailable)?;
        if !host.speaks_tls(self.config.get_ssl_mode()) {
            return Ok(Transport::Plain(socket));
        }
        let stream = self.tls.secure(socket, host.tls_name()?).await?;
        Ok(Transport::Tls(Box::new(stream)))
    }
}

/// The major version in a version's text: `18.4 (Debian 18.4-1)`, `17beta2`.
fn major(version: &str) -> u32 {
    let digits = version.split(|char: char| !char.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// Whether a session may start if it asks for no setting. PgBouncer says that the protocol is
/// violated, RDS Proxy that the feature is not supported.
fn is_about_options(error: &tokio_postgres::Error) -> bool {
    let refusals = [
        SqlState::PROTOCOL_VIOLATION,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::UNDEFINED_OBJECT,
        SqlState::INVALID_PARAMETER_VALUE,
    ];
    error.code().is_some_and(|code| refusals.contains(code))
}

/// What a caller can do about an error of the beginning of a conversation.
fn from_login(error: tokio_postgres::Error) -> OpenError {
    // Of a query this would last. Of a login it is a database that lets nobody in just now.
    if error.code() == Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE) {
        return OpenError::Other(Error::unavailable_because(
            SERVICE,
            "its database takes no connections just now (SQLSTATE 55000)",
            error,
        ));
    }
    // Invalid authorization: the class of a wrong password, too.
    let is_refused = error.code().is_some_and(|state| state.code().starts_with("28"));
    match (is_refused, from_postgres(error)) {
        (true, error) => OpenError::Refused(error),
        (false, error) => OpenError::Other(error),
    }
}

/// A connection. Dropped in the middle of a result it is closed, so that Postgres stops; the
/// client alone would read the rest of the result first.
#[derive(Debug)]
pub(in crate::postgres) struct Connection {
    client: Client,
    /// Over which the client speaks.
    pub(in crate::postgres) stream: StreamLoan<Transport>,
    driver: JoinHandle<()>,
    /// The major version of the server; 0 if it does not say.
    version: u32,
}

impl Connection {
    /// SQL that opens a transaction on this connection.
    pub(in crate::postgres) fn begin(&self, isolation: Isolation, timeout: Duration) -> String {
        transaction::begin(isolation, self.version, timeout)
    }

    /// Opens a transaction to plan in. What is asked next may be sent before this has been answered.
    pub(in crate::postgres) async fn begin_planning(&self) -> Result<()> {
        let begin = self.begin(Isolation::ReadCommitted, STATEMENT_TIMEOUT);
        self.batch_execute(&begin).await.map_err(from_postgres)
    }

    /// Ends a transaction, after which the connection may be kept.
    pub(in crate::postgres) async fn commit(&self) -> Result<()> {
        self.batch_execute("COMMIT").await.map_err(from_postgres)
    }

    /// Checks that the server is the kind of one that `target_session_attrs` asks for.
    async fn check_target(&self, target: TargetSessionAttrs) -> Result<()> {
        if target == TargetSessionAttrs::Any {
            return Ok(());
        }
        let answer = self.simple_query("SHOW transaction_read_only").await;
        let is_read_only = answer.map_err(from_postgres)?.iter().any(
            |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("on")),
        );
        match is_read_only == (target == TargetSessionAttrs::ReadOnly) {
            true => Ok(()),
            false => Err(Error::unavailable(SERVICE, format!("no host is {target:?}"))),
        }
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
