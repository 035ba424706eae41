//! The plan of a job that was not submitted.

use pgfold_api::DryRun;

use crate::{
    render::{
        lines::Lines,
        query::{add_source, kernels},
    },
    text::{clean, counted, dollars, duration, grouped},
};

/// Returns how a job would run, and what it would take.
pub(crate) fn dry_run(plan: &DryRun) -> String {
    let mut lines = Lines::default();
    lines.add("kernel", kernels(&plan.query));
    add_source(&mut lines, &plan.source, &plan.query);
    lines.add("execution", plan.execution.name());
    lines.add("sees", plan.consistency.name());
    lines.add("rows", format!("about {}", grouped(plan.estimated_rows)));
    if let Some(chunks) = &plan.chunks {
        lines.add("chunks", grouped(chunks.len() as u64));
    }
    if let Some(why) = &plan.chunks_left_out {
        lines.add("chunks", clean(why));
    }
    lines.add("database", counted(plan.connections.into(), "connection"));
    lines.add("takes", format!("about {}", duration((plan.estimated_seconds * 1000.0) as u64)));
    lines.add("cost", format!("about {}", dollars(plan.estimated_cost_usd)));
    lines.0
}
