//! TLS as pgfold speaks it: with servers that prove their names, by authorities that are known.

use std::{error::Error, fmt, fs, io, net::IpAddr, path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The authorities of AWS's services but RDS itself, and a note on where they come from.
pub(crate) const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// A PEM file of the certificate authorities to trust, instead of those that are embedded.
#[derive(Clone)]
pub struct CaFile {
    path: PathBuf,
    pem: Vec<u8>,
}

/// A file that holds no certificate authorities.
#[derive(Debug, thiserror::Error)]
pub enum CaFileError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It holds none, or something else beside them.
    #[error("holds no certificates in PEM, or some that cannot be read")]
    NoCertificates,
}

impl CaFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read, or is not a PEM file of certificates.
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

/// The authorities of a PEM file; `None` if one of them cannot be read.
pub(crate) fn roots(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    Some(roots)
}

/// What a client does that trusts `roots`, and nobody else.
pub(crate) fn client(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    // The provider by name, for that of the process is nobody's in a library.
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Whether `host` is this machine, so that what is said to it goes over no network.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// What is wrong with a server's certificate, if an error is about that.
pub(crate) fn certificate_problem(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
            return Some(wrong_with(problem));
        }
        // These stand for the error in them, and name that error's source as their own.
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
        CertificateError::UnknownIssuer => "is of no authority that is trusted",
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
    fn this_machine_is_told_from_others() {
        for host in ["localhost", "127.0.0.1", "127.8.9.10", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["10.0.0.1", "::", "localhost.example.com", "127.0.0.1.example.com", "", "db"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_file_without_authorities_is_none() {
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
