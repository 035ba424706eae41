//! A stream that tokio-postgres uses, except while it is lent to a reader of rows.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// Splits a stream into two handles. tokio-postgres reads and writes through the first, except
/// while the second has lent the stream to a borrower.
pub(in crate::postgres) fn share<S>(stream: S) -> (SharedStream<S>, StreamLoan<S>) {
    let state = State { stream: Some(stream), unread: Bytes::new(), waiting: None };
    let state = Arc::new(Mutex::new(state));
    (SharedStream(Arc::clone(&state)), StreamLoan(state))
}

#[derive(Debug)]
struct State<S> {
    /// The stream; `None` while it is lent.
    stream: Option<S>,
    /// Bytes that the borrower read but that belong to the owner.
    unread: Bytes,
    /// The waker of the owner, which waits for the stream.
    waiting: Option<Waker>,
}

fn lock<S>(state: &Mutex<State<S>>) -> MutexGuard<'_, State<S>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The handle that lends the stream.
#[derive(Debug)]
pub(in crate::postgres) struct StreamLoan<S>(Arc<Mutex<State<S>>>);

impl<S> StreamLoan<S> {
    /// Borrows the stream. The owner must not be waiting for an answer. `None` if the stream is
    /// lent already or was not given back.
    pub(in crate::postgres) fn borrow(&self) -> Option<S> {
        lock(&self.0).stream.take()
    }

    /// Gives the stream back to its owner, with bytes that the borrower read but that belong to the
    /// owner.
    pub(in crate::postgres) fn give_back(&self, stream: S, unread: Bytes) {
        let mut state = lock(&self.0);
        (state.stream, state.unread) = (Some(stream), unread);
        if let Some(owner) = state.waiting.take() {
            owner.wake();
        }
    }
}

/// The handle of the owner, tokio-postgres.
#[derive(Debug)]
pub(in crate::postgres) struct SharedStream<S>(Arc<Mutex<State<S>>>);

impl<S: Unpin> SharedStream<S> {
    /// Takes up to `most` of the bytes that the borrower read but that belong to the owner.
    fn unread(&self, most: usize) -> Bytes {
        let unread = &mut lock(&self.0).unread;
        unread.split_to(unread.len().min(most))
    }

    fn with<T>(
        &self,
        context: &mut Context<'_>,
        act: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut state = lock(&self.0);
        match &mut state.stream {
            Some(stream) => act(Pin::new(stream), context),
            None => {
                state.waiting = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SharedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let unread = self.unread(buffer.remaining());
        if unread.is_empty() {
            return self.with(context, |stream, context| stream.poll_read(context, buffer));
        }
        buffer.put_slice(&unread);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SharedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(context, AsyncWrite::poll_shutdown)
    }
}

impl<S: TlsStream + Unpin> TlsStream for SharedStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let state = lock(&self.0);
        state.stream.as_ref().map_or_else(ChannelBinding::none, TlsStream::channel_binding)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn the_owner_waits_while_its_stream_is_lent_and_then_reads_on() {
        let (mut far, near) = duplex(64);
        let (mut owner, lender) = share(near);
        far.write_all(b"row|reply").await.unwrap();

        let mut lent = lender.borrow().unwrap();
        assert!(lender.borrow().is_none());
        let mut answer = [0; 5];
        let mut reading = Box::pin(owner.read_exact(&mut answer));
        assert!(reading.as_mut().now_or_never().is_none());
        let mut rows = [0; 6];
        lent.read_exact(&mut rows).await.unwrap();
        assert_eq!(&rows, b"row|re");

        // The borrower read two bytes that belong to the owner.
        lender.give_back(lent, Bytes::from_static(b"re"));
        reading.await.unwrap();
        assert_eq!(&answer, b"reply");
    }

    #[tokio::test]
    async fn the_owner_is_woken_when_its_stream_is_given_back() {
        let (mut far, near) = duplex(64);
        let (mut owner, lender) = share(near);
        let lent = lender.borrow().unwrap();
        let reading = tokio::spawn(async move { owner.read_u8().await });
        tokio::task::yield_now().await;
        far.write_all(b"7").await.unwrap();
        lender.give_back(lent, Bytes::new());
        assert_eq!(reading.await.unwrap().unwrap(), b'7');
    }
}
