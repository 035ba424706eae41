use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{
    Cell, ChunkCount, ChunkRange, Column, ColumnType, Condition, Error, FoldRows, HeldSnapshot,
    Key, KeyKind, KeyStatistics, Kind, OutputColumn, Plan, Planned, Projection, ReadTimes,
    ReadableColumn, Reading, Result, RowBuffer, SnapshotId, Source, SourceDescription, ValueType,
};

use super::{filter, lock};

/// A source in memory that never changes. Each row is a block.
#[derive(Debug, Clone)]
pub struct MemorySource {
    columns: Arc<Vec<String>>,
    rows: Arc<Vec<(i64, Vec<Cell>)>>,
    held: Arc<Mutex<Held>>,
}

/// The held snapshots with their latest ends, and the number of snapshots ever held.
#[derive(Debug, Default)]
struct Held {
    until: BTreeMap<String, Instant>,
    count: u64,
}

impl Held {
    fn has(&self, id: &SnapshotId) -> bool {
        self.until.get(id.as_str()).is_some_and(|until| Instant::now() < *until)
    }
}

impl MemorySource {
    /// The number of the only relation.
    const RELATION: u32 = 1;

    /// The name of the key.
    const KEY: &str = "id";

    /// Makes a source with these columns and rows. Keys must be unique, and cells must have the
    /// kinds that kernels read them as.
    pub fn new<C: Into<Cell>>(
        columns: &[&str],
        rows: impl IntoIterator<Item = (i64, Vec<C>)>,
    ) -> Self {
        let cells = |(key, row): (i64, Vec<C>)| (key, row.into_iter().map(Into::into).collect());
        let mut rows: Vec<(i64, Vec<Cell>)> = rows.into_iter().map(cells).collect();
        rows.sort_by_key(|(key, _)| *key);
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { columns: Arc::new(columns), rows: Arc::new(rows), held: Arc::default() }
    }

    /// Returns the number of held snapshots.
    pub fn held(&self) -> usize {
        lock(&self.held).until.len()
    }

    /// Returns the index of a column.
    fn place(&self, column: &str) -> Result<usize> {
        let place = self.columns.iter().position(|name| name == column);
        place.ok_or_else(|| Error::Misconfigured(format!("no column {column:?}")))
    }

    /// Returns a value of a column that is not NULL, if it has one.
    fn value(&self, column: &str) -> Result<Option<&Cell>> {
        if column == Self::KEY {
            return Ok(Some(&Cell::Integer(0)));
        }
        let place = self.place(column)?;
        let mut cells = self.rows.iter().map(|(_, cells)| &cells[place]);
        Ok(cells.find(|cell| **cell != Cell::Null))
    }

    /// Returns a plan of the rows, as the projection asks for them.
    fn planned(&self, plan: Plan, projection: &Projection) -> Result<Planned> {
        projection.columns.iter().try_for_each(|column| self.place(&column.name).map(drop))?;
        let filter = filter::checked(&projection.filter, |column| self.value(column))?;
        let meets = |(key, cells): &&(i64, Vec<Cell>)| self.meets(*key, cells, &filter);
        let rows = self.rows.iter().filter(meets).count() as u64;
        let group_types = filter::group_types(&projection.groups, |column| self.value(column))?;
        let all_rows = self.rows.len() as u64;
        let output = |column: &Column| {
            let (sql_type, value_type) = match self.value(&column.name)? {
                Some(cell) => (type_of(Some(cell)).0, value_type_of(cell)),
                None => ("null", ValueType::Text),
            };
            let sql_type = Some(sql_type.to_owned());
            Ok(OutputColumn { name: column.name.clone(), value_type, sql_type })
        };
        let columns = projection.columns.iter().map(output).collect::<Result<Vec<_>>>()?;
        Ok(Planned { filter, group_types, columns, all_rows, ..Planned::new(plan, rows) })
    }

    fn meets(&self, key: i64, cells: &[Cell], conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| {
            let place = self.columns.iter().position(|name| *name == condition.column);
            match place {
                Some(place) => filter::meets(&cells[place], &condition.test),
                None => filter::meets(&Cell::Integer(key), &condition.test),
            }
        })
    }
}

#[async_trait]
impl Source for MemorySource {
    fn definition(&self) -> &str {
        "memory"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn filters(&self) -> Vec<String> {
        self.columns.iter().cloned().chain([Self::KEY.to_owned()]).collect()
    }

    async fn describe(&self) -> Result<SourceDescription> {
        let typed = |column: &str, type_name: &str| ColumnType {
            column: column.to_owned(),
            type_name: Some(type_name.to_owned()),
        };
        let key = typed(Self::KEY, "integer");
        let columns = self.columns.iter().enumerate().map(|(at, name)| {
            let mut cells = self.rows.iter().map(|(_, cells)| &cells[at]);
            let (type_name, kinds) = type_of(cells.find(|cell| **cell != Cell::Null));
            ReadableColumn {
                column: typed(name, type_name),
                expression: None,
                reads_as: kinds.to_vec(),
            }
        });
        let columns: Vec<ReadableColumn> = columns.collect();
        let filters = columns.iter().map(|readable| readable.column.clone());
        Ok(SourceDescription {
            table: self.definition().to_owned(),
            filters: filters.chain([key.clone()]).collect(),
            key: Some(key),
            columns,
            estimated_rows: Some(self.rows.len() as u64),
            ..SourceDescription::default()
        })
    }

    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned> {
        let quantiles: Vec<i64> = self.rows.iter().map(|(key, _)| *key).collect();
        let ends = quantiles.first().copied().zip(quantiles.last().copied());
        let cut = |(min, max)| Plan::of_keys(&KeyStatistics { min, max, quantiles }, chunks);
        self.planned(ends.map_or(Plan::empty(), cut), projection)
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        let blocks = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let plan = Plan::of_blocks(&[(Self::RELATION, blocks)], chunks);
        let planned = self.planned(plan, projection)?;
        let mut held = lock(&self.held);
        held.count += 1;
        let id = SnapshotId::new(format!("memory-{}", held.count))?;
        held.until.insert(id.to_string(), Instant::now() + limit);
        let snapshot = MemorySnapshot { id, held: Arc::clone(&self.held) };
        Ok((planned, Box::new(snapshot)))
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        match snapshot {
            Some(id) if !lock(&self.held).has(id) => Err(Error::SnapshotGone(id.clone())),
            _ => Ok(Box::new(self.clone())),
        }
    }
}

#[async_trait]
impl Reading for MemorySource {
    fn snapshot(&self) -> &str {
        "memory"
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes> {
        let groups = projection.groups.iter().map(|by| self.place(&by.column));
        let groups = groups.collect::<Result<Vec<usize>>>()?;
        let columns = projection.columns.iter().map(|column| self.place(&column.name));
        let columns = columns.collect::<Result<Vec<usize>>>()?;
        let holds = |block: u32, key: i64| match range {
            ChunkRange::Keys(keys) => keys.contains(key),
            ChunkRange::Blocks(blocks) => blocks.iter().any(|range| range.contains(block)),
            ChunkRange::Partition(_) => false,
        };
        let keys = if projection.reads_key { KeyKind::Integer } else { KeyKind::Unsent };
        let mut rows = RowBuffer::new(keys);
        for (block, (key, cells)) in (0..).zip(&*self.rows) {
            if !holds(block, *key) || !self.meets(*key, cells, &projection.filter) {
                continue;
            }
            let groups = groups.iter().map(|at| filter::group_cell(&cells[*at]));
            let columns = columns.iter().map(|at| cells[*at].clone());
            rows.push_cells(&Key::Integer(*key), groups.chain(columns));
            if rows.is_full() {
                fold.fold(rows.batch())?;
                rows.clear();
                poll_fn(|context| fold.poll_ready(context)).await?;
            }
        }
        fold.fold(rows.batch())?;
        Ok(ReadTimes::default())
    }
}

/// Returns the type of a column that has this cell, and the kinds that it can be read as.
const fn type_of(cell: Option<&Cell>) -> (&'static str, &'static [Kind]) {
    match cell {
        None | Some(Cell::Null) => ("null", &Kind::ALL),
        Some(Cell::Boolean(_)) => ("boolean", &[Kind::Boolean, Kind::Identity]),
        Some(Cell::Integer(_)) => {
            ("integer", &[Kind::Integer, Kind::Exact, Kind::Instant, Kind::Identity])
        }
        Some(Cell::Number(_)) => ("double", &[Kind::Number, Kind::Exact, Kind::Identity]),
        Some(Cell::Numeric(_)) => ("numeric", &[Kind::Exact, Kind::Identity]),
        Some(Cell::Text(_)) => ("text", &[Kind::Decimal, Kind::Text, Kind::Identity]),
        Some(Cell::Uuid(_)) => ("uuid", &[Kind::Uuid, Kind::Identity]),
    }
}

/// Returns the type that a column with this cell has in files.
const fn value_type_of(cell: &Cell) -> ValueType {
    match cell {
        Cell::Boolean(_) => ValueType::Boolean,
        Cell::Integer(_) => ValueType::Bigint,
        Cell::Number(_) => ValueType::Double,
        Cell::Numeric(_) => ValueType::Numeric { precision: 38, scale: 6 },
        Cell::Text(_) | Cell::Null => ValueType::Text,
        Cell::Uuid(_) => ValueType::Uuid,
    }
}

/// A held snapshot.
#[derive(Debug)]
struct MemorySnapshot {
    id: SnapshotId,
    held: Arc<Mutex<Held>>,
}

#[async_trait]
impl HeldSnapshot for MemorySnapshot {
    fn id(&self) -> &SnapshotId {
        &self.id
    }

    async fn release(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Drop for MemorySnapshot {
    fn drop(&mut self) {
        lock(&self.held).until.remove(self.id.as_str());
    }
}
