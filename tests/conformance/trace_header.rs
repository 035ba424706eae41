//! What X-Ray learns of messages. It is looked at on its way: the local cloud delivers the attribute
//! of a message that is sent by itself, but not those of a batch.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use pgfold_adapters::{SqsQueue, sdk_config};
use pgfold_core::{ChunkTask, Queue};
use pgfold_tests::PlannedJob;
use serde_json::{Value, json};

/// A queue service that takes every message, and keeps the requests.
#[derive(Debug, Clone, Default)]
struct Taken(Arc<Mutex<Vec<Value>>>);

impl HttpClient for Taken {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Taken {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.0.lock().unwrap().push(request);
        let answer = json!({ "Successful": [], "Failed": [] }).to_string();
        let status = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, answer.into())))
    }
}

#[tokio::test]
async fn every_message_of_a_batch_has_its_trace_as_x_ray_reads_it() {
    let taken = Taken::default();
    let config = sdk_config().await.into_builder().http_client(taken.clone()).build();
    let sample = PlannedJob::new(12);
    let sent: Vec<ChunkTask> = sample.job.chunk_tasks(&sample.plan).collect();
    SqsQueue::new(&config, "http://127.0.0.1/queue").send(&sent).await.unwrap();
    let requests = std::mem::take(&mut *taken.0.lock().unwrap());
    let entries: Vec<&Value> =
        requests.iter().flat_map(|request| request["Entries"].as_array().unwrap()).collect();
    assert_eq!((requests.len(), entries.len()), (2, 12));
    let header = sample.job.trace.context;
    assert!(header.contains(";Parent=") && header.contains(";Sampled="), "{header}");
    let attributes = json!({
        "AWSTraceHeader": { "DataType": "String", "StringValue": header },
    });
    for entry in entries {
        assert_eq!(entry["MessageSystemAttributes"], attributes);
        let body = entry["MessageBody"].as_str().unwrap();
        assert_eq!(ChunkTask::from_json(body).unwrap().trace.context, header);
    }
}
