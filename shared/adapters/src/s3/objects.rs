use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_s3::error::ProvideErrorMetadata;
use pgfold_core::{Error, ObjectName, Objects, Result};

use super::bucket::{CALL_TIMEOUT, S3Objects, SERVICE};
use crate::aws::from_sdk;

impl S3Objects {
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
