//! The user of pgfold in `infra/cache.yaml`, on the local cloud's Valkey.

use pgfold_adapters::{ValkeyStore, config::ValkeyConfig};
use pgfold_tests::{local_cloud, no_aws};
use redis::{Client, ErrorKind, ServerErrorKind, cmd};

const TEMPLATE: &str = include_str!("../../infra/cache.yaml");
const NAME: &str = "cache-user";
const PASSWORD: &str = "instead-of-a-token";

/// A store that logs in as that user, by password.
pub(super) async fn store() -> ValkeyStore {
    ValkeyStore::new(&no_aws(), ValkeyConfig::new(&login().await, true).unwrap())
}

/// The URL of the user, who is created if need be.
async fn login() -> String {
    let server = local_cloud("VALKEY_URL");
    let client = Client::open(server.as_str()).unwrap();
    let mut owner =
        client.get_multiplexed_async_connection().await.expect("the Valkey of make test");
    let mut create = cmd("ACL");
    create.arg("SETUSER").arg(NAME).arg("reset").arg(format!(">{PASSWORD}"));
    create.arg(access().collect::<Vec<_>>());
    create.exec_async(&mut owner).await.unwrap();
    server.replacen("redis://", &format!("redis://{NAME}:{PASSWORD}@"), 1)
}

/// The words of the template's access string.
fn access() -> impl Iterator<Item = &'static str> {
    let (_, rest) = TEMPLATE.split_once("AccessString: >-\n").expect("an access string");
    let indent = |line: &str| line.len() - line.trim_start().len();
    let deep = rest.lines().next().map_or(0, indent);
    rest.lines().take_while(move |line| indent(line) == deep).flat_map(str::split_whitespace)
}

#[tokio::test]
async fn can_do_what_pgfold_does_and_no_more() {
    let client = Client::open(login().await).unwrap();
    let mut user = client.get_multiplexed_async_connection().await.unwrap();
    let script = "return redis.call('DEL', KEYS[1])";
    for command in [
        &["FLUSHALL"][..],
        &["KEYS", "*"],
        &["SCAN", "0"],
        &["CONFIG", "GET", "*"],
        &["ACL", "LIST"],
        &["CLIENT", "LIST"],
        &["CLUSTER", "RESET"],
        &["DEL", "job:{a}"],
        &["GET", "session:{a}"],
        &["HSET", "jobber", "a", "b"],
        &["EVAL", script, "1", "job:{a}"],
        &["EVAL", "return redis.call('GET', KEYS[1])", "1", "session:{a}"],
        &["PUBLISH", "job:{a}", "b"],
    ] {
        let mut sent = cmd(command[0]);
        sent.arg(&command[1..]);
        let error = sent.exec_async(&mut user).await.expect_err(&format!("{command:?}"));
        let refused = error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm);
        // Of a script the server tells as text what was refused within.
        assert!(refused || error.to_string().contains("ACL"), "{command:?}: {error:?}");
    }
}
