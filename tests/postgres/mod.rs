//! What PostgreSQL does to a source that memory cannot: tables of every kind and key, wrong ones,
//! locks, lost connections, its own arithmetic.

mod aggregates;
mod answers;
mod chunks;
mod connections;
mod descriptions;
mod filters;
mod hold;
mod instants;
mod integers;
mod keys;
mod large;
mod locks;
mod materialized;
mod names;
mod partitions;
mod privileges;
mod proposals;
mod pushdown;
mod reader_role;
mod reading;
mod refusals;
mod replaced;
mod settings;
mod stable_keys;
mod statistics;
mod turn;
mod views;
