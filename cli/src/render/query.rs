//! What a job computes, in the words of the command line.

use pgfold_api::Query;

use crate::{
    query::{shown_condition, shown_group, shown_kernel},
    render::{json, lines::Lines},
    text::{clean, grouped},
};

/// Returns the job's kernels for a table: the kernel, or those of `compute`, each once.
pub(super) fn kernels(query: &Query) -> String {
    let computed = query.compute.iter().flatten().map(|(_, computed)| &computed.kernel);
    let mut kernels: Vec<&str> = Vec::new();
    for kernel in query.kernel.iter().chain(computed) {
        if !kernels.contains(&kernel.0.as_str()) {
            kernels.push(&kernel.0);
        }
    }
    clean(&kernels.join(", "))
}

/// Returns the conditions in one line.
pub(super) fn filter(query: &Query) -> String {
    clean(&query.filter.iter().flat_map(shown_condition).collect::<Vec<_>>().join(" and "))
}

/// Returns what makes the groups in one line.
pub(super) fn group_by(query: &Query) -> String {
    clean(&query.group_by.iter().map(shown_group).collect::<Vec<_>>().join(","))
}

/// Adds the kernels, the source, the conditions and the groups.
pub(super) fn add_query(lines: &mut Lines, source: &str, query: &Query) {
    if query.kernel.is_some() {
        lines.add("kernel", kernels(query));
    }
    for (index, (name, computed)) in query.compute.iter().flatten().enumerate() {
        let name = clean(&shown_kernel(name, computed));
        lines.add(if index == 0 { "compute" } else { "" }, name);
    }
    if let Some(params) = query.params.as_ref().filter(|params| !params.is_empty()) {
        lines.add("params", json::fields(params));
    }
    let columns = query.columns.as_ref().map(|columns| format!(": {}", columns.join(", ")));
    lines.add("source", clean(&format!("{source}{}", columns.unwrap_or_default())));
    for (index, condition) in query.filter.iter().flat_map(shown_condition).enumerate() {
        lines.add(if index == 0 { "where" } else { "" }, clean(&condition));
    }
    if !query.group_by.is_empty() {
        lines.add("group by", group_by(query));
    }
    let order = query.order_by.as_deref().map(clean);
    let order = match (order, query.descending) {
        (None, false) => None,
        (None, true) => Some("group, descending".to_owned()),
        (Some(by), false) => Some(by),
        (Some(by), true) => Some(format!("{by}, descending")),
    };
    if let Some(order) = order {
        lines.add("order by", order);
    }
    if let Some(limit) = query.limit {
        lines.add("limit", grouped(limit.into()));
    }
}
