//! AWS Signature Version 4, written from its specification and independent of the program's code,
//! to check the program's signatures.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::server::Request;

pub(crate) const KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Returns the names of the signed headers; `None` if the signature is not that of the request to
/// API Gateway in this region.
pub(crate) fn signed(request: &Request, region: &str) -> Option<Vec<String>> {
    signed_for("execute-api", request, region)
}

/// The same for a service.
pub(crate) fn signed_for(service: &str, request: &Request, region: &str) -> Option<Vec<String>> {
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let rest = header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let fields: Vec<&str> = rest.split(", ").collect();
    let [credential, names, signature] = fields[..] else { return None };
    let date = header("x-amz-date")?;
    let scope = format!("{}/{region}/{service}/aws4_request", &date[..8]);
    if credential != format!("Credential={KEY}/{scope}") {
        return None;
    }
    let names = names.strip_prefix("SignedHeaders=")?;

    let (method, target) = request.line.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    let mut canonical = format!("{method}\n{}\n{}\n", path.replace('%', "%25"), pairs.join("&"));
    for name in names.split(';') {
        canonical += &format!("{name}:{}\n", header(name)?);
    }
    canonical += &format!("\n{names}\n{}", hex(&Sha256::digest(&request.body)));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = scope
        .split('/')
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| authenticate(&key, part));
    let expected = format!("Signature={}", hex(&authenticate(&key, &to_sign)));
    (signature == expected).then(|| names.split(';').map(str::to_owned).collect())
}

fn authenticate(key: &[u8], message: &str) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    hmac.update(message.as_bytes());
    hmac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
