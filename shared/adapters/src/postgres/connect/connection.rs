use std::{sync::Arc, time::Duration};

use pgfold_core::{Error, Result};
use tokio::{sync::watch, task::JoinHandle};
use tokio_postgres::{
    Client, Row, SimpleQueryMessage, Statement,
    config::TargetSessionAttrs,
    types::{ToSql, Type},
};

use crate::postgres::{
    connect::{
        failure::{CallError, from_postgres},
        shared_stream::{SharedStream, StreamLoan},
        transaction::{self, Isolation},
        transport::Transport,
    },
    service::SERVICE,
};

/// The time limit of one statement of planning.
pub(in crate::postgres) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);

/// What tokio-postgres reads and writes by.
type Driver = tokio_postgres::Connection<SharedStream<Transport>, SharedStream<Transport>>;

/// A connection. If it is dropped during a result, it is closed at once, so that Postgres stops.
/// The client of tokio-postgres alone would first read the rest of the result.
#[derive(Debug)]
pub(in crate::postgres) struct Connection {
    client: Client,
    /// The stream of the client.
    pub(in crate::postgres) stream: StreamLoan<Transport>,
    driver: JoinHandle<()>,
    /// What ended the connection; `None` while it is open.
    end: watch::Receiver<Option<CallError>>,
    /// The major version of the server; 0 if the server does not report it.
    version: u32,
}

impl Connection {
    /// Makes a connection of a session that has started.
    pub(in crate::postgres) fn new(
        client: Client,
        driver: Driver,
        stream: StreamLoan<Transport>,
    ) -> Self {
        let version = driver.parameter("server_version").map_or(0, major);
        let (ended, end) = watch::channel(None);
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.await {
                let error = Arc::new(error);
                let lost = from_postgres(Arc::clone(&error));
                tracing::warn!(error = lost.with_causes(), "connection lost");
                ended.send_replace(Some(error));
            }
        });
        Self { client, stream, driver, end, version }
    }

    /// Returns whether the connection has ended.
    pub(in crate::postgres) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Returns what ended the connection; `None` while it is open.
    ///
    /// A session that ends between two calls, as in a conflict with recovery or after a timeout,
    /// says why before the next call. That call only finds the connection closed.
    pub(in crate::postgres) async fn end(&self) -> Option<CallError> {
        if !self.is_closed() {
            return None;
        }
        // The driver refuses calls a moment before it returns its error. It always returns one,
        // unless it panics.
        self.end.clone().wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Returns the error of a call; what ended the connection, if the call found it closed.
    async fn reason<T>(&self, called: Result<T, tokio_postgres::Error>) -> Result<T, CallError> {
        match called {
            Ok(answer) => Ok(answer),
            Err(error) if error.is_closed() => Err(self.end().await.unwrap_or(Arc::new(error))),
            Err(error) => Err(Arc::new(error)),
        }
    }

    /// See [`Client::check_connection`].
    pub(in crate::postgres) async fn check_connection(&self) -> Result<(), CallError> {
        self.reason(self.client.check_connection().await).await
    }

    /// See [`Client::batch_execute`].
    pub(in crate::postgres) async fn batch_execute(&self, sql: &str) -> Result<(), CallError> {
        self.reason(self.client.batch_execute(sql).await).await
    }

    /// See [`Client::simple_query`].
    pub(in crate::postgres) async fn simple_query(
        &self,
        sql: &str,
    ) -> Result<Vec<SimpleQueryMessage>, CallError> {
        self.reason(self.client.simple_query(sql).await).await
    }

    /// See [`Client::query_typed`].
    pub(in crate::postgres) async fn query_typed(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, CallError> {
        self.reason(self.client.query_typed(sql, parameters).await).await
    }

    /// See [`Client::prepare`].
    pub(in crate::postgres) async fn prepare(&self, sql: &str) -> Result<Statement, CallError> {
        self.reason(self.client.prepare(sql).await).await
    }

    /// Returns the SQL that opens a transaction on this connection.
    pub(in crate::postgres) fn begin(&self, isolation: Isolation, timeout: Duration) -> String {
        transaction::begin(isolation, self.version, timeout)
    }

    /// Opens a transaction for planning. The next query may be sent before this one is answered.
    pub(in crate::postgres) async fn begin_planning(&self) -> Result<()> {
        let begin = self.begin(Isolation::ReadCommitted, STATEMENT_TIMEOUT);
        self.batch_execute(&begin).await.map_err(from_postgres)
    }

    /// Commits the transaction. Afterwards the connection may be put back.
    pub(in crate::postgres) async fn commit(&self) -> Result<()> {
        self.batch_execute("COMMIT").await.map_err(from_postgres)
    }

    /// Checks that the server is of the kind that `target_session_attrs` requires.
    pub(in crate::postgres) async fn check_target(&self, target: TargetSessionAttrs) -> Result<()> {
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

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Returns the major version of a version's text, such as `18.4 (Debian 18.4-1)` or `17beta2`.
fn major(version: &str) -> u32 {
    let digits = version.split(|char: char| !char.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
pub(in crate::postgres) mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use tokio_postgres::Config;

    use super::*;
    use crate::postgres::connect::{connections::Connections, login::Login};

    /// The words of a session that was ended in a conflict with recovery.
    pub(in crate::postgres) const CONFLICT: &str = "postgres is unavailable: terminating \
                                                    connection due to conflict with recovery \
                                                    (SQLSTATE 40001)";

    /// A connection whose session ended in a conflict with recovery, before any call.
    pub(in crate::postgres) async fn in_conflict() -> Connection {
        let words = "SFATAL\0C40001\0Mterminating connection due to conflict with recovery\0\0";
        let connection = after(&message(b'E', words.as_bytes())).await;
        connection.end.clone().wait_for(Option::is_some).await.unwrap();
        connection
    }

    /// A connection to a server that starts a session, sends `last` and closes the connection.
    async fn after(last: &[u8]) -> Connection {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::new();
        config.host("127.0.0.1").port(server.local_addr().unwrap().port()).user("u");
        let connections = Connections::new(config, Login::Password, None);
        let answers = [&message(b'R', &[0; 4]), &message(b'Z', b"I"), last].concat();
        let serve = async {
            let (mut client, _) = server.accept().await.unwrap();
            assert_ne!(client.read(&mut [0; 1024]).await.unwrap(), 0);
            client.write_all(&answers).await.unwrap();
        };
        tokio::join!(connections.take(), serve).0.unwrap()
    }

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        [&[tag], &length[..], body].concat()
    }

    #[tokio::test]
    async fn every_call_after_the_end_of_a_session_has_the_words_of_postgres() {
        let connection = in_conflict().await;
        let failed = [
            connection.begin_planning().await.unwrap_err(),
            connection.query_typed("SELECT 1", &[]).await.map_err(from_postgres).unwrap_err(),
            connection.simple_query("SELECT 1").await.map_err(from_postgres).unwrap_err(),
            connection.commit().await.unwrap_err(),
        ];
        assert_eq!(failed.map(|error| error.to_string()), [CONFLICT; 4]);
    }

    #[tokio::test]
    async fn a_session_that_ended_without_a_word_closed_the_connection() {
        let error = after(&[]).await.commit().await.unwrap_err();
        assert_eq!(error.to_string(), "postgres is unavailable: it closed the connection");
    }

    #[test]
    fn a_version_is_known_by_its_first_digits() {
        let versions = ["18.4 (Debian 18.4-1)", "17beta2", "15.2", "unknown"];
        assert_eq!(versions.map(major), [18, 17, 15, 0]);
    }
}
