use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{error::Error, job::JobId};

/// The name of a trace, as AWS X-Ray writes it: `1-`, the second since 1970 in which it began as 8
/// hexadecimal digits, `-` and 24 more digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(u128);

/// Of the digits of a [`TraceId`] those behind the second.
const RANDOM_BITS: u32 = 96;

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, random) = (self.0 >> RANDOM_BITS, self.0 & ((1 << RANDOM_BITS) - 1));
        write!(f, "1-{second:08x}-{random:024x}")
    }
}

impl FromStr for TraceId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix("1-").and_then(|rest| rest.split_once('-'));
        let id = digits.and_then(|(second, random)| {
            Some(Self((hex(second, 8)? << RANDOM_BITS) | hex(random, 24)?))
        });
        id.ok_or_else(|| Error::Invalid(format!("{text:?} is not the id of an X-Ray trace")))
    }
}

impl TryFrom<String> for TraceId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.to_string()
    }
}

/// Where something stands in a trace: what AWS X-Ray's tracing header says, in the header
/// `X-Amzn-Trace-Id` of a request, the context of an invocation and the attribute `AWSTraceHeader`
/// of a message alike.
///
/// ```text
/// Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trace {
    /// The trace.
    pub id: TraceId,
    /// The segment of it in which this came about.
    parent: Option<u64>,
    /// Whether X-Ray keeps it, if that is decided.
    sampled: Option<bool>,
}

impl Trace {
    /// The trace of a job that was submitted outside of any: its name is made of the job's, so
    /// that whoever knows the job knows it too.
    pub fn of_job(job_id: JobId) -> Self {
        // A UUID of version 7 begins with the millisecond; what is random is in its last 96 bits.
        let uuid = job_id.as_uuid().as_u128();
        let second = (uuid >> 80) / 1000;
        let random = uuid & ((1 << RANDOM_BITS) - 1);
        let id = TraceId(((second & u128::from(u32::MAX)) << RANDOM_BITS) | random);
        Self { id, parent: None, sampled: None }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.id)?;
        if let Some(parent) = self.parent {
            write!(f, ";Parent={parent:016x}")?;
        }
        match self.sampled {
            Some(sampled) => write!(f, ";Sampled={}", u8::from(sampled)),
            None => Ok(()),
        }
    }
}

impl FromStr for Trace {
    type Err = Error;

    /// Reads a tracing header. Fields of other names are passed over: proxies and Lambda add some.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Invalid(format!("{text:?} is not a tracing header of X-Ray"));
        let (mut id, mut parent, mut sampled) = (None, None, None);
        for field in text.split(';').map(str::trim).filter(|field| !field.is_empty()) {
            match field.split_once('=').ok_or_else(wrong)? {
                ("Root", value) => id = Some(value.parse()?),
                ("Parent", value) => {
                    let segment = hex(value, 16).and_then(|segment| u64::try_from(segment).ok());
                    parent = Some(segment.ok_or_else(wrong)?);
                }
                ("Sampled", "0") => sampled = Some(false),
                ("Sampled", "1") => sampled = Some(true),
                // To be decided by who comes next.
                ("Sampled", "?") => sampled = None,
                ("Sampled", _) => return Err(wrong()),
                _ => {}
            }
        }
        Ok(Self { id: id.ok_or_else(wrong)?, parent, sampled })
    }
}

impl TryFrom<String> for Trace {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Trace> for String {
    fn from(trace: Trace) -> Self {
        trace.to_string()
    }
}

/// The number that `text` is in exactly `digits` hexadecimal digits, at most 32.
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
            let trace: Trace = header.parse().unwrap();
            assert_eq!(trace.to_string(), header);
            assert_eq!(serde_json::to_string(&trace).unwrap(), format!("{header:?}"));
            assert_eq!(serde_json::from_str::<Trace>(&format!("{header:?}")).unwrap(), trace);
        }
    }

    #[test]
    fn what_others_add_to_a_header_is_passed_over() {
        let lambda = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:2af4d1b8:0");
        let balancer = format!("Self=1-67891234-12456789abcdef012345678a; Root={ROOT};Sampled=?");
        for (header, read) in [
            (lambda, format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0")),
            (balancer, format!("Root={ROOT}")),
        ] {
            let trace: Trace = header.parse().unwrap();
            assert_eq!((trace.to_string(), trace.id.to_string()), (read, ROOT.to_owned()));
        }
    }

    #[test]
    fn rubbish_is_refused() {
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
            let error = header.parse::<Trace>().unwrap_err().to_string();
            assert!(error.contains("X-Ray"), "{header}: {error}");
        }
    }

    #[test]
    fn a_job_of_no_trace_has_one_by_its_name() {
        let job_id: JobId = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap();
        let trace = Trace::of_job(job_id);
        assert_eq!(trace.to_string(), "Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d");
        assert_eq!(trace.to_string().parse::<Trace>().unwrap(), trace);
    }
}
