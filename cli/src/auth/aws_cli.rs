//! Credentials from the AWS CLI, which supports profiles, single sign-on, roles and second factors.
//! It is called as kubectl calls it.

use std::{
    io,
    os::fd::OwnedFd,
    process::{Child, Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_smithy_types::{DateTime, date_time::Format};
use serde::Deserialize;
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    select,
    time::{Instant, sleep},
    try_join,
};

use crate::deadline;

/// The command that prints credentials as JSON; it reads the profile from `AWS_PROFILE`.
const EXPORT: [&str; 5] = ["aws", "configure", "export-credentials", "--format", "process"];

/// The exit codes of the CLI for an unknown command: version 1, and version 2.
const MISUSED: [i32; 2] = [2, 252];

/// The pause before asking again whether a program that closed its output has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// Returns the credentials of the CLI, or why it returned none.
pub(super) async fn credentials(deadline: Option<Instant>) -> Result<Credentials, String> {
    let [program, arguments @ ..] = EXPORT;
    let mut command = Command::new(program);
    command.args(arguments);
    select! {
        biased;
        () = deadline::deadline(deadline) => {
            Err(format!("`{}` had not ended when --timeout was over", EXPORT[..3].join(" ")))
        }
        output = output(&mut command) => exported(output),
    }
}

/// Returns the output of a program, as `Command::output` does, but without blocking: the program
/// runs for a second, and the proxy serves other requests meanwhile. Dropping the future kills the
/// program.
///
/// This does not use tokio's `process`, because that feature would change the tokio of every
/// function in builds of the workspace.
async fn output(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(command.spawn()?);
    let (stdout, stderr) = (running.0.stdout.take(), running.0.stderr.take());
    let (stdout, stderr) = try_join!(whole(stdout), whole(stderr))?;
    loop {
        if let Some(status) = running.0.try_wait()? {
            return Ok(Output { status, stdout, stderr });
        }
        sleep(PAUSE).await;
    }
}

async fn whole(pipe: Option<impl Into<OwnedFd>>) -> io::Result<Vec<u8>> {
    let mut printed = Vec::new();
    if let Some(pipe) = pipe {
        Receiver::from_owned_fd(pipe.into())?.read_to_end(&mut printed).await?;
    }
    Ok(printed)
}

/// A running program. Dropping this kills it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to a program that has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the credentials that the CLI printed, or why it printed none.
fn exported(output: io::Result<Output>) -> Result<Credentials, String> {
    let command = EXPORT[..3].join(" ");
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no `aws` to ask for them".to_owned(),
        kind => format!("`{command}` cannot be run: {kind}"),
    })?;
    if output.status.code().is_some_and(|code| MISUSED.contains(&code)) {
        return Err(format!("`aws` does not know `{command}`, which came with version 2"));
    }
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.lines().map(str::trim).rfind(|line| !line.is_empty());
        return Err(format!("`{command}` says: {}", complaint.unwrap_or("nothing")));
    }
    // The parser's error is dropped because it may quote the credentials.
    serde_json::from_slice::<Exported>(&output.stdout)
        .ok()
        .and_then(Exported::credentials)
        .ok_or_else(|| format!("`{command}` printed something else than credentials"))
}

/// The JSON of a `credential_process`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl Exported {
    /// Returns the credentials; `None` if their expiration is not a time.
    fn credentials(self) -> Option<Credentials> {
        let end = |text: String| {
            let end = DateTime::from_str(&text, Format::DateTimeWithOffset).ok()?;
            SystemTime::try_from(end).ok()
        };
        let expiry = match self.expiration {
            Some(text) => Some(end(text)?),
            None => None,
        };
        let (id, secret) = (self.access_key_id, self.secret_access_key);
        Some(Credentials::new(id, secret, self.session_token, expiry, "AWS CLI"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::UNIX_EPOCH};

    fn printed(stdout: &str) -> Result<Credentials, String> {
        let status = ExitStatus::from_raw(0);
        exported(Ok(Output { status, stdout: stdout.into(), stderr: Vec::new() }))
    }

    #[test]
    fn credentials_are_read_from_the_output() {
        let json = r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s",
            "SessionToken": "t", "Expiration": "2026-11-23T10:30:00+02:00"}"#;
        let credentials = printed(json).unwrap();
        assert_eq!(credentials.access_key_id(), "AKID");
        assert_eq!(credentials.secret_access_key(), "s");
        assert_eq!(credentials.session_token(), Some("t"));
        let end = UNIX_EPOCH + Duration::from_secs(1_795_422_600);
        assert_eq!(credentials.expiry(), Some(end));

        let lasting = printed(r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s"}"#);
        let lasting = lasting.unwrap();
        assert_eq!((lasting.session_token(), lasting.expiry()), (None, None));
    }

    #[test]
    fn other_output_is_an_error_that_does_not_quote_it() {
        let no_time =
            r#"{"AccessKeyId": "secret", "SecretAccessKey": "secret", "Expiration": "soon"}"#;
        for text in ["", "secret", r#"{"AccessKeyId": "secret", "SecretAccessKey": 7}"#, no_time] {
            let why = printed(text).unwrap_err();
            assert!(why.contains("something else") && !why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn a_failure_quotes_the_last_line_of_the_cli() {
        let stderr = b"\nThe SSO session has expired. Run aws sso login.\n\n".to_vec();
        let status = ExitStatus::from_raw(253 << 8);
        let why = exported(Ok(Output { status, stdout: Vec::new(), stderr })).unwrap_err();
        assert!(why.ends_with("says: The SSO session has expired. Run aws sso login."), "{why}");
        let why = exported(Err(io::ErrorKind::NotFound.into())).unwrap_err();
        assert_eq!(why, "there is no `aws` to ask for them");
    }

    #[test]
    fn an_old_cli_has_its_own_error() {
        let stderr = b"aws: error: argument subcommand: Invalid choice\n\nget | set\n".to_vec();
        let status = ExitStatus::from_raw(2 << 8);
        let why = exported(Ok(Output { status, stdout: Vec::new(), stderr })).unwrap_err();
        assert!(why.contains("version 2"), "{why}");
    }
}
