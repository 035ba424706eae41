//! Running the program to its end.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use crate::server::Server;

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Returns the program with the words of `arguments`, and an empty environment.
pub(crate) fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgfold"));
    // The root directory, which is in no checkout, so that no URL is found.
    command.args(arguments.split_whitespace()).env_clear().current_dir(Path::new("/"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn start(server: &Server, arguments: &str) -> Child {
    command(arguments).env("API_URL", &server.url).spawn().unwrap()
}

pub(crate) fn pgfold(server: &Server, arguments: &str) -> Ended {
    end(start(server, arguments))
}

/// The same with words that may have spaces.
pub(crate) fn pgfold_with(server: &Server, arguments: &[&str]) -> Ended {
    end(command("").args(arguments).env("API_URL", &server.url).spawn().unwrap())
}

pub(crate) fn end(child: Child) -> Ended {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Ended {
        code: status.code().expect("an exit code"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
