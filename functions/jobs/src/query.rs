//! What the part of a URL behind its `?` asks for.

use lambda_http::aws_lambda_events::query_map::QueryMap;
use pgfold_adapters::http::{Query, Receipts};
use pgfold_core::{ChunkCount, Error, JobQuery, Result, shown};

/// Which jobs: `state`, `limit` and `cursor`.
///
/// # Errors
/// [`Error::Invalid`] names the one that is wrong.
pub(crate) fn job_query(given: &QueryMap) -> Result<JobQuery> {
    let query = Query::new(given, &["state", "limit", "cursor"])?;
    let before = query.text("cursor").map(|cursor| {
        let unknown =
            |_| Error::Invalid(format!("cursor {:?} is none that was given", shown(cursor)));
        cursor.parse().map_err(unknown)
    });
    Ok(JobQuery {
        status: query.text("state").map(str::parse).transpose()?,
        before: before.transpose()?,
        limit: query.number("limit", 1..=JobQuery::MOST)?.unwrap_or(JobQuery::USUAL),
    })
}

/// Nothing: the route knows no parameter.
///
/// # Errors
/// [`Error::Invalid`] names one that is given.
pub(crate) fn nothing(given: &QueryMap) -> Result<()> {
    Query::new(given, &[]).map(|_| ())
}

/// Which chunks of a job: `limit` of those from `from`; all unless it says so. `None` of them with
/// `receipts=none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkSelection {
    pub(crate) from: usize,
    pub(crate) limit: usize,
}

impl ChunkSelection {
    /// # Errors
    /// [`Error::Invalid`] names the one that is wrong.
    pub(crate) fn new(given: &QueryMap) -> Result<Option<Self>> {
        let query = Query::new(given, &["from", "limit", "receipts"])?;
        let number = |name| query.number(name, 0..=ChunkCount::MAX);
        let (from, limit) = (number("from")?, number("limit")?);
        Ok(match Receipts::asked(&query)? {
            Receipts::None => None,
            Receipts::All => Some(Self {
                from: from.unwrap_or_default().into(),
                limit: limit.unwrap_or(ChunkCount::MAX).into(),
            }),
        })
    }
}
