//! The API is what its description says: `functions/jobs/src/openapi.json`.

mod answers;
mod description;
mod queries;
mod requests;

pub(crate) use description::description;
