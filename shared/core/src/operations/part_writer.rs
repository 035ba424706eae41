use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use crate::{
    checksum::RunningChecksum,
    error::Result,
    job::NewObject,
    operations::outbox::{Outbox, Sent},
    output::{Output, StoredPart},
    ports::{Encoder, Encoders, Files},
    rows::{FoldRows, RowBatch},
};

/// Writes rows into a part, a file of a job's result, while they arrive.
pub(crate) struct PartWriter<'a> {
    encoder: Box<dyn Encoder>,
    outbox: Outbox<'a>,
    /// Over all bytes so far.
    checksum: RunningChecksum,
    rows: u64,
}

impl<'a> PartWriter<'a> {
    /// Starts a part without rows.
    ///
    /// # Errors
    /// Those of [`Encoders::begin`].
    pub(crate) fn new(
        encoders: &dyn Encoders,
        files: &'a dyn Files,
        output: &Output,
        object: NewObject,
    ) -> Result<Self> {
        let encoder = encoders.begin(output)?;
        let outbox = Outbox::new(files.create(object));
        Ok(Self { encoder, outbox, checksum: RunningChecksum::default(), rows: 0 })
    }

    /// Waits until more rows may come.
    ///
    /// # Errors
    /// Those of [`Upload`](crate::Upload).
    pub(crate) async fn ready(&mut self) -> Result<()> {
        poll_fn(|context| self.poll_ready(context)).await
    }

    /// Ends the part. Returns what a record has of it.
    ///
    /// # Errors
    /// Those of [`Encoder::finish`] and [`Upload`](crate::Upload).
    pub(crate) async fn finish(self) -> Result<StoredPart> {
        let Self { encoder, mut outbox, mut checksum, rows } = self;
        let last = encoder.finish()?;
        checksum.add(&last);
        outbox.add(last);
        let Sent { name, bytes } = outbox.finish().await?;
        Ok(StoredPart { name, rows, bytes, checksum: checksum.finish() })
    }
}

impl FoldRows for PartWriter<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self.rows += batch.len() as u64;
        self.encoder.add(batch)?;
        let bytes = self.encoder.take();
        self.checksum.add(&bytes);
        self.outbox.add(bytes);
        Ok(())
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.outbox.poll_ready(context)
    }
}
