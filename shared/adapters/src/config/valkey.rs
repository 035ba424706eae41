use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use super::variable::{ConfigError, ca_file, or_default, required, true_or_false};
use crate::{CaFile, tls};

/// A configured Valkey or Redis server, or a cluster of them. Its `Debug` form omits the password.
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
        /// Whether the cache is in ElastiCache Serverless.
        is_serverless: bool,
    },
}

impl ValkeyConfig {
    /// Reads `VALKEY_URL`, `VALKEY_CLUSTER`, `VALKEY_AUTH`, `VALKEY_CACHE_NAME`,
    /// `VALKEY_SERVERLESS` and `VALKEY_CA_FILE`.
    pub(super) fn from_env() -> Result<Self, ConfigError> {
        let config = Self::new(&required("VALKEY_URL")?, true_or_false("VALKEY_CLUSTER", false)?)?;
        let config = config.log_in(ValkeyAuth::from_env()?)?;
        Ok(match ca_file("VALKEY_CA_FILE")? {
            Some(file) => config.trust(file),
            None => config,
        })
    }

    /// Configures the server at `url`, or the cluster to which it belongs.
    ///
    /// # Errors
    /// If the URL cannot be parsed, or has no TLS to another machine. The error does not quote it.
    pub fn new(url: &str, cluster: bool) -> Result<Self, ConfigError> {
        let wrong = |problem| Err(ConfigError::new("VALKEY_URL", problem));
        let Ok(server) = url.into_connection_info() else {
            return wrong("is not rediss://user:password@host:port, or redis:// on this machine");
        };
        match server.addr() {
            ConnectionAddr::Tcp(host, _) if !tls::is_loopback(host) => {
                wrong("is redis://, without TLS, to another machine; use rediss://")
            }
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                wrong("ends in #insecure, but certificates are always verified")
            }
            _ => Ok(Self { server, cluster, auth: ValkeyAuth::Password, ca_file: None }),
        }
    }

    /// Sets how connections log in.
    ///
    /// # Errors
    /// If the URL does not fit: an IAM token needs a user, and is sent over TLS only.
    pub fn log_in(self, auth: ValkeyAuth) -> Result<Self, ConfigError> {
        let wrong = |problem| Err(ConfigError::new("VALKEY_URL", problem));
        if let ValkeyAuth::Iam { .. } = auth {
            let settings = self.server.redis_settings();
            if !matches!(self.server.addr(), ConnectionAddr::TcpTls { .. }) {
                return wrong("is not rediss://, and an IAM token is sent over TLS only");
            }
            if settings.username().is_none_or(str::is_empty) {
                return wrong("names no user, which VALKEY_AUTH=iam requires");
            }
            if settings.password().is_some() {
                return wrong("has a password, which VALKEY_AUTH=iam does not use");
            }
        }
        Ok(Self { auth, ..self })
    }

    /// Sets the certificate authorities that may issue the server's certificate.
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
    fn urls_of_a_deployment_are_accepted() {
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
    fn unsafe_and_unusable_urls_are_errors_that_do_not_quote_them() {
        for (url, auth, problem) in [
            ("s3cret", ValkeyAuth::Password, "is not rediss://"),
            ("redis://:s3cret@cache.example.com", ValkeyAuth::Password, "without TLS"),
            ("redis://:s3cret@10.0.0.1:6379", ValkeyAuth::Password, "without TLS"),
            ("rediss://:s3cret@cache.example.com/#insecure", ValkeyAuth::Password, "#insecure"),
            ("redis://pgfold@127.0.0.1", iam(), "over TLS only"),
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
