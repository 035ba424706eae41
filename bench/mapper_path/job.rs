//! A job through the code that is deployed, with store and queue in memory.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use pgfold_adapters::{
    CaFile, FileFormats, SystemClock, Unannounced,
    config::{DEMO_SOURCES, DatabaseAuth, DatabaseConfig, sources},
    memory::{MemoryObjects, MemoryQueue, MemoryStore},
    new_job_id, postgres_catalogue, xray,
};
use pgfold_core::{
    Catalogue, ChunkRecord, Clock, Completed, Delivery, Files, JobPolicy, JobRequest, JobState,
    Mapper, Mappers, Objects, Recorder, Reducer, StageEnd, Store, Submitter, job_state,
};
use pgfold_tests::no_aws;
use tokio::runtime::{Builder, Runtime};

use crate::Failure;

/// How many mappers work at a time.
pub(crate) const MAPPERS: usize = 4;

/// Runs a job whose objects are in memory.
pub(crate) fn run(database_url: &str, request: JobRequest) -> Result<Completed, Failure> {
    let objects = MemoryObjects::default();
    run_over(database_url, &objects, &objects, request)
}

/// Runs a job. Each thread is a mapper, and a reducer when there are no more chunks.
pub(crate) fn run_over(
    database_url: &str,
    objects: &dyn Objects,
    files: &dyn Files,
    request: JobRequest,
) -> Result<Completed, Failure> {
    let (queue, reducers) = (MemoryQueue::default(), MemoryQueue::default());
    let store = MemoryStore::default();
    let is_over = AtomicBool::new(false);
    let workers = Workers {
        database_url,
        queue: &queue,
        reducers: &reducers,
        store: &store,
        objects,
        files,
        is_over: &is_over,
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..MAPPERS).map(|_| scope.spawn(|| workers.work())).collect();
        let state = runtime()?.block_on(async {
            let catalogue = catalogue(database_url)?;
            let submitter = submitter(&catalogue, &queue, &store);
            let job_id = new_job_id();
            let trace = xray::trace_of_job(job_id);
            submitter.submit(job_id, trace, request, None).await?;
            while !is_over.load(Ordering::Acquire) {
                let progress = store.progress(job_id).await?;
                match progress.ended(SystemClock.now()) {
                    Some(_) => break,
                    None => tokio::time::sleep(Duration::from_micros(200)).await,
                }
            }
            is_over.store(true, Ordering::Release);
            job_state(&store, objects, &SystemClock, job_id).await.map_err(Failure::from)
        });
        // Whatever came of it: the threads are to end.
        is_over.store(true, Ordering::Release);
        for thread in threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        match state? {
            JobState::Completed(completed) => Ok(completed),
            other => Err(format!("the job has not completed: {other:?}").into()),
        }
    })
}

/// Plans a job as many times on one connection, after a first time that opens it. Returns the
/// milliseconds of each dry run.
pub(crate) fn plan(
    database_url: &str,
    request: &JobRequest,
    times: usize,
) -> Result<Vec<f64>, Failure> {
    let (queue, store) = (MemoryQueue::default(), MemoryStore::default());
    let catalogue = catalogue(database_url)?;
    let submitter = submitter(&catalogue, &queue, &store);
    runtime()?.block_on(async {
        submitter.dry_run(request).await?;
        let mut took = Vec::with_capacity(times);
        for _ in 0..times {
            let started_at = Instant::now();
            submitter.dry_run(request).await?;
            took.push(started_at.elapsed().as_secs_f64() * 1e3);
        }
        Ok(took)
    })
}

fn submitter<'a>(
    catalogue: &'a Catalogue<'a>,
    queue: &'a MemoryQueue,
    store: &'a MemoryStore,
) -> Submitter<'a> {
    let hour = Duration::from_secs(3600);
    Submitter {
        catalogue,
        queue,
        reminders: &Unannounced,
        store,
        clock: &SystemClock,
        policy: JobPolicy { deadline: hour, ttl: hour },
        mappers: Mappers { concurrency: MAPPERS as u16, memory_mb: 1769 },
        answers_workflows: false,
    }
}

/// What works on a job.
struct Workers<'a> {
    database_url: &'a str,
    queue: &'a MemoryQueue,
    reducers: &'a MemoryQueue,
    store: &'a MemoryStore,
    objects: &'a dyn Objects,
    files: &'a dyn Files,
    is_over: &'a AtomicBool,
}

impl Workers<'_> {
    /// Maps chunks and reduces partitions as they come, until the job is over.
    fn work(&self) -> Result<(), Failure> {
        let worked = runtime()?.block_on(self.work_on());
        if worked.is_err() {
            self.is_over.store(true, Ordering::Release);
        }
        worked
    }

    async fn work_on(&self) -> Result<(), Failure> {
        let Self { queue, reducers, store, objects, files, is_over, .. } = *self;
        let catalogue = &catalogue(self.database_url)?;
        let end = StageEnd { store, objects, reducers, reminders: &Unannounced };
        let recorder = Recorder { end, clock: &SystemClock };
        let encoders = &FileFormats;
        let mapper = Mapper {
            catalogue,
            recorder,
            objects,
            files,
            encoders,
            room: ChunkRecord::ROOM,
            most_in_memory: Mapper::MOST_IN_MEMORY,
        };
        let reducer = Reducer { recorder, objects, files, encoders };
        let delivery = Delivery {
            attempt: 1,
            max_attempts: 1,
            memory_mb: 1769,
            sent_at: None,
            first_received_at: None,
            lifetime: Duration::from_secs(900),
        };
        while !is_over.load(Ordering::Acquire) {
            let done = if let Some((_, task)) = queue.receive() {
                mapper.map(&task, delivery, pending()).await
            } else if let Some((_, task)) = reducers.receive() {
                reducer.reduce(&task, delivery, pending()).await
            } else {
                tokio::time::sleep(Duration::from_micros(500)).await;
                continue;
            };
            done.map_err(|failure| failure.error)?;
        }
        Ok(())
    }
}

fn catalogue(database_url: &str) -> Result<Catalogue<'static>, Failure> {
    let config = DatabaseConfig {
        connection: database_url.parse()?,
        auth: DatabaseAuth::Password,
        ca_file: std::env::var("DATABASE_CA_FILE").ok().map(CaFile::read).transpose()?,
        sources: sources(std::env::var("SOURCES").as_deref().unwrap_or(DEMO_SOURCES))?,
        read_timeout: Duration::from_secs(600),
    };
    Ok(postgres_catalogue(config, &no_aws()))
}

/// As a function has it.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
