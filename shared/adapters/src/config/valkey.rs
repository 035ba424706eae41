use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use super::variable::{ConfigError, ca_file, or_default, required, true_or_false};
use crate::{CaFile, tls};

/// A Valkey or Redis server, or a cluster of them. Its `Debug` form leaves the password out.
#[derive(Debug, Clone)]
pub struct ValkeyConfig {
    pub(crate) server: ConnectionInfo,
    pub(crate) cluster: bool,
    pub(crate) auth: ValkeyAuth,
    pub(crate) ca_file: Option<CaFile>,
}

/// How a connection to Valkey logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValkeyAuth {
    /// With the password of `VALKEY_URL`, if it has one.
    Password,
    /// With an IAM token, signed for every connection by the function's role.
    Iam {
        /// The name of the cache, which is in the token.
        cache: String,
        /// Whether it is one of ElastiCache Serverless.
        is_serverless: bool,
    },
}

impl ValkeyConfig {
    /// From `VALKEY_URL`, `VALKEY_CLUSTER`, `VALKEY_AUTH`, `VALKEY_CACHE_NAME`, `VALKEY_SERVERLESS` and
    /// `VALKEY_CA_FILE`.
    pub(super) fn from_env() -> Result<Self, ConfigError> {
        let config = Self::new(&required("VALKEY_URL")?, true_or_false("VALKEY_CLUSTER", false)?)?;
        let config = config.log_in(ValkeyAuth::from_env()?)?;
        Ok(match ca_file("VALKEY_CA_FILE")? {
            Some(file) => config.trust(file),
            None => config,
        })
    }

    /// The server at `url`, or the cluster that it is one of.
    ///
    /// # Errors
    /// If the URL cannot be understood, or is one of another machine without TLS. It is not quoted.
    pub fn new(url: &str, cluster: bool) -> Result<Self, ConfigError> {
        let wrong = |problem| Err(ConfigError::new("VALKEY_URL", problem));
        let Ok(server) = url.into_connection_info() else {
            return wrong("is not rediss://user:password@host:port, or redis:// on this machine");
        };
        match server.addr() {
            ConnectionAddr::Tcp(host, _) if !tls::is_loopback(host) => {
                wrong("is redis://, without TLS, to another machine; rediss:// has it")
            }
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                wrong("ends in #insecure, but certificates are always verified")
            }
            _ => Ok(Self { server, cluster, auth: ValkeyAuth::Password, ca_file: None }),
        }
    }

    /// The same, where connections log in as `auth` says.
    ///
    /// # Errors
    /// If the URL cannot be used for that: an IAM token is for a user, and is sent over TLS only.
    pub fn log_in(self, auth: ValkeyAuth) -> Result<Self, ConfigError> {
        let wrong = |problem| Err(ConfigError::new("VALKEY_URL", problem));
        if let ValkeyAuth::Iam { .. } = auth {
            let settings = self.server.redis_settings();
            if !matches!(self.server.addr(), ConnectionAddr::TcpTls { .. }) {
                return wrong("is not rediss://, without which no IAM token is sent");
            }
            if settings.username().is_none_or(str::is_empty) {
                return wrong("names no user, whom VALKEY_AUTH=iam needs");
            }
            if settings.password().is_some() {
                return wrong("has a password, which VALKEY_AUTH=iam does not use");
            }
        }
        Ok(Self { auth, ..self })
    }

    /// The same, where the server's certificate is of one of these authorities.
    #[must_use]
    pub fn trust(self, ca_file: CaFile) -> Self {
        Self { ca_file: Some(ca_file), ..self }
    }
}

impl ValkeyAuth {
    fn from_env() -> Result<Self, ConfigError> {
        match or_default("VALKEY_AUTH", "password").as_str() {
            "password" => Ok(Self::Password),
            "iam" => Ok(Self::Iam {
                cache: required("VALKEY_CACHE_NAME")?,
                is_serverless: true_or_false("VALKEY_SERVERLESS", true)?,
            }),
            other => {
                let problem = format!("is {other:?}, neither password nor iam");
                Err(ConfigError::new("VALKEY_AUTH", problem))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iam() -> ValkeyAuth {
        ValkeyAuth::Iam { cache: "pgfold-jobs".to_owned(), is_serverless: true }
    }

    #[test]
    fn what_a_deployment_writes_is_taken() {
        for (url, auth) in [
            ("redis://127.0.0.1:6379", ValkeyAuth::Password),
            ("redis://pgfold:s3cret@localhost:6379", ValkeyAuth::Password),
            ("redis://[::1]:6379", ValkeyAuth::Password),
            ("rediss://pgfold:s3cret@cache.example.com:6379", ValkeyAuth::Password),
            ("rediss://pgfold@cache.example.com:6379", iam()),
        ] {
            let config = ValkeyConfig::new(url, true).unwrap().log_in(auth).unwrap();
            let shown = format!("{config:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn what_would_not_be_safe_or_could_not_work_is_refused_and_never_quoted() {
        for (url, auth, problem) in [
            ("s3cret", ValkeyAuth::Password, "is not rediss://"),
            ("redis://:s3cret@cache.example.com", ValkeyAuth::Password, "without TLS"),
            ("redis://:s3cret@10.0.0.1:6379", ValkeyAuth::Password, "without TLS"),
            ("rediss://:s3cret@cache.example.com/#insecure", ValkeyAuth::Password, "#insecure"),
            ("redis://pgfold@127.0.0.1", iam(), "no IAM token is sent"),
            ("rediss://cache.example.com", iam(), "names no user"),
            ("rediss://pgfold:s3cret@cache.example.com", iam(), "has a password"),
        ] {
            let config = ValkeyConfig::new(url, false).and_then(|config| config.log_in(auth));
            let error = config.unwrap_err().to_string();
            assert!(error.starts_with("environment variable VALKEY_URL "), "{error}");
            assert!(error.contains(problem) && !error.contains("s3cret"), "{url}: {error}");
        }
    }
}
