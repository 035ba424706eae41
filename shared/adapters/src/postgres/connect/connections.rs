use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pgfold_core::{Error, Result};
use tokio_postgres::{Config, error::SqlState};

use crate::{
    postgres::{
        connect::{
            connection::Connection,
            failure::from_postgres,
            host::Host,
            login::Login,
            shared_stream::share,
            tls::Tls,
            transport::{AsItIs, Transport},
        },
        service::SERVICE,
    },
    tls::CaFile,
};

/// The time limit of opening a connection, authentication included. Several hosts share it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The time that an idle connection has to answer a probe.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// The only setting of a session rather than a transaction: the server closes a connection that a
/// frozen environment keeps idle. It is set when the session starts; a pooler that shares its
/// sessions refuses it there.
///
/// Two seconds are short enough that clients that wait for a connection get one: after 200
/// submissions at once, each in its own environment, 100 would otherwise keep all connections.
/// Opening another connection takes milliseconds.
const IDLE_TIMEOUT: &str = "-c idle_session_timeout=2s";

/// Connections to one database. Keeps one idle connection open.
///
/// A caller that takes a connection owns it, and puts it back only if nothing is in progress on it.
#[derive(Debug)]
pub(in crate::postgres) struct Connections {
    config: Config,
    login: Login,
    tls: Tls,
    idle: Mutex<Option<Connection>>,
    /// Whether the server, or a pooler in front of it, has refused a session with settings.
    refuses_options: AtomicBool,
}

/// Why no connection could be opened.
enum OpenError {
    /// The database refuses this user or password.
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

    /// Returns the idle connection if it is alive, otherwise a new connection.
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

    /// Keeps a connection for the next call. Nothing may be in progress on it.
    pub(in crate::postgres) fn put_back(&self, connection: Connection) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    /// Opens a connection to the first host that accepts one.
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
                // A refusal of one host counts more than another host that is unavailable, because
                // new credentials may be the remedy.
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

    /// Starts a session, or returns the server's error.
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
        let connected = config.connect_raw(owner, AsItIs).await;
        Ok(connected.map(|(client, driver)| Connection::new(client, driver, stream)))
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

/// Returns whether a session may start without settings. PgBouncer reports a protocol violation,
/// RDS Proxy an unsupported feature.
fn is_about_options(error: &tokio_postgres::Error) -> bool {
    let refusals = [
        SqlState::PROTOCOL_VIOLATION,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::UNDEFINED_OBJECT,
        SqlState::INVALID_PARAMETER_VALUE,
    ];
    error.code().is_some_and(|code| refusals.contains(code))
}

/// Makes the error of a login from that of Postgres.
fn from_login(error: tokio_postgres::Error) -> OpenError {
    // An error of a query with this code is not retryable. At a login it is a database that accepts
    // no connections for now.
    if error.code() == Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE) {
        return OpenError::Other(Error::unavailable_because(
            SERVICE,
            "its database takes no connections just now (SQLSTATE 55000)",
            error,
        ));
    }
    // The class of invalid authorization, which includes a wrong password.
    let is_refused = error.code().is_some_and(|state| state.code().starts_with("28"));
    match (is_refused, from_postgres(error)) {
        (true, error) => OpenError::Refused(error),
        (false, error) => OpenError::Other(error),
    }
}
