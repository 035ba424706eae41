//! TLS to a database.

use std::{
    fmt::Display,
    sync::{Arc, OnceLock},
};

use pgfold_core::{Error, Result};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_postgres::config::SslNegotiation;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    postgres::{connect::socket::Socket, service::SERVICE},
    tls::{self, CaFile},
};

/// The certificate authorities of RDS in PEM, with a note on their origin.
pub(in crate::postgres) const RDS_ROOTS: &[u8] = include_bytes!("rds-roots.pem");

/// The most bytes of ciphertext read at a time. rustls itself reads a quarter of a record, which
/// costs a system call for every 50 rows.
const BUFFER: usize = 256 * 1024;

/// The ALPN name of PostgreSQL's protocol, so that the server need not guess the protocol.
/// <https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL>
const PROTOCOL: &[u8] = b"postgresql";

/// TLS to a database. Its certificate must be issued by an authority of RDS or of RDS Proxy, or by
/// one of a configured file.
#[derive(Debug)]
pub(in crate::postgres) struct Tls {
    ca_file: Option<CaFile>,
    negotiation: SslNegotiation,
    /// Made for the first connection, because a function that starts may need none.
    client: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    pub(in crate::postgres) fn new(ca_file: Option<CaFile>, negotiation: SslNegotiation) -> Self {
        Self { ca_file, negotiation, client: OnceLock::new() }
    }

    /// Starts TLS on a socket. The server's certificate must be for this host.
    pub(in crate::postgres) async fn secure(
        &self,
        mut socket: Socket,
        name: ServerName<'static>,
    ) -> Result<TlsStream<BufReader<Socket>>> {
        let client = Arc::clone(self.client()?);
        if self.negotiation == SslNegotiation::Postgres {
            request(&mut socket).await?;
        }
        let socket = BufReader::with_capacity(BUFFER, socket);
        let handshake = TlsConnector::from(client).connect(name.clone(), socket).await;
        handshake.map_err(|error| match tls::certificate_problem(&error) {
            Some(problem) => {
                let host = name.to_str();
                tracing::error!(%host, %error, "the database's certificate is refused");
                Error::Misconfigured(format!("the database's certificate {problem}"))
            }
            None => Error::unavailable(SERVICE, error),
        })
    }

    fn client(&self) -> Result<&Arc<ClientConfig>> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let unusable = |problem: &dyn Display| {
            Error::Misconfigured(format!("TLS to the database cannot be set up: {problem}"))
        };
        let roots = self.roots().ok_or_else(|| unusable(&"its authorities cannot be read"))?;
        let mut client = tls::client(roots).map_err(|error| unusable(&error))?;
        if self.negotiation == SslNegotiation::Direct {
            client.alpn_protocols = vec![PROTOCOL.to_vec()];
        }
        Ok(self.client.get_or_init(|| Arc::new(client)))
    }

    fn roots(&self) -> Option<RootCertStore> {
        match &self.ca_file {
            Some(file) => tls::roots(file.pem()),
            None => {
                let mut roots = tls::roots(RDS_ROOTS)?;
                roots.extend(tls::roots(tls::AMAZON_ROOTS)?.roots);
                Some(roots)
            }
        }
    }
}

/// Asks the server for TLS before anything else is sent.
async fn request(socket: &mut Socket) -> Result<()> {
    /// `SSLRequest`: a message of eight bytes, with its code in the place of the protocol version.
    const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

    let broken = |error| Error::unavailable(SERVICE, error);
    socket.write_all(&REQUEST).await.map_err(broken)?;
    // Reads exactly one byte: any plaintext after it would not be authenticated.
    match socket.read_u8().await.map_err(broken)? {
        b'S' => Ok(()),
        b'N' => {
            let refused = "the database does not support TLS, which pgfold requires";
            Err(Error::Misconfigured(refused.to_owned()))
        }
        other => Err(Error::unavailable(SERVICE, format!("answered {other:#04x} to SSLRequest"))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rustls::pki_types::{CertificateDer, pem::PemObject};

    use super::{
        super::der::{SEQUENCE, element},
        *,
    };

    /// Returns the year in which a certificate expires.
    fn last_year(certificate: &[u8]) -> Option<u64> {
        const VERSION: u8 = 0xa0;
        const INTEGER: u8 = 0x02;
        const UTC_TIME: u8 = 0x17;
        const GENERALIZED_TIME: u8 = 0x18;

        let (certificate, _) = element(SEQUENCE, certificate)?;
        let (content, _) = element(SEQUENCE, certificate)?;
        let (_version, rest) = element(VERSION, content)?;
        let (_serial_number, rest) = element(INTEGER, rest)?;
        let (_signature, rest) = element(SEQUENCE, rest)?;
        let (_issuer, rest) = element(SEQUENCE, rest)?;
        let (validity, _) = element(SEQUENCE, rest)?;
        let (_not_before, rest) = element(UTC_TIME, validity)?;
        match (element(GENERALIZED_TIME, rest), element(UTC_TIME, rest)) {
            (Some((time, _)), _) => std::str::from_utf8(time.get(..4)?).ok()?.parse().ok(),
            (None, Some((time, _))) => {
                let year: u64 = std::str::from_utf8(time.get(..2)?).ok()?.parse().ok()?;
                Some(2000 + year)
            }
            (None, None) => None,
        }
    }

    #[test]
    fn the_authorities_of_aws_parse_and_none_expires_soon() {
        let read = |pem| CertificateDer::pem_slice_iter(pem).map(Result::unwrap).collect();
        let (of_rds, of_amazon): (Vec<_>, Vec<_>) = (read(RDS_ROOTS), read(tls::AMAZON_ROOTS));
        // Three for every region.
        assert!(of_rds.len() >= 3 * 27, "{}", of_rds.len());
        assert_eq!(of_amazon.len(), 5);
        let tls = Tls::new(None, SslNegotiation::Postgres);
        assert_eq!(tls.roots().unwrap().len(), of_rds.len() + of_amazon.len());
        assert!(tls.client().is_ok());

        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let this_year = 1970 + since_epoch.as_secs() / 31_556_952;
        for certificate in of_rds.iter().chain(&of_amazon) {
            let last_year = last_year(certificate).unwrap();
            assert!(last_year > this_year, "one expires in {last_year}");
        }
    }
}
