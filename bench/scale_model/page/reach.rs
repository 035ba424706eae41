//! Up to how many rows a setting does.

use pgfold_core::ChunkCount;

use super::Page;
use crate::{
    job::Deployment,
    limits, row,
    write::{count, table, thousands, time},
};

impl Page {
    pub(super) fn reach(&self) -> String {
        let cost = self.streaming;
        let line = |what: &str, moved_by: &str, most: &dyn Fn(&Deployment) -> f64| {
            vec![
                what.to_owned(),
                count(most(&self.small)),
                count(most(&self.large)),
                moved_by.to_owned(),
            ]
        };
        let within = |seconds: f64| {
            move |at: &Deployment| at.most_rows(|rows| at.job(rows, cost).seconds <= seconds)
        };
        let chunk_within = |seconds: f64| {
            move |at: &Deployment| {
                at.most_rows(|rows| 2.0 * at.job(rows, cost).chunk_seconds() <= seconds)
            }
        };
        let snapshot_within = |seconds: f64| {
            move |at: &Deployment| {
                at.most_rows(|rows| at.job_in(rows, at.mappers, cost).seconds <= seconds)
            }
        };
        let Deployment { mapper_timeout, job_deadline, .. } = self.small;
        let lambda = limits::LAMBDA_TIMEOUT.value;
        let most = thousands(ChunkCount::MAX.into());
        let lines = [
            line("in memory", "instance class", &|at| {
                at.most_rows(|rows| at.database.keeps_in_memory(rows * row::disk()))
            }),
            line(
                &format!("one snapshot, a chunk a mapper, each in {mapper_timeout} s"),
                "`MapperTimeout`, with `ChunkVisibilityTimeout`",
                &snapshot_within(mapper_timeout),
            ),
            line(
                &format!("the same in {lambda} s, all that Lambda has"),
                "what the wall is moved by; else `per-chunk`",
                &snapshot_within(lambda),
            ),
            line(
                &format!("within the default `JobDeadline`, {}", time(job_deadline)),
                "`JobDeadline`, with `JobTtl`",
                &within(job_deadline),
            ),
            line(
                &format!("{most} chunks, each in half of {mapper_timeout} s"),
                "`MapperTimeout`, with `ChunkVisibilityTimeout`",
                &chunk_within(mapper_timeout),
            ),
            line(
                &format!("{most} chunks, each in half of {lambda} s"),
                "what the wall is moved by; a source for each part of the table",
                &chunk_within(lambda),
            ),
            line(
                &format!(
                    "within {}, for which messages are kept",
                    time(limits::SQS_RETENTION.value)
                ),
                "the queue's `MessageRetentionPeriod`, up to 14 days",
                &within(limits::SQS_RETENTION.value),
            ),
        ];
        let head = ["rows up to", self.small.database.name, self.large.database.name, "moved by"];
        table(&head, &[0, 3], &lines)
    }
}
