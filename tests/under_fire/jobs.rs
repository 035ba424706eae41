//! Runs jobs in memory: submit, a queue, a store and mappers that work at the same time, each
//! with connections of its own.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use pgfold_adapters::{
    FileFormats, PostgresSource, SourceTable, SystemClock, Unannounced,
    memory::{MemoryObjects, MemoryQueue, MemoryStore},
    new_job_id, xray,
};
use pgfold_core::{
    Catalogue, ChunkCount, ChunkRecord, Completed, Computed, Consistency, Delivery, Execution,
    JobPolicy, JobRequest, JobState, Mapped, Mapper, Mappers, Query, Recorder, StageEnd, Submitter,
    job_state, kernel::Metric,
};
use pgfold_tests::{connect, min_distance};
use tokio::task::JoinSet;
use tokio_postgres::Config;

use crate::under_fire::witness::{Begin, Notes, Witness};

const MAPPERS: Mappers = Mappers { concurrency: 4, memory_mb: 1769 };

const MINUTE: Duration = Duration::from_secs(60);

/// Submits jobs, and carries them out until it is dropped.
pub(crate) struct JobRunner {
    pub(crate) notes: Arc<Notes>,
    catalogue: Catalogue<'static>,
    queue: Arc<MemoryQueue>,
    store: Arc<MemoryStore>,
    mappers: JoinSet<()>,
}

impl JobRunner {
    pub(crate) async fn start(database: &Config, begin: Begin) -> Self {
        let notes = Arc::new(Notes::default());
        let (queue, store) = (Arc::new(MemoryQueue::default()), Arc::new(MemoryStore::default()));
        let mut mappers = JoinSet::new();
        for _ in 0..MAPPERS.concurrency {
            let catalogue = catalogue(database, &notes, begin).await;
            mappers.spawn(map(catalogue, Arc::clone(&queue), Arc::clone(&store)));
        }
        let catalogue = catalogue(database, &notes, begin).await;
        Self { notes, catalogue, queue, store, mappers }
    }

    /// Runs a job that must complete.
    pub(crate) async fn run(&mut self, consistency: Consistency, chunks: u64) -> Completed {
        self.notes.keys.lock().unwrap().clear();
        let submitter = Submitter {
            catalogue: &self.catalogue,
            queue: &*self.queue,
            reminders: &Unannounced,
            store: &*self.store,
            clock: &SystemClock,
            policy: JobPolicy { deadline: MINUTE, ttl: 10 * MINUTE },
            mappers: MAPPERS,
            answers_workflows: false,
        };
        let request = JobRequest {
            chunks: ChunkCount::new(chunks).unwrap(),
            query: Query::of(Computed { kernel: min_distance(Metric::Euclidean), columns: None }),
            consistency,
            execution: Execution::Streaming,
            source: None,
            output: None,
        };
        let job_id = new_job_id();
        submitter.submit(job_id, xray::trace_of_job(job_id), request, None).await.unwrap();
        let deadline = Instant::now() + MINUTE;
        loop {
            match job_state(&*self.store, &MemoryObjects::default(), &SystemClock, job_id)
                .await
                .unwrap()
            {
                JobState::Completed(completed) => return completed,
                JobState::Pending { .. } => {}
                other => panic!("{other:?}"),
            }
            if let Some(ended) = self.mappers.try_join_next() {
                panic!("a mapper ended: {ended:?}");
            }
            assert!(Instant::now() < deadline, "a job that does not end");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn catalogue(database: &Config, notes: &Arc<Notes>, begin: Begin) -> Catalogue<'static> {
    let table = SourceTable::new("points", "id", ["x1", "y1", "x2", "y2"]).unwrap();
    let source = PostgresSource::new(database.clone(), table, MINUTE);
    let (notes, client) = (Arc::clone(notes), connect(database).await);
    Catalogue::new([("points".to_owned(), Witness { source, notes, begin, client })])
}

/// A mapper. Nothing is to go wrong, so that each chunk is read once.
async fn map(catalogue: Catalogue<'static>, queue: Arc<MemoryQueue>, store: Arc<MemoryStore>) {
    let (objects, reducers) = (MemoryObjects::default(), MemoryQueue::default());
    let mapper = Mapper {
        catalogue: &catalogue,
        recorder: Recorder {
            end: StageEnd {
                store: &*store,
                objects: &objects,
                reducers: &reducers,
                reminders: &Unannounced,
            },
            clock: &SystemClock,
        },
        objects: &objects,
        files: &objects,
        encoders: &FileFormats,
        room: ChunkRecord::ROOM,
        most_in_memory: Mapper::MOST_IN_MEMORY,
    };
    let delivery = Delivery {
        attempt: 1,
        max_attempts: 1,
        memory_mb: MAPPERS.memory_mb,
        sent_at: None,
        first_received_at: None,
        lifetime: MINUTE,
    };
    loop {
        match queue.receive() {
            Some((receipt, task)) => {
                let mapped = mapper.map(&task, delivery, pending()).await;
                assert!(
                    matches!(&mapped, Ok(Mapped::Recorded(recorded, _)) if recorded.first),
                    "{mapped:?}"
                );
                queue.acknowledge(&receipt);
            }
            None => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}
