use std::{fmt, mem, time::Duration};

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart},
};
use pgfold_core::{Error, ObjectName, Result, Upload};
use tokio::task::JoinSet;

use super::bucket::SERVICE;
use crate::aws::from_sdk;

/// The bytes of each part that is sent, except the last. S3 wants at least 5 MB, and at most 10,000
/// parts, so a file can have 80 GB: more than a function can send before it is stopped.
const PART_BYTES: usize = 8_000_000;

/// How long an error may wait until S3 has forgotten the parts that were sent.
const ABORT_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the bytes of a file are sent.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) client: Client,
    pub(super) bucket: String,
    pub(super) name: ObjectName,
    pub(super) media_type: &'static str,
}

/// A file that is sent in parts while the next bytes arrive, or at once if it has less than a part.
///
/// Its memory is two parts: one that is collected and one that is in flight, 16 MB together; and the
/// bytes of the call of [`write`](Upload::write) that is not over.
pub(super) struct S3Upload {
    target: Target,
    collected: Vec<u8>,
    state: State,
}

enum State {
    /// No part was sent.
    Whole,
    /// Parts were sent.
    InParts(Parts),
    /// A part was not sent, so the file is not whole.
    Failed,
}

/// The parts of a file that were sent.
struct Parts {
    upload_id: String,
    begun: i32,
    sent: Vec<CompletedPart>,
    /// One part at most. It is given up if the upload is dropped.
    in_flight: JoinSet<Result<CompletedPart>>,
}

impl S3Upload {
    pub(super) const fn new(target: Target) -> Self {
        Self { target, collected: Vec::new(), state: State::Whole }
    }

    /// Sends a part as soon as the part before has arrived.
    async fn send(&mut self, bytes: Vec<u8>) -> Result<()> {
        // Whatever fails, or is given up, from here on leaves a file that is not whole.
        let mut parts = match mem::replace(&mut self.state, State::Failed) {
            State::Whole => self.target.begin_parts().await?,
            State::InParts(parts) => parts,
            State::Failed => return Err(failed_before()),
        };
        if let Err(error) = parts.arrive().await {
            self.target.abort(&parts.upload_id).await;
            return Err(error);
        }
        parts.begun += 1;
        let (target, upload_id) = (self.target.clone(), parts.upload_id.clone());
        let number = parts.begun;
        parts.in_flight.spawn(async move { target.send_part(&upload_id, number, bytes).await });
        self.state = State::InParts(parts);
        Ok(())
    }
}

#[async_trait]
impl Upload for S3Upload {
    fn name(&self) -> &ObjectName {
        &self.target.name
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<()> {
        let mut left = bytes.as_slice();
        loop {
            if self.collected.capacity() == 0 {
                self.collected = Vec::with_capacity(PART_BYTES);
            }
            let room = PART_BYTES - self.collected.len();
            let Some((now, later)) = left.split_at_checked(room) else {
                self.collected.extend_from_slice(left);
                return Ok(());
            };
            self.collected.extend_from_slice(now);
            let part = mem::take(&mut self.collected);
            self.send(part).await?;
            left = later;
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<()> {
        if matches!(self.state, State::Whole) {
            return self.target.send_whole(self.collected).await;
        }
        if !self.collected.is_empty() {
            let last = mem::take(&mut self.collected);
            self.send(last).await?;
        }
        let State::InParts(mut parts) = self.state else { return Err(failed_before()) };
        let arrived = parts.arrive().await;
        let ended = match arrived {
            Ok(()) => self.target.end_parts(&parts.upload_id, parts.sent).await,
            Err(error) => Err(error),
        };
        if ended.is_err() {
            self.target.abort(&parts.upload_id).await;
        }
        ended
    }
}

impl fmt::Debug for S3Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Upload").field("name", &self.target.name).finish_non_exhaustive()
    }
}

impl Parts {
    /// Waits for the part that is in flight.
    async fn arrive(&mut self) -> Result<()> {
        while let Some(sent) = self.in_flight.join_next().await {
            self.sent.push(sent.map_err(|error| Error::unavailable(SERVICE, error))??);
        }
        Ok(())
    }
}

impl Target {
    async fn send_whole(&self, bytes: Vec<u8>) -> Result<()> {
        let put = self.client.put_object().bucket(&self.bucket).key(self.name.as_str());
        let put = put.content_type(self.media_type).body(bytes.into());
        put.send().await.map(drop).map_err(|error| from_sdk(SERVICE, error))
    }

    async fn begin_parts(&self) -> Result<Parts> {
        let create = self.client.create_multipart_upload();
        let create = create.bucket(&self.bucket).key(self.name.as_str());
        // The SDK sends a checksum with each part. S3 must be told which kind when the upload begins.
        let create = create.checksum_algorithm(ChecksumAlgorithm::Crc32);
        let created = create.content_type(self.media_type).send().await;
        let created = created.map_err(|error| from_sdk(SERVICE, error))?;
        let upload_id = created.upload_id.ok_or_else(|| incomplete("an upload without its id"))?;
        Ok(Parts { upload_id, begun: 0, sent: Vec::new(), in_flight: JoinSet::new() })
    }

    async fn send_part(
        &self,
        upload_id: &str,
        number: i32,
        bytes: Vec<u8>,
    ) -> Result<CompletedPart> {
        let part = self.client.upload_part().bucket(&self.bucket).key(self.name.as_str());
        let part = part.upload_id(upload_id).part_number(number).body(bytes.into());
        let sent = part.send().await.map_err(|error| from_sdk(SERVICE, error))?;
        // S3 wants the checksum that the SDK has sent with the part once more at the end.
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .build())
    }

    async fn end_parts(&self, upload_id: &str, sent: Vec<CompletedPart>) -> Result<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(sent)).build();
        let complete = self.client.complete_multipart_upload();
        let complete = complete.bucket(&self.bucket).key(self.name.as_str()).upload_id(upload_id);
        let completed = complete.multipart_upload(parts).send().await;
        completed.map(drop).map_err(|error| from_sdk(SERVICE, error))
    }

    /// Lets S3 forget the parts that were sent. If it does not answer, the deployment removes them.
    async fn abort(&self, upload_id: &str) {
        let abort = self.client.abort_multipart_upload();
        let abort = abort.bucket(&self.bucket).key(self.name.as_str()).upload_id(upload_id);
        match tokio::time::timeout(ABORT_TIMEOUT, abort.send()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = %shown(&error), "parts of {} stay", self.name),
            Err(_) => tracing::warn!("parts of {} stay: s3 does not answer", self.name),
        }
    }
}

/// Returns the code of an error, or its text if it has none.
fn shown<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error.code().map_or_else(|| error.to_string(), str::to_owned)
}

fn failed_before() -> Error {
    Error::unavailable(SERVICE, "an earlier part of the file was not sent")
}

fn incomplete(what: &'static str) -> Error {
    Error::unavailable(SERVICE, what)
}
