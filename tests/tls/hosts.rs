//! Databases that may be at several places.

use pgfold_adapters::config::DatabaseAuth;
use pgfold_tests::{TestSchema, no_aws};
use tokio_postgres::Config;

use crate::tls::{
    front::Front,
    source::{address, points, run},
};

#[tokio::test]
async fn the_next_host_is_asked_where_the_one_before_says_nothing() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points VALUES (1, 0, 0, 3, 4)",
    )
    .await;
    let (silent, database) = (Front::silent().await, schema.database());
    let mut config = Config::new();
    for address in [silent.address(), address(&database)] {
        config.host(address.ip().to_string()).port(address.port());
    }
    config.user(database.get_user().unwrap()).password(database.get_password().unwrap_or_default());
    config.dbname(database.get_dbname().unwrap()).options(database.get_options().unwrap());
    let source = points(config, DatabaseAuth::Password, None, &no_aws());
    assert_eq!(run(&source).await.unwrap().1, 1);
}
