//! The reasons of a failed job, each reason once.

use pgfold_api::{FailedChunk, JobDetail};

use crate::{
    stages::Stages,
    text::{clean, counted, grouped},
};

/// The most reasons to show. Usually the first explains the failure.
const REASONS: usize = 5;

/// The most chunks to name for one reason.
const NAMED: usize = 3;

/// Returns the reasons of a failed job, a line each: the reason of the job, unless a chunk has the
/// same, and the reasons of its chunks. Equal reasons share a line.
pub(crate) fn failures(detail: &JobDetail) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<u16>)> = Vec::new();
    for FailedChunk { chunk, error } in detail.failed_chunks.iter().flatten() {
        match groups.iter_mut().find(|(known, _)| known == error) {
            Some((_, chunks)) => chunks.push(*chunk),
            None => groups.push((error, vec![*chunk])),
        }
    }
    let of_a_chunk = |error: &str| {
        let first = groups.first();
        first.is_some_and(|(reason, chunks)| error == format!("chunk {}: {reason}", chunks[0]))
    };
    let whole = detail.error.as_deref().filter(|error| !of_a_chunk(error)).map(clean);
    let shown = groups.iter().take(REASONS);
    let stages = Stages::of(&detail.job);
    let named = |chunks: &[u16]| named(chunks, stages);
    let shown = shown.map(|(reason, chunks)| format!("{}: {}", named(chunks), clean(reason)));
    let left: usize = groups.iter().skip(REASONS).map(|(_, chunks)| chunks.len()).sum();
    let left =
        (left > 0).then(|| format!("and {} for other reasons", counted(left as u64, "chunk")));
    let unlisted = detail.failed_chunks_left_out;
    let unlisted =
        unlisted.map(|chunks| format!("and {} not listed here", counted(chunks, "chunk")));
    whole.into_iter().chain(shown).chain(left).chain(unlisted).collect()
}

/// Names chunks, and the partitions among them.
fn named(chunks: &[u16], stages: Stages) -> String {
    let (partitions, chunks): (Vec<u16>, Vec<u16>) =
        chunks.iter().partition(|chunk| stages.partition(**chunk).is_some());
    let partitions: Vec<u16> =
        partitions.into_iter().filter_map(|chunk| stages.partition(chunk)).collect();
    let of_all = format!(" of {}", stages.partitions());
    let chunks = numbered("chunk", &chunks).into_iter();
    let partitions = numbered("partition", &partitions).map(|named| named + &of_all);
    chunks.chain(partitions).collect::<Vec<_>>().join(" and ")
}

/// Names what has these numbers: `chunk 7`, `chunks 0, 3, 7`, `chunks 0, 3, 7 and 41 more`.
fn numbered(what: &str, numbers: &[u16]) -> Option<String> {
    let joined = |numbers: &[u16]| {
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        numbers.join(", ")
    };
    Some(match numbers {
        [] => return None,
        [one] => format!("{what} {one}"),
        _ if numbers.len() <= NAMED + 1 => format!("{what}s {}", joined(numbers)),
        _ => {
            let more = grouped((numbers.len() - NAMED) as u64);
            format!("{what}s {} and {more} more", joined(&numbers[..NAMED]))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_job;
    use pgfold_api::{Format, Output, State};

    fn job(error: &str, chunks: impl IntoIterator<Item = (u16, &'static str)>) -> JobDetail {
        let mut detail = example_job::detail(State::Failed);
        detail.error = Some(error.to_owned());
        let chunks = chunks.into_iter();
        let chunks = chunks.map(|(chunk, error)| FailedChunk { chunk, error: error.to_owned() });
        detail.failed_chunks = Some(chunks.collect());
        detail
    }

    fn failed(error: &str, chunks: impl IntoIterator<Item = (u16, &'static str)>) -> Vec<String> {
        failures(&job(error, chunks))
    }

    #[test]
    fn equal_reasons_are_one_line() {
        let chunks = (0..44).map(|chunk| (chunk, "no such table"));
        assert_eq!(
            failed("chunk 0: no such table", chunks),
            ["chunks 0, 1, 2 and 41 more: no such table"]
        );
        let four = [(0, "a"), (3, "b"), (5, "a"), (7, "a"), (9, "a")];
        assert_eq!(failed("chunk 0: a", four), ["chunks 0, 5, 7, 9: a", "chunk 3: b"]);
    }

    #[test]
    fn partitions_are_named_as_such() {
        let mut detail = job("chunk 4: a", [(4, "a"), (1, "b"), (5, "b"), (0, "b")]);
        detail.job.output = Some(Output { format: Format::Csv, parts: Some(2) });
        detail.job.progress.total = 6;
        assert_eq!(
            failures(&detail),
            ["partition 0 of 2: a", "chunks 1, 0 and partition 1 of 2: b"]
        );
    }

    #[test]
    fn the_reason_of_the_job_comes_first() {
        let late = "not done by the job's deadline";
        assert_eq!(
            failed("2 of 4 chunks not done by the job's deadline", [(1, late), (2, late)]),
            [
                "2 of 4 chunks not done by the job's deadline".to_owned(),
                format!("chunks 1, 2: {late}")
            ]
        );
        assert_eq!(failed("not queued", []), ["not queued"]);
    }

    #[test]
    fn chunks_that_did_not_fit_in_the_answer_are_counted() {
        let mut detail = job("chunk 0: a", [(0, "a")]);
        detail.failed_chunks_left_out = Some(9900);
        assert_eq!(failures(&detail), ["chunk 0: a", "and 9,900 chunks not listed here"]);
    }

    #[test]
    fn at_most_five_reasons_are_shown() {
        let reasons = ["a", "b", "c", "d", "e", "f", "f", "g"];
        let lines = failed("chunk 0: a", (0..).zip(reasons));
        assert_eq!((lines.len(), lines[5].as_str()), (6, "and 3 chunks for other reasons"));
    }
}
