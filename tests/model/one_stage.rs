//! Today's protocol.

use crate::{
    explore::{explore, finds},
    flaw::Flaw,
    promises::{ACKNOWLEDGED, MOVES_ON, ONCE, RETRIED, STAYS},
    setting::Setting,
};

const SMALL: Setting =
    Setting { chunks: 2, faults: 1, lapses: 1, retries: 0, cancels: 0, ..Setting::ONE_STAGE };

#[test]
fn three_chunks_with_two_faults_and_a_cancellation() {
    explore(Setting { retries: 0, ..Setting::ONE_STAGE });
}

#[test]
fn three_chunks_with_a_fault_a_cancellation_and_a_retry() {
    explore(Setting { faults: 1, lapses: 1, ..Setting::ONE_STAGE });
}

#[test]
fn two_chunks_with_two_faults_a_cancellation_and_a_retry() {
    explore(Setting { chunks: 2, lapses: 1, ..Setting::ONE_STAGE });
}

#[test]
fn two_requests_with_one_key() {
    explore(Setting { repeats: Some(1), cancels: 1, ..SMALL });
}

#[test]
fn messages_before_the_job_are_found() {
    finds(Flaw::MessagesBeforeJob, MOVES_ON, SMALL);
}

#[test]
fn an_acknowledgement_before_the_record_is_found() {
    finds(Flaw::AckBeforeRecord, ACKNOWLEDGED, SMALL);
    finds(Flaw::AckBeforeRecord, MOVES_ON, SMALL);
}

#[test]
fn a_chunk_that_counts_twice_is_found() {
    finds(Flaw::RecordsTwice, ONCE, SMALL);
}

#[test]
fn a_leaf_that_nobody_counts_is_found() {
    finds(Flaw::LeavesLeafUncounted, ACKNOWLEDGED, SMALL);
    finds(Flaw::LeavesLeafUncounted, MOVES_ON, SMALL);
}

#[test]
fn a_retry_that_does_not_count_leaves_is_found() {
    finds(Flaw::RetryCountsNothing, RETRIED, Setting { faults: 2, ..SMALL });
}

#[test]
fn an_answer_before_the_count_is_found() {
    finds(Flaw::AnswersBeforeCount, STAYS, Setting { cancels: 1, ..SMALL });
}

#[test]
fn a_completed_job_that_is_cancelled_is_found() {
    finds(Flaw::CancelsTheCompleted, STAYS, Setting { cancels: 1, ..SMALL });
}

#[test]
fn a_dead_letter_that_is_dropped_is_found() {
    finds(Flaw::DropsDeadLetters, ACKNOWLEDGED, SMALL);
    finds(Flaw::DropsDeadLetters, MOVES_ON, Setting { faults: 2, ..SMALL });
}

#[test]
fn a_retryable_failure_that_is_acknowledged_is_found() {
    finds(Flaw::AcksRetryable, MOVES_ON, SMALL);
}

#[test]
fn a_failure_that_hides_a_record_is_found() {
    finds(Flaw::FailureHidesRecord, ACKNOWLEDGED, SMALL);
    finds(Flaw::FailureHidesRecord, MOVES_ON, Setting { faults: 2, ..SMALL });
}
