//! The socket of a connection: TCP or Unix.

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

/// The number of bytes for which a bulk reader is woken.
const BULK: u32 = 256 * 1024;

/// The shortest and the longest time after which a bulk reader is woken for fewer bytes. In between
/// it is a fiftieth of the time that the reader has read, so that the last bytes of a large result
/// are not noticeably late.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// A socket that can wake a bulk reader less often than for every few packets. Waking it for these
/// costs more than folding their rows (`make bench`).
#[derive(Debug)]
pub(in crate::postgres) struct Socket {
    stream: Stream,
    /// The state of a bulk read; `None` outside of one.
    bulk: Option<BulkRead>,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The state of a bulk read.
#[derive(Debug)]
struct BulkRead {
    /// When the bulk read began.
    since: Instant,
    /// Whether the socket wakes the reader only for [`BULK`] bytes.
    in_bulk: bool,
    /// Whether the reader is waiting.
    waiting: bool,
    /// The end of the wait, after which the reader is woken for fewer bytes.
    until: Pin<Box<Sleep>>,
}

impl Socket {
    /// Opens a TCP connection that detects a lost peer. The peer is probed if nothing arrives for
    /// half a minute, and has ten seconds to acknowledge what was sent.
    pub(in crate::postgres) async fn tcp(address: impl ToSocketAddrs) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let socket = SockRef::from(&stream);
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(30)))?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream: Stream::Tcp(stream), bulk: None })
    }

    /// Opens a connection to the Unix socket at `path`.
    pub(in crate::postgres) async fn unix(path: &Path) -> io::Result<Self> {
        Ok(Self { stream: Stream::Unix(UnixStream::connect(path).await?), bulk: None })
    }

    /// Starts or ends a bulk read. During it the reader is woken for [`BULK`] bytes, or for any
    /// bytes when its wait is over.
    pub(in crate::postgres) fn set_bulk_read(&mut self, bulk: bool) {
        self.bulk = None;
        // A Unix socket wakes its reader for any bytes.
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
    /// Prepares a wait of the reader.
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
            // The socket is readable at once if any bytes have arrived.
            self.in_bulk = low_water::set(stream, 1).is_err();
        }
    }

    /// Ends a wait after the reader has read.
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

    /// Far more than any of these tests takes.
    const LONGEST_TEST: Duration = Duration::from_secs(20);

    /// Makes both ends of a connection.
    async fn pair() -> (TcpStream, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = Socket::tcp(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, near)
    }

    /// Waits until the reader is woken.
    async fn called(socket: &Socket) {
        let Stream::Tcp(stream) = &socket.stream else { panic!("{socket:?}") };
        stream.readable().await.unwrap();
    }

    /// Returns whether a reader is woken for a few bytes that are sent now.
    async fn is_called_for_few(far: &mut TcpStream, near: &Socket) -> bool {
        far.write_all(b"few").await.unwrap();
        // A reader that is woken for any bytes.
        let (mut far, other) = pair().await;
        far.write_all(b"few").await.unwrap();
        called(&other).await;
        called(near).now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_bulk_reader_is_woken_for_many_bytes_and_any_other_reader_for_few() {
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
    async fn a_bulk_reader_is_woken_for_few_bytes_when_its_wait_is_over() {
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
