use std::{sync::OnceLock, time::Duration};

use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_sdk_s3::{
    Client,
    config::{Builder, ResponseChecksumValidation},
};

/// The name of the service in errors.
pub(super) const SERVICE: &str = "s3";

/// The time limit of one request. The largest objects have some 100 MB, and a function with a part of a
/// core moves some 40 MB a second.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit of a call with its repetitions.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(25);

/// The objects of a bucket in S3, and the files of results.
#[derive(Debug)]
pub struct S3Objects {
    config: SdkConfig,
    pub(super) bucket: String,
    /// Made by the first call, because most jobs make none.
    client: OnceLock<Client>,
}

impl S3Objects {
    /// Makes the objects of a bucket. Nothing is called or opened before the first object.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { config: config.clone(), bucket: bucket.into(), client: OnceLock::new() }
    }

    pub(super) fn client(&self) -> &Client {
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
}
