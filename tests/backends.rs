//! Each backend by itself, with the services of `make test`.

mod conformance;
mod dynamodb;
mod kernels;
mod postgres;
mod queries;
mod tls;
mod valkey;
