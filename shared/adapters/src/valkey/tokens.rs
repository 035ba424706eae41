use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt, stream};
use redis::{BasicAuth, ErrorKind, RedisError, RedisResult, StreamingCredentialsProvider};

use crate::iam_token::{Grant, TokenSigner};

/// Gives connections tokens to log in with, also those that the client of a cluster opens by itself.
///
/// ElastiCache closes a connection twelve hours after its token was given; then it is opened anew,
/// like any that was lost.
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

    /// A token of its own.
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
    /// One token. Each node's connection subscribes twice, to log in and then for what follows: so
    /// it logs in once more, and after that never again.
    fn subscribe(&self) -> Pin<Box<dyn Stream<Item = RedisResult<BasicAuth>> + Send>> {
        let grantee = Arc::clone(&self.0);
        let login = async move {
            let token = grantee.token().await?;
            Ok(BasicAuth::new(grantee.user.clone(), token))
        };
        Box::pin(stream::once(login).chain(stream::pending()))
    }
}
