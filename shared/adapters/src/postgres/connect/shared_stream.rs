//! A stream that tokio-postgres speaks over and lends to whoever reads rows.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// A stream in two hands: tokio-postgres reads and writes it, but while it is lent.
pub(in crate::postgres) fn share<S>(stream: S) -> (SharedStream<S>, StreamLoan<S>) {
    let state = State { stream: Some(stream), unread: Bytes::new(), waiting: None };
    let state = Arc::new(Mutex::new(state));
    (SharedStream(Arc::clone(&state)), StreamLoan(state))
}

#[derive(Debug)]
struct State<S> {
    /// None while it is lent.
    stream: Option<S>,
    /// What the borrower read and was not for it.
    unread: Bytes,
    /// Who wants to read meanwhile.
    waiting: Option<Waker>,
}

fn lock<S>(state: &Mutex<State<S>>) -> MutexGuard<'_, State<S>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The hand that lends.
#[derive(Debug)]
pub(in crate::postgres) struct StreamLoan<S>(Arc<Mutex<State<S>>>);

impl<S> StreamLoan<S> {
    /// Takes the stream, between two conversations of its owner: nothing that it has asked for is
    /// still to come. None if it is lent already, or was not given back.
    pub(in crate::postgres) fn borrow(&self) -> Option<S> {
        lock(&self.0).stream.take()
    }

    /// Returns the stream to its owner, with the bytes read of the next conversation.
    pub(in crate::postgres) fn give_back(&self, stream: S, unread: Bytes) {
        let mut state = lock(&self.0);
        (state.stream, state.unread) = (Some(stream), unread);
        if let Some(owner) = state.waiting.take() {
            owner.wake();
        }
    }
}

/// The hand of tokio-postgres.
#[derive(Debug)]
pub(in crate::postgres) struct SharedStream<S>(Arc<Mutex<State<S>>>);

impl<S: Unpin> SharedStream<S> {
    /// So much of what the borrower has read and was not for it.
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

        // Of which two bytes were not for the borrower.
        lender.give_back(lent, Bytes::from_static(b"re"));
        reading.await.unwrap();
        assert_eq!(&answer, b"reply");
    }

    #[tokio::test]
    async fn the_owner_is_woken_when_its_stream_is_back() {
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
