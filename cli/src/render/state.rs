//! The state of a job in its colour.

use anstyle::{AnsiColor, Style};
use pgfold_api::State;

use crate::text::clean;

/// Returns the name of the state in its colour, padded to `width`.
pub(crate) fn state(state: &State, width: usize) -> String {
    let style = match state {
        State::Completed => AnsiColor::Green.on_default(),
        State::Failed => AnsiColor::Red.on_default(),
        State::Cancelled | State::Expired => AnsiColor::Yellow.on_default(),
        State::Pending | State::Other(_) => Style::new(),
    };
    format!("{style}{:<width$}{style:#}", clean(state.name()))
}
