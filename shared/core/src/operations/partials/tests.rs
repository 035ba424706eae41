use std::{
    collections::HashMap,
    future::poll_fn,
    ops::Range,
    sync::{Mutex, atomic::AtomicUsize, atomic::Ordering::Relaxed},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::*;
use crate::{
    job::NewObject,
    operations::{Mapper, run_fold::RunFold},
    ports::{Files, Upload},
    query::{FoldedQuery, Query, Run, RunCut},
    rows::{Cell, FoldRows, Key, KeyKind, RowBuffer},
};

#[derive(Default)]
struct Map {
    objects: Mutex<HashMap<ObjectName, Vec<u8>>>,
    reads: AtomicUsize,
}

#[async_trait]
impl Objects for Map {
    async fn put(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<()> {
        self.objects.lock().unwrap().insert(name.clone(), bytes);
        Ok(())
    }

    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>> {
        self.reads.fetch_add(1, Relaxed);
        let objects = self.objects.lock().unwrap();
        Ok(objects[name][range.start as usize..range.end as usize].to_vec())
    }
}

#[async_trait]
impl Files for Map {
    fn create(&self, object: NewObject) -> Box<dyn Upload + '_> {
        let number = self.reads.fetch_add(1, Relaxed).to_string();
        Box::new(MapUpload { map: self, name: object.with(&number), bytes: Vec::new() })
    }

    async fn has(&self, name: &ObjectName) -> Result<bool> {
        Ok(self.objects.lock().unwrap().contains_key(name))
    }

    async fn link(&self, name: &ObjectName, _: &str, _: Duration) -> Result<String> {
        Ok(name.to_string())
    }
}

struct MapUpload<'m> {
    map: &'m Map,
    name: ObjectName,
    bytes: Vec<u8>,
}

#[async_trait]
impl Upload for MapUpload<'_> {
    fn name(&self) -> &ObjectName {
        &self.name
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.bytes.extend(bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        self.map.put(&self.name, self.bytes).await
    }
}

const TYPES: [GroupType; 1] = [GroupType::Integer];

fn query(json: serde_json::Value) -> Query {
    serde_json::from_value(json).unwrap()
}

fn grouped(order: serde_json::Value) -> Query {
    let summary = json!({ "kernel": { "name": "summary", "params": {} }, "columns": ["x"] });
    query(json!({
        "group_by": [{ "column": "g", "name": "g" }],
        "compute": { "named": { "x": summary, "y": summary } },
        "order": order,
    }))
}

/// The partial of rows with these groups.
fn partial(query: &Query, groups: impl Iterator<Item = i64>) -> QueryPartial {
    let opened = query.open().unwrap();
    let mut fold = opened.fold();
    for group in groups {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        // One for each kernel.
        let values = vec![Cell::Number(group as f64 / 3.0); query.compute.iter().count()];
        let of_group = (!query.group_by.is_empty()).then_some(Cell::Integer(group));
        rows.push_cells(&Key::Integer(group), of_group.into_iter().chain(values));
        fold.fold(rows.batch()).unwrap();
    }
    fold.finish().unwrap().partial
}

/// The same, of many rows.
fn partial_in_batches(query: &Query, groups: impl Iterator<Item = i64>) -> QueryPartial {
    let opened = query.open().unwrap();
    let (mut fold, mut rows) = (opened.fold(), RowBuffer::new(KeyKind::Integer));
    for group in groups {
        let x = Cell::Number(group as f64 / 3.0);
        rows.push_cells(&Key::Integer(group), [Cell::Integer(group), x.clone(), x]);
        if rows.is_full() {
            fold.fold(rows.batch()).unwrap();
            rows.clear();
        }
    }
    fold.fold(rows.batch()).unwrap();
    fold.finish().unwrap().partial
}

fn job_id() -> JobId {
    "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap()
}

/// Puts a partial into an object.
fn in_object(objects: &Map, chunk: ChunkIndex, partial: QueryPartial) -> QueryPartial {
    let Run { stored, bytes } = Run::of(partial, RunCut::of(1, 0)).unwrap();
    let name = ObjectName::of_chunk(job_id(), chunk, stored.checksum());
    objects.put(&name, bytes).now_or_never().unwrap().unwrap();
    QueryPartial::Run(stored)
}

fn answer(objects: &Map, query: &Query, partials: &[QueryPartial], ahead: u64) -> Result<Answer> {
    let all = (0..).map(ChunkIndex).zip(partials).collect();
    let (partials, opened) = (Partials { job_id: job_id(), all }, query.open().unwrap());
    let types = if query.group_by.is_empty() { &[][..] } else { &TYPES };
    partials.answer(objects, &opened, types, ahead).now_or_never().unwrap()
}

/// Three chunks of 5,000, 3,000 and 700 groups, many of which they share.
fn chunks(query: &Query) -> Vec<QueryPartial> {
    let groups = [(0..5000, 1), (2000..11_000, 3), (0..7000, 10)];
    groups.map(|(groups, step)| partial(query, groups.step_by(step))).into()
}

#[test]
fn the_answer_is_that_of_records_however_much_is_read_at_a_time() {
    for order in [json!({}), json!({ "by": "x.sum", "descending": true, "limit": 7 })] {
        let query = grouped(order);
        let (in_records, objects) = (chunks(&query), Map::default());
        let expected = answer(&objects, &query, &in_records, READ_AHEAD).unwrap();
        assert_eq!(objects.reads.load(Relaxed), 0);
        let each = |(chunk, partial): (u16, &QueryPartial)| match chunk {
            // One is in a record.
            2 => partial.clone(),
            _ => in_object(&objects, ChunkIndex(chunk), partial.clone()),
        };
        let partials: Vec<QueryPartial> = (0..).zip(&in_records).map(each).collect();
        let mut reads = Vec::new();
        for ahead in [0, 400_000, READ_AHEAD] {
            objects.reads.store(0, Relaxed);
            assert!(answer(&objects, &query, &partials, ahead).unwrap() == expected, "{ahead}");
            reads.push(objects.reads.load(Relaxed));
        }
        // Each object as a whole; in parts with a footer; and block by block.
        assert!(reads[2] == 2 && reads[1] > 4 && reads[0] > 2 * reads[1], "{reads:?}");
    }
}

/// Folds rows of these groups with little memory, so that the partial is several runs.
fn spilled(
    objects: &Map,
    query: &Query,
    chunk: u16,
    groups: impl Iterator<Item = i64>,
) -> QueryPartial {
    let opened = query.open().unwrap();
    let object = NewObject::Run { job_id: job_id(), chunk: ChunkIndex(chunk) };
    let mut fold = RunFold::new(&opened, objects, object, RunCut::of(3, 3), 1_000_000);
    let groups: Vec<i64> = groups.collect();
    for some in groups.chunks(1000) {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        for group in some {
            let values = [Cell::Integer(*group), Cell::Number(*group as f64 / 3.0)];
            let values = values.into_iter().chain([Cell::Number(*group as f64 / 3.0)]);
            rows.push_cells(&Key::Integer(*group), values);
        }
        fold.fold(rows.batch()).unwrap();
        let ready = poll_fn(|context| fold.poll_ready(context)).now_or_never();
        ready.unwrap().unwrap();
    }
    let folded = fold.finish().now_or_never().unwrap().unwrap();
    assert_eq!(folded.rows, groups.len() as u64);
    folded.partial
}

#[test]
fn groups_that_memory_has_no_room_for_are_those_of_memory() {
    let (query, objects) = (grouped(json!({})), Map::default());
    // Each group is met in several runs.
    let rows = || (0..400_000_i64).map(|row| row * 7919 % 30_000);
    let in_memory: Vec<QueryPartial> = vec![partial_in_batches(&query, rows())];
    let expected = answer(&objects, &query, &in_memory, READ_AHEAD).unwrap();
    let spilled = spilled(&objects, &query, 0, rows());
    let QueryPartial::Run(run) = &spilled else { panic!("{spilled:?}") };
    assert!(run.name().is_some());
    for ahead in [0, READ_AHEAD] {
        let partials = std::slice::from_ref(&spilled);
        assert!(answer(&objects, &query, partials, ahead).unwrap() == expected, "{ahead}");
    }

    // Each partition has its own groups, and together they are all.
    let opened = query.open().unwrap();
    let of = |number: u16| {
        let only = Partition::new(number, 3).unwrap();
        let partials = Partials { job_id: job_id(), all: vec![(ChunkIndex(0), &spilled)] };
        let mut reduction = Reduction::new(&opened, &TYPES);
        let merged = async {
            let mut merge = partials.merge(&objects, &opened, Some(only), READ_AHEAD).await?;
            while merge.step(&mut reduction).await? {}
            reduction.finish()
        };
        merged.now_or_never().unwrap().unwrap().answer
    };
    let parts = [0, 1, 2].map(of);
    let mut groups: Vec<Value> =
        parts.iter().flat_map(|part| part["groups"].as_array().unwrap().clone()).collect();
    assert!(parts.iter().all(|part| part["group_count"].as_u64().unwrap() > 9000));
    groups.sort_by_key(|group| group["g"].as_i64());
    assert!(Value::from(groups) == expected.answer["groups"]);
}

/// Rows for two kernels. The first skips some of them, which are not numbers.
fn rows_of(groups: &[i64]) -> RowBuffer {
    let mut rows = RowBuffer::new(KeyKind::Integer);
    for group in groups {
        let x = if group % 1000 == 7 { f64::NAN } else { *group as f64 / 3.0 };
        let cells = [Cell::Integer(*group), Cell::Number(x), Cell::Number(0.5)];
        rows.push_cells(&Key::Integer(*group), cells);
    }
    rows
}

#[test]
fn rows_are_not_combined_where_nearly_each_is_a_group() {
    let (query, objects) = (grouped(json!({})), Map::default());
    let opened = query.open().unwrap();
    // At first every row is a group, later none is a new one, and some are of groups before.
    let groups: Vec<i64> =
        (0..70_000).chain((0..20_000).map(|row| row % 500)).chain(20_000..30_000).collect();
    let mut combined = opened.fold();
    // So few at a time that the fold does not find out.
    let parts: Vec<FoldedQuery> = groups
        .chunks(50_000)
        .map(|groups| {
            let mut fold = opened.fold();
            fold.fold(rows_of(groups).batch()).unwrap();
            fold.finish().unwrap()
        })
        .collect();
    for groups in groups.chunks(1000) {
        combined.fold(rows_of(groups).batch()).unwrap();
    }
    assert!(combined.has_rows());
    let skipped: u64 = parts.iter().map(|part| part.skipped).sum();
    let in_records: Vec<QueryPartial> = parts.into_iter().map(|part| part.partial).collect();
    let expected = answer(&objects, &limited(&query), &in_records, READ_AHEAD).unwrap();
    let again = combined.finish().unwrap();
    assert_eq!((again.rows, again.skipped), (groups.len() as u64, skipped));
    let again = answer(&objects, &limited(&query), &[again.partial], READ_AHEAD).unwrap();
    assert!(again == expected);

    for most in [Mapper::MOST_IN_MEMORY, 15_000_000] {
        let object = NewObject::Run { job_id: job_id(), chunk: ChunkIndex(0) };
        let mut fold = RunFold::new(&opened, &objects, object, RunCut::of(10_000, 3), most);
        for groups in groups.chunks(1000) {
            fold.fold(rows_of(groups).batch()).unwrap();
        }
        let folded = fold.finish().now_or_never().unwrap().unwrap();
        assert_eq!((folded.rows, folded.skipped), (groups.len() as u64, skipped));
        for ahead in [0, READ_AHEAD] {
            let partials = std::slice::from_ref(&folded.partial);
            let answer = answer(&objects, &limited(&query), partials, ahead).unwrap();
            assert!(answer == expected, "{most} {ahead}");
        }
    }
}

/// The same query, whose answer lists few of its groups, those with most rows and their neighbours.
fn limited(query: &Query) -> Query {
    let order = serde_json::from_value(json!({ "by": "rows", "descending": true, "limit": 5000 }));
    Query { order: order.unwrap(), ..query.clone() }
}

#[test]
fn the_answer_of_one_kernel_is_that_of_records() {
    let query = query(json!({ "compute": { "one": {
        "kernel": { "name": "summary", "params": {} }, "columns": ["x"],
    } } }));
    let (in_records, objects) = (chunks(&query), Map::default());
    let expected = answer(&objects, &query, &in_records, READ_AHEAD).unwrap();
    let in_objects = |chunk| in_object(&objects, chunk, in_records[usize::from(chunk.0)].clone());
    let partials = [0, 1, 2].map(|chunk| in_objects(ChunkIndex(chunk)));
    for ahead in [0, READ_AHEAD] {
        assert_eq!(answer(&objects, &query, &partials, ahead).unwrap(), expected);
    }
}

#[test]
fn a_byte_that_has_changed_is_noticed() {
    let query = grouped(json!({}));
    let objects = Map::default();
    let stored = in_object(&objects, ChunkIndex(0), partial(&query, 0..1000));
    let bytes = stored.bytes() as usize;
    let change = |at: usize| {
        let mut objects = objects.objects.lock().unwrap();
        objects.values_mut().next().unwrap()[at] ^= 1;
    };
    let places = (0..bytes).step_by(bytes / 50).chain(bytes - 20..bytes);
    for at in places {
        change(at);
        for ahead in [0, READ_AHEAD] {
            let answer = answer(&objects, &query, std::slice::from_ref(&stored), ahead);
            assert!(matches!(answer, Err(Error::Corrupt { .. })), "byte {at}: {answer:?}");
        }
        change(at);
    }
    assert!(answer(&objects, &query, &[stored], READ_AHEAD).is_ok());
}
