//! The query and the headers of each route.

use pgfold_core::{ChunkCount, Error, IdempotencyKey, JobQuery, Result, shown};

use super::Query;

/// Reads which jobs `GET /tasks` lists: `state`, `limit` and `cursor`.
///
/// # Errors
/// [`Error::Invalid`] names the parameter that is wrong.
pub fn job_query<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<JobQuery> {
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

/// Checks that there are no parameters, for a route that takes none.
///
/// # Errors
/// [`Error::Invalid`] names one that is there.
pub fn none<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
    Query::new(given, &[]).map(|_| ())
}

/// Reads whether a request is a dry run: `?dry_run=true`.
///
/// # Errors
/// [`Error::Invalid`] names the parameter that is wrong.
pub fn dry_run<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<bool> {
    let words = [("true", true), ("", true), ("false", false)];
    Ok(Query::new(given, &["dry_run"])?.word("dry_run", &words)?.unwrap_or_default())
}

/// Which receipts of a job's chunks an answer has: the query parameter `receipts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Receipts {
    /// Those of all chunks.
    #[default]
    All,
    /// None, and no chunks.
    None,
}

impl Receipts {
    /// Reads the parameters of `GET /get_min_distance/{task_id}`.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the parameter that is wrong.
    pub fn read<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        Self::of(&Query::new(given, &["receipts"])?)
    }

    fn of(query: &Query<'_>) -> Result<Self> {
        let words = [("all", Self::All), ("none", Self::None)];
        Ok(query.word("receipts", &words)?.unwrap_or_default())
    }
}

/// Which chunks and files of a job `GET /tasks/{task_id}` shows: `limit` of each, from `from` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSelection {
    /// The first one.
    pub from: usize,
    /// The most of each.
    pub limit: usize,
    /// Whether chunks are shown.
    pub receipts: Receipts,
}

impl ChunkSelection {
    /// Reads the selection: all by default.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the parameter that is wrong.
    pub fn read<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let query = Query::new(given, &["from", "limit", "receipts"])?;
        let number = |name| query.number(name, 0..=ChunkCount::MAX);
        let (from, limit) = (number("from")?, number("limit")?);
        Ok(Self {
            from: from.unwrap_or_default().into(),
            limit: limit.unwrap_or(ChunkCount::MAX).into(),
            receipts: Receipts::of(&query)?,
        })
    }
}

/// Reads the header `Idempotency-Key`, if there is one.
///
/// # Errors
/// [`Error::Invalid`] if there are several, or the key is too long or not ASCII.
pub fn idempotency_key(headers: &http::HeaderMap) -> Result<Option<IdempotencyKey>> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    if keys.next().is_some() {
        return Err(Error::Invalid("a request has one Idempotency-Key, not more".to_owned()));
    }
    let unreadable = |_| Error::Invalid("an Idempotency-Key has ASCII characters".to_owned());
    IdempotencyKey::new(key.to_str().map_err(unreadable)?).map(Some)
}
