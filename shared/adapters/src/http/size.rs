//! How large an answer may be, and what it is without what does not fit.

use pgfold_core::JobId;
use serde_json::{Value, json};

/// The most bytes of an answer, with quotes and backslashes escaped once more. Lambda sends at most 6,291,556, in which the body is a string of
/// JSON with its quotes and backslashes escaped, headers besides.
pub const LARGEST_ANSWER: usize = 6_000_000;

/// Whether a body can be an answer: whether it has at most [`LARGEST_ANSWER`] bytes as a string of
/// JSON.
pub fn fits(body: &str) -> bool {
    // The longest escape has six bytes.
    body.len() <= LARGEST_ANSWER / 6 || escaped(body) <= LARGEST_ANSWER
}

/// How many of a job's failed chunks are listed where all of them do not fit.
const FAILED_CHUNKS: usize = 100;

/// How many chunks fit in an answer whatever their keys and errors are.
const CHUNKS: usize = 250;

/// The answer about a job without its later `failed_chunks` and, where that is not enough, without
/// its `chunks`: it says so, and where they are.
pub fn shortened(mut answer: Value, job_id: JobId) -> Value {
    if let Some(Value::Array(failed)) = answer.get_mut("failed_chunks")
        && failed.len() > FAILED_CHUNKS
    {
        let left_out = failed.split_off(FAILED_CHUNKS).len();
        answer["failed_chunks_left_out"] = left_out.into();
    }
    if fits(&answer.to_string()) {
        return answer;
    }
    if let Value::Object(fields) = &mut answer {
        fields.shift_remove("chunks");
        let why = format!(
            "an answer has at most {LARGEST_ANSWER} bytes; GET \
             /tasks/{job_id}?from=0&limit={CHUNKS} has the first {CHUNKS} chunks"
        );
        fields.insert("chunks_left_out".to_owned(), json!(why));
    }
    answer
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
