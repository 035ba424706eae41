use std::{
    ops::Deref,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use pgfold_core::{Error, Result};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, SimpleQueryMessage, config::TargetSessionAttrs};

use super::{
    SERVICE,
    failure::from_postgres,
    host::Host,
    lent::{Lender, lendable},
    login::Login,
    tls::Tls,
    transport::{AsItIs, Transport},
};
use crate::tls::CaFile;

/// How long opening a connection may take, authentication included; several hosts share it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an idle connection may take to show that it is alive.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// What a session of pgfold is. It only reads, and spells keys as every other does. One chunk takes
/// one backend: a parallel plan would start others, against the connection budget. A statement
/// ends soon after its caller has gone, even one that waits for a lock (reading a chunk sets a
/// longer timeout of its own), and so does a transaction between two statements; and a connection
/// that a frozen environment keeps is given back.
const SESSION: &str = "SET default_transaction_read_only = on; \
                       SET datestyle = 'ISO'; \
                       SET timezone = 'UTC'; \
                       SET max_parallel_workers_per_gather = 0; \
                       SET statement_timeout = '3s'; \
                       SET client_connection_check_interval = '1s'; \
                       SET idle_in_transaction_session_timeout = '30s'; \
                       SET idle_session_timeout = '60s'; \
                       SET application_name = 'pgfold'";

/// Connections to one database; keeps one of them open while it is not used.
///
/// Whoever takes a connection owns it, and gives it back only in good order.
#[derive(Debug)]
pub(super) struct Connections {
    config: Config,
    login: Login,
    tls: Tls,
    idle: Mutex<Option<Connection>>,
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
    pub(super) fn new(config: Config, login: Login, ca_file: Option<CaFile>) -> Self {
        let tls = Tls::new(ca_file, config.get_ssl_negotiation());
        Self { config, login, tls, idle: Mutex::new(None) }
    }

    /// The idle connection if it is alive, else a new one.
    pub(super) async fn take(&self) -> Result<Connection> {
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
    pub(super) fn put_back(&self, connection: Connection) {
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
                Err(Error::unavailable(SERVICE, late).into())
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

    async fn open_to(&self, host: &Host, mut config: Config) -> Result<Connection, OpenError> {
        AsItIs::configure(&mut config);
        let (owner, stream) = lendable(self.transport(host).await?);
        let (client, driver) = config.connect_raw(owner, AsItIs).await.map_err(from_login)?;
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::warn!(error = from_postgres(error).with_causes(), "connection lost");
            }
        });
        let connection = Connection { client, stream, driver };
        connection.check_target(self.config.get_target_session_attrs()).await?;
        connection.batch_execute(SESSION).await.map_err(from_postgres)?;
        Ok(connection)
    }

    async fn transport(&self, host: &Host) -> Result<Transport> {
        let unavailable = |error| Error::unavailable(SERVICE, error);
        let socket = host.connect().await.map_err(unavailable)?;
        if !host.speaks_tls(self.config.get_ssl_mode()) {
            return Ok(Transport::Plain(socket));
        }
        let stream = self.tls.secure(socket, host.tls_name()?).await?;
        Ok(Transport::Tls(Box::new(stream)))
    }
}

/// What a caller can do about an error of the beginning of a conversation.
fn from_login(error: tokio_postgres::Error) -> OpenError {
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
pub(super) struct Connection {
    client: Client,
    /// Over which the client speaks.
    pub(super) stream: Lender<Transport>,
    driver: JoinHandle<()>,
}

impl Connection {
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
