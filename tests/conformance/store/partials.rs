//! The largest partials that a record has.

use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_core::{
    Cell, ChunkIndex, ChunkRecord, GroupType, KeyKind, Query, RowBuffer, Stage, Store,
    kernel::{KernelSpec, NearestK, NearestKParams},
};
use pgfold_tests::PlannedJob;
use serde_json::json;

use super::{chunks, progress};

/// How many records are under way at a time.
const AT_ONCE: usize = 32;

/// The largest record that `record` makes of so many rows, whose partial has room in it.
fn largest(record: impl Fn(usize) -> ChunkRecord) -> ChunkRecord {
    let fits = |rows: &usize| record(*rows).partial.bytes() <= ChunkRecord::ROOM;
    let rows = (1..1000).take_while(fits).last().expect("room for a row");
    let large = record(rows);
    let bytes = large.partial.bytes();
    assert!(bytes > ChunkRecord::ROOM * 8 / 10, "{bytes} bytes are not nearly all the room");
    large
}

/// Two items of DynamoDB are full of the largest records, whose keys are as long as they may be.
pub(crate) async fn a_thousand_chunks_some_of_the_largest_partials_are_kept(store: &dyn Store) {
    let params = NearestKParams { k: NearestK::MOST, ..NearestKParams::default() };
    let sample = PlannedJob::of_kernel(KernelSpec::of::<NearestK>(&params).unwrap(), 1000);
    let large = largest(|count| {
        let mut rows = RowBuffer::new(KeyKind::Text);
        for row in 0..count {
            let key = format!("{row:03}{}", "\u{1}".repeat(253));
            let coordinate = -f64::MAX / (row as f64 + 3.0);
            rows.push_cells(&pgfold_core::Key::Text(key), [coordinate; 4]);
        }
        sample.record_of_rows(0, rows.batch())
    });
    let record = |chunk: u16| -> ChunkRecord {
        match chunk {
            0..32 | 300 => large.clone(),
            _ => sample.record(chunk, [0.0, 0.0, f64::from(chunk), 0.0]),
        }
    };
    store.create(&sample.job, &sample.plan).await.unwrap();
    stream::iter(0..1000_u16)
        .map(async |chunk| store.record(&sample.job, ChunkIndex(chunk), &record(chunk)).await)
        .buffer_unordered(AT_ONCE)
        .try_for_each(async |_| Ok(()))
        .await
        .unwrap();
    assert_eq!(progress(store, &sample).await.done, 1000);
    let kept = chunks(store, &sample).await;
    assert_eq!(kept.missing().count(), 0);
    assert_eq!((&kept.records[&ChunkIndex(300)].partial), &large.partial);
    assert_eq!(kept.records[&ChunkIndex(999)].partial, record(999).partial);
}

/// Rows of so many groups, whose values are texts.
fn rows_of_groups(groups: usize) -> RowBuffer {
    let mut rows = RowBuffer::new(KeyKind::Integer);
    for group in 0..groups {
        let name = format!("{group:05}{}", "\u{1}".repeat(95));
        let cells = [Cell::Text(name), Cell::Number(-f64::MAX / (group as f64 + 3.0))];
        rows.push_cells(&(group as i64).into(), cells);
    }
    rows
}

pub(crate) async fn the_largest_records_of_groups_are_kept(store: &dyn Store) {
    let query = json!({
        "group_by": [{ "column": "name", "name": "name" }],
        "compute": { "named": { "x": { "kernel": { "name": "summary", "params": {} }, "columns": ["x1"] } } },
    });
    let query: Query = serde_json::from_value(query).unwrap();
    let plan = PlannedJob::new(20).plan;
    let sample = PlannedJob::of_query(query, vec![GroupType::Text], plan);
    let opened = sample.job.computation.query.open().unwrap();
    let large = largest(|groups| sample.record_of_rows(0, rows_of_groups(groups).batch()));
    let record = |chunk: u16| match chunk % 5 {
        4 => sample.record_of_rows(chunk, rows_of_groups(chunk.into()).batch()),
        _ => large.clone(),
    };
    store.create(&sample.job, &sample.plan).await.unwrap();
    for chunk in 0..20 {
        let recorded = store.record(&sample.job, ChunkIndex(chunk), &record(chunk)).await.unwrap();
        assert_eq!((recorded.first, recorded.stage == Stage::Done), (true, chunk == 19));
    }
    let kept = chunks(store, &sample).await;
    for chunk in 0..20 {
        assert_eq!(kept.records[&ChunkIndex(chunk)], record(chunk), "chunk {chunk}");
    }
    let partials = kept.records.values().map(|record| &record.partial);
    let answer = opened.answer(&sample.job.computation.group_types, partials).unwrap().answer;
    assert!(answer["group_count"].as_u64().unwrap() >= 19, "{}", answer["group_count"]);
}
