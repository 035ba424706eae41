//! Aggregates of rows, or the rows themselves, fold to one partial.

use pgfold_core::{
    ChunkCount, Compute, Computed, Consistency, FoldedQuery, Projection, Pushdown, Query,
    kernel::KernelSpec,
};
use serde_json::{Value, json};

use super::{
    Backend, LIMIT, Table,
    typed::{all, asked},
};

fn kernel(name: &str, columns: &[&str], params: Value) -> Computed {
    let columns = Some(columns.iter().map(|name| (*name).to_owned()).collect());
    Computed { kernel: KernelSpec { name: name.to_owned(), params }, columns }
}

/// Kernels over a column of each type of numbers.
fn computes() -> Vec<Compute> {
    let bounds = json!({ "bounds": [-1, "0.3", "1.5", 7, "12345678901234567890"] });
    let each = ["whole", "number", "exact"].into_iter().flat_map(|column| {
        [
            kernel("extremes", &[column], json!({})),
            kernel("histogram", &[column], bounds.clone()),
            kernel("bounding_box", &[column, "number"], json!({})),
        ]
    });
    let each: Vec<Computed> = each.collect();
    let named = (0..).zip(&each).map(|(at, one)| (format!("k{at}"), one.clone())).collect();
    each.into_iter().map(Compute::One).chain([Compute::Named(named)]).collect()
}

/// The chunks as mappers store them, from aggregates and from rows.
async fn both(
    table: &Table,
    query: &Query,
    consistency: Consistency,
) -> (Vec<FoldedQuery>, Vec<FoldedQuery>) {
    let (source, open) = (&*table.source, query.open().unwrap());
    let projection = Projection::of(&open);
    let chunks = ChunkCount::new(3).unwrap();
    let (planned, held) = match consistency {
        Consistency::PerChunk => (source.plan(chunks, &projection).await.unwrap(), None),
        Consistency::Snapshot => {
            let (planned, held) = source.hold(chunks, &projection, LIMIT).await.unwrap();
            (planned, Some(held))
        }
    };
    let projection = Projection {
        filter: planned.filter.clone(),
        cut_by: planned.cut_by.clone(),
        relation: planned.relation.clone(),
        ..projection
    };
    let Some(Pushdown::Aggregate(aggregates)) = open.pushdown() else { panic!("{query:?}") };
    let snapshot = held.as_ref().map(|held| held.id());
    let (mut aggregated, mut folded) = (Vec::new(), Vec::new());
    for (_, range) in planned.plan.chunks() {
        let mut fold = open.fold();
        let reading = table.begin(snapshot).await;
        reading.aggregate(&range, &projection, &aggregates, &mut fold).await.unwrap();
        aggregated.push(fold.finish().unwrap());
        let mut fold = open.fold();
        table.begin(snapshot).await.read(&range, &projection, &mut fold).await.unwrap();
        folded.push(fold.finish().unwrap());
    }
    (aggregated, folded)
}

pub(crate) async fn aggregates_fold_to_the_partial_of_their_rows(backend: &dyn Backend) {
    let table = backend.typed(&all()).await;
    let filter = json!([{ "column": "whole", "test": { "compare": ["ge", 0] } }]);
    for (filter, groups) in [
        (&json!([]), &[][..]),
        (&json!([]), &["word"]),
        (&filter, &["yes", "exact"]),
        (&filter, &["code", "whole"]),
    ] {
        let Projection { filter, groups, .. } = asked(filter, groups);
        for compute in computes() {
            let query =
                Query { compute, filter: filter.clone(), group_by: groups.clone(), ..any() };
            for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
                let (aggregated, folded) = both(&table, &query, consistency).await;
                assert_eq!(aggregated, folded, "{consistency:?}: {query:?}");
                assert!(folded.iter().map(|chunk| chunk.rows).sum::<u64>() > 100);
            }
        }
    }
}

fn any() -> Query {
    Query::of(kernel("extremes", &["whole"], json!({})))
}
