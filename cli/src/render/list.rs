//! A table of jobs.

use std::fmt::Write;

use pgfold_api::{Job, ListedJob, QueueDepths};

use crate::{
    render::{
        query::{filter, group_by, kernels},
        state::state,
    },
    text::{clean, cut, dollars, duration, grouped},
};

const HEADINGS: [&str; 12] = [
    "TASK", "CREATED", "STATE", "KERNEL", "SOURCE", "WHERE", "GROUP BY", "OUTPUT", "CHUNKS",
    "ROWS", "ELAPSED", "COST",
];

/// The column of states, which is coloured after its width is known.
const STATE: usize = 2;

/// The first column of numbers; numbers are aligned to the right.
const NUMBERS: usize = 8;

/// The columns that are shown only if a job has something there.
const OPTIONAL: [&str; 3] = ["WHERE", "GROUP BY", "OUTPUT"];

/// The most characters of the kernels, the conditions or the groups of a job. `pgfold status`
/// shows them all.
const LONGEST: usize = 40;

/// The columns that a narrow terminal does not show, the first one first. The id is never cut,
/// because other commands take it.
const LEFT_OUT: [&str; 10] = [
    "WHERE", "COST", "SOURCE", "CREATED", "ELAPSED", "GROUP BY", "ROWS", "OUTPUT", "KERNEL",
    "CHUNKS",
];

/// The jobs, and what waits in the queues, in lines of at most `width` if there is one.
pub(crate) fn list(jobs: &[ListedJob], queue: Option<QueueDepths>, width: Option<usize>) -> String {
    let rows: Vec<_> = jobs.iter().map(|listed| row(&listed.job)).collect();
    let width_of = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADINGS[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width_of);
    let is_empty = |place: usize| rows.iter().all(|row| row[place].is_empty());
    let place = |heading: &&str| HEADINGS.iter().position(|known| known == heading);
    let empty = OPTIONAL.into_iter().filter(|heading| place(heading).is_some_and(is_empty));
    let empty: Vec<&str> = empty.collect();
    let left_out = left_out(&widths, &empty, width);
    let hidden = [&empty[..], &left_out].concat();

    let mut table = line(&HEADINGS.map(str::to_owned), widths, &hidden, None);
    for (row, listed) in rows.iter().zip(jobs) {
        table += &line(row, widths, &hidden, Some(&listed.job));
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

/// Returns the columns to leave out of a table of columns with these widths, besides the empty
/// ones.
fn left_out(
    widths: &[usize; HEADINGS.len()],
    empty: &[&str],
    width: Option<usize>,
) -> Vec<&'static str> {
    let candidates: Vec<&str> =
        LEFT_OUT.into_iter().filter(|heading| !empty.contains(heading)).collect();
    let fits = |left_out: &[&str]| {
        let shown = HEADINGS.iter().zip(widths);
        let shown =
            shown.filter(|(heading, _)| !left_out.contains(heading) && !empty.contains(heading));
        let total: usize = shown.map(|(_, width)| width + 2).sum();
        width.is_none_or(|width| total <= width + 2)
    };
    let count = (0..candidates.len()).find(|count| fits(&candidates[..*count]));
    candidates[..count.unwrap_or(candidates.len())].to_vec()
}

fn row(job: &Job) -> [String; HEADINGS.len()] {
    [
        clean(&job.task_id.0),
        second(&job.created_at.0),
        clean(job.state.name()),
        short(&kernels(&job.query)),
        clean(&job.source),
        short(&filter(&job.query)),
        short(&group_by(&job.query)),
        job.output.map(|output| output.format.name().to_owned()).unwrap_or_default(),
        format!("{}/{}", job.progress.done, job.progress.total),
        grouped(job.rows),
        job.elapsed_ms.map(duration).unwrap_or_default(),
        dollars(job.cost_usd),
    ]
}

fn short(cell: &str) -> String {
    cut(cell, Some(LONGEST))
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
    hidden: &[&str],
    job: Option<&Job>,
) -> String {
    let cells = cells.iter().zip(widths).enumerate();
    let shown = cells.filter(|(column, _)| !hidden.contains(&HEADINGS[*column]));
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
    use pgfold_api::{Format, Output, State};
    use serde_json::json;

    /// Returns the lines of a list of two jobs: one has conditions and groups, the other neither.
    fn lines(width: Option<usize>) -> Vec<String> {
        let mut grouped = detail(State::Pending).job;
        grouped.query = serde_json::from_value(json!({
            "where": [
                { "column": "started_at", "ge": "2026-11-01 00:00:00+00" },
                { "column": "city", "in": ["Rome"] },
            ],
            "group_by": ["city"],
            "compute": {
                "a": { "kernel": "summary" }, "b": { "kernel": "distinct" },
                "c": { "kernel": "summary" },
            },
        }))
        .unwrap();
        grouped.output = Some(Output { format: Format::Parquet, parts: Some(2) });
        let jobs = [detail(State::Pending).job, grouped].map(|job| ListedJob { job, error: None });
        list(&jobs, None, width).lines().map(str::to_owned).collect()
    }

    #[test]
    fn without_a_terminal_every_column_is_shown() {
        let lines = lines(None);
        assert_eq!(lines.len(), 3);
        assert!(HEADINGS.iter().all(|heading| lines[0].contains(heading)), "{lines:?}");
        for cell in [
            "summary, distinct  ",
            "  started_at>=2026-11-01 00:00:00+00 and …  ",
            "  city  ",
            "  parquet  ",
        ] {
            assert!(lines[2].contains(cell), "{lines:?}");
        }
    }

    #[test]
    fn without_conditions_and_groups_there_are_no_columns_of_them() {
        let listed = ListedJob { job: detail(State::Pending).job, error: None };
        let list = list(&[listed], None, None);
        assert!(OPTIONAL.iter().all(|heading| !list.contains(heading)), "{list}");
    }

    #[test]
    fn a_narrow_terminal_shows_whole_ids_and_says_what_it_leaves_out() {
        for width in 60..240 {
            let lines = lines(Some(width));
            let plain = anstream::adapter::strip_str(&lines[1]).to_string();
            assert!(lines[0].len() <= width && plain.len() <= width, "{width}: {lines:?}");
            assert!(plain.starts_with(crate::example_job::ID), "{plain}");
            let named = lines.last().unwrap();
            for heading in HEADINGS {
                let is_left_out = !lines[0].contains(heading);
                assert_eq!(lines.len() > 3 && named.contains(heading), is_left_out, "{width}");
            }
        }
        assert_eq!(
            lines(Some(80))[0].split_whitespace().collect::<Vec<_>>(),
            ["TASK", "STATE", "KERNEL", "CHUNKS"]
        );
    }
}
