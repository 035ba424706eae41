//! What jobs with groups exchange between mappers and reducers, where nothing combines: every row goes
//! through S3. Of groups that combine it is less, as much as partials are fewer than rows.

use pgfold_core::{Format, Mapper, OutputSpec, RunCut};

use crate::{
    job::{Deployment, RowCost},
    limits::LAMBDA_NETWORK,
    price, row,
};

/// What a job exchanges.
pub(crate) struct Exchange {
    pub(crate) chunks: u16,
    pub(crate) files: u16,
    /// Bytes of all runs.
    pub(crate) bytes: f64,
    /// Runs of all chunks, each with all partitions.
    pub(crate) runs: f64,
    /// Bytes that a reducer reads of a run at a time.
    at_once: f64,
}

impl Exchange {
    /// Of a job over so many rows in so many chunks.
    pub(crate) fn of(rows: f64, chunks: u16) -> Self {
        let output = OutputSpec { format: Format::Parquet, parts: None };
        let files = output.partitions(rows as u64);
        let runs = (rows / f64::from(chunks) / rows_of_run()).ceil() * f64::from(chunks);
        let block = RunCut::of(chunks, files).block as f64;
        let at_once = ((READ_AHEAD / runs).min(MOST_AT_ONCE) / EXPANSION).max(block);
        Self { chunks, files, bytes: rows * row::EXCHANGED, runs, at_once }
    }

    /// Bytes of a partition in a run.
    fn segment(&self) -> f64 {
        self.bytes / self.runs / f64::from(self.files)
    }

    /// PUTs, and GETs of all reducers.
    pub(crate) fn requests(&self) -> [f64; 2] {
        // A part of an upload is a request, and so are its start and its end; likewise of files.
        let puts = self.bytes / PART + 2.0 * (f64::from(self.chunks) + f64::from(self.files));
        [puts, f64::from(self.files) * self.gets_of_one()]
    }

    fn gets_of_one(&self) -> f64 {
        f64::from(self.chunks) + self.runs * (self.segment() / self.at_once).ceil()
    }

    /// US dollars for requests, and for keeping the runs as long as `ObjectDays` says.
    pub(crate) fn dollars(&self, object_days: f64) -> f64 {
        let [puts, gets] = self.requests();
        let kept = self.bytes / 1e9 * price::S3_GB_MONTH * object_days / 30.0;
        puts * price::S3_PUT + gets * price::S3_GET + kept
    }

    /// Seconds in which a reducer gets its partition: by the bytes of the network, and by the requests.
    pub(crate) fn seconds(&self) -> [f64; 2] {
        let bytes = self.bytes / f64::from(self.files) / LAMBDA_NETWORK.value;
        [bytes, self.gets_of_one() * LATENCY / CONCURRENT]
    }

    /// Bytes that a reducer has of all runs at least.
    pub(crate) fn memory(&self) -> f64 {
        self.runs * self.at_once.min(self.segment()) * row::GROUPED / row::EXCHANGED
    }
}

impl Deployment {
    /// What a job over so many rows exchanges.
    pub(crate) fn exchange(&self, rows: f64, cost: RowCost) -> Exchange {
        Exchange::of(rows, self.job(rows, cost).chunks)
    }
}

/// Rows that a mapper has in memory: each twice, and where it is.
fn rows_of_run() -> f64 {
    Mapper::MOST_IN_MEMORY as f64 / (2.0 * row::GROUPED + 48.0)
}

/// Bytes that a reducer of 1,769 MB has in memory ahead, and at most of one run.
const READ_AHEAD: f64 = 1769e6 / 16.0;
const MOST_AT_ONCE: f64 = 4e6;

/// How many times the bytes of its exchange a row is reckoned with in memory.
const EXPANSION: f64 = 2.0;

/// Requests of a reducer at a time.
const CONCURRENT: f64 = 32.0;

/// Bytes of a part of an upload.
const PART: f64 = 8e6;

/// Seconds that S3 takes to answer: assumed, of its "roughly 100-200 milliseconds" for small objects.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>
pub(crate) const LATENCY: f64 = 0.1;
