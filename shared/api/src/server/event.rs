//! The event about a job that has ended.

use pgfold_core::{Ended, Error, Event, JobResult, JobState, ObjectName, Result};

use crate::{Job, JobEnded, ListedJob};

/// Where a job ran.
#[derive(Debug, Clone)]
pub struct Place {
    /// The name of the deployment.
    pub deployment: String,
    /// The bucket of its objects.
    pub bucket: String,
}

impl JobEnded {
    /// Makes the detail of the event about a job that ended at `place`. Leaves out the answer, and
    /// if that is not enough the job, if it would be longer than an event may be.
    pub fn new(ended: &Ended, place: &Place) -> Self {
        let Ended { event_id, job_id, ending, at, known } = ended;
        let mut event = Self {
            event_id: event_id.clone(),
            deployment: place.deployment.clone(),
            task_id: (*job_id).into(),
            state: (*ending).into(),
            at: (*at).into(),
            job: None,
            answer: None,
            answer_left_out: None,
            manifest: None,
        };
        let Some((progress, state)) = known else { return event };
        event.job = Some(ListedJob {
            job: Job::new(progress, state.status(), *at),
            error: match state {
                JobState::Failed { reason, .. } => Some(reason.clone()),
                _ => None,
            },
        });
        if let JobState::Completed(completed) = state {
            match &completed.result {
                JobResult::Answer(answer) => event.answer = Some(answer.answer.clone()),
                JobResult::Files(_) => {
                    let name = ObjectName::of_manifest(*job_id);
                    event.manifest = Some(format!("s3://{}/{}", place.bucket, name.as_str()));
                }
            }
        }
        if !event.fits() && event.answer.take().is_some() {
            let left_out = format!("it is too long for an event; GET /tasks/{job_id} has it");
            event.answer_left_out = Some(left_out);
        }
        if !event.fits() {
            event.job = None;
        }
        event
    }

    /// Returns the detail as JSON.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("the event {}", self.event_id), error))
    }

    fn fits(&self) -> bool {
        self.to_json().is_ok_and(|json| json.len() <= Event::MOST_BYTES)
    }
}
