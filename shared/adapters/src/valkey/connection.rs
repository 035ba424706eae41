use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use pgfold_core::{Error, Result};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, Pipeline, RedisError, RedisFuture,
    RedisResult, TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
    cmd,
};
use tokio::{sync::OnceCell, time::timeout};

use super::{refusal::from_redis, service::SERVICE, tokens::Tokens};
use crate::{
    config::{ValkeyAuth, ValkeyConfig},
    iam_token::TokenSigner,
    tls::{self, CaFile},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time limit of one attempt at a command, connecting included. There are two attempts.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1800);

/// How often the cluster client repeats a command within an attempt, and how long it waits before.
const RETRIES: u32 = 10;
const MIN_WAIT_MS: u64 = 20;
const MAX_WAIT_MS: u64 = 150;

/// A connection that is opened when it is first needed, then kept, and reopened if it was lost.
/// Concurrent commands share it.
pub(super) struct Connections {
    config: ValkeyConfig,
    tokens: Option<Tokens>,
    kept: Mutex<Arc<OnceCell<Connection>>>,
}

impl Connections {
    pub(super) fn new(aws: &SdkConfig, config: ValkeyConfig) -> Self {
        let tokens = match &config.auth {
            ValkeyAuth::Password => None,
            ValkeyAuth::Iam { cache, is_serverless } => {
                let user = config.server.redis_settings().username().unwrap_or_default();
                let (cache, user) = (cache.clone(), user.to_owned());
                Some(Tokens::new(TokenSigner::new(aws), cache, *is_serverless, user))
            }
        };
        Self { config, tokens, kept: Mutex::default() }
    }

    pub(super) fn config(&self) -> &ValkeyConfig {
        &self.config
    }

    /// Sends a command and returns its reply. The server may execute the command twice, because a
    /// failed attempt is repeated: after an environment was frozen, only a command detects a lost
    /// connection.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value> {
        match self.attempt(command).await {
            Err(error @ Error::Unavailable { .. }) => {
                tracing::warn!(error = error.with_causes(), "trying again");
                self.attempt(command).await
            }
            reply => reply,
        }
    }

    async fn attempt(&self, command: &Cmd) -> Result<Value> {
        let kept = self.kept().clone();
        let attempt = async {
            let connection = kept.get_or_try_init(|| self.open()).await?;
            command.query_async(&mut connection.clone()).await
        };
        let error = match timeout(ATTEMPT_TIMEOUT, attempt).await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => from_redis(error, self.config.cluster),
            Err(late) => Error::unavailable(SERVICE, late),
        };
        // Drops the connection after any error, because its address may belong to another server by
        // now.
        let mut current = self.kept();
        if Arc::ptr_eq(&current, &kept) {
            *current = Arc::default();
        }
        Err(error)
    }

    fn kept(&self) -> MutexGuard<'_, Arc<OnceCell<Connection>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> RedisResult<Connection> {
        if !self.config.cluster {
            return Ok(Connection::Server(self.open_server().await?));
        }
        match self.open_cluster().await {
            Ok(connection) => Ok(Connection::Cluster(connection)),
            // The cluster client reports the reason as text only, so a single server is asked for its
            // error.
            Err(error) => Err(self.refusal_of_server().await.unwrap_or(error)),
        }
    }

    /// Returns why the server cannot be asked for its cluster; `None` if it can.
    async fn refusal_of_server(&self) -> Option<RedisError> {
        match self.open_server().await {
            Ok(mut server) => cmd("CLUSTER").arg("SLOTS").exec_async(&mut server).await.err(),
            Err(error) => Some(error),
        }
    }

    async fn open_server(&self) -> RedisResult<MultiplexedConnection> {
        let mut server = self.config.server.clone();
        if let Some(tokens) = &self.tokens {
            let settings = server.redis_settings().clone();
            server = server.set_redis_settings(settings.set_password(tokens.token().await?));
        }
        let client = match self.certificates() {
            Some(certificates) => Client::build_with_tls(server, certificates)?,
            None => Client::open(server)?,
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ATTEMPT_TIMEOUT));
        client.get_multiplexed_async_connection_with_config(&config).await
    }

    async fn open_cluster(&self) -> RedisResult<ClusterConnection> {
        let mut client = ClusterClientBuilder::new([self.config.server.clone()])
            .connection_timeout(CONNECT_TIMEOUT)
            .response_timeout(ATTEMPT_TIMEOUT)
            // For slots that move and elections. All waits together are shorter than an attempt, so
            // that it ends with the cluster's reason instead of a time limit.
            .retries(RETRIES)
            .min_retry_wait(MIN_WAIT_MS)
            .max_retry_wait(MAX_WAIT_MS);
        if let Some(certificates) = self.certificates() {
            client = client.certs(certificates);
        }
        if let Some(tokens) = &self.tokens {
            client = client.set_credentials_provider(tokens.clone());
        }
        client.build()?.get_async_connection().await
    }

    /// Returns the authorities that may issue the server's certificate; `None` without TLS.
    fn certificates(&self) -> Option<TlsCertificates> {
        let roots = self.config.ca_file.as_ref().map_or(tls::AMAZON_ROOTS, CaFile::pem);
        matches!(self.config.server.addr(), ConnectionAddr::TcpTls { .. })
            .then(|| TlsCertificates { client_tls: None, root_cert: Some(roots.to_vec()) })
    }
}

#[derive(Clone)]
enum Connection {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(connection) => connection.req_packed_commands(commands, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
