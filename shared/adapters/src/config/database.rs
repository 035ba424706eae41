use std::time::Duration;

use tokio_postgres::{Config, config::SslMode};

use super::{
    sources::{DEMO_SOURCES, sources},
    variable::{ConfigError, ca_file, or_default, required, seconds},
};
use crate::{CaFile, SourceTable, postgres::Host};

/// The configured database and its sources. Its `Debug` form omits the password.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// The hosts and the name of the database, and its user.
    pub connection: Config,
    /// How connections log in.
    pub auth: DatabaseAuth,
    /// The certificate authorities that may issue the database's certificate; `None` for those of
    /// RDS and of RDS Proxy.
    pub ca_file: Option<CaFile>,
    /// The sources by the names that jobs use, in their order.
    pub sources: Vec<(String, SourceTable)>,
    /// The time limit for Postgres to read a chunk.
    pub read_timeout: Duration,
}

/// How a connection to the database logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseAuth {
    /// With the password of `DATABASE_URL`.
    Password,
    /// With an IAM token, signed for every connection by the function's role.
    Iam,
    /// With the user and password of a secret in Secrets Manager, which may rotate.
    Secret {
        /// Its ARN.
        arn: String,
    },
}

impl DatabaseConfig {
    /// Reads `DATABASE_URL`, `DATABASE_AUTH`, `DATABASE_SECRET_ARN`, `DATABASE_CA_FILE`, `SOURCES`
    /// and `READ_TIMEOUT_SECONDS`.
    ///
    /// # Errors
    /// If a variable is missing or wrong; names it.
    pub fn from_env() -> Result<Self, ConfigError> {
        let auth = DatabaseAuth::from_env()?;
        Ok(Self {
            connection: connection(&required("DATABASE_URL")?, &auth)?,
            auth,
            ca_file: ca_file("DATABASE_CA_FILE")?,
            sources: sources(&or_default("SOURCES", DEMO_SOURCES))?,
            read_timeout: seconds("READ_TIMEOUT_SECONDS", 60, 900)?,
        })
    }
}

impl DatabaseAuth {
    fn from_env() -> Result<Self, ConfigError> {
        match or_default("DATABASE_AUTH", "password").as_str() {
            "password" => Ok(Self::Password),
            "iam" => Ok(Self::Iam),
            "secret" => Ok(Self::Secret { arn: required("DATABASE_SECRET_ARN")? }),
            other => {
                let problem = format!("is {other:?}, none of password, iam and secret");
                Err(ConfigError::new("DATABASE_AUTH", problem))
            }
        }
    }
}

/// Parses a URL of a database.
///
/// # Errors
/// If the URL cannot be used with `auth`, or would send credentials over a network without TLS.
fn connection(url: &str, auth: &DatabaseAuth) -> Result<Config, ConfigError> {
    let wrong = |problem: String| Err(ConfigError::new("DATABASE_URL", problem));
    // The parser's error is dropped because it may quote parts of the URL.
    let Ok(connection) = url.parse::<Config>() else {
        return wrong(
            "is not postgresql://user:password@host:port/database; of sslmode, there is disable, \
             prefer and require, and certificates are always verified in full"
                .to_owned(),
        );
    };
    match auth {
        DatabaseAuth::Password | DatabaseAuth::Iam if connection.get_user().is_none() => {
            return wrong("names no user".to_owned());
        }
        DatabaseAuth::Iam | DatabaseAuth::Secret { .. } if connection.get_password().is_some() => {
            return wrong("has a password, which DATABASE_AUTH says is not used".to_owned());
        }
        _ => {}
    }
    let hosts = Host::all(&connection);
    if hosts.is_empty() {
        return wrong("names no host".to_owned());
    }
    let mode = connection.get_ssl_mode();
    for host in hosts {
        if mode == SslMode::Disable && !host.is_local() {
            return wrong(format!(
                "has sslmode=disable, but {host} is not this machine, so TLS is required"
            ));
        }
        if *auth == DatabaseAuth::Iam && !host.speaks_tls(mode) {
            return wrong(format!(
                "has no TLS to {host}, and an IAM token is sent over TLS only; set sslmode=require"
            ));
        }
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> DatabaseAuth {
        DatabaseAuth::Secret { arn: "arn:aws:secretsmanager:eu-central-1:1:secret:db".to_owned() }
    }

    #[test]
    fn urls_of_a_deployment_are_accepted() {
        for (url, auth) in [
            ("postgresql://pgfold:s3cret@127.0.0.1:5432/pgfold", DatabaseAuth::Password),
            ("postgresql://pgfold:s3cret@db.example.com/pgfold", DatabaseAuth::Password),
            ("postgresql://pgfold@db.example.com/pgfold?sslmode=require", DatabaseAuth::Iam),
            ("postgresql://pgfold@localhost/pgfold?sslmode=require", DatabaseAuth::Iam),
            ("postgresql://db.example.com:5432/pgfold", secret()),
            ("postgresql://pgfold@db.example.com/pgfold", secret()),
            ("postgresql://pgfold:s3cret@localhost/pgfold?sslmode=disable", DatabaseAuth::Password),
        ] {
            let connection = connection(url, &auth).unwrap();
            let config = DatabaseConfig {
                connection,
                auth,
                ca_file: None,
                sources: Vec::new(),
                read_timeout: Duration::from_secs(60),
            };
            let shown = format!("{config:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn unsafe_and_unusable_urls_are_errors_that_do_not_quote_them() {
        let remote = "postgresql://pgfold:s3cret@db.example.com/pgfold";
        for (url, auth, problem) in [
            ("s3cret", DatabaseAuth::Password, "is not postgresql://"),
            (&format!("{remote}?sslmode=verify-full"), DatabaseAuth::Password, "always verified"),
            (&format!("{remote}?sslmode=disable"), DatabaseAuth::Password, "db.example.com is not"),
            (
                "postgresql://pgfold@localhost,10.0.0.1/pgfold?sslmode=disable",
                DatabaseAuth::Password,
                "10.0.0.1 is not this machine",
            ),
            ("postgresql://db.example.com/pgfold", DatabaseAuth::Password, "names no user"),
            ("postgresql://db.example.com/pgfold", DatabaseAuth::Iam, "names no user"),
            ("postgresql://pgfold@/pgfold", DatabaseAuth::Password, "names no host"),
            (remote, DatabaseAuth::Iam, "has a password"),
            (remote, secret(), "has a password"),
            ("postgresql://pgfold@127.0.0.1/pgfold", DatabaseAuth::Iam, "over TLS only"),
            ("host=/run/pg user=pgfold sslmode=require", DatabaseAuth::Iam, "over TLS only"),
        ] {
            let error = connection(url, &auth).unwrap_err().to_string();
            assert!(error.starts_with("environment variable DATABASE_URL "), "{error}");
            assert!(error.contains(problem) && !error.contains("s3cret"), "{url}: {error}");
        }
    }
}
