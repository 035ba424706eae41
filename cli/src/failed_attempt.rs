//! The latest failed attempt of a job.

use pgfold_api::LastError;

use crate::{stages::Stages, text::clean};

/// `chunk 3, attempt 2, 2026-11-22T12:00:00Z: postgres is unavailable`
pub(crate) fn described(last: &LastError, stages: Stages) -> String {
    let LastError { chunk, attempt, at, error } = last;
    let chunk = stages.name(*chunk);
    format!("{chunk}, attempt {attempt}, {}: {}", clean(&at.0), clean(error))
}
