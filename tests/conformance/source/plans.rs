//! A table is cut by its keys.

use pgfold_core::{ChunkRange, Error, KeyRange, Plan};
use pgfold_tests::numbers;

use super::{Backend, Collect, LIMIT, OTHER_COLUMNS, expected, keys, rows};

pub(crate) async fn an_empty_table_has_no_chunk(backend: &dyn Backend) {
    let table = backend.table(&[]).await;
    let planned = table.planned(4).await;
    assert_eq!((planned.plan, planned.estimated_rows), (Plan::empty(), 0));
    assert_eq!(table.read(&keys(None, None)).await, []);
}

/// The keys of a plan's chunks.
fn key_ranges(plan: &Plan) -> Vec<KeyRange> {
    let ranges = plan.chunks().map(|(_, range)| match range {
        ChunkRange::Keys(keys) => keys,
        _ => panic!("{range} are not keys"),
    });
    ranges.collect()
}

pub(crate) async fn the_ends_are_exact(backend: &dyn Backend) {
    for all in [vec![7], vec![-5, 3], vec![i64::MIN, 0, i64::MAX]] {
        let table = backend.table(&rows(all.iter().copied())).await;
        let ranges = key_ranges(&table.planned(4).await.plan);
        let (first, last) = (ranges.first().unwrap(), ranges.last().unwrap());
        assert_eq!(first.start(), Some(&all[0].into()));
        let beyond = all[all.len() - 1].checked_add(1).map(Into::into);
        assert_eq!(last.end(), beyond.as_ref());
    }
}

pub(crate) async fn chunks_have_about_equally_many_rows(backend: &dyn Backend) {
    let all: Vec<i64> = (0..500).map(|key| key * key).collect();
    let table = backend.table(&rows(all.iter().copied())).await;
    let planned = table.planned(5).await;
    assert!((450..550).contains(&planned.estimated_rows), "{planned:?}");
    let ranges = key_ranges(&planned.plan);
    let sizes = ranges.iter().map(|range| all.iter().filter(|key| range.contains(**key)).count());
    let sizes: Vec<usize> = sizes.collect();
    assert_eq!(sizes.len(), 5);
    assert!(sizes.iter().all(|size| (80..120).contains(size)), "{sizes:?}");
}

pub(crate) async fn chunks_together_read_every_row_once(backend: &dyn Backend) {
    // More rows than a batch holds, with gaps.
    let all = rows((-1500..1500).map(|key| key * 3));
    let table = backend.table(&all).await;
    for chunks in [1, 4, 7] {
        let mut found = Vec::new();
        for (_, range) in table.planned(chunks).await.plan.chunks() {
            found.extend(table.read(&range).await);
        }
        assert_eq!(found, expected(&all), "{chunks} chunks");
    }
}

pub(crate) async fn unknown_columns_are_misconfigured(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let (source, chunks) = (&*table.source, Default::default());
    let mut nothing = Collect::default();
    let (plan, held) = table.hold(1).await;
    let reading = table.begin(Some(held.id())).await;
    let (_, blocks) = plan.chunks().next().unwrap();
    for result in [
        source.plan(chunks, &numbers(&OTHER_COLUMNS)).await.map(drop),
        source.hold(chunks, &numbers(&OTHER_COLUMNS), LIMIT).await.map(drop),
        table
            .begin(None)
            .await
            .read(&keys(0, 1), &numbers(&OTHER_COLUMNS), &mut nothing)
            .await
            .map(drop),
        reading.read(&blocks, &numbers(&OTHER_COLUMNS), &mut nothing).await.map(drop),
    ] {
        assert!(
            matches!(&result, Err(Error::Misconfigured(why)) if why.contains("\"x1\"")),
            "{result:?}"
        );
    }
    assert!(nothing.0.is_empty());
    // It is as well as before.
    assert_eq!(table.planned(1).await.plan.len(), 1);
    assert_eq!(table.read(&keys(0, 10)).await.len(), 10);
}

pub(crate) async fn a_definition_is_short_and_stays(backend: &dyn Backend) {
    let (one, other) = (backend.table(&rows(0..3)).await, backend.table(&rows(0..3)).await);
    let definition = one.source.definition();
    assert!((1..=64).contains(&definition.len()), "{definition:?}");
    assert_eq!(other.source.definition(), definition);
    one.planned(2).await;
    assert_eq!(one.source.definition(), definition);
}
