//! Jobs whose database is not simply a server: `make test` starts a standby for the module
//! `standby`, and `make engines` starts a pooler for `pooler`.

mod pooler;
mod standby;
