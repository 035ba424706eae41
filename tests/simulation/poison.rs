//! Messages that fit no job, made from one that does.

use pgfold_core::{ChunkRange, ChunkTask, Job, Plan};
use pgfold_tests::Random;
use serde_json::{Value, json};

/// What is wrong with a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Poison {
    Unreadable,
    OtherVersion,
    UnknownTask,
    OtherPlan,
    OtherRange,
    OtherChunk,
    /// Its range says more than this build knows.
    LaterRange,
}

impl Poison {
    pub(crate) const ALL: [Self; 7] = [
        Self::Unreadable,
        Self::OtherVersion,
        Self::UnknownTask,
        Self::OtherPlan,
        Self::OtherRange,
        Self::OtherChunk,
        Self::LaterRange,
    ];

    /// A message of this kind, from one of `job` if there is one.
    pub(crate) fn body(self, job: Option<(&Job, &Plan)>, random: &mut Random) -> String {
        let tasks: Vec<ChunkTask> =
            job.iter().flat_map(|(job, plan)| job.chunk_tasks(plan)).collect();
        let Some(task) = tasks.get(random.below(tasks.len().max(1) as u64) as usize) else {
            return "{".to_owned();
        };
        let mut body: Value = serde_json::from_str(&task.to_json().unwrap()).unwrap();
        match self {
            Self::Unreadable => return body.to_string()[..30].to_owned(),
            Self::OtherVersion => body["v"] = json!(ChunkTask::VERSION + 1),
            Self::UnknownTask => body["task_id"] = json!(random_task_id(random)),
            Self::OtherPlan => body["plan"] = json!("0123456789abcdef"),
            Self::OtherRange => match &task.range {
                ChunkRange::Keys(_) => body["range"]["keys"]["start"] = json!(-1_000_000),
                ChunkRange::Blocks(_) => body["range"]["blocks"][0][0] = json!(1_000_000),
                ChunkRange::Partition(_) => body["range"]["partition"] = json!([1000, 1001]),
            },
            Self::OtherChunk => body["chunk"] = json!(task.chunk.0 + 1),
            Self::LaterRange => match &task.range {
                ChunkRange::Keys(_) => body["range"]["keys"]["sample"] = json!(0.5),
                ChunkRange::Blocks(_) => body["range"] = json!({ "samples": [] }),
                ChunkRange::Partition(_) => body["range"]["partition"] = json!([0, 1, 2]),
            },
        }
        body.to_string()
    }
}

/// The id of a job, as text.
pub(crate) fn random_task_id(random: &mut Random) -> String {
    let (high, low) = (random.bits(), random.bits());
    format!(
        "agg_{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFF,
        low >> 52,
        low & 0xFFFF_FFFF_FFFF
    )
}
