//! What a job computes.

use pgfold_api::Query;

use crate::{
    render::{json, lines::Lines},
    text::clean,
};

/// Returns the job's kernels in one word for a table: the kernel, or those of `compute`.
pub(super) fn kernels(query: &Query) -> String {
    let computed = query.compute.iter().flatten().map(|(_, computed)| &computed.kernel);
    let kernels = query.kernel.iter().chain(computed).map(|kernel| clean(&kernel.0));
    kernels.collect::<Vec<_>>().join(", ")
}

/// Adds the source and the columns that kernels read of it.
pub(super) fn add_source(lines: &mut Lines, source: &str, query: &Query) {
    let columns = query.columns.as_ref().map(|columns| format!(": {}", columns.join(", ")));
    lines.add("source", clean(&format!("{source}{}", columns.unwrap_or_default())));
}

/// Adds the parameters of a job of one kernel, if there are any.
pub(super) fn add_params(lines: &mut Lines, query: &Query) {
    if let Some(params) = query.params.as_ref().filter(|params| !params.is_empty()) {
        lines.add("params", json::fields(params));
    }
}
