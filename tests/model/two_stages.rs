//! The protocol with its second stage (the exchange): mappers put the groups of their chunks into
//! objects, and reducers merge them into parts.

use crate::{
    explore::{explore, finds},
    flaw::Flaw,
    promises::{MANIFEST, MOVES_ON, NAMED, ONCE, RETRIED},
    setting::Setting,
};

const SMALL: Setting =
    Setting { chunks: 2, faults: 1, retries: 0, cancels: 0, ..Setting::TWO_STAGES };

#[test]
fn three_chunks_and_two_partitions_with_two_faults_and_a_cancellation() {
    explore(Setting { retries: 0, ..Setting::TWO_STAGES });
}

#[test]
fn two_chunks_and_two_partitions_with_a_fault_a_cancellation_and_a_retry() {
    explore(Setting { retries: 1, cancels: 1, ..SMALL });
}

#[test]
fn a_chunk_and_a_partition_with_two_faults_a_cancellation_a_retry_and_a_late_mapper() {
    explore(Setting { chunks: 1, partitions: 1, resends: 1, ..Setting::TWO_STAGES });
}

/// All at once. It has not been run to its end: 13 seconds of CPU are too few.
#[test]
#[ignore = "it takes long; the other tests explore its parts"]
fn three_chunks_and_two_partitions_with_all_that_happens() {
    explore(Setting::TWO_STAGES);
}

#[test]
fn reducers_sent_after_the_acknowledgement_are_found() {
    finds(Flaw::ReducersAfterAck, MOVES_ON, SMALL);
}

#[test]
fn a_recorded_chunk_that_is_acknowledged_without_reducers_is_found() {
    finds(Flaw::RecordedIsDone, MOVES_ON, SMALL);
}

#[test]
fn a_dead_letter_that_sends_no_reducers_is_found() {
    finds(Flaw::LettersSendNothing, MOVES_ON, Setting { faults: 2, ..SMALL });
}

#[test]
fn a_retry_that_sends_chunks_only_is_found() {
    finds(Flaw::RetriesChunksOnly, RETRIED, SMALL);
}

#[test]
fn a_manifest_before_the_last_part_is_found() {
    finds(Flaw::ManifestBeforeLastPart, MANIFEST, SMALL);
}

#[test]
fn a_losers_object_that_is_read_is_found() {
    finds(Flaw::ReadsLosers, ONCE, SMALL);
}

#[test]
fn a_record_before_its_object_is_found() {
    finds(Flaw::RecordBeforeObject, NAMED, SMALL);
}

#[test]
fn an_object_that_a_later_writer_replaces_is_found() {
    finds(Flaw::NamedByDelivery, NAMED, Setting { retries: 1, ..SMALL });
}

#[test]
fn a_job_that_its_first_stage_completes_is_found() {
    finds(Flaw::CompletedByFirstStage, ONCE, SMALL);
}
