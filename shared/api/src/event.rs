use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ListedJob, State, TaskId, Timestamp};

/// The detail of an event: a job has ended. It has at most 16,000 bytes.
///
/// An event is delivered at least once. A job that failed may be retried and end again, which is
/// another event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobEnded {
    /// What all repeats of the event have in common, and no other event has: `<job>:<state>`, and
    /// the deadline in milliseconds if the job was retried.
    #[schemars(length(min = 1))]
    pub event_id: String,
    /// The deployment, which is the name of its stack.
    pub deployment: String,
    /// The job's id.
    pub task_id: TaskId,
    /// How the job ended.
    pub state: State,
    /// When the event was made.
    pub at: Timestamp,
    /// The job, as the list of jobs has it. Left out if the job expired before it ended and its
    /// store has deleted it, and if its query is too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ListedJob")]
    pub job: Option<ListedJob>,
    /// The answer of a completed job, as `GET /tasks/{task_id}` has it, unless it is too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub answer: Option<Value>,
    /// Why there is no `answer`, and where it is: the event would be too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub answer_left_out: Option<String>,
    /// The address of the manifest of a completed job that wrote files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = "^s3://"))]
    pub manifest: Option<String>,
}

impl JobEnded {
    /// Returns the JSON Schema of an event's detail. Later builds may add fields.
    pub fn schema() -> Value {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        generator.into_root_schema_for::<Self>().to_value()
    }
}
