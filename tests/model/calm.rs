//! What becomes of a job if nothing goes wrong any more.

use stateright::Model;

use crate::{
    promises::{self, Seen},
    protocol::Protocol,
    requests,
    state::Job,
    step::Step,
};

/// More steps than a job takes if nothing goes wrong.
const MOST_STEPS: usize = 1000;

/// Retries an idle job unless it is completed, and returns whether it completes, with its manifest,
/// if from here on all do what they have to do, and nobody dies.
pub(crate) fn completes(model: &Protocol, job: &Job) -> bool {
    let mut job = *job;
    if promises::seen(&model.setting, &job) != Seen::Completed {
        job.requests[1] = Some(requests::RETRY);
    }
    let mut steps = Vec::new();
    for _ in 0..MOST_STEPS {
        model.actions(&job, &mut steps);
        let next = |step: Step| step.is_calm().then(|| model.next_state(&job, step)).flatten();
        match steps.drain(..).find_map(next) {
            Some(next) => job = next,
            None => {
                let is_completed = promises::seen(&model.setting, &job) == Seen::Completed;
                return is_completed && promises::has_manifest(&model.setting, &job);
            }
        }
    }
    false
}
