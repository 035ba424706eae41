//! Jobs of a million rows, or as many as `KILLED_JOB_ROWS` says, whose mappers and reducers are killed
//! at random: what their files have is what SQL says.

use std::{env, time::Duration};

use bytes::Bytes;
use parquet::{
    column::reader::ColumnReader,
    file::reader::{FileReader, SerializedFileReader},
};
use pgfold_adapters::{
    S3Objects, SystemClock, Unannounced,
    config::{self, DatabaseAuth, DatabaseConfig},
    memory::MemoryQueue,
    new_job_id, postgres_catalogue, sdk_config, xray,
};
use pgfold_core::{
    Checksum, ChunkCount, Consistency, Execution, Files, Format, Job, JobPolicy, JobRequest,
    JobResult, JobState, Mappers, ObjectName, Objects, OutputSpec, Query, Submitter, job_state,
};
use pgfold_tests::{TestSchema, connect, local_cloud, no_aws};
use serde_json::{Value, json};

use crate::faults::{
    GatedDeployment, inbox::Inbox, killed_at_random::Deliveries, over_both_stores,
};

over_both_stores! {
    rows_are_in_files_once_each
    groups_are_in_files_once_each
}

/// Where the schedule of kills begins; the moments differ from run to run.
const SEED: u64 = 7;

/// The remainder that contents are summed up by.
const MODULUS: i64 = 1_000_003;

const MINUTE: Duration = Duration::from_secs(60);

async fn rows_are_in_files_once_each(deployment: GatedDeployment) {
    let (rows, deployment) = with_rows(deployment).await;
    let query = json!({ "compute": { "rows": { "columns": ["x1", "y1", "y2"] } } });
    let files = killed(&deployment, query, None).await;
    let [x1, y1, y2] = files.columns(["x1", "y1", "y2"]);
    let select = format!(
        "SELECT count(*), sum(({}) % {MODULUS})::int8 FROM points",
        "x1::int8 * 7919 + y1::int8 * 104729 + y2::int8 * 31"
    );
    let expected = deployment.two_numbers(&select).await;
    assert_eq!((x1.len() as i64, sum([&x1, &y1, &y2])), expected);
    assert_eq!(expected.0, rows);
    assert_eq!(sorted(x1), (1..=rows).collect::<Vec<_>>(), "a row is lost or doubled");
}

async fn groups_are_in_files_once_each(deployment: GatedDeployment) {
    let (rows, deployment) = with_rows(deployment).await;
    let query = json!({
        "group_by": [{ "column": "y2", "name": "y2" }],
        "compute": { "named": {
            "x": { "kernel": { "name": "summary", "params": {} }, "columns": ["x1"] },
        } },
    });
    let files = killed(&deployment, query, Some(4)).await;
    let [y2, count, x_sum] = files.columns(["y2", "rows", "x_sum"]);
    let select = format!(
        "SELECT count(*), sum((y2::int8 * 7919 + n * 104729 + s::int8 * 31) % {MODULUS})::int8
         FROM (SELECT y2, count(*) AS n, sum(x1) AS s FROM points GROUP BY y2) AS groups",
    );
    let expected = deployment.two_numbers(&select).await;
    assert_eq!((y2.len() as i64, sum([&y2, &count, &x_sum])), expected);
    assert_eq!(count.iter().sum::<i64>(), rows);
    assert_eq!(sorted(y2), (0..rows / 10).collect::<Vec<_>>(), "a group is lost or doubled");
}

/// Returns the deployment over a table of many rows, ten of each group and far from one another, and
/// how many they are.
async fn with_rows(deployment: GatedDeployment) -> (i64, GatedDeployment) {
    let rows = env::var("KILLED_JOB_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    let sql = format!(
        "CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 INT);
         INSERT INTO points SELECT g, g, g * 7919::int8 % {MODULUS}, 0, g % {}
         FROM generate_series(1, {rows}) g;
         ANALYZE points",
        rows / 10
    );
    let deployment = GatedDeployment { schema: TestSchema::new(&sql).await, ..deployment };
    deployment.gate.open();
    (rows, deployment)
}

impl GatedDeployment {
    async fn two_numbers(&self, select: &str) -> (i64, i64) {
        let row = connect(&self.schema.database()).await.query_one(select, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }
}

/// Runs a job of a query whose mappers and reducers are killed at random, and returns its files.
async fn killed(deployment: &GatedDeployment, query: Value, parts: Option<u16>) -> ResultFiles {
    let (job, chunks) = submitted(deployment, query, parts).await;
    let inbox = Inbox::create().await;
    let environment = [
        ("CHUNKS_QUEUE_URL", local_cloud("CHUNKS_QUEUE_URL")),
        ("REDUCTIONS_QUEUE_URL", inbox.url.clone()),
        ("MAX_ATTEMPTS", "10".to_owned()),
    ];
    let deliveries = |function, seed| Deliveries::new(deployment, function, &environment, seed);
    let killed = deliveries("mapper", SEED).deliver(chunks).await;
    println!("{killed} mappers were killed at work");
    assert!(killed > 0);
    if job.partitions > 0 {
        // Whoever found that the first stage is complete has sent them all.
        let mut messages = inbox.messages_to_come(job.partitions.into()).await;
        messages.extend(inbox.messages().await);
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), usize::from(job.partitions));
        let killed = deliveries("reducer", SEED + 1).deliver(messages).await;
        println!("{killed} reducers were killed at work");
        assert!(killed > 0);
    }
    ResultFiles::of(deployment, &job).await
}

/// Submits a job, and returns it with the messages of its chunks.
async fn submitted(
    deployment: &GatedDeployment,
    query: Value,
    parts: Option<u16>,
) -> (Job, Vec<String>) {
    let config = DatabaseConfig {
        connection: deployment.schema.database(),
        auth: DatabaseAuth::Password,
        ca_file: None,
        sources: config::sources(config::DEMO_SOURCES).unwrap(),
        read_timeout: MINUTE,
    };
    let (queue, store) = (MemoryQueue::default(), deployment.store().await);
    let submitter = Submitter {
        catalogue: &postgres_catalogue(config, &no_aws()),
        queue: &queue,
        reminders: &Unannounced,
        store: &*store,
        clock: &SystemClock,
        policy: JobPolicy { deadline: 20 * MINUTE, ttl: 60 * MINUTE },
        mappers: Mappers { concurrency: 10, memory_mb: 1769 },
        answers_workflows: false,
    };
    let request = JobRequest {
        chunks: ChunkCount::new(12).unwrap(),
        query: serde_json::from_value::<Query>(query).unwrap(),
        consistency: Consistency::PerChunk,
        execution: Execution::Streaming,
        source: None,
        output: Some(OutputSpec { format: Format::Parquet, parts }),
    };
    let job_id = new_job_id();
    let submitted =
        submitter.submit(job_id, xray::trace_of_job(job_id), request, None).await.unwrap();
    let messages = std::iter::from_fn(|| queue.receive());
    (submitted.job, messages.map(|(_, task)| task.to_json().unwrap()).collect())
}

/// The files that a manifest names.
struct ResultFiles(Vec<SerializedFileReader<Bytes>>);

impl ResultFiles {
    /// Reads the files of a job, which is completed.
    async fn of(deployment: &GatedDeployment, job: &Job) -> Self {
        let store = deployment.store().await;
        let objects = S3Objects::new(&sdk_config().await, local_cloud("OBJECTS_BUCKET"));
        let state = job_state(&*store, &objects, &SystemClock, job.job_id).await.unwrap();
        let JobState::Completed(completed) = state else { panic!("{state:?}") };
        let JobResult::Files(manifest) = completed.result else { panic!("{:?}", completed.result) };
        assert!(objects.has(&ObjectName::of_manifest(job.job_id)).await.unwrap());
        let mut files = Vec::new();
        for part in &manifest.parts {
            let name = ObjectName::of_part(job.job_id, &part.name);
            let bytes = objects.read(&name, 0..part.bytes).await.unwrap();
            assert_eq!(Checksum::of(&bytes), part.sha256);
            files.push(SerializedFileReader::new(Bytes::from(bytes)).unwrap());
        }
        let writers = if job.partitions > 0 { job.partitions } else { job.source_chunks() };
        assert_eq!(files.len(), usize::from(writers));
        Self(files)
    }

    /// Returns the values of columns that are all whole numbers.
    fn columns<const N: usize>(&self, names: [&str; N]) -> [Vec<i64>; N] {
        names.map(|name| self.column(name))
    }

    fn column(&self, name: &str) -> Vec<i64> {
        let mut all = Vec::new();
        for file in &self.0 {
            let columns = file.metadata().file_metadata().schema_descr().columns();
            let place = columns.iter().position(|column| column.name() == name).unwrap();
            for group in 0..file.num_row_groups() {
                let group = file.get_row_group(group).unwrap();
                let rows = group.metadata().num_rows() as usize;
                macro_rules! read {
                    ($reader:expr) => {{
                        let (mut values, mut levels) = (Vec::new(), Vec::new());
                        $reader.read_records(rows, Some(&mut levels), None, &mut values).unwrap();
                        assert_eq!(values.len(), rows, "a NULL");
                        all.extend(values.into_iter().map(|value| value as i64));
                    }};
                }
                match group.get_column_reader(place).unwrap() {
                    ColumnReader::Int32ColumnReader(mut reader) => read!(reader),
                    ColumnReader::Int64ColumnReader(mut reader) => read!(reader),
                    ColumnReader::DoubleColumnReader(mut reader) => read!(reader),
                    _ => panic!("{name} has no numbers"),
                }
            }
        }
        all
    }
}

/// Returns the sum over the contents of rows, as SQL has it.
fn sum([first, second, third]: [&Vec<i64>; 3]) -> i64 {
    let rows = first.iter().zip(second).zip(third);
    rows.map(|((a, b), c)| (a * 7919 + b * 104_729 + c * 31) % MODULUS).sum()
}

fn sorted(mut values: Vec<i64>) -> Vec<i64> {
    values.sort_unstable();
    values
}
