//! The socket of a connection, by TCP or in the file system.

use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, ToSocketAddrs, UnixStream},
    time::{Instant, Sleep, sleep},
};

use crate::postgres::connect::low_water;

/// How many bytes a reader of much is called for.
const BULK: u32 = 256 * 1024;

/// For how long fewer bytes than that may lie before their reader is called, at least and at most:
/// in between a fiftieth of the time that it has read for, so that the last bytes of much do not
/// come noticeably later.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// A socket that can spare the reader of much data to be called for every few packets: for rows
/// that costs more than folding them (`make bench`).
#[derive(Debug)]
pub(in crate::postgres) struct Socket {
    stream: Stream,
    /// There while much is to be read.
    bulk: Option<BulkRead>,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// How a reader of much waits.
#[derive(Debug)]
struct BulkRead {
    /// Since when it reads.
    since: Instant,
    /// Whether it is only called for [`BULK`].
    in_bulk: bool,
    /// Whether it waits.
    waiting: bool,
    /// Until when.
    until: Pin<Box<Sleep>>,
}

impl Socket {
    /// A connection by TCP that notices a peer that is gone: when nothing has come for half a
    /// minute it is asked, and it has ten seconds to acknowledge what was sent.
    pub(in crate::postgres) async fn tcp(address: impl ToSocketAddrs) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let socket = SockRef::from(&stream);
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(30)))?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream: Stream::Tcp(stream), bulk: None })
    }

    /// A connection to the server whose socket lies at `path`.
    pub(in crate::postgres) async fn unix(path: &Path) -> io::Result<Self> {
        Ok(Self { stream: Stream::Unix(UnixStream::connect(path).await?), bulk: None })
    }

    /// Says that much is to be read, or that this is over. In between the reader is called for much
    /// at a time, or for what there is when its wait is over.
    pub(in crate::postgres) fn set_bulk_read(&mut self, bulk: bool) {
        self.bulk = None;
        // A socket in the file system calls for whatever comes.
        if let Stream::Tcp(stream) = &self.stream
            && low_water::set(stream, if bulk { BULK } else { 1 }).is_ok()
            && bulk
        {
            let (since, until) = (Instant::now(), Box::pin(sleep(SHORTEST_WAIT)));
            self.bulk = Some(BulkRead { since, in_bulk: true, waiting: false, until });
        }
    }
}

impl BulkRead {
    /// Before the reader waits.
    fn wait(&mut self, stream: &TcpStream, context: &mut Context<'_>) {
        if !self.in_bulk {
            return;
        }
        if !self.waiting {
            let wait = (self.since.elapsed() / 50).clamp(SHORTEST_WAIT, LONGEST_WAIT);
            self.until.as_mut().reset(Instant::now() + wait);
            self.waiting = true;
        }
        if self.until.as_mut().poll(context).is_ready() {
            // It is called at once if anything is there.
            self.in_bulk = low_water::set(stream, 1).is_err();
        }
    }

    /// After the reader has read.
    fn renew(&mut self, stream: &TcpStream) {
        self.waiting = false;
        self.in_bulk = self.in_bulk || low_water::set(stream, BULK).is_ok();
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, bulk } = &mut *self;
        let stream = match stream {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => return Pin::new(stream).poll_read(context, buffer),
        };
        let read = Pin::new(&mut *stream).poll_read(context, buffer);
        match bulk {
            Some(bulk) if read.is_pending() => bulk.wait(stream, context),
            Some(bulk) => bulk.renew(stream),
            None => {}
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::timeout,
    };

    use super::*;

    /// Far more than anything here takes.
    const LONGEST_TEST: Duration = Duration::from_secs(20);

    /// Both ends of a connection.
    async fn pair() -> (TcpStream, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = Socket::tcp(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, near)
    }

    /// Waits until the reader is called, however long it has waited.
    async fn called(socket: &Socket) {
        let Stream::Tcp(stream) = &socket.stream else { panic!("{socket:?}") };
        stream.readable().await.unwrap();
    }

    /// Whether a reader is called for a few bytes that come now.
    async fn is_called_for_few(far: &mut TcpStream, near: &Socket) -> bool {
        far.write_all(b"few").await.unwrap();
        // What is sent later to a reader who is called for anything.
        let (mut far, other) = pair().await;
        far.write_all(b"few").await.unwrap();
        called(&other).await;
        called(near).now_or_never().is_some()
    }

    #[tokio::test]
    async fn who_expects_much_is_called_for_much_alone_and_anyone_else_for_whatever_comes() {
        let (mut far, mut near) = pair().await;
        near.set_bulk_read(true);
        assert!(!is_called_for_few(&mut far, &near).await);
        let much = vec![0; BULK as usize];
        let both = async { tokio::join!(far.write_all(&much), called(&near)) };
        timeout(LONGEST_TEST, both).await.unwrap().0.unwrap();

        let (mut far, mut near) = pair().await;
        near.set_bulk_read(true);
        near.set_bulk_read(false);
        far.write_all(b"few").await.unwrap();
        timeout(LONGEST_TEST, called(&near)).await.unwrap();
    }

    #[tokio::test]
    async fn few_bytes_reach_who_expects_much_when_patience_is_over() {
        let (mut far, mut near) = pair().await;
        near.set_bulk_read(true);
        for _ in 0..3 {
            assert!(!is_called_for_few(&mut far, &near).await);
            let mut few = [0; 64];
            let read = timeout(LONGEST_TEST, near.read(&mut few)).await;
            assert_eq!(&few[..read.unwrap().unwrap()], b"few");
        }
    }
}
