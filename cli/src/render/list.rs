//! A table of jobs.

use std::fmt::Write;

use pgfold_api::{Job, ListedJob, QueueDepths};

use crate::{
    render::{query::kernels, state::state},
    text::{clean, dollars, duration, grouped},
};

const HEADINGS: [&str; 9] =
    ["TASK", "CREATED", "STATE", "KERNEL", "SOURCE", "CHUNKS", "ROWS", "ELAPSED", "COST"];

/// The column of states, which is coloured after its width is known.
const STATE: usize = 2;

/// The first column of numbers; numbers are aligned to the right.
const NUMBERS: usize = 5;

/// The columns that a narrow terminal does not show, the first one first. The id is never cut,
/// because other commands take it.
const LEFT_OUT: [&str; 7] = ["COST", "SOURCE", "CREATED", "ELAPSED", "ROWS", "KERNEL", "CHUNKS"];

/// The jobs, and what waits in the queues, in lines of at most `width` if there is one.
pub(crate) fn list(jobs: &[ListedJob], queue: Option<QueueDepths>, width: Option<usize>) -> String {
    let rows: Vec<_> = jobs.iter().map(|listed| row(&listed.job)).collect();
    let width_of = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADINGS[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width_of);
    let left_out = left_out(&widths, width);

    let mut table = line(&HEADINGS.map(str::to_owned), widths, left_out, None);
    for (row, listed) in rows.iter().zip(jobs) {
        table += &line(row, widths, left_out, Some(&listed.job));
    }
    if let Some(QueueDepths { waiting, in_flight, dead_letters, poison }) = queue {
        let _ = writeln!(
            table,
            "\nqueue: {waiting} waiting, {in_flight} in flight, {dead_letters} dead letters, \
             {poison} poison"
        );
    }
    if !left_out.is_empty() {
        let _ = writeln!(
            table,
            "\nleft out in this narrow terminal: {}; --json has everything",
            left_out.join(", ")
        );
    }
    table
}

/// Returns the columns to leave out of a table of columns with these widths.
fn left_out(widths: &[usize; HEADINGS.len()], width: Option<usize>) -> &'static [&'static str] {
    let fits = |left_out: &[&str]| {
        let shown = HEADINGS.iter().zip(widths).filter(|(heading, _)| !left_out.contains(heading));
        let total: usize = shown.map(|(_, width)| width + 2).sum();
        width.is_none_or(|width| total <= width + 2)
    };
    let count = (0..LEFT_OUT.len()).find(|count| fits(&LEFT_OUT[..*count]));
    &LEFT_OUT[..count.unwrap_or(LEFT_OUT.len())]
}

fn row(job: &Job) -> [String; HEADINGS.len()] {
    [
        clean(&job.task_id.0),
        second(&job.created_at.0),
        clean(job.state.name()),
        kernels(&job.query),
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
    left_out: &[&str],
    job: Option<&Job>,
) -> String {
    let cells = cells.iter().zip(widths).enumerate();
    let shown = cells.filter(|(column, _)| !left_out.contains(&HEADINGS[*column]));
    let cells = shown.map(|(column, (cell, width))| match job {
        Some(job) if column == STATE => state(&job.state, width),
        _ if column >= NUMBERS => format!("{cell:>width$}"),
        _ => format!("{cell:<width$}"),
    });
    format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_job::detail;
    use pgfold_api::State;

    fn lines(width: Option<usize>) -> Vec<String> {
        let listed = ListedJob { job: detail(State::Pending).job, error: None };
        list(&[listed], None, width).lines().map(str::to_owned).collect()
    }

    #[test]
    fn without_a_terminal_every_column_is_shown() {
        let lines = lines(None);
        assert_eq!(lines.len(), 2);
        assert!(HEADINGS.iter().all(|heading| lines[0].contains(heading)), "{lines:?}");
    }

    #[test]
    fn a_narrow_terminal_shows_whole_ids_and_says_what_it_leaves_out() {
        for width in 60..200 {
            let lines = lines(Some(width));
            let plain = anstream::adapter::strip_str(&lines[1]).to_string();
            assert!(lines[0].len() <= width && plain.len() <= width, "{width}: {lines:?}");
            assert!(plain.starts_with(crate::example_job::ID), "{plain}");
            let named = lines.last().unwrap();
            for heading in HEADINGS {
                let is_left_out = !lines[0].contains(heading);
                assert_eq!(lines.len() > 2 && named.contains(heading), is_left_out, "{width}");
            }
        }
        assert_eq!(
            lines(Some(80))[0].split_whitespace().collect::<Vec<_>>(),
            ["TASK", "STATE", "KERNEL", "CHUNKS", "ROWS"]
        );
    }
}
