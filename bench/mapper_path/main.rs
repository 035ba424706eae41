//! The mapper path alone: one job in a fresh process, without Lambda, queue and emulator.
//!
//! `mapper_path MODE [CHUNKS]` computes the minimum distance over the table `points` of
//! `DATABASE_URL` by the code that is deployed: it connects, plans, has four threads map chunks as
//! four Lambda environments would, each with a connection of its own, and reduces. It prints the
//! answer, the rows and the milliseconds as JSON. `make bench` runs it beside its peers.
//!
//! MODE is `keys` (ranges of keys), `blocks` (ranges of blocks in one snapshot), `pushdown` (the
//! same ranges, folded by Postgres), or `floor-keys`, `floor-blocks`: the same ranges through the
//! cheapest possible reader, which drops the rows.
//!
//! `mapper_path query REQUEST` runs the job of a body of `POST /tasks` over a source of `SOURCES`,
//! and prints its whole answer. `mapper_path plan REQUEST TIMES` plans it as many times, and has
//! the milliseconds of each as the result. `mapper_path files REQUEST DIRECTORY` runs one that writes
//! files, with a directory in place of the bucket, and prints where they are.

mod directory;
mod floor;
mod job;

use std::time::Instant;

use pgfold_api::{MinDistanceRequest, SubmitRequest};
use pgfold_core::{Completed, JobRequest, JobResult, ObjectName};
use serde_json::{Value, json};

use crate::directory::Directory;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "mapper_path keys|blocks|pushdown|floor-keys|floor-blocks [CHUNKS], \
                     mapper_path query REQUEST, mapper_path plan REQUEST TIMES, or \
                     mapper_path files REQUEST DIRECTORY";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let database_url = std::env::var("DATABASE_URL")?;
    let started_at = Instant::now();
    let (result, rows) = match *arguments {
        ["plan", request, times] => {
            let took = job::plan(&database_url, &query(request)?, times.parse()?)?;
            (took.into(), 0)
        }
        ["query", request] => {
            let completed = job::run(&database_url, query(request)?)?;
            (answer(&completed), completed.rows)
        }
        ["files", request, directory] => {
            let objects = Directory::new(directory);
            let completed = job::run_over(&database_url, &objects, &objects, query(request)?)?;
            let JobResult::Files(manifest) = completed.result else { return Err(USAGE.into()) };
            let names = manifest.parts.iter().map(|part| {
                let name = ObjectName::of_part(manifest.job_id, &part.name);
                format!("{directory}/{name}")
            });
            let parts: Vec<String> = names.collect();
            (
                json!({ "parts": parts, "rows": manifest.rows, "bytes": manifest.bytes }),
                completed.rows,
            )
        }
        [mode] => distance(&database_url, mode, 4)?,
        [mode, chunks] => distance(&database_url, mode, chunks.parse()?)?,
        _ => return Err(USAGE.into()),
    };
    let ms = started_at.elapsed().as_secs_f64() * 1e3;
    println!("{}", json!({ "result": result, "rows": rows, "ms": ms }));
    Ok(())
}

/// The job of a body of `POST /tasks`.
fn query(body: &str) -> Result<JobRequest, Failure> {
    Ok(SubmitRequest::read(body.as_bytes())?.try_into()?)
}

/// The minimum distance, or nothing from a floor, and the rows.
fn distance(database_url: &str, mode: &str, chunks: u64) -> Result<(Value, u64), Failure> {
    let request = match mode {
        "floor-keys" => {
            return Ok((Value::Null, floor::run(database_url, "per-chunk", chunks)?));
        }
        "floor-blocks" => {
            return Ok((Value::Null, floor::run(database_url, "snapshot", chunks)?));
        }
        "keys" => json!({ "chunks": chunks }),
        "blocks" => json!({ "chunks": chunks, "consistency": "snapshot" }),
        "pushdown" => {
            json!({ "chunks": chunks, "consistency": "snapshot", "execution": "pushdown" })
        }
        _ => return Err(USAGE.into()),
    };
    let request = MinDistanceRequest::read(request.to_string().as_bytes())?.try_into()?;
    let completed = job::run(database_url, request)?;
    Ok((answer(&completed)["distance"].clone(), completed.rows))
}

/// The answer of a job; `null` if it wrote files.
fn answer(completed: &Completed) -> Value {
    completed.answer().map(|answer| answer.answer.clone()).unwrap_or_default()
}
