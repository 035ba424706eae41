//! The user of pgfold in `infra/cache.yaml`, on the Valkey of the tests.

use redis::{Client, cmd};

use crate::{ValkeyNode, local_cloud};

const TEMPLATE: &str = include_str!("../../infra/cache.yaml");
const PASSWORD: &str = "instead-of-a-token";

/// A user of Valkey, who logs in by password instead of a token.
pub struct CacheUser(String);

impl CacheUser {
    /// Creates the user of the template on every server that is up.
    ///
    /// # Panics
    /// If a server does not answer.
    pub async fn create() -> Self {
        Self::with("cache-user", Self::access()).await
    }

    /// Creates a user who lacks one word of the template's access string.
    ///
    /// # Panics
    /// If a server does not answer.
    pub async fn without(word: &str) -> Self {
        let letters = word.chars().filter(char::is_ascii_alphabetic).collect::<String>();
        let access = Self::access().filter(|other| *other != word);
        Self::with(&format!("without-{letters}"), access).await
    }

    async fn with(name: &str, access: impl Iterator<Item = &'static str>) -> Self {
        let mut create = cmd("ACL");
        create.arg("SETUSER").arg(name).arg("reset").arg(format!(">{PASSWORD}"));
        create.arg(access.collect::<Vec<_>>());
        for node in ValkeyNode::all().await.iter().filter(|node| node.is_up) {
            let client = Client::open(format!("redis://{}", node.address)).expect("a URL");
            let mut owner = client.get_multiplexed_async_connection().await.expect("a server");
            create.exec_async(&mut owner).await.expect("a user");
        }
        Self(name.to_owned())
    }

    /// The user's name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The URL with which the user logs in.
    pub fn url(&self) -> String {
        self.with_login(&local_cloud("VALKEY_URL"))
    }

    /// The URL with which the user logs in at a server.
    pub fn url_at(&self, node: &ValkeyNode) -> String {
        self.with_login(&format!("redis://{}", node.address))
    }

    fn with_login(&self, url: &str) -> String {
        url.replacen("redis://", &format!("redis://{}:{PASSWORD}@", self.0), 1)
    }

    /// The words of the template's access string.
    ///
    /// # Panics
    /// If the template has none.
    pub fn access() -> impl Iterator<Item = &'static str> {
        let (_, rest) = TEMPLATE.split_once("AccessString: >-\n").expect("an access string");
        let indent = |line: &str| line.len() - line.trim_start().len();
        let deep = rest.lines().next().map_or(0, indent);
        rest.lines().take_while(move |line| indent(line) == deep).flat_map(str::split_whitespace)
    }
}
