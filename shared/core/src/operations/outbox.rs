use std::{
    mem,
    task::{Context, Poll, ready},
};

use futures_util::future::BoxFuture;

use crate::{
    error::{Error, Result},
    ports::Upload,
};

/// The bytes that are sent at a time.
const PIECE: usize = 1 << 20;

/// The bytes that may wait while others are sent. Then no more rows are taken.
const MOST_WAITING: usize = 8 << 20;

/// Sends the bytes of an object while others are made.
pub(crate) struct Outbox<'a> {
    sending: Sending<'a>,
    /// Bytes that are not sent yet.
    waiting: Vec<u8>,
    /// How many there are so far.
    bytes: u64,
}

/// An object whose bytes were all sent.
pub(crate) struct Sent {
    /// The last part of its name.
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

enum Sending<'a> {
    Nothing(Box<dyn Upload + 'a>),
    Bytes(BoxFuture<'a, Result<Box<dyn Upload + 'a>>>),
    /// Sending failed, and the error was returned.
    Broken,
}

impl<'a> Outbox<'a> {
    pub(crate) fn new(upload: Box<dyn Upload + 'a>) -> Self {
        Self { sending: Sending::Nothing(upload), waiting: Vec::new(), bytes: 0 }
    }

    /// Returns how many bytes there are so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds bytes.
    pub(crate) fn add(&mut self, mut bytes: Vec<u8>) {
        self.bytes += bytes.len() as u64;
        match self.waiting.is_empty() {
            true => self.waiting = bytes,
            false => self.waiting.append(&mut bytes),
        }
    }

    /// Returns whether more bytes may come.
    ///
    /// # Errors
    /// Those of [`Upload::write`].
    pub(crate) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match mem::replace(&mut self.sending, Sending::Broken) {
                Sending::Broken => return Poll::Ready(Err(broken())),
                Sending::Nothing(upload) if self.waiting.len() < PIECE => {
                    self.sending = Sending::Nothing(upload);
                    return Poll::Ready(Ok(()));
                }
                Sending::Nothing(mut upload) => {
                    let bytes = mem::take(&mut self.waiting);
                    self.sending = Sending::Bytes(Box::pin(async move {
                        upload.write(bytes).await?;
                        Ok(upload)
                    }));
                }
                Sending::Bytes(mut sending) => {
                    let sent = sending.as_mut().poll(context);
                    if sent.is_pending() {
                        self.sending = Sending::Bytes(sending);
                        if self.waiting.len() < MOST_WAITING {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    self.sending = Sending::Nothing(ready!(sent)?);
                }
            }
        }
    }

    /// Sends what is left, and ends the object.
    ///
    /// # Errors
    /// Those of [`Upload`].
    pub(crate) async fn finish(self) -> Result<Sent> {
        let mut upload = match self.sending {
            Sending::Nothing(upload) => upload,
            Sending::Bytes(sending) => sending.await?,
            Sending::Broken => return Err(broken()),
        };
        let name = upload.name().file().to_owned();
        upload.write(self.waiting).await?;
        upload.finish().await?;
        Ok(Sent { name, bytes: self.bytes })
    }
}

fn broken() -> Error {
    Error::corrupt("an object", "it is written after an error")
}
