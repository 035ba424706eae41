//! What the index of jobs has of them.

use std::collections::BTreeSet;

use pgfold_core::{FailedAttempts, Tally};
use pgfold_tests::Template;

/// As many attributes besides its keys as an index may have.
const MOST: usize = 20;

#[test]
fn the_index_of_jobs_has_what_the_list_says_of_them() {
    let template = Template::read();
    let (_, table) = template.resources("AWS::DynamoDB::Table").next().unwrap();
    let index = &table["Properties"]["GlobalSecondaryIndexes"][0];
    let attributes = index["Projection"]["NonKeyAttributes"].as_array().unwrap();
    assert!(attributes.len() <= MOST, "{} attributes", attributes.len());
    let attributes: BTreeSet<&str> = attributes.iter().map(|name| name.as_str().unwrap()).collect();
    let (tally, failed) = (Tally::default().sums(), FailedAttempts::default().named());
    let sums = tally.iter().chain(&failed).map(|(name, _)| *name);
    let others = [
        "job",
        "missing",
        "recorded_at",
        "last_error",
        "deadline",
        "cancelled_at",
        "failure",
        "failed",
        "attached",
        "held_ms",
    ];
    assert_eq!(attributes, sums.chain(others).collect());
}
