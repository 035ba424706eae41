use std::{net::SocketAddr, pin::Pin};

use pgfold_core::Store;
use pgfold_tests::{Ended, FunctionProcess, Gate, StoreKind, TestSchema, local_cloud};
use serde_json::Value;

use crate::faults::job::is_acknowledgement;

/// A table of a hundred rows in a few blocks; the row with id 42 has the nearest pair: 0.5. Four
/// values of `y2`, whole numbers, make groups.
const POINTS: &str = "
    CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 INT)
    WITH (fillfactor = 10);
    INSERT INTO points SELECT g, 0, g % 4, CASE g WHEN 42 THEN 0.5 ELSE g END, g % 4
    FROM generate_series(1, 100) g";

/// A table of a test's own, and a store or objects that mappers reach through a gate.
pub(crate) struct GatedDeployment {
    pub(crate) schema: TestSchema,
    pub(crate) store: StoreKind,
    pub(crate) gate: Gate,
    pub(crate) behind: Behind,
}

/// What is behind the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    Store,
    Objects,
}

impl GatedDeployment {
    pub(crate) async fn over(store: StoreKind) -> Self {
        let url = match store {
            StoreKind::DynamoDb => local_cloud("AWS_ENDPOINT_URL"),
            StoreKind::Valkey => local_cloud("VALKEY_URL"),
        };
        let gate = Gate::to(address_of(&url)).await;
        Self { schema: TestSchema::new(POINTS).await, store, gate, behind: Behind::Store }
    }

    /// With objects behind the gate, and the store beside it.
    pub(crate) async fn with_gated_objects() -> Self {
        let gate = Gate::to(address_of(&local_cloud("AWS_ENDPOINT_URL"))).await;
        let (store, behind) = (StoreKind::DynamoDb, Behind::Objects);
        Self { schema: TestSchema::new(POINTS).await, store, gate, behind }
    }

    /// The store, round the gate.
    pub(crate) async fn store(&self) -> Box<dyn Store> {
        self.store.open().await
    }

    /// A new mapper.
    pub(crate) async fn mapper(&self) -> FunctionProcess {
        self.function("mapper", [("CHUNKS_QUEUE_URL", local_cloud("CHUNKS_QUEUE_URL"))]).await
    }

    /// A new process of a function, which reaches the store through the gate.
    pub(crate) async fn function(
        &self,
        name: &str,
        environment: impl IntoIterator<Item = (&'static str, String)>,
    ) -> FunctionProcess {
        let gate = self.gate.address();
        let gated = match self.behind {
            Behind::Store => "AWS_ENDPOINT_URL_DYNAMODB",
            Behind::Objects => "AWS_ENDPOINT_URL_S3",
        };
        let store = match self.store {
            StoreKind::DynamoDb => [
                ("STORE", "dynamodb".to_owned()),
                ("JOBS_TABLE", local_cloud("JOBS_TABLE")),
                (gated, format!("http://{gate}")),
            ],
            StoreKind::Valkey => [
                ("STORE", "valkey".to_owned()),
                ("VALKEY_URL", format!("redis://{gate}")),
                ("VALKEY_CLUSTER", "false".to_owned()),
            ],
        };
        let database = ("DATABASE_URL", self.schema.database_url());
        let deployed =
            ["OBJECTS_BUCKET", "REDUCTIONS_QUEUE_URL", "REDUCTIONS_DEAD_LETTER_QUEUE_URL"]
                .map(|name| (name, local_cloud(name)));
        let environment = store.into_iter().chain([database]).chain(deployed).chain(environment);
        FunctionProcess::start(name, environment).await
    }

    /// Returns whether an invocation makes another request when so many have passed the gate, which holds
    /// it then. If not, the invocation has ended with its message done.
    pub(crate) async fn is_held_at(
        &self,
        invocation: Pin<&mut impl Future<Output = Result<Value, Ended>>>,
        passed: usize,
    ) -> bool {
        self.gate.let_pass(passed);
        tokio::select! {
            answer = invocation => {
                assert!(is_acknowledgement(&answer.unwrap()));
                false
            }
            () = self.gate.held() => true,
        }
    }

    /// What the store says while it takes no more, to be given to each request.
    pub(crate) fn throttled(&self) -> String {
        match self.store {
            StoreKind::DynamoDb => {
                let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of configured provisioned throughput for the table was exceeded."}"#;
                let length = body.len();
                format!(
                    "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\
                     content-length: {length}\r\n\r\n{body}"
                )
            }
            StoreKind::Valkey => {
                "-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or \
                 SHUTDOWN NOSAVE.\r\n"
                    .to_owned()
            }
        }
    }
}

fn address_of(url: &str) -> SocketAddr {
    let (_, address) = url.split_once("://").unwrap();
    address.parse().unwrap()
}
