//! The Lambda function behind the queue of chunk tasks.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    FileFormats, Metrics, S3Objects, SqsQueue, SystemClock,
    config::{self, DatabaseConfig, StoreConfig},
    open_reminders, open_store, postgres_catalogue, sdk_config,
};
use pgfold_core::{ChunkRecord, Mapper, Recorder, StageEnd};
use pgfold_mapper::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    config::check_chunk_visibility()?;
    let database = DatabaseConfig::from_env()?;
    let aws = sdk_config().await;
    let (store, objects) = (
        open_store(StoreConfig::from_env()?, &aws),
        S3Objects::new(&aws, config::objects_bucket()?),
    );
    let reminders = open_reminders(config::reminders_queue_url().ok(), &aws);
    let reducers = SqsQueue::new(&aws, config::reductions_queue_url()?);
    let mapper = Mapper {
        catalogue: &postgres_catalogue(database, &aws),
        recorder: Recorder {
            end: StageEnd {
                store: &*store,
                objects: &objects,
                reducers: &reducers,
                reminders: &*reminders,
            },
            clock: &SystemClock,
        },
        objects: &objects,
        files: &objects,
        encoders: &FileFormats,
        room: ChunkRecord::ROOM,
        most_in_memory: Mapper::MOST_IN_MEMORY,
    };
    let queue = SqsQueue::new(&aws, config::chunks_queue_url()?);
    let max_attempts = config::max_attempts()?;
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&mapper, &queue, &metrics, max_attempts, event))).await
}
