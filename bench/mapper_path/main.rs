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

mod floor;
mod job;

use std::time::Instant;

use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "mapper_path keys|blocks|pushdown|floor-keys|floor-blocks [CHUNKS]";
    let mode = arguments.next().ok_or(usage)?;
    let chunks = arguments.next().map_or(Ok(4), |chunks| chunks.parse())?;
    let database_url = std::env::var("DATABASE_URL")?;
    let started_at = Instant::now();
    let (result, rows) = match mode.as_str() {
        "floor-keys" => (None, floor::run(&database_url, "per-chunk", chunks)?),
        "floor-blocks" => (None, floor::run(&database_url, "snapshot", chunks)?),
        "keys" => job::run(&database_url, &json!({ "chunks": chunks }))?,
        "blocks" => {
            job::run(&database_url, &json!({ "chunks": chunks, "consistency": "snapshot" }))?
        }
        "pushdown" => {
            let request = json!({
                "chunks": chunks,
                "consistency": "snapshot",
                "execution": "pushdown",
            });
            job::run(&database_url, &request)?
        }
        _ => return Err(usage.into()),
    };
    let ms = started_at.elapsed().as_secs_f64() * 1e3;
    println!("{}", json!({ "result": result, "rows": rows, "ms": ms }));
    Ok(())
}
