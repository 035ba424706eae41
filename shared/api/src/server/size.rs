//! How large an answer may be, and what an answer leaves out if it is larger.

use pgfold_core::JobId;
use serde::Serialize;
use serde_json::Value;

use crate::{DryRun, FailedChunk, FailedResult, JobDetail, MinDistanceResult};

/// The most bytes of an answer as a string of JSON, with its quotes and backslashes escaped. Lambda
/// sends at most 6,291,556 bytes, in which the body is such a string, besides the headers.
pub const LARGEST_ANSWER: usize = 6_000_000;

/// Returns whether a body can be an answer: whether it has at most [`LARGEST_ANSWER`] bytes as a
/// string of JSON.
pub fn fits(body: &str) -> bool {
    // The longest escape has six bytes.
    body.len() <= LARGEST_ANSWER / 6 || escaped(body) <= LARGEST_ANSWER
}

/// How many of a job's failed chunks are listed if all of them do not fit.
const FAILED_CHUNKS: usize = 100;

/// How many chunks fit in an answer, whatever their keys and errors are.
const CHUNKS: usize = 250;

impl JobDetail {
    /// Returns the same without its later `failed_chunks`; if that is not enough, without its
    /// `chunks`; and if that is not enough, without the later groups of its answer.
    pub fn shortened(self, job_id: JobId) -> Self {
        self.within(LARGEST_ANSWER, job_id)
    }

    fn within(mut self, most: usize, job_id: JobId) -> Self {
        self.failed_chunks_left_out = self.failed_chunks.as_mut().and_then(keep_first);
        if self.chunks.is_some() && sent(&self) > most {
            self.chunks = None;
            self.chunks_left_out = Some(match self.whole {
                Some(_) => format!("{}; whole links to all of them", first_chunks(job_id)),
                None => first_chunks(job_id),
            });
        }
        if sent(&self) > most {
            self.leave_out_groups(most);
        }
        self
    }

    /// Keeps the first groups of the answer that fit in `most` bytes.
    fn leave_out_groups(&mut self, most: usize) {
        let Some(mut groups) = self.groups().map(std::mem::take) else { return };
        // With a number of as many digits as there can be.
        self.groups_left_out = Some(groups.len() as u64);
        let mut length = sent(self) - 1;
        let fitting = groups.iter().take_while(|group| {
            // A comma precedes each but the first, hence the -1.
            length += 1 + escaped(&group.to_string());
            length <= most
        });
        let fitting = fitting.count();
        let left_out = groups.len() - fitting;
        groups.truncate(fitting);
        self.groups_left_out = (left_out > 0).then_some(left_out as u64);
        if let Some(kept) = self.groups() {
            *kept = groups;
        }
    }

    /// Returns the groups of the answer, or of the answer so far; `None` if it has no groups.
    fn groups(&mut self) -> Option<&mut Vec<Value>> {
        let has_groups = !self.job.query.group_by.is_empty();
        let answer = self.answer.as_mut().or(self.answer_so_far.as_mut()).filter(|_| has_groups)?;
        answer.get_mut("groups")?.as_array_mut()
    }
}

impl MinDistanceResult {
    /// Returns the same without its `chunks`.
    pub fn shortened(self, job_id: JobId) -> Self {
        let why = format!("{}; GET /tasks/{job_id} links to all of them", first_chunks(job_id));
        Self { chunks: None, chunks_left_out: Some(why), ..self }
    }
}

impl FailedResult {
    /// Returns the same without its later `failed_chunks`.
    pub fn shortened(mut self) -> Self {
        self.failed_chunks_left_out = keep_first(&mut self.failed_chunks);
        self
    }
}

impl DryRun {
    /// Returns the same without its `chunks`.
    pub fn shortened(self) -> Self {
        let count = self.chunks.map_or(0, |chunks| chunks.len());
        let why = format!(
            "an answer has at most {LARGEST_ANSWER} bytes, and {count} chunks need more; ask for \
             fewer to see them"
        );
        Self { chunks: None, chunks_left_out: Some(why), ..self }
    }
}

/// Removes the later ones and returns how many they were, if any.
fn keep_first(failed: &mut Vec<FailedChunk>) -> Option<u64> {
    let left_out = failed.len().saturating_sub(FAILED_CHUNKS);
    failed.truncate(FAILED_CHUNKS);
    (left_out > 0).then_some(left_out as u64)
}

fn first_chunks(job_id: JobId) -> String {
    format!(
        "an answer has at most {LARGEST_ANSWER} bytes; GET /tasks/{job_id}?from=0&limit={CHUNKS} \
         has the first {CHUNKS} chunks"
    )
}

/// Returns how many bytes a body takes as it is sent: as a line of JSON, in a string of JSON.
fn sent(body: &impl Serialize) -> usize {
    // The line's end is escaped.
    serde_json::to_string(body).map_or(usize::MAX, |text| escaped(&text) + 2)
}

fn escaped(body: &str) -> usize {
    let bytes = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    body.bytes().map(bytes).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::JobChunk;

    #[test]
    fn a_body_is_measured_as_it_is_sent() {
        let every = ('\0'..='\u{17f}').chain("€🦀".chars()).collect::<String>();
        for body in ["", "plain", r#"{"a":"\"\\"}"#, &every] {
            let sent = serde_json::to_string(body).unwrap();
            assert_eq!(escaped(body) + 2, sent.len(), "{body:?}");
        }
    }

    /// A job with these of `count` groups in its answer, or with `so_far` in its answer so far.
    fn job(groups: &[Value], count: usize, so_far: bool) -> JobDetail {
        let answer = json!({ "groups": groups, "group_count": count });
        let state = if so_far { "pending" } else { "completed" };
        let mut job = json!({
            "task_id": "agg_01a2044c-531b-7494-94fc-6bbdf6334f32",
            "trace_id": "1-6b02d940-bd862e3fe1be46a994272793", "state": state,
            "source": "trips", "group_by": ["city"], "kernel": "distinct", "columns": ["rider"],
            "params": {}, "execution": "streaming", "consistency": "per-chunk",
            "created_at": "2026-11-22T12:00:00Z", "deadline": "2026-11-22T13:00:00Z",
            "expires_at": "2026-11-23T12:00:00Z", "progress": { "done": 1, "total": 1 },
            "estimated_rows": 1, "rows": 1, "skipped": 0, "elapsed_ms": 1, "map_ms": 1,
            "failed_attempts": 0, "cost_usd": 0.1, "chunks": []
        });
        job[if so_far { "answer_so_far" } else { "answer" }] = answer;
        serde_json::from_value(job).unwrap()
    }

    fn group(number: usize, length: usize) -> Value {
        let city = format!("{number}{}", "\"".repeat(length));
        json!({ "city": city, "rows": 1, "distinct": { "distinct": 1 } })
    }

    fn within(most: usize, job: JobDetail) -> JobDetail {
        let job_id = job.job.task_id.0.parse().unwrap();
        job.within(most, job_id)
    }

    #[test]
    fn a_job_lists_the_first_groups_that_fit_and_counts_the_others() {
        let groups: Vec<Value> = (0..500).map(|number| group(number, number % 7)).collect();
        for (so_far, most) in (6_000..6_200).map(|most| (most % 2 == 0, most)) {
            let mut short = within(most, job(&groups, 500, so_far));
            assert!(sent(&short) <= most);
            assert!(short.chunks.is_none() && short.chunks_left_out.is_some());
            let left_out = short.groups_left_out.unwrap();
            let answer = if so_far { short.answer_so_far.take() } else { short.answer.take() };
            let answer = answer.unwrap();
            let kept = answer["groups"].as_array().unwrap();
            assert_eq!(kept.len() as u64 + left_out, 500);
            assert_eq!((&answer["group_count"], &kept[..]), (&json!(500), &groups[..kept.len()]));
            // One more does not fit.
            let mut longer = job(&groups[..=kept.len()], 500, so_far);
            (longer.chunks, longer.chunks_left_out) = (None, short.chunks_left_out);
            longer.groups_left_out = Some(left_out - 1);
            assert!(sent(&longer) > most);
        }
    }

    #[test]
    fn groups_are_left_out_only_if_leaving_out_the_chunks_is_not_enough() {
        let groups: Vec<Value> = (0..50).map(|number| group(number, 0)).collect();
        let mut long = job(&groups, 50, false);
        let chunk = json!({ "chunk": 0, "start": 1, "end": null, "state": "open" });
        let chunk: JobChunk = serde_json::from_value(chunk).unwrap();
        long.chunks = Some(vec![chunk; 100]);
        let short = within(sent(&long) - 1, long);
        assert!(short.chunks.is_none() && short.chunks_left_out.is_some());
        assert_eq!(short.groups_left_out, None);
        assert_eq!(short.answer.unwrap()["groups"], json!(groups));
    }

    #[test]
    fn a_group_that_does_not_fit_by_itself_is_left_out() {
        let short = within(6_000, job(&[group(0, 6_000), group(1, 1)], 2, false));
        assert_eq!(short.groups_left_out, Some(2));
        assert_eq!(short.answer.unwrap(), json!({ "groups": [], "group_count": 2 }));
    }

    #[test]
    fn what_is_largest_depends_on_quotes() {
        assert!(fits(&"x".repeat(LARGEST_ANSWER)));
        assert!(!fits(&"x".repeat(LARGEST_ANSWER + 1)));
        assert!(fits(&"\"".repeat(LARGEST_ANSWER / 2)));
        assert!(!fits(&"\"".repeat(LARGEST_ANSWER / 2 + 1)));
    }
}
