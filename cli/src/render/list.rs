//! A table of jobs.

use std::fmt::Write;

use pgfold_api::{Job, ListedJob, QueueDepths};

use crate::{
    render::state::state,
    text::{clean, dollars, duration, grouped},
};

const HEADINGS: [&str; 9] =
    ["TASK", "CREATED", "STATE", "KERNEL", "SOURCE", "CHUNKS", "ROWS", "ELAPSED", "COST"];

/// The column of states, which is coloured after its width is known.
const STATE: usize = 2;

/// The first column of numbers; numbers are aligned to the right.
const NUMBERS: usize = 5;

/// The jobs, and what waits in the queues.
pub(crate) fn list(jobs: &[ListedJob], queue: Option<QueueDepths>) -> String {
    let rows: Vec<_> = jobs.iter().map(|listed| row(&listed.job)).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADINGS[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width);

    let mut table = line(&HEADINGS.map(str::to_owned), widths, None);
    for (row, listed) in rows.iter().zip(jobs) {
        table += &line(row, widths, Some(&listed.job));
    }
    if let Some(QueueDepths { waiting, in_flight, dead_letters, poison }) = queue {
        let _ = writeln!(
            table,
            "\nqueue: {waiting} waiting, {in_flight} in flight, {dead_letters} dead letters, \
             {poison} poison"
        );
    }
    table
}

fn row(job: &Job) -> [String; HEADINGS.len()] {
    [
        clean(&job.task_id.0),
        second(&job.created_at.0),
        clean(job.state.name()),
        clean(&job.kernel.0),
        clean(&job.source),
        format!("{}/{}", job.progress.done, job.progress.total),
        grouped(job.rows),
        job.elapsed_ms.map(duration).unwrap_or_default(),
        dollars(job.cost_usd),
    ]
}

/// Cuts a time like `2026-11-23T05:00:00.123Z` to the second, which is enough to recognise a job.
fn second(time: &str) -> String {
    let end = time.find('.').filter(|_| time.ends_with('Z'));
    clean(&end.map_or_else(|| time.to_owned(), |end| format!("{}Z", &time[..end])))
}

/// A line of the table, in which a job's state is coloured.
fn line(
    cells: &[String; HEADINGS.len()],
    widths: [usize; HEADINGS.len()],
    job: Option<&Job>,
) -> String {
    let cells = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| match job {
        Some(job) if column == STATE => state(&job.state, width),
        _ if column >= NUMBERS => format!("{cell:>width$}"),
        _ => format!("{cell:<width$}"),
    });
    format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
}
