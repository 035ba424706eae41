//! A table of jobs.

use std::fmt::Write;

use serde_json::Value;

use crate::{
    render::state::state,
    response::Task,
    text::{clean, dollars, duration, grouped},
};

const HEADINGS: [&str; 9] =
    ["TASK", "CREATED", "STATE", "KERNEL", "SOURCE", "CHUNKS", "ROWS", "ELAPSED", "COST"];

/// The column of states, which is coloured after its width is known.
const STATE: usize = 2;

/// The first column of numbers; numbers are aligned to the right.
const NUMBERS: usize = 5;

/// Returns a table of the jobs, and the numbers of messages in the queues.
pub(crate) fn list(tasks: &[Task], queue: Option<&Value>) -> String {
    let rows: Vec<_> = tasks.iter().map(row).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADINGS[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width);

    let mut table = line(&HEADINGS.map(str::to_owned), widths, None);
    for (row, task) in rows.iter().zip(tasks) {
        table += &line(row, widths, Some(task));
    }
    if let Some(queue) = queue {
        let count = |name| queue.get(name).and_then(Value::as_u64);
        let names = [
            ("waiting", "waiting"),
            ("in_flight", "in flight"),
            ("dead_letters", "dead letters"),
            ("poison", "poison"),
        ];
        let counts =
            names.iter().filter_map(|(name, shown)| Some(format!("{} {shown}", count(name)?)));
        let _ = writeln!(table, "\nqueue: {}", counts.collect::<Vec<_>>().join(", "));
    }
    table
}

fn row(task: &Task) -> [String; HEADINGS.len()] {
    let text = |name| task.text(name).map(clean).unwrap_or_default();
    [
        text("task_id"),
        task.text("created_at").map(second).unwrap_or_default(),
        clean(task.state.name()),
        text("kernel"),
        text("source"),
        task.progress().map(|(done, total)| format!("{done}/{total}")).unwrap_or_default(),
        task.count("rows").map(grouped).unwrap_or_default(),
        task.count("elapsed_ms").map(duration).unwrap_or_default(),
        task.number("cost_usd").map(dollars).unwrap_or_default(),
    ]
}

/// Cuts a time like `2026-11-23T05:00:00.123Z` to the second, which is enough to recognise a job.
fn second(time: &str) -> String {
    let end = time.find('.').filter(|_| time.ends_with('Z'));
    clean(&end.map_or_else(|| time.to_owned(), |end| format!("{}Z", &time[..end])))
}

/// Returns a line of the table; the state of a task is coloured.
fn line(
    cells: &[String; HEADINGS.len()],
    widths: [usize; HEADINGS.len()],
    task: Option<&Task>,
) -> String {
    let cells = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| match task {
        Some(task) if column == STATE => state(&task.state, width),
        _ if column >= NUMBERS => format!("{cell:>width$}"),
        _ => format!("{cell:<width$}"),
    });
    format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
}
