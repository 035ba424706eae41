//! Connections to PostgreSQL: opening, securing and lending them, and the meaning of their
//! failures.
//!
//! May use: no other room.

pub(super) mod channel_binding;
pub(super) mod connection;
pub(super) mod connections;
pub(super) mod der;
pub(super) mod failure;
pub(super) mod host;
pub(super) mod login;
pub(super) mod low_water;
pub(super) mod secret;
pub(super) mod shared_stream;
pub(super) mod socket;
pub(super) mod sqlstate;
pub(super) mod tls;
pub(super) mod transaction;
pub(super) mod transport;
