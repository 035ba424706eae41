//! PostgreSQL and Valkey over TLS, and every way to log in to them.
//!
//! The servers of the local cloud speak no TLS, so a [`front::Front`] speaks it for them, with
//! certificates that are made here; and what only AWS has, its databases that take IAM tokens and its
//! Secrets Manager, is played by [`login_gate`] and [`secrets`]. Over all of them goes pgfold's own
//! code, to a real PostgreSQL and a real Valkey. [`server`] is for servers that speak TLS themselves.

mod authority;
mod channel_binding;
mod front;
mod functions;
mod hosts;
mod iam;
mod login_gate;
mod postgres;
mod rotation;
mod secrets;
mod server;
mod source;
mod valkey;
