//! The reasons of a failed job, each reason once.

use serde_json::Value;

use crate::{
    response::Task,
    text::{clean, counted, grouped},
};

/// The most reasons to show. Usually the first explains the failure.
const REASONS: usize = 5;

/// The most chunks to name for one reason.
const NAMED: usize = 3;

/// Returns the reasons of a failed job, one line each: the reason of the job, unless a chunk has
/// the same reason, and the reasons of its chunks. Equal reasons share a line.
pub(crate) fn failures(task: &Task) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for failed in task.list("failed_chunks") {
        let (Some(chunk), Some(reason)) =
            (failed.get("chunk"), failed.get("error").and_then(Value::as_str))
        else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, chunks)) => chunks.push(clean(&chunk.to_string())),
            None => groups.push((reason, vec![clean(&chunk.to_string())])),
        }
    }
    let of_a_chunk = |error: &str| {
        let first = groups.first();
        first.is_some_and(|(reason, chunks)| error == format!("chunk {}: {reason}", chunks[0]))
    };
    let whole = task.text("error").filter(|error| !of_a_chunk(error)).map(clean);
    let shown = groups.iter().take(REASONS);
    let shown = shown.map(|(reason, chunks)| format!("{}: {}", named(chunks), clean(reason)));
    let left: usize = groups.iter().skip(REASONS).map(|(_, chunks)| chunks.len()).sum();
    let left =
        (left > 0).then(|| format!("and {} for other reasons", counted(left as u64, "chunk")));
    let unlisted = task.count("failed_chunks_left_out");
    let unlisted =
        unlisted.map(|chunks| format!("and {} not listed here", counted(chunks, "chunk")));
    whole.into_iter().chain(shown).chain(left).chain(unlisted).collect()
}

/// Names chunks: `chunk 7`, `chunks 0, 3, 7`, `chunks 0, 3, 7 and 41 more`.
fn named(chunks: &[String]) -> String {
    match chunks {
        [one] => format!("chunk {one}"),
        _ if chunks.len() <= NAMED + 1 => format!("chunks {}", chunks.join(", ")),
        _ => {
            let more = grouped((chunks.len() - NAMED) as u64);
            format!("chunks {} and {more} more", chunks[..NAMED].join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failed(error: &str, chunks: impl IntoIterator<Item = (u64, &'static str)>) -> Vec<String> {
        let chunks: Vec<Value> = chunks
            .into_iter()
            .map(|(chunk, reason)| json!({ "chunk": chunk, "error": reason }))
            .collect();
        let task = json!({ "state": "failed", "error": error, "failed_chunks": chunks });
        failures(&Task::new(task).unwrap())
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
        let chunks = json!([{ "chunk": 0, "error": "a" }]);
        let task = json!({ "state": "failed", "error": "chunk 0: a", "failed_chunks": chunks,
            "failed_chunks_left_out": 9900 });
        let lines = failures(&Task::new(task).unwrap());
        assert_eq!(lines, ["chunk 0: a", "and 9,900 chunks not listed here"]);
    }

    #[test]
    fn at_most_five_reasons_are_shown() {
        let reasons = ["a", "b", "c", "d", "e", "f", "f", "g"];
        let lines = failed("chunk 0: a", (0..).zip(reasons));
        assert_eq!((lines.len(), lines[5].as_str()), (6, "and 3 chunks for other reasons"));
    }
}
