//! The meaning of the errors of Valkey and of its client.

use pgfold_core::Error;
use redis::{ErrorKind, RedisError};

use super::{denial::denied, service::SERVICE};
use crate::tls;

/// Retryable conditions of a server: the server's code and a description.
const CONDITIONS: [(&str, &str); 12] = [
    // What is left when a client that follows a cluster was sent on too often.
    ("MOVED", "its cluster refers to a server that does not answer; perhaps it fails over"),
    ("ASK", "its cluster is moving keys to a server that does not answer"),
    ("OOM", "it is out of memory (maxmemory), and its policy evicts nothing (noeviction)"),
    ("LOADING", "it is loading its data"),
    ("READONLY", "it is a replica, which takes no writes; perhaps it fails over"),
    ("BUSY", "it is busy running a script"),
    ("CLUSTERDOWN", "its cluster is down: a part of the keys has no server"),
    ("MASTERDOWN", "its primary is down, and this replica does not answer instead"),
    ("TRYAGAIN", "its cluster is moving keys"),
    ("NOREPLICAS", "it takes no writes with so few replicas (min-replicas-to-write)"),
    ("MISCONF", "it cannot save to its disk, and takes no writes (stop-writes-on-bgsave-error)"),
    ("UNKILLABLE", "it is busy running a script"),
];

/// Makes the error of a call from that of Valkey or its client, which follows a cluster or not.
pub(super) fn from_redis(error: RedisError, cluster: bool) -> Error {
    if let Some(what) = denied(&error) {
        return Error::Misconfigured(format!("{SERVICE} denies the configured user {what}"));
    }
    match (error.code(), error.kind()) {
        (Some("MOVED"), _) if !cluster => {
            Error::Misconfigured("valkey is a cluster, and VALKEY_CLUSTER is not true".to_owned())
        }
        _ if error.detail().is_some_and(|detail| detail.contains("cluster support disabled")) => {
            Error::Misconfigured("valkey is not a cluster, and VALKEY_CLUSTER is true".to_owned())
        }
        (Some(code @ ("NOAUTH" | "WRONGPASS")), _) => {
            Error::Misconfigured(format!("{SERVICE} denies access to the configured user: {code}"))
        }
        (_, ErrorKind::AuthenticationFailed) => {
            Error::Misconfigured(format!("{SERVICE} refuses the user and password"))
        }
        _ => match (condition(&error), tls::certificate_problem(&error)) {
            (Some(condition), _) => Error::unavailable_because(SERVICE, condition, error),
            (None, Some(problem)) => {
                tracing::error!(%error, "{SERVICE}'s certificate is refused");
                Error::Misconfigured(format!("{SERVICE}'s certificate {problem}"))
            }
            (None, None) => Error::unavailable(SERVICE, error),
        },
    }
}

/// Returns the description of the condition in a server's error; `None` if the error is another.
fn condition(error: &RedisError) -> Option<&'static str> {
    let known = |word: &str| CONDITIONS.iter().find(|(code, _)| *code == word);
    let detail = error.detail().unwrap_or_default();
    if detail.starts_with("max number of clients") {
        return Some("it has the most clients that it accepts (maxclients)");
    }
    // Before version 7 the error of a script is quoted within another error.
    let within = || detail.split(' ').filter_map(|word| word.strip_prefix('-')).find_map(known);
    error.code().and_then(known).or_else(within).map(|(_, condition)| *condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(reply: &str) -> Error {
        said_to(reply, false)
    }

    fn said_to(reply: &str, cluster: bool) -> Error {
        let reply = redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()).unwrap();
        let redis::Value::ServerError(error) = reply else { panic!("{reply:?}") };
        from_redis(error.into(), cluster)
    }

    #[test]
    fn retryable_conditions_are_described() {
        for (reply, reason) in [
            (
                "OOM command not allowed when used memory > 'maxmemory'. script: 0a1b",
                "out of memory (maxmemory)",
            ),
            (
                "ERR Error running script (call to f_0a1b): @user_script:4: -OOM command not \
                 allowed when used memory > 'maxmemory'.",
                "out of memory (maxmemory)",
            ),
            ("LOADING Valkey is loading the dataset in memory", "loading its data"),
            ("READONLY You can't write against a read only replica.", "is a replica"),
            ("BUSY Valkey is busy running a script.", "busy running a script"),
            ("CLUSTERDOWN Hash slot not served", "its cluster is down"),
            ("MASTERDOWN Link with MASTER is down", "its primary is down"),
            ("TRYAGAIN Multiple keys request during rehashing of slot", "moving keys"),
            ("NOREPLICAS Not enough good replicas to write.", "min-replicas-to-write"),
            ("MISCONF Errors writing to the AOF file: No space left", "cannot save to its disk"),
            ("ERR max number of clients reached", "maxclients"),
        ] {
            let error = said(reply);
            assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
            assert!(error.to_string().contains(reason), "{error} does not contain {reason}");
            assert!(error.with_causes().len() > error.to_string().len(), "{error:?}");
        }
    }

    #[test]
    fn a_redirection_is_retryable_if_the_client_follows_the_cluster() {
        let moved = "MOVED 3999 127.0.0.1:6381";
        assert!(matches!(said_to(moved, false), Error::Misconfigured(_)));
        for redirection in [moved, "ASK 3999 127.0.0.1:6381"] {
            let error = said_to(redirection, true);
            assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
            assert!(error.to_string().contains("that does not answer"), "{error}");
        }
    }

    #[test]
    fn an_unknown_error_is_retryable_and_does_not_quote_the_server() {
        let error = said("ERR unknown command at 10.0.0.7:6379");
        assert_eq!(error.to_string(), "valkey is unavailable");
    }

    #[test]
    fn denied_access_is_an_error_of_the_configuration() {
        for reply in [
            "NOAUTH Authentication required.",
            "NOPERM this user has no permissions",
            "ERR ACL failure in script: User jobs has no permissions to run the 'get' command",
            "ERR This instance has cluster support disabled",
        ] {
            assert!(matches!(said(reply), Error::Misconfigured(_)), "{reply}");
        }
    }
}
