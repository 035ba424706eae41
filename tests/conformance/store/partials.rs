//! Partials that are larger than a chunk's share of an item.

use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_core::{
    ChunkIndex, ChunkRecord, KeyKind, RowBuffer, Store,
    kernel::{KernelSpec, NearestK, NearestKParams},
};
use pgfold_tests::PlannedJob;

use super::{chunks, progress};

/// How many records are under way at a time.
const AT_ONCE: usize = 32;

/// Of all kernels that of the nearest hundred has the largest partials. The keys are as long as
/// they may be.
pub(crate) async fn a_thousand_of_the_largest_partials_are_kept(store: &dyn Store) {
    let params = NearestKParams { k: NearestK::MOST, ..NearestKParams::default() };
    let sample = PlannedJob::of_kernel(KernelSpec::of::<NearestK>(&params).unwrap(), 1000);
    let mut rows = RowBuffer::new(KeyKind::Text);
    for row in 0..NearestK::MOST {
        let key = format!("{row:03}{}", "\u{1}".repeat(253));
        let coordinate = -f64::MAX / (row as f64 + 3.0);
        rows.push_cells(&pgfold_core::Key::Text(key), [coordinate; 4]);
    }
    let large = sample.record_of_rows(0, rows.batch());
    let most = sample.job.computation.query.open().unwrap().largest_in_record();
    let bytes = large.to_json().unwrap().len();
    assert!(bytes > most * 9 / 10, "{bytes} bytes are not nearly {most}");

    // Every hundredth is of that size, the others have one row.
    let record = |chunk: u16| -> ChunkRecord {
        match chunk % 100 {
            0 => large.clone(),
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
