//! The files that jobs write: an actor's way to them, and what must be in them.

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use pgfold_core::{
    Answer, Compute, Files, GroupBy, JobResult, JobState, Manifest, NewObject, ObjectName, Objects,
    Query, Result, Upload,
};
use serde_json::{Map, Value};

use crate::{
    asked::{cell, meets},
    fate::{Call, Service},
    objects::SimulatedObjects,
    schedule::Target,
    table::Row,
};

#[async_trait]
impl Files for SimulatedObjects<'_> {
    fn create(&self, object: NewObject) -> Box<dyn Upload + '_> {
        let mut unique = 0;
        self.site.observe(|state| unique = state.random.bits());
        let name = object.with(&format!("{unique:016x}"));
        Box::new(SimulatedUpload { objects: self, name, bytes: Vec::new() })
    }

    async fn has(&self, name: &ObjectName) -> Result<bool> {
        let call = Call::new(Service::Objects, "has");
        let has = async |_| Ok(self.target.objects.read(name, 0..1).await.is_ok());
        self.site.call(call, has).await
    }

    async fn link(&self, _: &ObjectName, _: &str, _: Duration) -> Result<String> {
        unreachable!("nobody asks for a link")
    }
}

struct SimulatedUpload<'a> {
    objects: &'a SimulatedObjects<'a>,
    name: ObjectName,
    bytes: Vec<u8>,
}

#[async_trait]
impl Upload for SimulatedUpload<'_> {
    fn name(&self) -> &ObjectName {
        &self.name
    }

    async fn write(&mut self, mut bytes: Vec<u8>) -> Result<()> {
        let call = Call::new(Service::Objects, "write");
        self.objects.site.call(call, async |_| Ok(())).await?;
        self.bytes.append(&mut bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        let Self { objects, name, bytes } = *self;
        let call = Call::new(Service::Objects, "finish");
        let put = async |_| objects.target.objects.put(&name, bytes).await;
        objects.site.call(call, put).await?;
        objects.site.observe(|state| state.statistics.files += 1);
        Ok(())
    }
}

/// Reads the lines of the files of a completed job; `None` if it wrote none.
pub(crate) async fn lines(
    target: Target<'_>,
    state: &JobState,
) -> Option<Result<Vec<String>, String>> {
    let JobState::Completed(completed) = state else { return None };
    let JobResult::Files(manifest) = &completed.result else { return None };
    Some(lines_of(target.objects, manifest).await)
}

async fn lines_of(objects: &dyn Objects, manifest: &Manifest) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for part in &manifest.parts {
        let name = ObjectName::of_part(manifest.job_id, &part.name);
        let whole: Range<u64> = 0..part.bytes;
        let bytes = match whole.is_empty() {
            true => Vec::new(),
            false => objects.read(&name, whole).await.map_err(|error| error.with_causes())?,
        };
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        let read: Vec<String> = text.lines().map(line).collect::<Result<_, String>>()?;
        if read.len() as u64 != part.rows {
            return Err(format!("{name} has {} rows, not {}", read.len(), part.rows));
        }
        lines.extend(read);
    }
    lines.sort_unstable();
    Ok(lines)
}

fn line(text: &str) -> Result<String, String> {
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("{text}: {error}"))?;
    Ok(spelled(object.iter().map(|(name, value)| (name.clone(), value))))
}

/// Returns the lines that files of rows have.
pub(crate) fn of_rows(query: &Query, rows: &[Row]) -> Vec<String> {
    let Compute::Rows(asked) = &query.compute else { return Vec::new() };
    let columns = asked.columns.as_deref().unwrap_or_default();
    let met = rows.iter().filter(|row| query.filter.iter().all(|one| meets(row, one)));
    let mut lines: Vec<String> = met
        .map(|row| {
            let values = columns.iter().map(|column| value(&cell(row, column)));
            let values: Vec<Value> = values.collect();
            spelled(columns.iter().cloned().zip(&values))
        })
        .collect();
    lines.sort_unstable();
    lines
}

fn value(cell: &pgfold_core::Cell) -> Value {
    match cell {
        pgfold_core::Cell::Number(number) => (*number).into(),
        pgfold_core::Cell::Text(text) => text.as_str().into(),
        _ => Value::Null,
    }
}

/// Returns the lines that files of an answer have.
pub(crate) fn of_answer(query: &Query, answer: &Answer) -> Vec<String> {
    let whole = std::slice::from_ref(&answer.answer);
    let groups = match query.group_by.is_empty() {
        true => whole,
        false => answer.answer["groups"].as_array().map_or(&[][..], Vec::as_slice),
    };
    let mut lines: Vec<String> = groups.iter().map(|group| of_group(query, group)).collect();
    lines.sort_unstable();
    lines
}

fn of_group(query: &Query, group: &Value) -> String {
    let mut values: Vec<(String, &Value)> = Vec::new();
    for by in &query.group_by {
        values.push((by.name.clone(), &group[&by.name]));
    }
    if !query.group_by.is_empty() {
        values.push((GroupBy::ROWS.to_owned(), &group[GroupBy::ROWS]));
    }
    for (name, computed) in query.compute.iter() {
        let is_alone = query.only_kernel().is_some();
        let answer = if is_alone { group } else { &group[name] };
        let fields = pgfold_core::kernel::descriptions();
        let known = fields.iter().find(|known| known.name == computed.kernel.name).unwrap();
        for field in names(&known.answer) {
            let column = if is_alone { field.clone() } else { format!("{name}_{field}") };
            values.push((column, &answer[&field]));
        }
    }
    spelled(values.into_iter())
}

/// Returns the names of the fields of an answer by its schema, as often as it has them.
fn names(schema: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let own = schema["properties"].as_object().into_iter().flatten();
    names.extend(own.map(|(name, _)| name.clone()));
    for part in [&schema["oneOf"], &schema["anyOf"]] {
        names.extend(part.as_array().into_iter().flatten().flat_map(self::names));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns a row as a text that does not depend on the order of its columns, or on how a number is
/// written.
fn spelled<'v>(values: impl Iterator<Item = (String, &'v Value)>) -> String {
    let mut values: Vec<String> =
        values.map(|(name, value)| format!("{name}={}", spelled_value(value))).collect();
    values.sort_unstable();
    values.join(" ")
}

fn spelled_value(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{:?}", number.as_f64().unwrap_or_default()),
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => format!("{number:?}"),
            Err(_) => format!("{text:?}"),
        },
        other => other.to_string(),
    }
}
