//! What folding a row costs, from the bytes that the network brought to the partial.
//!
//! `cargo bench -p pgfold-core` tells rows a second.

#![expect(clippy::unwrap_used, reason = "what fails here is the benchmark")]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pgfold_core::{
    KeyKind, Number, Numeric, RowBatch, RowBuffer,
    kernel::{DynKernel, Kernel, KernelSpec, Summary, SummaryPartial},
};
use serde_json::{Value, json};

/// Rows that a fold has seen before it is measured: enough for the nearest of them to be so near
/// that most others are passed over, as in a chunk.
const SEEN: usize = 1 << 16;

/// Rows that are folded at a time: as many as come from the network at a time.
const BATCH: usize = 1 << 12;

/// How numbers lie in a row's message.
#[derive(Clone, Copy)]
enum Form {
    /// A field for each.
    Apart,
    /// All in one field.
    Packed,
}

fn fold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(BATCH as u64));
    let metric = |metric| kernel("min_distance", json!({ "metric": metric }));
    let none = || json!({});
    for (name, kernel, form) in [
        ("euclidean", metric("euclidean"), Form::Packed),
        ("euclidean, apart", metric("euclidean"), Form::Apart),
        ("haversine", metric("haversine"), Form::Packed),
        ("geodesic", metric("geodesic"), Form::Packed),
        ("nearest_k", kernel("nearest_k", none()), Form::Packed),
        ("bounding_box", kernel("bounding_box", none()), Form::Packed),
        ("summary", kernel("summary", none()), Form::Apart),
        ("quantiles", kernel("quantiles", none()), Form::Apart),
    ] {
        let bytes = messages(kernel.columns().len(), form);
        let mut fold = kernel.fold();
        fold.fold(RowBatch::leading(KeyKind::Integer, &[], &bytes)).unwrap();
        let batch = &bytes[..bytes.len() / (SEEN / BATCH)];
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| fold.fold(RowBatch::leading(KeyKind::Integer, &[], batch)).unwrap());
        });
    }
    group.finish();
}

/// Numbers that are folded into a partial, or into one a group in random order, so that no partial
/// stays in the nearest cache.
fn fold_groups(criterion: &mut Criterion) {
    const ROWS: usize = 1_000_000;
    let mut random = random();
    let rows: Vec<(f64, f64)> = (0..ROWS).map(|_| (random(), random() * 90.0)).collect();
    let cents = |value: f64| (value * 100.0) as i64;
    let price = |value| Numeric::parse(&format!("{:.2}", cents(value) as f64 / 100.0)).unwrap();
    let numbers: [(&str, &dyn Fn(f64) -> Number); 4] = [
        ("doubles", &|value| Number::Float(value)),
        // From 1e-60 to 1e30, positive and negative.
        ("doubles of any size", &|value| Number::Float((value - 45.0) * 10_f64.powf(value - 60.0))),
        ("integers", &|value| Number::Integer(cents(value))),
        ("numerics", &|value| Number::Numeric(price(value))),
    ];
    for groups in [1, 1000] {
        let mut group = criterion.benchmark_group(format!("{groups} partials"));
        group.throughput(Throughput::Elements(ROWS as u64)).sample_size(20);
        for (name, number) in numbers {
            let row =
                |(random, value): &(f64, f64)| ((random * groups as f64) as usize, number(*value));
            let rows: Vec<(usize, Number)> = rows.iter().map(row).collect();
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                let fold = |mut partials: Vec<SummaryPartial>| {
                    for (group, number) in &rows {
                        let partial = &mut partials[*group];
                        Kernel::fold(&Summary, partial, 1.into(), [Some(number.clone())]);
                    }
                    partials
                };
                let none = || (0..groups).map(|_| Kernel::identity(&Summary)).collect();
                bencher.iter_batched(none, fold, BatchSize::LargeInput);
            });
        }
        group.finish();
    }
}

fn find_rows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("find");
    group.throughput(Throughput::Elements(BATCH as u64));
    let bytes = messages(4, Form::Packed);
    let batch = &bytes[..bytes.len() / (SEEN / BATCH)];
    group.bench_function("whole rows", |bencher| {
        bencher.iter(|| RowBatch::leading(KeyKind::Integer, &[], batch).byte_len());
    });
    group.finish();
}

fn kernel(name: &str, params: Value) -> Box<dyn DynKernel> {
    KernelSpec { name: name.to_owned(), params }.open().unwrap()
}

/// Rows with integer keys and random numbers from 0 to 90, so that all are places on the earth.
fn messages(columns: usize, form: Form) -> Vec<u8> {
    let mut random = random();
    let mut rows = RowBuffer::new(KeyKind::Integer);
    for key in 0..SEEN as i32 {
        let key = key.to_be_bytes();
        let numbers: Vec<[u8; 8]> = (0..columns).map(|_| (random() * 90.0).to_be_bytes()).collect();
        let packed = numbers.concat();
        let fields: Vec<Option<&[u8]>> = match form {
            Form::Apart => numbers.iter().map(|number| Some(&number[..])).collect(),
            Form::Packed => vec![Some(&packed)],
        };
        rows.push(std::iter::once(Some(&key[..])).chain(fields));
    }
    rows.into_bytes()
}

/// Random numbers from 0 to 1, by Knuth's MMIX generator.
fn random() -> impl FnMut() -> f64 {
    let mut seed = 1_u64;
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

criterion_group!(benches, fold, fold_groups, find_rows);
criterion_main!(benches);
