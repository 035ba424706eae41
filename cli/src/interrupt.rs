//! Ctrl-C.

use std::{future, io, os::unix::net::UnixStream as Pipe};

use signal_hook::{consts::SIGINT, low_level::pipe};
use tokio::{io::AsyncReadExt, net::UnixStream};

/// Returns when Ctrl-C is pressed. After the first call Ctrl-C no longer ends the program.
pub(crate) async fn interrupted() {
    if pressed().await.is_err() {
        // The signal cannot be caught, so it ends the program by itself.
        future::pending().await
    }
}

async fn pressed() -> io::Result<()> {
    let (reader, writer) = Pipe::pair()?;
    reader.set_nonblocking(true)?;
    let mut reader = UnixStream::from_std(reader)?;
    pipe::register(SIGINT, writer)?;
    reader.read_exact(&mut [0]).await?;
    Ok(())
}
