//! Which calls an SDK makes, and of what.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
};

use aws_config::SdkConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use pgfold_adapters::sdk_config;
use serde_json::Value;

/// An action of IAM on a resource, which is named as the template does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) resource: String,
}

impl Call {
    pub(crate) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.resource)
    }
}

/// Notes every call on its way to the local cloud.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    /// Tables, queues and secrets as calls have them, and as the template does.
    names: Arc<Vec<(String, &'static str)>>,
    calls: Arc<Mutex<BTreeSet<Call>>>,
}

impl Recorder {
    pub(crate) fn new(names: Arc<Vec<(String, &'static str)>>) -> Self {
        Self { names, calls: Arc::default() }
    }

    /// The configuration of the local cloud, with requests through here.
    pub(crate) async fn config(&self) -> SdkConfig {
        let client = RecordingClient { recorder: self.clone(), inner: Builder::new().build_http() };
        sdk_config().await.into_builder().http_client(client).build()
    }

    /// What was called so far.
    pub(crate) fn calls(&self) -> BTreeSet<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn note(&self, request: &HttpRequest) {
        let Some(target) = request.headers().get("x-amz-target") else {
            return self.note_object(request);
        };
        let (service, operation) = target.split_once('.').expect("an operation of a service");
        let body = request.body().bytes().expect("a body in memory");
        let body: Value = serde_json::from_slice(body).expect("a body of JSON");
        let action = match (service, operation) {
            // A batch takes the permission of its single call.
            ("AmazonSQS", operation) => {
                format!("sqs:{}", operation.strip_suffix("Batch").unwrap_or(operation))
            }
            ("DynamoDB_20120810", operation) => format!("dynamodb:{operation}"),
            ("secretsmanager", operation) => format!("secretsmanager:{operation}"),
            ("AWSEvents", operation) => format!("events:{operation}"),
            other => panic!("{other:?} has no place in IAM here"),
        };
        let mut calls = self.calls.lock().unwrap();
        for resource in self.resources(&body) {
            calls.insert(Call::new(&action, resource));
        }
    }

    /// Notes a call of S3, which has its operation in the method and the object in the path.
    fn note_object(&self, request: &HttpRequest) {
        let action = match request.method() {
            "GET" | "HEAD" => "s3:GetObject",
            // A POST begins or ends a file of several parts.
            "POST" | "PUT" => "s3:PutObject",
            "DELETE" if request.uri().contains("uploadId=") => "s3:AbortMultipartUpload",
            other => panic!("{other} {} has no place in IAM here", request.uri()),
        };
        let (_, place) = request.uri().split_once("://").expect("a URI");
        let path = place.split_once('/').expect("a path").1.split('?').next().expect("a path");
        let parts: Vec<&str> = path.split('/').collect();
        let (bucket, objects, prefix) = match parts[..] {
            [bucket, "jobs", _, "chunks", _] => (bucket, "jobs/*/chunks/*", "jobs/*"),
            [bucket, "results", _, _] => (bucket, "results/*", "results/*"),
            _ => panic!("what is {path}?"),
        };
        let bucket = self.named(bucket);
        let mut calls = self.calls.lock().unwrap();
        calls.insert(Call::new(action, format!("${{{bucket}.Arn}}/{objects}")));
        if action == "s3:GetObject" {
            // Else S3 does not say that an object does not exist, but that access is denied.
            calls.insert(Call::new("s3:ListBucket", listed(&format!("{bucket}.Arn"), prefix)));
        }
    }

    /// Returns how the template calls what has this name.
    fn named(&self, name: &str) -> &'static str {
        let found = self.names.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{name} is none of the template's")).1
    }

    /// What a call is about.
    fn resources(&self, body: &Value) -> Vec<String> {
        if let Some(tables) = body.get("RequestItems").and_then(Value::as_object) {
            return tables.keys().map(|table| format!("{}.Arn", self.named(table))).collect();
        }
        if let Some(entries) = body.get("Entries").and_then(Value::as_array)
            && let Some(bus) = entries.first().and_then(|entry| entry["EventBusName"].as_str())
        {
            assert_eq!(bus, "default");
            return vec![EVENT_BUS.to_owned()];
        }
        // A parameter, that is the ARN itself.
        if let Some(secret) = body.get("SecretId").and_then(Value::as_str) {
            return vec![self.named(secret).to_owned()];
        }
        let name = body.get("TableName").or_else(|| body.get("QueueUrl")).and_then(Value::as_str);
        let name = self.named(name.unwrap_or_else(|| panic!("what is {body} about?")));
        vec![match body.get("IndexName").and_then(Value::as_str) {
            Some(index) => format!("${{{name}.Arn}}/index/{index}"),
            None => format!("{name}.Arn"),
        }]
    }
}

/// How the template names the event bus.
const EVENT_BUS: &str = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:\
                         event-bus/${EventBusName}";

/// Names the objects of a bucket that have a prefix.
pub(crate) fn listed(bucket: &str, prefix: &str) -> String {
    format!("{bucket} below {prefix}")
}

#[derive(Debug)]
struct RecordingClient {
    recorder: Recorder,
    inner: SharedHttpClient,
}

impl HttpClient for RecordingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(RecordingConnector { recorder: self.recorder.clone(), inner })
    }
}

#[derive(Debug)]
struct RecordingConnector {
    recorder: Recorder,
    inner: SharedHttpConnector,
}

impl HttpConnector for RecordingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.recorder.note(&request);
        self.inner.call(request)
    }
}
