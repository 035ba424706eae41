use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt, stream};
use redis::{BasicAuth, ErrorKind, RedisError, RedisResult, StreamingCredentialsProvider};

use crate::iam_token::{Grant, TokenSigner};

/// The login tokens of connections, including those that the cluster client opens by itself.
///
/// ElastiCache closes a connection twelve hours after it logged in. The connection is then reopened
/// like any other lost connection.
#[derive(Clone)]
pub(super) struct Tokens(Arc<Grantee>);

struct Grantee {
    signer: TokenSigner,
    cache: String,
    is_serverless: bool,
    user: String,
}

impl Tokens {
    pub(super) fn new(
        signer: TokenSigner,
        cache: String,
        is_serverless: bool,
        user: String,
    ) -> Self {
        Self(Arc::new(Grantee { signer, cache, is_serverless, user }))
    }

    /// Signs a new token.
    pub(super) async fn token(&self) -> RedisResult<String> {
        self.0.token().await
    }
}

impl Grantee {
    async fn token(&self) -> RedisResult<String> {
        let Self { signer, cache, is_serverless, user } = self;
        let grant = Grant::Cache { name: cache, is_serverless: *is_serverless, user };
        signer.token(grant).await.map_err(|error| {
            let causes = error.with_causes();
            RedisError::from((ErrorKind::InvalidClientConfig, "no IAM token", causes))
        })
    }
}

impl StreamingCredentialsProvider for Tokens {
    /// Returns a stream of one token. Each node's connection subscribes twice, once for its login
    /// and once for later tokens. So it logs in a second time, and then never again.
    fn subscribe(&self) -> Pin<Box<dyn Stream<Item = RedisResult<BasicAuth>> + Send>> {
        let grantee = Arc::clone(&self.0);
        let login = async move {
            let token = grantee.token().await?;
            Ok(BasicAuth::new(grantee.user.clone(), token))
        };
        Box::pin(stream::once(login).chain(stream::pending()))
    }
}
