//! What the part of a URL behind its `?` asks for.

use std::str::FromStr;

use lambda_http::aws_lambda_events::query_map::QueryMap;
use pgfold_core::{Error, JobQuery, Result};

/// Which jobs: `state`, `limit` and `cursor`.
///
/// # Errors
/// [`Error::Invalid`] names the one that is wrong.
pub(crate) fn job_query(given: &QueryMap) -> Result<JobQuery> {
    let before = given.first("cursor").map(|cursor| {
        let unknown = |_| Error::Invalid(format!("cursor {cursor:?} is none that was given"));
        cursor.parse().map_err(unknown)
    });
    Ok(JobQuery {
        status: given.first("state").map(str::parse).transpose()?,
        before: before.transpose()?,
        limit: number(given, "limit")?.unwrap_or(JobQuery::USUAL),
    })
}

/// Which chunks of a job: `limit` of those from `from`; all unless it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkSelection {
    pub(crate) from: usize,
    pub(crate) limit: usize,
}

impl ChunkSelection {
    /// # Errors
    /// [`Error::Invalid`] names the one that is wrong.
    pub(crate) fn new(given: &QueryMap) -> Result<Self> {
        let from = number(given, "from")?.unwrap_or_default();
        Ok(Self { from, limit: number(given, "limit")?.unwrap_or(usize::MAX) })
    }
}

fn number<T: FromStr>(given: &QueryMap, name: &str) -> Result<Option<T>> {
    let parse = |text: &str| {
        let wrong = |_| Error::Invalid(format!("{name} must be a whole number, not {text:?}"));
        text.parse().map_err(wrong)
    };
    given.first(name).map(parse).transpose()
}
