use std::{ops::Range, sync::OnceLock, time::Duration};

use async_trait::async_trait;
use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_sdk_s3::{
    Client,
    config::{Builder, ResponseChecksumValidation},
    error::ProvideErrorMetadata,
};
use pgfold_core::{Error, ObjectName, Objects, Result};

use crate::aws::from_sdk;

const SERVICE: &str = "s3";

/// The time limit of one request. The largest objects have some 100 MB, and a function with a part of a
/// core moves some 40 MB a second.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit of a call with its repetitions.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);

/// The objects of a bucket in S3.
#[derive(Debug)]
pub struct S3Objects {
    config: SdkConfig,
    bucket: String,
    /// Made by the first call, because most jobs make none.
    client: OnceLock<Client>,
}

impl S3Objects {
    /// Makes the objects of a bucket. Nothing is called or opened before the first object.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { config: config.clone(), bucket: bucket.into(), client: OnceLock::new() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(REQUEST_TIMEOUT)
                .operation_timeout(CALL_TIMEOUT)
                .build();
            let config = Builder::from(&self.config)
                .timeout_config(timeouts)
                // Whoever reads an object knows its checksums.
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
                // The hosts of emulators have no names for buckets.
                .force_path_style(self.config.endpoint_url().is_some());
            Client::from_conf(config.build())
        })
    }

    async fn get(&self, name: &ObjectName, range: &Range<u64>) -> Result<Vec<u8>> {
        let last = range.end.saturating_sub(1);
        let got = self
            .client()
            .get_object()
            .bucket(&self.bucket)
            .key(name.as_str())
            .range(format!("bytes={}-{last}", range.start))
            .send()
            .await;
        let got = match got {
            Ok(got) => got,
            Err(error) => {
                let problem = match error.code() {
                    Some("NoSuchKey") => "it does not exist, or not any more",
                    Some("InvalidRange") => SHORTER,
                    _ => return Err(from_sdk(SERVICE, error)),
                };
                return Err(corrupt(name, problem));
            }
        };
        let bytes = got.body.collect().await.map_err(|error| Error::unavailable(SERVICE, error))?;
        Ok(bytes.to_vec())
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn put(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<()> {
        let put = self.client().put_object().bucket(&self.bucket).key(name.as_str());
        put.body(bytes.into()).send().await.map(drop).map_err(|error| from_sdk(SERVICE, error))
    }

    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>> {
        // The SDK's limits end with the headers of the answer.
        let got = tokio::time::timeout(CALL_TIMEOUT, self.get(name, &range)).await;
        let bytes = got.map_err(|elapsed| Error::unavailable(SERVICE, elapsed))??;
        match bytes.len() as u64 == range.end.saturating_sub(range.start) {
            true => Ok(bytes),
            false => Err(corrupt(name, SHORTER)),
        }
    }
}

const SHORTER: &str = "it is shorter than it was";

fn corrupt(name: &ObjectName, problem: &'static str) -> Error {
    Error::corrupt(format!("the object {name}"), problem)
}
