//! What a server denies the configured user.

use redis::RedisError;

/// Returns what the user lacks; `None` if the error is another.
pub(super) fn denied(error: &RedisError) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    // Within a script the server reports a denial as text: first Valkey's, then Redis 6's.
    let in_script = ["ACL failure in script", "The user executing the script can't"]
        .iter()
        .any(|words| detail.contains(words));
    (error.code() == Some("NOPERM") || in_script).then(|| match command(detail) {
        Some(command) => format!("the command {command}"),
        None if detail.contains("key") => "a key of pgfold: job:*, jobs:* or key:*".to_owned(),
        None => "what pgfold does".to_owned(),
    })
}

/// Returns the command that the server's words name.
fn command(detail: &str) -> Option<&str> {
    let (_, rest) = detail.split_once("run the '")?;
    let (command, _) = rest.split_once("' command")?;
    command.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'|').then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(reply: &str) -> RedisError {
        let reply = redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()).unwrap();
        let redis::Value::ServerError(error) = reply else { panic!("{reply:?}") };
        error.into()
    }

    #[test]
    fn a_denial_names_what_the_user_lacks() {
        for (reply, lacks) in [
            (
                "NOPERM User jobs has no permissions to run the 'cluster|slots' command",
                "the command cluster|slots",
            ),
            (
                "ERR ACL failure in script: User jobs has no permissions to run the 'hset' \
                 command script: 0a1b, on @user_script:4.",
                "the command hset",
            ),
            ("NOPERM No permissions to access a key", "a key of pgfold: job:*, jobs:* or key:*"),
            (
                "ERR The user executing the script can't run this command or subcommand",
                "what pgfold does",
            ),
            ("NOPERM User jobs has no permissions to run the 'a b' command", "what pgfold does"),
        ] {
            assert_eq!(denied(&said(reply)).as_deref(), Some(lacks), "{reply}");
        }
    }

    #[test]
    fn other_errors_are_no_denial() {
        for reply in ["NOAUTH Authentication required.", "ERR unknown command 'ACL'"] {
            assert_eq!(denied(&said(reply)), None, "{reply}");
        }
    }
}
