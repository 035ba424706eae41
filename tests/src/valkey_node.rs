//! The servers of the Valkey that tests use, as an operator has them.

use std::ops::RangeInclusive;

use redis::{Client, Cmd, FromRedisValue, RedisResult};

use crate::local_cloud;

/// A server of a cluster, which may have no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValkeyNode {
    /// Its id in the cluster.
    pub id: String,
    /// Its `HOST:PORT`.
    pub address: String,
    /// The id of its primary, if it is a replica.
    pub primary: Option<String>,
    /// Whether the other servers reach it.
    pub is_up: bool,
    /// The slots that it serves.
    pub slots: Vec<RangeInclusive<u16>>,
}

impl ValkeyNode {
    /// Returns all servers of the cluster, as the one of `VALKEY_URL` sees them.
    ///
    /// # Panics
    /// If that one does not answer.
    pub async fn all() -> Vec<Self> {
        let client = Client::open(local_cloud("VALKEY_URL")).expect("a URL of Valkey");
        let nodes: String = ask(&client, "CLUSTER NODES").await.expect("the Valkey of the tests");
        nodes.lines().map(Self::from_line).collect()
    }

    /// Reads a line of `CLUSTER NODES`: id, address, flags, primary, ping, pong, epoch, link, slots.
    fn from_line(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let (address, _) = words[1].split_once('@').expect("a port of the cluster's bus");
        // A slot that is moving is in brackets.
        let slots = words[8..].iter().filter(|slots| !slots.starts_with('['));
        let slots = slots.map(|slots| {
            let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
            first.parse().expect("a slot")..=last.parse().expect("a slot")
        });
        Self {
            id: words[0].to_owned(),
            address: address.to_owned(),
            primary: (words[3] != "-").then(|| words[3].to_owned()),
            is_up: !words[2].contains("fail"),
            slots: slots.collect(),
        }
    }

    /// Returns whether it serves the slot.
    pub fn serves(&self, slot: u16) -> bool {
        self.slots.iter().any(|slots| slots.contains(&slot))
    }

    /// Sends a command, words with spaces between them.
    ///
    /// # Errors
    /// If it is refused, or the server does not answer.
    pub async fn order<T: FromRedisValue>(&self, words: &str) -> RedisResult<T> {
        ask(&Client::open(format!("redis://{}", self.address))?, words).await
    }

    /// Returns a field of `INFO`; `None` if the server has no such field.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn info(&self, field: &str) -> Option<String> {
        let info: String = self.order("INFO everything").await.expect("a server that is up");
        let field = format!("{field}:");
        info.lines().find_map(|line| line.strip_prefix(&field).map(str::to_owned))
    }
}

async fn ask<T: FromRedisValue>(client: &Client, words: &str) -> RedisResult<T> {
    let mut command = Cmd::new();
    words.split(' ').for_each(|word| {
        command.arg(word);
    });
    command.query_async(&mut client.get_multiplexed_async_connection().await?).await
}
