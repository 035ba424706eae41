//! TLS with verified certificates and names, by known authorities.

use std::{error::Error, fmt, fs, io, net::IpAddr, path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The certificate authorities of AWS's services except RDS itself, in PEM, with a note on their
/// origin.
pub(crate) const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// A PEM file of certificate authorities to trust instead of the embedded ones.
#[derive(Clone)]
pub struct CaFile {
    path: PathBuf,
    pem: Vec<u8>,
}

/// The error of a file that is not a PEM file of certificate authorities.
#[derive(Debug, thiserror::Error)]
pub enum CaFileError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// The file has no certificates, or a certificate that cannot be read.
    #[error("holds no certificates in PEM, or some that cannot be read")]
    NoCertificates,
}

impl CaFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a PEM file of certificates.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, CaFileError> {
        let path = path.into();
        let pem = fs::read(&path)?;
        roots(&pem).filter(|roots| !roots.is_empty()).ok_or(CaFileError::NoCertificates)?;
        Ok(Self { path, pem })
    }

    pub(crate) fn pem(&self) -> &[u8] {
        &self.pem
    }
}

impl fmt::Debug for CaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaFile").field(&self.path).finish()
    }
}

/// Parses the authorities of a PEM file; `None` if there are none or one of them cannot be read.
pub(crate) fn roots(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    Some(roots)
}

/// Makes the configuration of a client that trusts only `roots`.
pub(crate) fn client(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    // Names the provider, because a library must not depend on the default of the process.
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Returns whether `host` is this machine, so that its traffic crosses no network.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Returns the problem with a server's certificate; `None` if the error is about something else.
pub(crate) fn certificate_problem(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
            return Some(wrong_with(problem));
        }
        // Both types wrap an error but report that error's source as theirs, so the wrapped error
        // must be unwrapped here.
        let in_io: Option<&(dyn Error + 'static)> =
            error.downcast_ref::<io::Error>().and_then(|error| Some(error.get_ref()? as _));
        let in_redis: Option<&(dyn Error + 'static)> =
            error.downcast_ref::<Arc<dyn Error + Send + Sync>>().map(|error| &**error as _);
        cause = in_io.or(in_redis).or(error.source());
    }
    None
}

fn wrong_with(problem: &CertificateError) -> &'static str {
    match problem {
        CertificateError::UnknownIssuer => "is not issued by a trusted authority",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet"
        }
        _ => "is not valid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_hosts_are_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.8.9.10", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["10.0.0.1", "::", "localhost.example.com", "127.0.0.1.example.com", "", "db"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_file_without_authorities_is_an_error() {
        let missing = CaFile::read("/no/such/file.pem").unwrap_err();
        assert!(missing.to_string().starts_with("cannot be read: "), "{missing}");
        let folder = std::env::temp_dir().join(format!("pgfold-ca-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for content in ["", "s3cret", damaged, key] {
            let file = folder.join("ca.pem");
            fs::write(&file, content).unwrap();
            let error = CaFile::read(&file).unwrap_err();
            assert!(matches!(error, CaFileError::NoCertificates), "{content}: {error:?}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_problem_with_a_certificate_is_found_below_other_errors() {
        let wrapped = |problem| {
            io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(problem)))
        };
        let found = |problem| certificate_problem(&wrapped(problem));
        assert_eq!(found(CertificateError::Expired), Some("has expired"));
        assert_eq!(found(CertificateError::BadSignature), Some("is not valid"));
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(wrapped(CertificateError::Expired));
        assert_eq!(certificate_problem(&shared), Some("has expired"));
        let other = io::Error::other(rustls::Error::DecryptError);
        assert_eq!(certificate_problem(&other), None);
    }
}
