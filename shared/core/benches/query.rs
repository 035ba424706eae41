//! What folding a row costs by a query: in groups, and by several kernels at once.
//!
//! `cargo bench -p pgfold-core --bench query` tells rows a second. `summary` alone, without groups,
//! is the fold to compare with: its rows have the same fields.

#![expect(clippy::unwrap_used, reason = "what fails here is the benchmark")]

use std::collections::BTreeMap;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pgfold_core::{
    Compute, Computed, FoldRows, GroupBy, KeyKind, Query, RowBatch, RowBuffer, kernel::KernelSpec,
};
use serde_json::{Value, json};

/// Rows before the same come again: more than the nearest cache holds.
const ROWS: usize = 1 << 16;

/// Rows that are folded at a time: as many as come from the network at a time.
const BATCH: usize = 1 << 12;

fn fold_queries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("query");
    group.throughput(Throughput::Elements(ROWS as u64));
    let summary = || computed("summary", json!({}));
    // As `make bench` computes them, all over one column.
    let five = [
        ("fare", summary()),
        ("buckets", computed("histogram", json!({ "bounds": [10, 20, 50] }))),
        ("ranks", computed("quantiles", json!({}))),
        ("cities", computed("distinct", json!({}))),
        ("box", {
            let kernel = KernelSpec { name: "bounding_box".to_owned(), params: json!({}) };
            Computed { kernel, columns: Some(vec!["fare".to_owned(), "fare".to_owned()]) }
        }),
    ];
    let five = five.map(|(name, computed)| (name.to_owned(), computed));
    for (name, groups, compute) in [
        ("summary", None, Compute::One(summary())),
        ("summary, 1 group", Some(1), Compute::One(summary())),
        ("summary, 1,000 groups", Some(1000), Compute::One(summary())),
        ("five kernels", None, Compute::Named(BTreeMap::from(five))),
    ] {
        let by = || GroupBy {
            column: "city".to_owned(),
            unit: None,
            time_zone: None,
            name: "city".to_owned(),
        };
        let group_by = groups.iter().map(|_| by()).collect();
        let query = Query { group_by, compute, ..Query::of(summary()) };
        let open = query.open().unwrap();
        // All columns are `fare`, which is sent once.
        let fields =
            if open.may_share_fields() { vec![0; open.columns().len()] } else { Vec::new() };
        let batches = batches(groups);
        let mut fold = open.fold();
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                for batch in &batches {
                    let rows = RowBatch::leading(KeyKind::Integer, &[], batch);
                    fold.fold(rows.with_fields(&fields)).unwrap();
                }
            });
        });
    }
    group.finish();
}

fn computed(name: &str, params: Value) -> Computed {
    let kernel = KernelSpec { name: name.to_owned(), params };
    Computed { kernel, columns: Some(vec!["fare".to_owned()]) }
}

/// Rows of an integer key, the number of their group if there are some, and a random number from 0
/// to 100.
fn batches(groups: Option<usize>) -> Vec<Vec<u8>> {
    let mut random = random();
    let keys: Vec<i32> = (0..ROWS as i32).collect();
    let mut batch = |keys: &[i32]| {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        for key in keys {
            let group = groups.map(|groups| ((random() * groups as f64) as i32).to_be_bytes());
            let (key, number) = (key.to_be_bytes(), (random() * 100.0).to_be_bytes());
            let group = group.as_ref().map(|group| Some(&group[..]));
            rows.push([Some(&key[..])].into_iter().chain(group).chain([Some(&number[..])]));
        }
        rows.into_bytes()
    };
    keys.chunks(BATCH).map(&mut batch).collect()
}

/// Random numbers from 0 to 1, by Knuth's MMIX generator.
fn random() -> impl FnMut() -> f64 {
    let mut seed = 1_u64;
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

criterion_group!(benches, fold_queries);
criterion_main!(benches);
