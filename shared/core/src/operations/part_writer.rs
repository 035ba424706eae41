use std::{
    future::poll_fn,
    mem,
    task::{Context, Poll, ready},
};

use futures_util::future::BoxFuture;

use crate::{
    checksum::RunningChecksum,
    error::{Error, Result},
    job::PartName,
    output::{Output, StoredPart},
    ports::{Encoder, Encoders, Files, Upload},
    rows::{FoldRows, RowBatch},
};

/// The bytes that are sent at a time.
const PIECE: usize = 1 << 20;

/// The bytes that may wait while others are sent. Then no more rows are taken.
const MOST_WAITING: usize = 8 << 20;

/// Writes rows into a part, a file of a job's result, while they arrive.
pub(crate) struct PartWriter<'a> {
    encoder: Box<dyn Encoder>,
    sending: Sending<'a>,
    written: Written,
    rows: u64,
}

/// The bytes of a file so far.
#[derive(Default)]
struct Written {
    /// Those that are not sent yet.
    waiting: Vec<u8>,
    /// Over all of them.
    checksum: RunningChecksum,
    /// How many there are.
    bytes: u64,
}

impl Written {
    fn add(&mut self, bytes: Vec<u8>) {
        self.checksum.add(&bytes);
        self.bytes += bytes.len() as u64;
        match self.waiting.is_empty() {
            true => self.waiting = bytes,
            false => self.waiting.extend_from_slice(&bytes),
        }
    }
}

enum Sending<'a> {
    Nothing(Box<dyn Upload + 'a>),
    Bytes(BoxFuture<'a, Result<Box<dyn Upload + 'a>>>),
    /// Sending failed, and the error was returned.
    Broken,
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
        name: &PartName,
    ) -> Result<Self> {
        Ok(Self {
            encoder: encoders.begin(output)?,
            sending: Sending::Nothing(files.create(name)),
            written: Written::default(),
            rows: 0,
        })
    }

    /// Waits until more rows may come.
    ///
    /// # Errors
    /// Those of [`Upload`].
    pub(crate) async fn ready(&mut self) -> Result<()> {
        poll_fn(|context| self.poll_ready(context)).await
    }

    /// Ends the part. Returns what a record has of it.
    ///
    /// # Errors
    /// Those of [`Encoder::finish`] and [`Upload`].
    pub(crate) async fn finish(self) -> Result<StoredPart> {
        let Self { encoder, sending, mut written, rows } = self;
        written.add(encoder.finish()?);
        let mut upload = match sending {
            Sending::Nothing(upload) => upload,
            Sending::Bytes(sending) => sending.await?,
            Sending::Broken => return Err(broken()),
        };
        let name = upload.name().file().to_owned();
        upload.write(written.waiting).await?;
        upload.finish().await?;
        let Written { checksum, bytes, .. } = written;
        Ok(StoredPart { name, rows, bytes, checksum: checksum.finish() })
    }
}

impl FoldRows for PartWriter<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self.rows += batch.len() as u64;
        self.encoder.add(batch)?;
        self.written.add(self.encoder.take());
        Ok(())
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match &mut self.sending {
                Sending::Broken => return Poll::Ready(Err(broken())),
                Sending::Nothing(_) if self.written.waiting.len() < PIECE => {
                    return Poll::Ready(Ok(()));
                }
                Sending::Nothing(_) => {
                    let Sending::Nothing(mut upload) =
                        mem::replace(&mut self.sending, Sending::Broken)
                    else {
                        return Poll::Ready(Err(broken()));
                    };
                    let bytes = mem::take(&mut self.written.waiting);
                    self.sending = Sending::Bytes(Box::pin(async move {
                        upload.write(bytes).await?;
                        Ok(upload)
                    }));
                }
                Sending::Bytes(sending) => {
                    let sent = sending.as_mut().poll(context);
                    if sent.is_pending() && self.written.waiting.len() < MOST_WAITING {
                        return Poll::Ready(Ok(()));
                    }
                    match ready!(sent) {
                        Ok(upload) => self.sending = Sending::Nothing(upload),
                        Err(error) => {
                            self.sending = Sending::Broken;
                            return Poll::Ready(Err(error));
                        }
                    }
                }
            }
        }
    }
}

fn broken() -> Error {
    Error::corrupt("a file", "it is written after an error")
}
