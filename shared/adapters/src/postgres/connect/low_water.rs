use std::{
    io,
    os::fd::{AsFd, AsRawFd},
};

/// Sets `SO_RCVLOWAT` of socket(7): the socket is readable only when `bytes` bytes have arrived. If
/// they have arrived already, it is readable at once.
#[expect(unsafe_code, reason = "neither std nor socket2, rustix or nix has this option")]
pub(in crate::postgres) fn set(socket: &impl AsFd, bytes: u32) -> io::Result<()> {
    let bytes = bytes as libc::c_int;
    // SAFETY: the descriptor is open while it is borrowed, and `setsockopt` reads as many bytes at
    // the pointer as its last argument states, which is the size of the integer.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const bytes).cast(),
            size_of_val(&bytes) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
