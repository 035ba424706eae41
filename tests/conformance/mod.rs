//! Every backend of a port keeps the port's promises: the same named cases for each.
//!
//! A new backend is one line here. `cargo test --test backends conformance::dynamodb` runs one
//! backend.

mod cache_user;
mod events;
mod files;
mod objects;
mod queue;
mod reminders;
mod source;
mod store;
mod trace_header;

use pgfold_adapters::{
    DynamoDbStore, S3Objects, ValkeyStore,
    config::ValkeyConfig,
    memory::{MemoryEvents, MemoryObjects, MemoryReminders, MemoryStore},
    sdk_config,
};
use pgfold_tests::{local_cloud, no_aws};

/// A test for each case of a suite, over the backend that `open` returns.
macro_rules! conformance {
    ($backend:ident, $open:expr, $suite:ident { $($case:ident)+ }) => {
        mod $backend {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    let backend = $open.await;
                    $suite::$case(&backend).await;
                }
            )+
        }
    };
}

macro_rules! store {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, store {
            an_unknown_job_is_not_found
            a_job_is_created_once_and_reads_back
            a_job_of_an_empty_table_is_complete
            the_largest_job_fits
            a_chunk_is_opened_with_its_keys
            a_job_is_known_to_be_queued_once_it_is
            the_first_record_of_a_chunk_stays
            a_duplicate_does_not_count
            of_many_records_at_once_one_counts
            chunks_at_once_all_count
            a_record_for_another_plan_is_refused
            every_float_reads_back_bit_for_bit
            the_first_failure_stays
            every_chunk_may_fail
            a_record_after_a_failure_counts
            a_chunk_with_its_record_does_not_fail
            a_job_that_is_taken_up_again_forgets_its_failures
            a_job_is_cancelled_once_and_for_all
            a_completed_job_is_not_cancelled
            a_job_is_not_both_completed_and_cancelled
            a_key_belongs_to_its_first_claim
            of_many_claims_at_once_one_gets_the_key
            a_key_is_free_again_when_its_claim_has_expired
            a_chunk_attaches_once_however_often
            chunks_that_attach_at_once_all_count
            what_is_of_another_plan_is_refused
            the_first_release_of_a_snapshot_stays
            what_is_discarded_is_counted
            a_job_reads_back_with_all_that_it_says
            plans_of_every_kind_read_back
            a_record_of_a_text_key_reads_back
            a_thousand_chunks_some_of_the_largest_partials_are_kept
            the_largest_records_of_groups_are_kept
            jobs_are_listed_the_newest_first
            a_job_is_listed_with_where_it_stands
            what_is_counted_is_tallied
            failing_and_cancelling_are_listed
            an_attempt_that_failed_is_listed
            an_attempt_that_failed_is_kept_beside_the_records
            attempts_that_fail_at_once_all_count
            a_job_that_is_taken_up_again_forgets_its_last_error_and_no_sum
            an_attempt_of_another_plan_is_refused
            a_reason_of_any_length_is_kept_as_far_as_it_fits
            a_job_that_ended_is_listed_like_its_detail
            the_last_error_is_of_a_chunk_that_is_not_done
            a_job_of_two_stages_reads_back
            a_stage_ends_with_its_last_record
            chunks_and_then_partitions_at_once_all_count
            a_job_is_cancelled_between_its_stages
            a_partition_may_fail_and_count_later
            the_last_announcement_stays
        });
    };
}

macro_rules! source {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, source {
            an_empty_table_has_no_chunk
            the_ends_are_exact
            chunks_have_about_equally_many_rows
            chunks_together_read_every_row_once
            a_range_without_rows_is_empty
            values_arrive_as_they_are
            numbers_arrive_as_they_are_or_as_a_null
            rows_that_matter_are_handed_over_and_all_are_counted
            aggregates_fold_to_the_partial_of_their_rows
            the_whole_range_of_keys_can_be_read
            rows_of_one_instant_have_one_name
            unknown_columns_are_misconfigured
            rows_that_meet_a_filter_are_read_once_each_and_no_others
            what_a_column_cannot_be_asked_is_refused
            filters_and_groups_of_unknown_columns_are_misconfigured
            rows_are_one_group_if_and_only_if_their_values_are_equal
            rows_of_a_filter_have_the_groups_of_their_values
            a_table_describes_itself
            a_column_can_be_planned_as_every_kind_that_it_is_said_to_be_read_as
            a_definition_is_short_and_stays
            a_snapshot_has_every_row_once
            an_empty_table_has_a_snapshot
            readings_at_one_snapshot_have_one_name
            a_reading_goes_on_after_the_release
            nobody_begins_at_a_snapshot_that_is_not_held
            snapshots_are_held_one_beside_the_other
        });
    };
}

macro_rules! queue {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, queue {
            every_message_arrives_as_it_was_sent
            messages_of_every_kind_of_range_arrive
            the_messages_of_a_large_job_arrive
            nothing_to_send_is_no_error
            a_delayed_message_comes_back
            the_largest_message_is_under_a_kilobyte
            waiting_messages_and_those_in_flight_are_counted
        });
    };
}

macro_rules! reminders {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, reminders {
            a_reminder_of_each_kind_arrives_as_it_was_sent
            a_reminder_is_not_delivered_before_its_delay_is_over
            the_longest_delay_is_accepted
        });
    };
}

macro_rules! events {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, events {
            a_subscriber_receives_each_event
            the_longest_event_is_accepted
        });
    };
}

macro_rules! objects {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, objects {
            an_object_reads_back
            an_object_is_read_in_ranges
            an_object_that_is_put_again_stays
            an_object_that_does_not_exist_is_corrupt
            an_object_that_ends_before_the_range_is_corrupt
            objects_of_one_chunk_are_kept_apart
            a_large_object_reads_back
        });
    };
}

macro_rules! files {
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, files {
            a_file_reads_back
            a_large_file_reads_back
            a_file_is_read_only_after_its_end
            a_file_that_is_dropped_never_exists
            two_files_of_one_part_both_stay
            a_name_tells_the_part_and_the_format
        });
    };
}

store!(memory_store, async { MemoryStore::default() });
store!(dynamodb, async { DynamoDbStore::new(&sdk_config().await, local_cloud("JOBS_TABLE")) });
store!(valkey, async { valkey(false) });
store!(valkey_cluster, async { valkey(true) });
store!(valkey_as_cache_user, cache_user::store());

source!(memory_source, async { source::Memory });
source!(postgres, async { source::Postgres });
conformance!(postgres_alone, async { source::Postgres }, source {
    what_is_written_later_is_not_seen
    a_snapshot_is_held_no_longer_than_its_limit
});

queue!(memory_queue, async { queue::Memory::default() });
queue!(sqs, queue::Sqs::create());

reminders!(memory_reminders, async { MemoryReminders::default() });
reminders!(sqs_reminders, reminders::Sqs::create());

events!(memory_events, async { MemoryEvents::default() });
events!(eventbridge, events::Bus::create());

objects!(memory_objects, async { MemoryObjects::default() });
objects!(s3, async { S3Objects::new(&sdk_config().await, local_cloud("OBJECTS_BUCKET")) });

files!(memory_files, async { MemoryObjects::default() });
files!(s3_files, async { S3Objects::new(&sdk_config().await, local_cloud("OBJECTS_BUCKET")) });
conformance!(s3_links, async { S3Objects::new(&sdk_config().await, local_cloud("OBJECTS_BUCKET")) }, files {
    a_link_reads_a_file_and_no_other_until_its_time_is_over
    a_link_to_a_file_of_several_parts_reads_it
});

#[tokio::test]
async fn objects_of_a_bucket_that_does_not_exist_are_misconfigured() {
    let objects = S3Objects::new(&sdk_config().await, "no-such-bucket-of-these-tests");
    objects::a_bucket_that_does_not_exist_is_misconfigured(&objects).await;
}

#[tokio::test]
async fn files_of_a_bucket_that_does_not_exist_are_misconfigured() {
    let objects = S3Objects::new(&sdk_config().await, "no-such-bucket-of-these-tests");
    files::a_bucket_that_does_not_exist_is_misconfigured(&objects).await;
}

fn valkey(cluster: bool) -> ValkeyStore {
    ValkeyStore::new(&no_aws(), ValkeyConfig::new(&local_cloud("VALKEY_URL"), cluster).unwrap())
}
