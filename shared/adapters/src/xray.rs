//! Traces as AWS X-Ray writes them.

use std::fmt;

use pgfold_core::{JobId, Trace, TraceId};

/// The header of a request in which Lambda passes the trace of the invocation.
pub const REQUEST_HEADER: &str = "x-amzn-trace-id";

/// The SQS attribute with the trace of a message. Lambda starts a new trace for each batch of a
/// mapper, and X-Ray links it to the sender's by this attribute. The attribute does not count
/// towards the message's size.
pub(crate) const MESSAGE_ATTRIBUTE: &str = "AWSTraceHeader";

/// Reads a tracing header: the text in [`REQUEST_HEADER`], in the context of an invocation and in a
/// message's attribute. Fields of other names are left out: proxies and Lambda add some. Returns
/// `None` for a text that is not a tracing header.
///
/// ```
/// use pgfold_adapters::xray;
///
/// let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
/// let trace = xray::read(header).unwrap();
/// assert_eq!(trace.id.to_string(), "1-5759e988-bd862e3fe1be46a994272793");
/// assert_eq!(trace.context, header);
/// ```
pub fn read(text: &str) -> Option<Trace> {
    Header::read(text).map(Trace::from)
}

/// Returns the trace of a job that was submitted outside of any: its id is made of the job's, so
/// that whoever knows the job knows the trace too.
pub fn trace_of_job(job_id: JobId) -> Trace {
    // A UUID of version 7 begins with the millisecond; its last 96 bits are random.
    let uuid = job_id.as_uuid().as_u128();
    let second = ((uuid >> 80) / 1000) & u128::from(u32::MAX);
    let random = uuid & ((1 << RANDOM_BITS) - 1);
    Header { root: (second << RANDOM_BITS) | random, parent: None, sampled: None }.into()
}

/// A tracing header.
struct Header {
    /// The trace: the second since 1970 in which it began, and 96 random bits.
    root: u128,
    /// The segment of the trace in which this came about.
    parent: Option<u64>,
    /// Whether X-Ray keeps the trace, if that is decided.
    sampled: Option<bool>,
}

/// The bits of a trace's id behind the second.
const RANDOM_BITS: u32 = 96;

impl Header {
    fn read(text: &str) -> Option<Self> {
        let (mut root, mut parent, mut sampled) = (None, None, None);
        for field in text.split(';').map(str::trim).filter(|field| !field.is_empty()) {
            match field.split_once('=')? {
                ("Root", value) => root = Some(read_id(value)?),
                ("Parent", value) => parent = Some(u64::try_from(hex(value, 16)?).ok()?),
                ("Sampled", "0") => sampled = Some(false),
                ("Sampled", "1") => sampled = Some(true),
                // The next service decides.
                ("Sampled", "?") => sampled = None,
                ("Sampled", _) => return None,
                _ => {}
            }
        }
        Some(Self { root: root?, parent, sampled })
    }

    /// The id as X-Ray writes it: `1-`, the second as 8 hexadecimal digits, `-` and 24 more digits.
    fn id(&self) -> String {
        let (second, random) = (self.root >> RANDOM_BITS, self.root & ((1 << RANDOM_BITS) - 1));
        format!("1-{second:08x}-{random:024x}")
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.id())?;
        if let Some(parent) = self.parent {
            write!(f, ";Parent={parent:016x}")?;
        }
        match self.sampled {
            Some(sampled) => write!(f, ";Sampled={}", u8::from(sampled)),
            None => Ok(()),
        }
    }
}

impl From<Header> for Trace {
    fn from(header: Header) -> Self {
        Self { id: TraceId(header.id()), context: header.to_string() }
    }
}

fn read_id(text: &str) -> Option<u128> {
    let (second, random) = text.strip_prefix("1-")?.split_once('-')?;
    Some((hex(second, 8)? << RANDOM_BITS) | hex(random, 24)?)
}

/// Returns the number that `text` is in exactly `digits` hexadecimal digits, at most 32.
fn hex(text: &str, digits: usize) -> Option<u128> {
    // `from_str_radix` would take a sign.
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        for header in [
            format!("Root={ROOT}"),
            format!("Root={ROOT};Sampled=0"),
            format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"),
            "Root=1-00000000-000000000000000000000001;Parent=0000000000000000".to_owned(),
        ] {
            assert_eq!(read(&header).unwrap().context, header);
        }
    }

    #[test]
    fn what_others_add_to_a_header_is_left_out() {
        let lambda = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:2af4d1b8:0");
        let balancer = format!("Self=1-67891234-12456789abcdef012345678a; Root={ROOT};Sampled=?");
        for (header, context) in [
            (lambda, format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0")),
            (balancer, format!("Root={ROOT}")),
        ] {
            let trace = read(&header).unwrap();
            assert_eq!((trace.context, trace.id.0), (context, ROOT.to_owned()));
        }
    }

    #[test]
    fn rubbish_is_no_header() {
        for header in [
            String::new(),
            ROOT.to_owned(),
            "Root=".to_owned(),
            "Parent=53995c3f42cd8ad8;Sampled=1".to_owned(),
            format!("Root=2{}", &ROOT[1..]),
            format!("Root={ROOT}0"),
            format!("Root={}", &ROOT[..34]),
            format!("Root={}", ROOT.replace('b', "g")),
            format!("Root={}", ROOT.replace("-5", "-+")),
            format!("Root={}", ROOT.replace("1-5", "1-é")),
            format!("Root={ROOT};Parent=53995c3f42cd8ad"),
            format!("Root={ROOT};Sampled=yes"),
            format!("Root={ROOT};Sampled"),
        ] {
            assert!(read(&header).is_none(), "{header}");
        }
    }

    #[test]
    fn a_job_of_no_trace_has_one_by_its_id() {
        let job_id: JobId = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap();
        let trace = trace_of_job(job_id);
        assert_eq!(trace.context, "Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d");
        assert_eq!(read(&trace.context), Some(trace));
    }
}
