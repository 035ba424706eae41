//! Core's values in the words of the wire.

use aws_smithy_types::{DateTime, date_time};
use pgfold_core as core;
use serde_json::{Value, json};

use crate::{
    BlockRange, ChunkRows, CompletedChunk, Consistency, Execution, FailedChunk, FileColumn, Format,
    KernelColumn, KernelDescription, KernelList, KernelName, Output, Receipt, SourceColumn,
    SourceDescription, SourceList, State, TaskId, Timestamp, TraceId, TypedColumn,
};

impl From<core::JobId> for TaskId {
    fn from(job_id: core::JobId) -> Self {
        Self(job_id.to_string())
    }
}

impl From<core::TraceId> for TraceId {
    fn from(core::TraceId(trace_id): core::TraceId) -> Self {
        Self(trace_id)
    }
}

impl From<core::Timestamp> for Timestamp {
    /// `2026-11-22T12:00:00.123Z`
    fn from(at: core::Timestamp) -> Self {
        let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        // Years beyond 9999 have no text; no clock of a deployment returns them.
        Self(DateTime::from_millis(millis).fmt(date_time::Format::DateTime).unwrap_or_default())
    }
}

impl From<core::Consistency> for Consistency {
    fn from(consistency: core::Consistency) -> Self {
        match consistency {
            core::Consistency::PerChunk => Self::PerChunk,
            core::Consistency::Snapshot => Self::Snapshot,
        }
    }
}

impl From<Consistency> for core::Consistency {
    fn from(consistency: Consistency) -> Self {
        match consistency {
            Consistency::PerChunk => Self::PerChunk,
            Consistency::Snapshot => Self::Snapshot,
        }
    }
}

impl From<core::Execution> for Execution {
    fn from(execution: core::Execution) -> Self {
        match execution {
            core::Execution::Streaming => Self::Streaming,
            core::Execution::Pushdown => Self::Pushdown,
        }
    }
}

impl From<Execution> for core::Execution {
    fn from(execution: Execution) -> Self {
        match execution {
            Execution::Streaming => Self::Streaming,
            Execution::Pushdown => Self::Pushdown,
        }
    }
}

impl From<core::Format> for Format {
    fn from(format: core::Format) -> Self {
        match format {
            core::Format::Jsonl => Self::Jsonl,
            core::Format::Csv => Self::Csv,
            core::Format::Parquet => Self::Parquet,
        }
    }
}

impl From<Output> for core::OutputSpec {
    fn from(Output { format, parts }: Output) -> Self {
        let format = match format {
            Format::Jsonl => core::Format::Jsonl,
            Format::Csv => core::Format::Csv,
            Format::Parquet => core::Format::Parquet,
        };
        Self { format, parts }
    }
}

impl From<&core::OutputColumn> for FileColumn {
    fn from(column: &core::OutputColumn) -> Self {
        Self {
            name: column.name.clone(),
            value_type: column.value_type.to_string(),
            sql_type: column.sql_type.clone(),
        }
    }
}

impl From<core::Status> for State {
    fn from(status: core::Status) -> Self {
        match status {
            core::Status::Pending => Self::Pending,
            core::Status::Completed => Self::Completed,
            core::Status::Failed => Self::Failed,
            core::Status::Cancelled => Self::Cancelled,
            core::Status::Expired => Self::Expired,
        }
    }
}

impl From<core::Ending> for State {
    fn from(ending: core::Ending) -> Self {
        match ending {
            core::Ending::Completed => Self::Completed,
            core::Ending::Failed => Self::Failed,
            core::Ending::Cancelled => Self::Cancelled,
            core::Ending::Expired => Self::Expired,
        }
    }
}

impl From<&core::ChunkRange> for ChunkRows {
    fn from(range: &core::ChunkRange) -> Self {
        match range {
            core::ChunkRange::Keys(keys) => {
                Self::Keys { start: json!(keys.start()), end: json!(keys.end()) }
            }
            core::ChunkRange::Blocks(ranges) => {
                Self::Blocks { blocks: ranges.iter().map(BlockRange::from).collect() }
            }
            core::ChunkRange::Partition(partition) => {
                Self::Partition { partition: partition.number(), partitions: partition.of() }
            }
        }
    }
}

impl From<&core::BlockRange> for BlockRange {
    fn from(range: &core::BlockRange) -> Self {
        Self { relation: range.relation(), start: range.start(), end: range.end() }
    }
}

impl Receipt {
    /// Makes the receipt of a chunk of which `discarded` duplicates were discarded.
    pub fn new(receipt: &core::Receipt, discarded: u32) -> Self {
        Self {
            rows: receipt.rows,
            skipped: receipt.skipped,
            attempts: receipt.attempts,
            duplicates_discarded: discarded,
            queue_ms: receipt.queue_ms,
            map_ms: receipt.map_ms,
            read_ms: receipt.read_ms,
            fold_ms: receipt.fold_ms,
            snapshot: receipt.snapshot.clone(),
            recorded_at: receipt.recorded_at.into(),
        }
    }
}

impl From<&core::CompletedChunk> for CompletedChunk {
    fn from(core::CompletedChunk { chunk, receipt, discarded }: &core::CompletedChunk) -> Self {
        Self {
            chunk: chunk.0,
            rows_of: (&receipt.range).into(),
            receipt: Receipt::new(receipt, *discarded),
        }
    }
}

impl From<&core::FailedChunk> for FailedChunk {
    fn from(failed: &core::FailedChunk) -> Self {
        Self { chunk: failed.chunk.0, error: failed.reason.clone() }
    }
}

impl KernelList {
    /// Describes every kernel that a job may name.
    pub fn all() -> Self {
        let kernels = core::kernel::descriptions().into_iter().map(KernelDescription::from);
        Self { kernels: kernels.chain([KernelDescription::of_rows()]).collect() }
    }
}

impl KernelDescription {
    /// Describes what a request names as a kernel to have the rows themselves.
    fn of_rows() -> Self {
        Self {
            kernel: KernelName(core::RowsOut::NAME.to_owned()),
            about: "The rows themselves, as files.".to_owned(),
            columns: Vec::new(),
            params: json!({ "type": "object", "additionalProperties": false }),
            example: None,
            pushdown: false,
            pushdown_params: None,
            pushdown_groups: false,
            needs_output: true,
            answer: Value::Null,
        }
    }
}

impl From<core::kernel::Description> for KernelDescription {
    fn from(kernel: core::kernel::Description) -> Self {
        let column = |(name, kind): (&str, core::Kind)| KernelColumn {
            name: name.to_owned(),
            kind: kind.name().to_owned(),
        };
        Self {
            kernel: KernelName(kernel.name.to_owned()),
            about: kernel.about.to_owned(),
            columns: kernel.columns.into_iter().map(column).collect(),
            params: kernel.params,
            example: kernel.example,
            pushdown: kernel.pushdown.is_some(),
            pushdown_params: kernel.pushdown,
            pushdown_groups: kernel.pushdown_groups,
            needs_output: false,
            answer: kernel.answer,
        }
    }
}

impl From<Vec<(String, core::SourceDescription)>> for SourceList {
    fn from(described: Vec<(String, core::SourceDescription)>) -> Self {
        Self { sources: described.into_iter().map(SourceDescription::from).collect() }
    }
}

impl From<(String, core::SourceDescription)> for SourceDescription {
    fn from((source, described): (String, core::SourceDescription)) -> Self {
        let typed = |core::ColumnType { column, type_name }| TypedColumn { column, type_name };
        Self {
            source,
            table: described.table,
            key: described.key.map(typed),
            filter: described.filter,
            filters: described.filters.into_iter().map(typed).collect(),
            columns: described.columns.into_iter().map(SourceColumn::from).collect(),
            estimated_rows: described.estimated_rows,
            analyzed_at: described.analyzed_at.map(Into::into),
            problem: described.problem,
        }
    }
}

impl From<core::ReadableColumn> for SourceColumn {
    fn from(core::ReadableColumn { column, expression, reads_as }: core::ReadableColumn) -> Self {
        let mut names: Vec<String> = reads_as.iter().map(|kind| kind.name().to_owned()).collect();
        // Two kinds have one name.
        names.dedup();
        Self { column: column.column, type_name: column.type_name, expression, reads_as: names }
    }
}
