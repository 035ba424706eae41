//! Jobs whose database or store is not simply a server: `make test` starts a standby for the module
//! `standby`, and `make engines` a pooler for `pooler` and a cluster for `valkey_cluster`.

mod pooler;
mod standby;
mod valkey_cluster;
