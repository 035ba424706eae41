//! AWS credentials: those of the environment, else those that the AWS CLI knows of.
//!
//! The CLI is asked, as kubectl asks it for clusters, because it knows every way there is: profiles,
//! single sign-on, roles and their second factors. The SDK's own chain would be sixty crates.

use std::{
    env, io,
    process::{Command, Output},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_smithy_types::{DateTime, date_time::Format};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::error::{Error, Result};

/// What prints credentials as JSON; by itself it takes a profile from `AWS_PROFILE`.
const EXPORT: [&str; 5] = ["aws", "configure", "export-credentials", "--format", "process"];

/// How the CLI ends if it does not know a command: version 1, and version 2.
const MISUSED: [i32; 2] = [2, 252];

/// How long before their end credentials are no longer used. The CLI renews them well before.
const MARGIN: Duration = Duration::from_secs(60);

/// Keeps the credentials that were found for as long as they are good.
#[derive(Default)]
pub(super) struct Keychain(Mutex<Option<Credentials>>);

impl Keychain {
    pub(super) async fn credentials(&self) -> Result<Credentials> {
        if let Some(kept) = self.kept(SystemTime::now()) {
            return Ok(kept);
        }
        let found = match of_environment() {
            Some(credentials) => credentials,
            None => of_cli().await?,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    fn kept(&self, now: SystemTime) -> Option<Credentials> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        kept.expiry().is_none_or(|expiry| now + MARGIN < expiry).then_some(kept)
    }
}

fn of_environment() -> Option<Credentials> {
    // An empty variable is how some say that they have none.
    let value = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let (id, secret) = (value("AWS_ACCESS_KEY_ID")?, value("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, secret, value("AWS_SESSION_TOKEN"), None, "environment"))
}

async fn of_cli() -> Result<Credentials> {
    let [program, arguments @ ..] = EXPORT;
    // It takes a second, in which a proxy has others to serve.
    let run = spawn_blocking(move || Command::new(program).args(arguments).output());
    let output = run.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    exported(output).map_err(|why| {
        Error::Usage(format!(
            "no AWS credentials for --auth iam: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are \
             not set, and {why}; log in with the AWS CLI 2, or set them by \
             eval \"$(aws configure export-credentials --format env)\" where it is logged in"
        ))
    })
}

/// The credentials that the CLI printed, or why there are none.
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
    // An error of the parser's would show what it read.
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
    /// `None` if their end is no time.
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
    fn what_the_cli_prints_is_understood() {
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
    fn what_is_no_credentials_is_not_told() {
        let no_time =
            r#"{"AccessKeyId": "secret", "SecretAccessKey": "secret", "Expiration": "soon"}"#;
        for text in ["", "secret", r#"{"AccessKeyId": "secret", "SecretAccessKey": 7}"#, no_time] {
            let why = printed(text).unwrap_err();
            assert!(why.contains("something else") && !why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn a_failure_is_told_in_the_words_of_the_cli() {
        let stderr = b"\nThe SSO session has expired. Run aws sso login.\n\n".to_vec();
        let status = ExitStatus::from_raw(253 << 8);
        let why = exported(Ok(Output { status, stdout: Vec::new(), stderr })).unwrap_err();
        assert!(why.ends_with("says: The SSO session has expired. Run aws sso login."), "{why}");
        let why = exported(Err(io::ErrorKind::NotFound.into())).unwrap_err();
        assert_eq!(why, "there is no `aws` to ask for them");
    }

    #[test]
    fn a_cli_that_is_too_old_is_told_from_one_that_has_none() {
        let stderr = b"aws: error: argument subcommand: Invalid choice\n\nget | set\n".to_vec();
        let status = ExitStatus::from_raw(2 << 8);
        let why = exported(Ok(Output { status, stdout: Vec::new(), stderr })).unwrap_err();
        assert!(why.contains("version 2"), "{why}");
    }

    #[test]
    fn credentials_are_kept_until_shortly_before_their_end() {
        let end = UNIX_EPOCH + Duration::from_secs(10_000);
        let keychain = |expiry| {
            Keychain(Mutex::new(Some(Credentials::new("AKID", "s", None, expiry, "test"))))
        };
        assert!(keychain(Some(end)).kept(end - MARGIN * 2).is_some());
        assert!(keychain(Some(end)).kept(end - MARGIN).is_none());
        assert!(keychain(Some(end)).kept(end + MARGIN).is_none());
        assert!(keychain(None).kept(end).is_some());
        assert!(Keychain::default().kept(end).is_none());
    }
}
