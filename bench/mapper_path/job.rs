//! A job through the code that is deployed, with store and queue in memory.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use pgfold_adapters::{
    CaFile, FileFormats, SystemClock,
    config::{DEMO_SOURCES, DatabaseAuth, DatabaseConfig, sources},
    memory::{MemoryObjects, MemoryQueue, MemoryStore},
    new_job_id, postgres_catalogue, xray,
};
use pgfold_core::{
    Catalogue, ChunkRecord, Completed, Delivery, JobPolicy, JobRequest, JobState, Mapper, Mappers,
    Recorder, StageEnd, Submitter, job_state,
};
use pgfold_tests::no_aws;
use tokio::runtime::{Builder, Runtime};

use crate::Failure;

/// How many mappers work at a time.
pub(crate) const MAPPERS: usize = 4;

/// Runs a job.
pub(crate) fn run(database_url: &str, request: JobRequest) -> Result<Completed, Failure> {
    let (queue, store) = (MemoryQueue::default(), MemoryStore::default());
    let objects = MemoryObjects::default();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let mappers: Vec<_> = (0..MAPPERS)
            .map(|_| scope.spawn(|| map(database_url, &queue, &store, &objects, &is_over)))
            .collect();
        let job_id = runtime()?.block_on(async {
            let catalogue = catalogue(database_url)?;
            let submitter = submitter(&catalogue, &queue, &store);
            let job_id = new_job_id();
            let trace = xray::trace_of_job(job_id);
            submitter.submit(job_id, trace, request).await.map_err(Failure::from)
        });
        // Whatever came of it: the mappers are to end.
        is_over.store(true, Ordering::Release);
        for mapper in mappers {
            mapper.join().map_err(|_| "a mapper panicked")??;
        }
        let job_id = job_id?.job.job_id;
        match runtime()?.block_on(job_state(&store, &objects, &SystemClock, job_id))? {
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
        store,
        clock: &SystemClock,
        policy: JobPolicy { deadline: hour, ttl: hour },
        mappers: Mappers { concurrency: MAPPERS as u16, memory_mb: 1769 },
    }
}

/// Maps chunks as they come, until there are no more to come.
fn map(
    database_url: &str,
    queue: &MemoryQueue,
    store: &MemoryStore,
    objects: &MemoryObjects,
    is_over: &AtomicBool,
) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let catalogue = &catalogue(database_url)?;
        let room = ChunkRecord::ROOM;
        let reducers = MemoryQueue::default();
        let mapper = Mapper {
            catalogue,
            recorder: Recorder {
                end: StageEnd { store, objects, reducers: &reducers },
                clock: &SystemClock,
            },
            objects,
            files: objects,
            encoders: &FileFormats,
            room,
            most_in_memory: Mapper::MOST_IN_MEMORY,
        };
        let delivery = Delivery {
            attempt: 1,
            max_attempts: 1,
            memory_mb: 1769,
            sent_at: None,
            first_received_at: None,
            lifetime: Duration::from_secs(900),
        };
        loop {
            // Asked before the queue is, which is filled before.
            let is_last = is_over.load(Ordering::Acquire);
            match queue.receive() {
                Some((_, task)) => drop(
                    mapper
                        .map(&task, delivery, pending())
                        .await
                        .map_err(|failure| failure.error)?,
                ),
                None if is_last => return Ok(()),
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    })
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
