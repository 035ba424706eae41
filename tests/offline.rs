//! What needs no service: `cargo test --test offline` runs after a checkout.

mod events;
mod formats;
mod functions;
mod own_fold;
mod template;
