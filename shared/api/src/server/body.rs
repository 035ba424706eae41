//! Whether a body can be JSON in UTF-8, by what its headers say of it.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE},
};
use mediatype::{MediaType, ReadParams, names};
use pgfold_core::shown;

/// Why a body cannot be read, whatever its bytes are. HTTP 415.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The body is compressed.
    #[error("the Content-Encoding must be identity, not {0:?}")]
    Encoding(String),

    /// The body is said not to be JSON.
    #[error("the Content-Type must be application/json, not {0:?}")]
    MediaType(String),

    /// The body is JSON, and not in UTF-8.
    #[error("the charset of the Content-Type must be utf-8, not {0:?}")]
    Charset(String),
}

impl Unsupported {
    /// The header that says what would be supported (RFC 9110, 15.5.16).
    pub(super) fn supported(&self) -> (HeaderName, HeaderValue) {
        match self {
            Self::Encoding(_) => (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            Self::MediaType(_) | Self::Charset(_) => {
                (ACCEPT, HeaderValue::from_static("application/json"))
            }
        }
    }
}

/// What clients say of a body unless they say more: curl of one from its command line and of one
/// from a file, browsers of a string.
const UNSAID: [&str; 3] =
    ["application/x-www-form-urlencoded", "application/octet-stream", "text/plain"];

/// A byte order mark, which says that a text is in UTF-8 and is not part of it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The JSON of a body: all of it, without a byte order mark.
///
/// # Errors
/// [`Unsupported`] if the headers say that it is compressed, no JSON, or not in UTF-8.
pub fn json_body<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<&'a [u8], Unsupported> {
    for line in headers.get_all(CONTENT_ENCODING) {
        let identity = |coding: &[u8]| {
            let coding = coding.trim_ascii();
            coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
        };
        if !line.as_bytes().split(|byte| *byte == b',').all(identity) {
            return Err(Unsupported::Encoding(said(line)));
        }
    }
    for line in headers.get_all(CONTENT_TYPE) {
        if !line.as_bytes().trim_ascii().is_empty() {
            check_type(line)?;
        }
    }
    Ok(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body))
}

fn check_type(line: &HeaderValue) -> Result<(), Unsupported> {
    let text = line.to_str().map(str::trim).unwrap_or_default();
    let Ok(media_type) = MediaType::parse(text) else {
        return Err(Unsupported::MediaType(said(line)));
    };
    let essence = media_type.essence();
    let is_json = media_type.suffix == Some(names::JSON)
        || essence == MediaType::new(names::APPLICATION, names::JSON);
    let essence = essence.to_string();
    if !is_json && !UNSAID.iter().any(|unsaid| essence.eq_ignore_ascii_case(unsaid)) {
        return Err(Unsupported::MediaType(said(line)));
    }
    let Some(charset) = media_type.get_param(names::CHARSET) else { return Ok(()) };
    let charset = charset.unquoted_str();
    // The second is how many misspell the first; the third is a part of it.
    match ["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) {
        true => Ok(()),
        false => Err(Unsupported::Charset(shown(charset))),
    }
}

fn said(line: &HeaderValue) -> String {
    shown(String::from_utf8_lossy(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: HeaderName, lines: &[&str]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        json_body(&headers, b"{}").map(|_| ()).map_err(|unsupported| unsupported.to_string())
    }

    #[test]
    fn json_and_what_clients_send_unasked_is_read() {
        for media_type in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            "application/json ; charset=\"utf-8\"",
            "Application/JSON",
            "application/json;",
            "application/vnd.api+json",
            "application/problem+json; charset=utf8",
            "application/x-www-form-urlencoded",
            "application/octet-stream",
            "text/plain",
            "text/plain;charset=UTF-8",
            "text/plain; charset=us-ascii",
            "application/json; version=1",
            "",
        ] {
            assert_eq!(read(CONTENT_TYPE, &[media_type]), Ok(()), "{media_type}");
        }
        assert_eq!(read(CONTENT_TYPE, &[]), Ok(()));
    }

    #[test]
    fn another_media_type_is_refused_by_name() {
        for media_type in [
            "multipart/form-data; boundary=x",
            "application/xml",
            "text/xml",
            "text/html",
            "json",
            "application/jsonp",
            "application/json-seq",
            "application/x-ndjson",
            "application/cbor",
            "application/json, text/plain",
            "text/json+x",
            "*/*",
            "application/",
            "caf\u{e9}",
        ] {
            let expected = format!("the Content-Type must be application/json, not {media_type:?}");
            assert_eq!(read(CONTENT_TYPE, &[media_type]), Err(expected));
        }
        assert!(read(CONTENT_TYPE, &["application/json", "text/xml"]).is_err());
    }

    #[test]
    fn another_charset_is_refused_by_name() {
        for charset in ["utf-16", "UTF-16LE", "utf-32", "iso-8859-1", "latin1"] {
            let expected = "the charset of the Content-Type must be utf-8, not \"";
            for media_type in ["application/json", "text/plain"] {
                let said = format!("{media_type}; charset={charset}");
                let refused = read(CONTENT_TYPE, &[&said]).unwrap_err();
                assert!(refused.starts_with(expected), "{refused}");
            }
        }
    }

    #[test]
    fn a_compressed_body_is_refused_by_its_encoding() {
        for encoding in ["identity", "Identity", "", " ", "identity, identity"] {
            assert_eq!(read(CONTENT_ENCODING, &[encoding]), Ok(()), "{encoding}");
        }
        for encoding in ["gzip", "GZIP", "br", "deflate", "zstd", "identity, gzip", "aws-chunked"] {
            let expected = format!("the Content-Encoding must be identity, not {encoding:?}");
            assert_eq!(read(CONTENT_ENCODING, &[encoding]), Err(expected));
        }
        assert!(read(CONTENT_ENCODING, &["identity", "gzip"]).is_err());
    }

    #[test]
    fn one_byte_order_mark_is_not_part_of_the_json() {
        let headers = HeaderMap::new();
        assert_eq!(json_body(&headers, b"\xef\xbb\xbf{}"), Ok(&b"{}"[..]));
        assert_eq!(json_body(&headers, b"\xef\xbb\xbf"), Ok(&b""[..]));
        assert_eq!(json_body(&headers, b"\xef\xbb\xbf\xef\xbb\xbf{}").unwrap().len(), 5);
    }
}
