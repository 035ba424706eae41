use std::{fmt, io, net::IpAddr, path::PathBuf};

use pgfold_core::{Error, Result};
use rustls::pki_types::ServerName;
use tokio_postgres::{
    Config,
    config::{self, SslMode},
};

use crate::{postgres::connect::socket::Socket, tls};

/// A host on which a database may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    place: Place,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Network {
        /// The configured name or address.
        name: String,
        /// The address to connect to; `None` if the name must be resolved.
        address: Option<IpAddr>,
    },
    /// The folder of the server's Unix socket.
    Folder(PathBuf),
}

impl Host {
    /// Returns the hosts of a configuration, in the order in which to try them.
    pub(crate) fn all(config: &Config) -> Vec<Self> {
        let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
        let ports = config.get_ports();
        let place = |at: usize| match (names.get(at), addresses.get(at).copied()) {
            (Some(config::Host::Tcp(name)), address) => {
                Some(Place::Network { name: name.clone(), address })
            }
            (_, Some(address)) => {
                Some(Place::Network { name: address.to_string(), address: Some(address) })
            }
            (Some(config::Host::Unix(folder)), None) => Some(Place::Folder(folder.clone())),
            (None, None) => None,
        };
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let host = |at: usize| Some(Self { place: place(at)?, port: port(at) });
        let mut hosts: Vec<Self> = (0..names.len().max(addresses.len())).filter_map(host).collect();
        if config.get_load_balance_hosts() == config::LoadBalanceHosts::Random && !hosts.is_empty()
        {
            // The last bits of a UUIDv7 are random.
            let first = uuid::Uuid::now_v7().as_u128() as usize % hosts.len();
            hosts.rotate_left(first);
        }
        hosts
    }

    /// Returns whether the host is this machine, so that its traffic crosses no network.
    pub(crate) fn is_local(&self) -> bool {
        match &self.place {
            Place::Network { address: Some(address), .. } => address.is_loopback(),
            Place::Network { name, .. } => tls::is_loopback(name),
            Place::Folder(_) => true,
        }
    }

    /// Returns whether connections to the host use TLS: always if the traffic crosses a network. On
    /// this machine `mode` decides, except over a Unix socket, where PostgreSQL has no TLS.
    pub(crate) fn speaks_tls(&self, mode: SslMode) -> bool {
        match self.place {
            Place::Network { .. } => mode == SslMode::Require || !self.is_local(),
            Place::Folder(_) => false,
        }
    }

    /// Returns the name for which the host's certificate must be issued.
    pub(in crate::postgres) fn tls_name(&self) -> Result<ServerName<'static>> {
        let unnamed = || Error::Misconfigured("DATABASE_URL names a host that has no name".into());
        match &self.place {
            Place::Network { name, .. } => {
                ServerName::try_from(name.clone()).map_err(|_| unnamed())
            }
            Place::Folder(_) => Err(unnamed()),
        }
    }

    /// Returns the configured name and the port; `None` for a Unix socket.
    pub(in crate::postgres) fn endpoint(&self) -> Option<(&str, u16)> {
        match &self.place {
            Place::Network { name, .. } => Some((name, self.port)),
            Place::Folder(_) => None,
        }
    }

    /// Opens a socket to the host.
    pub(in crate::postgres) async fn connect(&self) -> io::Result<Socket> {
        match &self.place {
            Place::Network { address: Some(address), .. } => {
                Socket::tcp((*address, self.port)).await
            }
            Place::Network { name, .. } => Socket::tcp((name.as_str(), self.port)).await,
            Place::Folder(folder) => {
                Socket::unix(&folder.join(format!(".s.PGSQL.{}", self.port))).await
            }
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Network { name, .. } => f.write_str(name),
            Place::Folder(folder) => folder.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_keep_their_order_and_ports() {
        let hosts = |url: &str| Host::all(&url.parse().unwrap());
        let placed = |name: &str, address, port| Host {
            place: Place::Network { name: name.to_owned(), address },
            port,
        };
        let named = |name: &str, port| placed(name, None, port);
        assert_eq!(hosts("postgresql://a"), [named("a", 5432)]);
        assert_eq!(hosts("postgresql://a:1,b:2"), [named("a", 1), named("b", 2)]);
        assert_eq!(hosts("host=a,b port=7"), [named("a", 7), named("b", 7)]);
        let folder = Host { place: Place::Folder("/run/pg".into()), port: 5432 };
        assert_eq!(hosts("host=/run/pg"), [folder]);
        let address = |name: &str| placed(name, Some([10, 0, 0, 1].into()), 5432);
        assert_eq!(hosts("host=a hostaddr=10.0.0.1"), [address("a")]);
        assert_eq!(hosts("hostaddr=10.0.0.1"), [address("10.0.0.1")]);
        let mut shuffled = hosts("host=a,b,c load_balance_hosts=random");
        shuffled.sort_by_key(|host| format!("{host:?}"));
        assert_eq!(shuffled, hosts("host=a,b,c"));
    }

    #[test]
    fn traffic_that_crosses_a_network_is_encrypted() {
        let encrypted = |url: &str| {
            let config: Config = url.parse().unwrap();
            Host::all(&config).iter().map(|host| host.speaks_tls(config.get_ssl_mode())).collect()
        };
        let never: [&str; 5] = [
            "host=127.0.0.1",
            "host=localhost sslmode=disable",
            "host=::1 sslmode=prefer",
            "host=db.example.com hostaddr=127.0.0.1",
            "host=/run/postgresql sslmode=require",
        ];
        for url in never {
            let encrypted: Vec<bool> = encrypted(url);
            assert_eq!(encrypted, [false], "{url}");
        }
        let always: [&str; 5] = [
            "host=127.0.0.1 sslmode=require",
            "host=db.example.com",
            "host=db.example.com sslmode=disable",
            "host=localhost hostaddr=10.0.0.1 sslmode=prefer",
            "hostaddr=10.0.0.1",
        ];
        for url in always {
            let encrypted: Vec<bool> = encrypted(url);
            assert_eq!(encrypted, [true], "{url}");
        }
        let encrypted: Vec<bool> = encrypted("host=localhost,db.example.com");
        assert_eq!(encrypted, [false, true]);
    }

    #[test]
    fn a_certificate_must_name_the_host_or_without_a_name_its_address() {
        let name = |url: &str| Host::all(&url.parse().unwrap())[0].tls_name();
        let named = |name: &str| ServerName::try_from(name.to_owned()).unwrap();
        assert_eq!(name("host=db.example.com hostaddr=10.0.0.1").unwrap(), named("db.example.com"));
        assert_eq!(name("hostaddr=10.0.0.1").unwrap(), named("10.0.0.1"));
        assert_eq!(name("host=10.0.0.2").unwrap(), named("10.0.0.2"));
        assert!(name("host='no name'").is_err());
    }
}
