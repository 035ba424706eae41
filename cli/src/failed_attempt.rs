//! The latest failed attempt of a job.

use pgfold_api::LastError;

use crate::text::clean;

/// `chunk 3, attempt 2, 2026-11-22T12:00:00Z: postgres is unavailable`
pub(crate) fn described(LastError { chunk, attempt, at, error }: &LastError) -> String {
    format!("chunk {chunk}, attempt {attempt}, {}: {}", clean(&at.0), clean(error))
}
