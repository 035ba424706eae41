//! The part of a URL behind its `?`.

use std::{collections::BTreeMap, ops::RangeInclusive};

use pgfold_core::{Error, Result, shown};

/// The query parameters of a request: each is one that the route knows, and stands once.
#[derive(Debug)]
pub(super) struct Query<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Query<'a> {
    /// Reads the parameters of a route that knows those named in `known`.
    ///
    /// # Errors
    /// [`Error::Invalid`] names a parameter that is unknown, with those that are known, or one that
    /// is repeated.
    pub(super) fn new(
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
        known: &[&str],
    ) -> Result<Self> {
        let mut parameters = BTreeMap::new();
        let mut repeated = Vec::new();
        for (name, value) in given {
            if parameters.insert(name, value).is_some() {
                repeated.push(name);
            }
        }
        if let Some(unknown) = parameters.keys().find(|name| !known.contains(name)) {
            let unknown = shown(unknown);
            return Err(Error::Invalid(match known {
                [] => format!("unknown query parameter {unknown}; this route takes none"),
                _ => format!(
                    "unknown query parameter {unknown}; this route takes {}",
                    known.join(", ")
                ),
            }));
        }
        if let Some(name) = repeated.iter().min() {
            let again = format!("the query parameter {name} is repeated; it may be given once");
            return Err(Error::Invalid(again));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter, as it was written.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    /// The whole number that a parameter says.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not in `allowed`.
    pub(super) fn number(&self, name: &str, allowed: RangeInclusive<u16>) -> Result<Option<u16>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        // The parser of numbers takes a sign.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && allowed.contains(&number) => Ok(Some(number)),
            _ => {
                let (least, most, text) = (allowed.start(), allowed.end(), shown(text));
                let range = format!("a whole number from {least} to {most}");
                Err(Error::Invalid(format!("{name} must be {range}, not {text:?}")))
            }
        }
    }

    /// What the word of a parameter means.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the words that are allowed: those that are not empty.
    pub(super) fn word<T: Copy>(&self, name: &str, allowed: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match allowed.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let words = allowed.iter().map(|(word, _)| *word).filter(|word| !word.is_empty());
                let words = words.collect::<Vec<_>>().join(" or ");
                let text = shown(text);
                Err(Error::Invalid(format!("{name} must be {words}, not {text:?}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(given: &[(&str, &str)], known: &[&str]) -> String {
        Query::new(given.iter().copied(), known).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let known = ["from", "limit"];
        for name in ["From", "x", "form", "from ", "from[]", ""] {
            let expected = format!("unknown query parameter {name}; this route takes from, limit");
            assert_eq!(error(&[("from", "1"), (name, "2")], &known), expected);
        }
        assert_eq!(error(&[("x", "")], &[]), "unknown query parameter x; this route takes none");
        assert!(error(&[(&"x".repeat(9000), "1")], &known).ends_with("takes from, limit"));
    }

    #[test]
    fn a_repeated_name_is_refused_even_with_one_value() {
        for values in [["1", "2"], ["1", "1"], ["", ""]] {
            let given = [("from", values[0]), ("limit", "3"), ("from", values[1])];
            let expected = "the query parameter from is repeated; it may be given once";
            assert_eq!(error(&given, &["from", "limit"]), expected, "{values:?}");
        }
    }

    #[test]
    fn a_value_is_a_number_of_digits_or_a_known_word() {
        let read = |given: &[(&'static str, &'static str)]| {
            let query = Query::new(given.iter().copied(), &["n", "w"])?;
            let word = query.word("w", &[("yes", true), ("no", false), ("", true)])?;
            Ok::<_, Error>((query.number("n", 1..=100)?, word))
        };
        assert_eq!(read(&[]).unwrap(), (None, None));
        assert_eq!(read(&[("n", "100"), ("w", "no")]).unwrap(), (Some(100), Some(false)));
        assert_eq!(read(&[("w", "")]).unwrap(), (None, Some(true)));
        for number in ["0", "101", "-1", "+5", "5 ", "", "1e1", "99999999", "\u{661}"] {
            let error = read(&[("n", number)]).unwrap_err().to_string();
            assert!(error.starts_with("n must be a whole number from 1 to 100, not \""), "{error}");
        }
        let error = read(&[("w", "No")]).unwrap_err().to_string();
        assert_eq!(error, "w must be yes or no, not \"No\"");
    }
}
