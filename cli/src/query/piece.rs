//! A name or value, with quotes or without.

/// Returns the name or value at the start of `text`, without its quotes, and what follows it.
/// Without quotes it ends before the first of `stops`; spaces around it do not belong to it.
///
/// # Errors
/// What is wrong: the piece is empty, its quotes do not end, or something follows them.
pub(super) fn piece<'t>(text: &'t str, stops: &[char]) -> Result<(String, &'t str), String> {
    let text = text.trim_start();
    if let Some((piece, rest)) = quoted(text)? {
        let rest = rest.trim_start();
        return match rest.is_empty() || rest.starts_with(stops) {
            true => Ok((piece, rest)),
            false => Err(format!("nothing may follow the quotes, and {rest:?} does")),
        };
    }
    let (piece, rest) = text.split_at(text.find(stops).unwrap_or(text.len()));
    match piece.trim_end() {
        "" => Err("a name or value is missing; \"\" is the empty text".to_owned()),
        piece => Ok((piece.to_owned(), rest)),
    }
}

/// Returns the pieces of a list with commas between them, and what follows it.
///
/// # Errors
/// As for [`piece`].
pub(super) fn list<'t>(text: &'t str, stops: &[char]) -> Result<(Vec<String>, &'t str), String> {
    let stops = [stops, &[',']].concat();
    let (first, mut rest) = piece(text, &stops)?;
    let mut pieces = vec![first];
    while let Some(more) = rest.strip_prefix(',') {
        let (next, after) = piece(more, &stops)?;
        pieces.push(next);
        rest = after;
    }
    Ok((pieces, rest))
}

/// Returns the text in quotes at the start of `text`, and what follows the quotes; `None` if it
/// does not start with a quote.
pub(super) fn quoted(text: &str) -> Result<Option<(String, &str)>, String> {
    let Some(mut rest) = text.strip_prefix('"') else { return Ok(None) };
    let mut inner = String::new();
    loop {
        let end = rest.find('"').ok_or_else(|| format!("the quotes do not end: {text}"))?;
        inner.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                inner.push('"');
                rest = more;
            }
            None => return Ok(Some((inner, rest))),
        }
    }
}

/// Returns a name or value as [`piece`] reads it: in quotes if it needs them.
pub(super) fn spelled(text: &str, stops: &[char]) -> String {
    let is_bare =
        !text.is_empty() && text.trim() == text && !text.starts_with('"') && !text.contains(stops);
    if is_bare { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_ends_at_a_stop_and_quotes_hide_stops() {
        let ok = |piece: &str, rest| Ok((piece.to_owned(), rest));
        assert_eq!(piece(" a b :c", &[':']), ok("a b", ":c"));
        assert_eq!(piece("\"a:\"\"b\" :c", &[':']), ok("a:\"b", ":c"));
        assert_eq!(piece("\"\"", &[]), ok("", ""));
        assert_eq!(list("a,\"b,c\" , d?e", &['?']).unwrap().0, ["a", "b,c", "d"]);
    }

    #[test]
    fn what_is_missing_or_does_not_end_is_told() {
        for (text, problem) in [
            ("", "is missing"),
            (" , a", "is missing"),
            ("a,", "is missing"),
            ("\"a", "the quotes do not end: \"a"),
            ("\"a\"b", "and \"b\" does"),
        ] {
            let told = list(text, &[]).unwrap_err();
            assert!(told.contains(problem), "{text}: {told}");
        }
    }

    #[test]
    fn what_is_spelled_reads_back() {
        for text in ["a", "", " a", "a,b", "\"", "a\"b", "a\"b,", "größer als"] {
            let spelled = spelled(text, &[',']);
            assert_eq!(piece(&spelled, &[',']), Ok((text.to_owned(), "")), "{spelled}");
        }
    }
}
