//! What the part of a URL behind its `?` asks for.

use std::ops::RangeInclusive;

use lambda_http::aws_lambda_events::query_map::QueryMap;
use pgfold_core::{ChunkCount, Error, JobQuery, Result};

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
        limit: number(given, "limit", 1..=JobQuery::MOST)?.unwrap_or(JobQuery::USUAL),
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
        let number = |name| number(given, name, 0..=ChunkCount::MAX);
        let (from, limit) = (number("from")?, number("limit")?);
        Ok(Self {
            from: from.unwrap_or_default().into(),
            limit: limit.unwrap_or(ChunkCount::MAX).into(),
        })
    }
}

fn number(given: &QueryMap, name: &str, allowed: RangeInclusive<u16>) -> Result<Option<u16>> {
    let parse = |text: &str| match text.parse() {
        Ok(number) if allowed.contains(&number) => Ok(number),
        _ => {
            let (least, most) = (allowed.start(), allowed.end());
            let range = format!("a whole number from {least} to {most}");
            Err(Error::Invalid(format!("{name} must be {range}, not {text:?}")))
        }
    };
    given.first(name).map(parse).transpose()
}
