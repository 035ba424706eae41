//! Sentences that several operations answer.

pub(super) const NO_QUERY: (&str, &str) =
    ("query", "unknown query parameter x; this route takes none");

pub(super) const NOT_AN_ID: (&str, &str) =
    ("task_id", "\"agg_7\" is not a task id; a task id is agg_ and a UUID in lower case");

pub(super) const UNKNOWN: (&str, &str) =
    ("unknown", "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 is not known");

pub(super) const CORRUPT: (&str, &str) =
    ("corrupt", "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 does not read back");

pub(super) const STORE_DOWN: (&str, &str) = ("store", "dynamodb is unavailable");

pub(super) const SNAPSHOT_LOST: &str = "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 cannot be taken up \
    again: it reads one snapshot, which cannot be had again";

pub(super) const NOT_FOUND: &str = "There is no such job, or not any more.";

pub(super) const STORE_WRONG: &str = "What is stored about the job cannot be read, or the store is \
    misconfigured; a repetition does not help.";
