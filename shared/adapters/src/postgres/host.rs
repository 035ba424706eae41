use std::{io, net::IpAddr, path::PathBuf};

use tokio_postgres::{Config, config};

use super::socket::Socket;

/// Where a database may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    place: Place,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// An address, which spares looking a name up.
    Address(IpAddr),
    Name(String),
    /// The folder that the server's socket lies in.
    Folder(PathBuf),
}

impl Host {
    /// The hosts of a configuration, in the order in which they are to be tried.
    pub(super) fn all(config: &Config) -> Vec<Self> {
        let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
        let ports = config.get_ports();
        let place = |at: usize| match (addresses.get(at), names.get(at)) {
            (Some(address), _) => Some(Place::Address(*address)),
            (None, Some(config::Host::Tcp(name))) => Some(Place::Name(name.clone())),
            (None, Some(config::Host::Unix(folder))) => Some(Place::Folder(folder.clone())),
            (None, None) => None,
        };
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let host = |at: usize| Some(Self { place: place(at)?, port: port(at) });
        let mut hosts: Vec<Self> = (0..names.len().max(addresses.len())).filter_map(host).collect();
        if config.get_load_balance_hosts() == config::LoadBalanceHosts::Random && !hosts.is_empty()
        {
            // Its last bits are random.
            let first = uuid::Uuid::now_v7().as_u128() as usize % hosts.len();
            hosts.rotate_left(first);
        }
        hosts
    }

    /// A socket to it.
    pub(super) async fn connect(&self) -> io::Result<Socket> {
        match &self.place {
            Place::Address(address) => Socket::tcp((*address, self.port)).await,
            Place::Name(name) => Socket::tcp((name.as_str(), self.port)).await,
            Place::Folder(folder) => {
                Socket::unix(&folder.join(format!(".s.PGSQL.{}", self.port))).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_place_and_its_port() {
        let hosts = |url: &str| Host::all(&url.parse().unwrap());
        let named = |name: &str, port| Host { place: Place::Name(name.to_owned()), port };
        assert_eq!(hosts("postgresql://a"), [named("a", 5432)]);
        assert_eq!(hosts("postgresql://a:1,b:2"), [named("a", 1), named("b", 2)]);
        assert_eq!(hosts("host=a,b port=7"), [named("a", 7), named("b", 7)]);
        let folder = Host { place: Place::Folder("/run/pg".into()), port: 5432 };
        assert_eq!(hosts("host=/run/pg"), [folder]);
        let address = Host { place: Place::Address([10, 0, 0, 1].into()), port: 5432 };
        assert_eq!(hosts("host=a hostaddr=10.0.0.1"), std::slice::from_ref(&address));
        assert_eq!(hosts("hostaddr=10.0.0.1"), [address]);
        let mut shuffled = hosts("host=a,b,c load_balance_hosts=random");
        shuffled.sort_by_key(|host| format!("{host:?}"));
        assert_eq!(shuffled, hosts("host=a,b,c"));
    }
}
