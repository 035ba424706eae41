//! A source that notes what jobs read of it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_adapters::PostgresSource;
use pgfold_core::{
    ChunkCount, ChunkRange, FoldRows, HeldSnapshot, KeyRef, Planned, Projection, ReadTimes,
    Reading, Result, RowBatch, SnapshotId, Source, SourceDescription,
};
use tokio_postgres::Client;

/// At which instant chunks are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// At the one they are to be read at.
    AsAsked,
    /// At any, which chunks deny: what a job would be without its snapshot.
    Anyhow,
}

/// What one SELECT says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) rows: u64,
    /// The bits of the smallest distance.
    pub(crate) distance: u64,
    pub(crate) id: i64,
}

/// What a job read, until the next one.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The keys, in no order.
    pub(crate) keys: Mutex<Vec<i64>>,
    /// What one SELECT said at the snapshot that was held.
    pub(crate) select: Mutex<Option<Answer>>,
}

/// A source with a witness.
pub(crate) struct Witness {
    pub(crate) source: PostgresSource,
    pub(crate) notes: Arc<Notes>,
    pub(crate) begin: Begin,
    /// A connection of its own.
    pub(crate) client: Client,
}

impl Witness {
    /// What one SELECT says at a snapshot.
    async fn select(&self, id: &SnapshotId) -> Answer {
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{id}'"
        );
        self.client.batch_execute(&begin).await.expect("a snapshot that is held");
        let nearest = "SELECT (SELECT count(*) FROM points) AS rows, id,
                              sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2) AS distance
                       FROM points ORDER BY distance, id LIMIT 1";
        let row = self.client.query_one(nearest, &[]).await.expect("a row");
        self.client.batch_execute("COMMIT").await.expect("an end");
        Answer {
            rows: row.get::<_, i64>("rows") as u64,
            distance: row.get::<_, f64>("distance").to_bits(),
            id: row.get("id"),
        }
    }
}

#[async_trait]
impl Source for Witness {
    fn columns(&self) -> &[String] {
        self.source.columns()
    }

    fn filters(&self) -> Vec<String> {
        self.source.filters()
    }

    fn definition(&self) -> &str {
        self.source.definition()
    }

    async fn describe(&self) -> Result<SourceDescription> {
        self.source.describe().await
    }

    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned> {
        self.source.plan(chunks, projection).await
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        let (planned, held) = self.source.hold(chunks, projection, limit).await?;
        let answer = self.select(held.id()).await;
        *self.notes.select.lock().unwrap() = Some(answer);
        Ok((planned, held))
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        let snapshot = snapshot.filter(|_| self.begin == Begin::AsAsked);
        let reading = self.source.begin(snapshot).await?;
        let name = match self.begin {
            Begin::AsAsked => reading.snapshot().to_owned(),
            Begin::Anyhow => "always this".to_owned(),
        };
        Ok(Box::new(WitnessedReading { reading, name, notes: Arc::clone(&self.notes) }))
    }
}

struct WitnessedReading {
    reading: Box<dyn Reading>,
    name: String,
    notes: Arc<Notes>,
}

#[async_trait]
impl Reading for WitnessedReading {
    fn snapshot(&self) -> &str {
        &self.name
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes> {
        let mut witnessed = WitnessedFold { keys: Vec::new(), fold };
        let times = self.reading.read(range, projection, &mut witnessed).await?;
        self.notes.keys.lock().unwrap().append(&mut witnessed.keys);
        Ok(times)
    }
}

struct WitnessedFold<'a> {
    keys: Vec<i64>,
    fold: &'a mut dyn FoldRows,
}

impl FoldRows for WitnessedFold<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        batch.for_each(|key, _: Option<[f64; 4]>| {
            let KeyRef::Integer(key) = key else { panic!("{key:?}") };
            self.keys.push(key);
        })?;
        self.fold.fold(batch)
    }
}
