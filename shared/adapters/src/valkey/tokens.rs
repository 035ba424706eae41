use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt, stream};
use redis::{BasicAuth, ErrorKind, RedisError, RedisResult, StreamingCredentialsProvider};

use crate::iam_token::{Grant, TokenSigner};

/// Gives every connection a token of its own, also those that the client of a cluster opens by itself.
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
}

impl Grantee {
    async fn credentials(&self) -> RedisResult<BasicAuth> {
        let Self { signer, cache, is_serverless, user } = self;
        let grant = Grant::Cache { name: cache, is_serverless: *is_serverless, user };
        match signer.token(grant).await {
            Ok(token) => Ok(BasicAuth::new(user.clone(), token)),
            Err(error) => Err(RedisError::from((
                ErrorKind::InvalidClientConfig,
                "no IAM token",
                error.with_causes(),
            ))),
        }
    }
}

impl StreamingCredentialsProvider for Tokens {
    /// One token, and no other as long as the connection lives.
    fn subscribe(&self) -> Pin<Box<dyn Stream<Item = RedisResult<BasicAuth>> + Send>> {
        let grantee = Arc::clone(&self.0);
        let token = stream::once(async move { grantee.credentials().await });
        Box::pin(token.chain(stream::pending()))
    }
}
