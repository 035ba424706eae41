//! The `Prefer` header by the grammar of RFC 7240.

use std::time::Duration;

use http::HeaderMap;

/// How long a request is willing to wait for its answer: the preference `wait`, in whole seconds.
/// More than `longest` is `longest`. `None` where the request has no such preference, or one whose
/// value is not a number: a server passes over what it does not understand.
pub fn wait(headers: &HeaderMap, longest: Duration) -> Option<Duration> {
    let lines = headers.get_all("prefer").into_iter();
    let mut preferences = lines.flat_map(|line| Preferences(line.as_bytes()));
    // A preference that stands more than once counts as it stands first.
    let wait = preferences.find(|preference| preference.name.eq_ignore_ascii_case(b"wait"))?;
    if wait.value.is_empty() || !wait.value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // More digits than fit in a number are longer than any wait.
    let seconds = String::from_utf8(wait.value).ok()?.parse().unwrap_or(u64::MAX);
    Some(Duration::from_secs(seconds).min(longest))
}

/// A preference without its parameters. No value and an empty one are the same.
struct Preference<'a> {
    name: &'a [u8],
    value: Vec<u8>,
}

/// The preferences in what is left of a header line; those that break the grammar are left out.
///
/// ```text
/// Prefer     = #preference
/// preference = parameter *( OWS ";" [ OWS parameter ] )
/// parameter  = token [ BWS "=" BWS ( token / quoted-string ) ]
/// ```
struct Preferences<'a>(&'a [u8]);

impl<'a> Iterator for Preferences<'a> {
    type Item = Preference<'a>;

    fn next(&mut self) -> Option<Preference<'a>> {
        while !self.0.is_empty() {
            let preference = self.preference();
            let ends = matches!(self.0.first(), None | Some(b','));
            self.skip_to_comma();
            if let Some(preference) = preference
                && ends
            {
                return Some(preference);
            }
        }
        None
    }
}

impl<'a> Preferences<'a> {
    fn preference(&mut self) -> Option<Preference<'a>> {
        let (name, value) = self.parameter()?;
        while self.take(b';') {
            self.skip_space();
            // A semicolon may stand without a parameter.
            if self.0.first().is_some_and(|next| is_token(*next)) {
                self.parameter()?;
            }
        }
        Some(Preference { name, value })
    }

    /// A name and its value, and the space around them.
    fn parameter(&mut self) -> Option<(&'a [u8], Vec<u8>)> {
        self.skip_space();
        let name = self.token()?;
        self.skip_space();
        if !self.take(b'=') {
            return Some((name, Vec::new()));
        }
        self.skip_space();
        let value = match self.take(b'"') {
            true => self.rest_of_quoted()?,
            false => self.token()?.to_vec(),
        };
        self.skip_space();
        Some((name, value))
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        let length = self.0.iter().take_while(|byte| is_token(**byte)).count();
        let (token, rest) = self.0.split_at(length);
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }

    /// Returns what stands before the closing quote; `None` without a closing quote.
    fn rest_of_quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            match byte {
                b'"' => return Some(text),
                b'\\' => {
                    let (&escaped, rest) = self.0.split_first()?;
                    self.0 = rest;
                    text.push(escaped);
                }
                other => text.push(other),
            }
        }
    }

    fn skip_space(&mut self) {
        while self.take(b' ') || self.take(b'\t') {}
    }

    /// To behind the comma after this preference: not one within quotes.
    fn skip_to_comma(&mut self) {
        while let Some((&byte, rest)) = self.0.split_first() {
            self.0 = rest;
            match byte {
                b',' => return,
                b'"' if self.rest_of_quoted().is_none() => self.0 = &[],
                _ => {}
            }
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
}

/// Whether a byte may stand in a token (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// The wait in seconds of a request with these header lines.
    fn seconds(lines: &[&str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        wait(&headers, Duration::from_secs(20)).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_rfcs_examples_are_read_as_the_rfc_reads_them() {
        for (lines, expected) in [
            (&["respond-async, wait=10"][..], Some(10)),
            (&["return=minimal; foo=\"some parameter\""], None),
            (&["respond-async, wait=100, handling=lenient"], Some(20)),
            (&["respond-async", "wait=10"], Some(10)),
            (&["handling=lenient", "wait=10", "respond-async"], Some(10)),
            (&["priority=5"], None),
            (&["Lenient; wait=3"], None),
        ] {
            assert_eq!(seconds(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn names_have_no_case_and_values_may_be_quoted_and_spaced() {
        for line in [
            "wait=2",
            "Wait=2",
            "WAIT=2",
            "wait = 2",
            "wait\t=\t2",
            "wait=\"2\"",
            "wait = \"2\" ",
            "wait=\"\\2\"",
            "wait=2;",
            "wait=2 ; x=y; z",
            "wait=2 ; ; x",
            ", ,wait=2,",
            "wait=02",
        ] {
            assert_eq!(seconds(&[line]), Some(2), "{line}");
        }
    }

    #[test]
    fn a_parameter_of_another_preference_is_not_a_wait() {
        for line in [
            "respond-async; wait=2",
            "respond-async;wait=2, return=minimal",
            "foo=\"a, wait=2\"",
            "foo=\"a\\\", wait=2\"",
            "await=2",
            "wait-2",
        ] {
            assert_eq!(seconds(&[line]), None, "{line}");
        }
        assert_eq!(seconds(&["foo=\"a, wait=2\", wait=3"]), Some(3));
        assert_eq!(seconds(&["respond-async; wait=2, wait=3"]), Some(3));
    }

    #[test]
    fn the_first_of_several_counts() {
        assert_eq!(seconds(&["wait=2, wait=3"]), Some(2));
        assert_eq!(seconds(&["wait=2", "wait=3"]), Some(2));
        assert_eq!(seconds(&["wait=soon, wait=3"]), None);
    }

    #[test]
    fn what_cannot_be_understood_is_passed_over() {
        for line in [
            "",
            " ",
            ",",
            "wait",
            "wait=",
            "wait=\"\"",
            "wait=-1",
            "wait=+1",
            "wait=1.5",
            "wait=soon",
        ] {
            assert_eq!(seconds(&[line]), None, "{line}");
        }
        for line in ["(, wait=2", "a b, wait=2", "=, wait=2", "a=[x], wait=2", "caf\u{e9}, wait=2"]
        {
            assert_eq!(seconds(&[line]), Some(2), "{line}");
        }
        assert_eq!(seconds(&["wait=2 3"]), None);
        assert_eq!(seconds(&["foo=\"never closed, wait=2"]), None);
        assert_eq!(seconds(&["foo=\"never closed", "wait=2"]), Some(2));
    }

    #[test]
    fn a_wait_is_as_long_as_it_may_be() {
        assert_eq!(seconds(&["wait=0"]), Some(0));
        assert_eq!(seconds(&["wait=99999999999999999999999"]), Some(20));
    }
}
