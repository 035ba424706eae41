//! How large an answer may be, and what an answer leaves out if it is larger.

use pgfold_core::JobId;

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
    /// Returns the same without its later `failed_chunks` and, if that is not enough, without its
    /// `chunks`.
    pub fn shortened(mut self, job_id: JobId) -> Self {
        self.failed_chunks_left_out = self.failed_chunks.as_mut().and_then(keep_first);
        if self.chunks.is_some() && !serde_json::to_string(&self).is_ok_and(|text| fits(&text)) {
            self.chunks = None;
            self.chunks_left_out = Some(left_out(job_id));
        }
        self
    }
}

impl MinDistanceResult {
    /// Returns the same without its `chunks`.
    pub fn shortened(self, job_id: JobId) -> Self {
        Self { chunks: None, chunks_left_out: Some(left_out(job_id)), ..self }
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

fn left_out(job_id: JobId) -> String {
    format!(
        "an answer has at most {LARGEST_ANSWER} bytes; GET /tasks/{job_id}?from=0&limit={CHUNKS} \
         has the first {CHUNKS} chunks"
    )
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
    use super::*;

    #[test]
    fn a_body_is_measured_as_it_is_sent() {
        let every = ('\0'..='\u{17f}').chain("€🦀".chars()).collect::<String>();
        for body in ["", "plain", r#"{"a":"\"\\"}"#, &every] {
            let sent = serde_json::to_string(body).unwrap();
            assert_eq!(escaped(body) + 2, sent.len(), "{body:?}");
        }
    }

    #[test]
    fn what_is_largest_depends_on_quotes() {
        assert!(fits(&"x".repeat(LARGEST_ANSWER)));
        assert!(!fits(&"x".repeat(LARGEST_ANSWER + 1)));
        assert!(fits(&"\"".repeat(LARGEST_ANSWER / 2)));
        assert!(!fits(&"\"".repeat(LARGEST_ANSWER / 2 + 1)));
    }
}
