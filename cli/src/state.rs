//! The states of a job.

use pgfold_api::State;

/// Returns whether a job in this state has ended. An unknown state is not an end.
pub(crate) fn has_ended(state: &State) -> bool {
    !matches!(state, State::Pending | State::Other(_))
}
