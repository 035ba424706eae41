//! Channel binding: binds the proof of the password to this server's certificate.

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::postgres::connect::der::{OBJECT_IDENTIFIER, SEQUENCE, element};

/// Returns `tls-server-end-point` of RFC 5929: the hash of the certificate by the hash function of
/// its signature. `None` if the signature has no hash function, or more than one.
pub(in crate::postgres) fn tls_server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    // Signature algorithms of RFC 3279, 4055 and 5758. RFC 5929 replaces MD5 and SHA-1 by SHA-256.
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
    const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

    let algorithm = signature_algorithm(certificate)?;
    let (family, member) = algorithm.split_at_checked(algorithm.len().checked_sub(1)?)?;
    match (family, member) {
        (RSA, [4 | 5 | 11]) | (ECDSA_SHA2, [2]) => Some(Sha256::digest(certificate).to_vec()),
        _ if algorithm == ECDSA_SHA1 => Some(Sha256::digest(certificate).to_vec()),
        (RSA, [12]) | (ECDSA_SHA2, [3]) => Some(Sha384::digest(certificate).to_vec()),
        (RSA, [13]) | (ECDSA_SHA2, [4]) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// Returns the object identifier of a certificate's `signatureAlgorithm`, which rustls does not
/// expose.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = element(SEQUENCE, certificate)?;
    let (_to_be_signed, rest) = element(SEQUENCE, certificate)?;
    let (algorithm, _signature) = element(SEQUENCE, rest)?;
    let (identifier, _parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
    Some(identifier)
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    use super::{super::tls::RDS_ROOTS, *};

    /// Returns the first of RDS's authorities with a key of this kind, in DER.
    fn authority(kind: &str) -> CertificateDer<'static> {
        let pem = std::str::from_utf8(RDS_ROOTS).unwrap();
        let (_, from_name) = pem.split_once(&format!("Root CA {kind} G1\n")).unwrap();
        CertificateDer::from_pem_slice(from_name.as_bytes()).unwrap()
    }

    // The expected signature algorithms are from `openssl x509 -text`.
    #[test]
    fn a_certificate_is_hashed_by_the_hash_function_of_its_signature() {
        let binding = |kind| tls_server_end_point(&authority(kind)).unwrap();
        assert_eq!(binding("RSA2048"), Sha256::digest(authority("RSA2048")).to_vec());
        assert_eq!(binding("RSA4096"), Sha384::digest(authority("RSA4096")).to_vec());
        assert_eq!(binding("ECC384"), Sha384::digest(authority("ECC384")).to_vec());
    }

    #[test]
    fn without_one_hash_function_there_is_no_binding() {
        // Ed25519, and bytes that are not a certificate.
        let signed = |algorithm: &[u8]| {
            let identifier = [&[0x06, algorithm.len() as u8], algorithm].concat();
            let algorithm = [&[0x30, identifier.len() as u8], &*identifier].concat();
            let content = [&[0x30, 0x00], &*algorithm].concat();
            [&[0x30, content.len() as u8], &*content].concat()
        };
        assert_eq!(tls_server_end_point(&signed(&[0x2b, 0x65, 0x70])), None);
        let sha1 = signed(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05]);
        assert_eq!(tls_server_end_point(&sha1), Some(Sha256::digest(&sha1).to_vec()));
        for end in 0..sha1.len() {
            assert_eq!(tls_server_end_point(&sha1[..end]), None, "{end} bytes");
        }
    }
}
