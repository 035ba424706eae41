//! What `make test` deployed, and what it may do. Some cases take the database away or kill the
//! mappers, so no other binary runs meanwhile, and the cases share one lock.

mod end_to_end;
mod permissions;
