//! The conditions of a job.

use pgfold_api::Condition;

use crate::{
    api::Api,
    arguments::Job,
    error::Result,
    query::{Filter, condition},
};

/// Returns the conditions with values of their columns' types, for which it asks the server once.
pub(super) async fn conditions(api: &Api, job: &Job) -> Result<Vec<Condition>> {
    let sources = if job.filters.iter().any(Filter::has_values) {
        api.sources().await?.1.sources
    } else {
        Vec::new()
    };
    let source = match &job.source {
        Some(name) => sources.iter().find(|known| known.source == *name),
        None => sources.first(),
    };
    Ok(job.filters.iter().map(|filter| condition(filter, source)).collect())
}
