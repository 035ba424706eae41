//! What writing a row into a file costs, by format.
//!
//! `cargo bench -p pgfold-adapters --bench formats` tells rows a second.

#![expect(clippy::unwrap_used, reason = "what fails here is the benchmark")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pgfold_adapters::FileFormats;
use pgfold_core::{
    Cell, Encoders, Format, Key, KeyKind, Number, Numeric, Output, OutputColumn, RowBatch,
    RowBuffer, ValueType,
};

/// Rows of a file: a few row groups.
const ROWS: usize = 1 << 19;

/// The rows that are made; a file has them several times.
const MADE: usize = 1 << 16;

fn write_files(criterion: &mut Criterion) {
    for (table, columns, batches) in [numbers(), trips()] {
        let mut group = criterion.benchmark_group(table);
        group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
        for format in Format::ALL {
            let output = Output { format, columns: columns.clone() };
            group.bench_function(BenchmarkId::from_parameter(format.name()), |bencher| {
                bencher.iter(|| write(&output, &batches));
            });
        }
        group.finish();
    }
}

/// Writes a file, and returns its bytes.
fn write(output: &Output, batches: &[Vec<u8>]) -> usize {
    let mut encoder = FileFormats.begin(output).unwrap();
    let mut bytes = 0;
    for batch in batches.iter().cycle().take(batches.len() * (ROWS / MADE)) {
        encoder.add(RowBatch::leading(KeyKind::Unsent, &[], batch)).unwrap();
        bytes += encoder.take().len();
    }
    bytes + encoder.finish().unwrap().len()
}

type Table = (&'static str, Vec<OutputColumn>, Vec<Vec<u8>>);

/// An integer that counts and four random doubles.
fn numbers() -> Table {
    let columns = [("id", ValueType::Bigint)].into_iter();
    let columns = columns.chain(["a", "b", "c", "d"].map(|name| (name, ValueType::Double)));
    let mut random = random();
    let row = |at| {
        let number = |_| Cell::Number((random() >> 11) as f64 / (1_u64 << 53) as f64);
        [Cell::Integer(at)].into_iter().chain((0..4).map(number)).collect()
    };
    ("numbers", columns_of(columns), batches(row))
}

/// Columns of many types, one of them with NULLs.
fn trips() -> Table {
    let columns = [
        ("id", ValueType::Bigint),
        ("at", ValueType::Timestamptz),
        ("city", ValueType::Text),
        ("fare", ValueType::Numeric { precision: 10, scale: 2 }),
        ("note", ValueType::Text),
        ("paid", ValueType::Boolean),
        ("kind", ValueType::Integer),
        ("rider", ValueType::Uuid),
    ];
    let mut random = random();
    let mut below = move |limit: u64| random() % limit;
    let row = |at| {
        let fare = Numeric::parse(&format!("{}.{:02}", below(100), below(100))).unwrap();
        let note = format!("paid in cash, receipt {}", below(100_000));
        vec![
            Cell::Integer(at),
            Cell::Integer(800_000_000_000_000 + 1_300_000 * at + below(1_000_000) as i64),
            Cell::Text(["Rome", "Oslo", "New York", "São Paulo"][below(4) as usize].to_owned()),
            Cell::Numeric(Number::Numeric(fare)),
            if below(4) == 0 { Cell::Null } else { Cell::Text(note) },
            Cell::Boolean(below(3) == 0),
            Cell::Integer(below(12) as i64),
            Cell::Uuid(uuid::Uuid::from_u64_pair(below(u64::MAX), below(u64::MAX))),
        ]
    };
    ("trips", columns_of(columns), batches(row))
}

fn columns_of(columns: impl IntoIterator<Item = (&'static str, ValueType)>) -> Vec<OutputColumn> {
    let column = |(name, value_type): (&str, _)| OutputColumn {
        name: name.to_owned(),
        value_type,
        sql_type: None,
    };
    columns.into_iter().map(column).collect()
}

/// Returns rows, as many at a time as come from the network.
fn batches(mut row: impl FnMut(i64) -> Vec<Cell>) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut rows = RowBuffer::new(KeyKind::Unsent);
    for at in 0..MADE as i64 {
        rows.push_cells(&Key::Integer(at), row(at));
        if rows.is_full() || at + 1 == MADE as i64 {
            let full = std::mem::replace(&mut rows, RowBuffer::new(KeyKind::Unsent));
            batches.push(full.into_bytes());
        }
    }
    batches
}

/// Returns the next of random numbers, the same in every run.
fn random() -> impl FnMut() -> u64 {
    let mut state = 88_172_645_463_325_252_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

criterion_group!(benches, write_files);
criterion_main!(benches);
