//! The exit codes of commands.

use std::process::ExitCode;

use pgfold_api::State;

/// The exit codes as `--help` shows them.
pub(crate) const HELP: &str = "\
Exit codes:
    0  the job completed, or the command succeeded
    1  the job failed, or a check of `doctor` did
    2  the command line is wrong, or no URL, token or credentials are known
    3  the job was cancelled or has expired
    4  there is no such job or route, or a file of its result is gone
    5  the server is unreachable, answered 5xx or not as pgfold does, or a download failed
    6  the job is pending: `status` without --wait, or --timeout is over
    7  the server refused (4xx)
   74  the answer, or a file, could not be written
  130  interrupted by Ctrl-C; the job goes on";

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Ended = 3,
    NotFound = 4,
    Unreachable = 5,
    Pending = 6,
    Refused = 7,
    /// `EX_IOERR` of sysexits.h.
    Unwritable = 74,
    /// The code with which shells report a program that SIGINT ended.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&State> for Exit {
    fn from(state: &State) -> Self {
        match state {
            State::Completed => Self::Done,
            State::Failed => Self::Failed,
            State::Cancelled | State::Expired => Self::Ended,
            State::Pending | State::Other(_) => Self::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_state_is_an_exit_code() {
        let codes = [
            State::Completed,
            State::Failed,
            State::Cancelled,
            State::Expired,
            State::Pending,
            State::Other("paused".to_owned()),
        ]
        .map(|state| Exit::from(&state) as u8);
        assert_eq!(codes, [0, 1, 3, 3, 6, 6]);
    }

    #[test]
    fn help_and_the_crates_page_name_the_same_codes() {
        let page = include_str!("main.rs");
        for line in HELP.lines().skip(1) {
            let (code, meaning) = line.trim_start().split_once("  ").expect("a code");
            let row = format!("//! | {code} | {} |", meaning.replace("--wait", "`--wait`"));
            let row = row.replace("--timeout", "`--timeout`");
            assert!(page.contains(&row), "{row}");
        }
    }
}
