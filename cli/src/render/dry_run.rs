//! The plan of a job that was not submitted.

use pgfold_api::{ChunkRows, DryRun, PlannedChunk};

use crate::{
    render::{files::add_output, lines::Lines, query::add_query},
    text::{clean, counted, dollars, duration, grouped},
};

/// Returns how a job would run, and what it would take.
pub(crate) fn dry_run(plan: &DryRun) -> String {
    let mut lines = Lines::default();
    add_query(&mut lines, &plan.source, &plan.query);
    add_output(&mut lines, plan.output);
    lines.add("execution", plan.execution.name());
    lines.add("sees", plan.consistency.name());
    let share = plan.estimated_share.map(|share| format!(", {:.2} % of all", share * 100.0));
    let rows = grouped(plan.estimated_rows);
    lines.add("rows", format!("about {rows}{}", share.unwrap_or_default()));
    if let Some(index) = &plan.index {
        lines.add("index", clean(index));
    }
    if let Some(column) = &plan.cut_by {
        lines.add("cut by", clean(column));
    }
    if let Some(chunks) = &plan.chunks {
        let is_partition =
            |chunk: &&PlannedChunk| matches!(chunk.rows_of, ChunkRows::Partition { .. });
        let partitions = chunks.iter().filter(is_partition).count();
        lines.add("chunks", grouped((chunks.len() - partitions) as u64));
        if partitions > 0 {
            lines.add("partitions", grouped(partitions as u64));
        }
    }
    if let Some(why) = &plan.chunks_left_out {
        lines.add("chunks", clean(why));
    }
    lines.add("database", counted(plan.connections.into(), "connection"));
    lines.add("takes", format!("about {}", duration((plan.estimated_seconds * 1000.0) as u64)));
    lines.add("cost", format!("about {}", dollars(plan.estimated_cost_usd)));
    lines.0
}
