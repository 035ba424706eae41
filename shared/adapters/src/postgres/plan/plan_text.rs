//! Expressions in the text of Postgres' plans.

/// Returns the names, without schemas, of the functions that an expression calls. Other names may
/// be among them, such as `numeric` in `x::numeric(9,2)`.
pub(in crate::postgres) fn called_functions(expression: &str) -> Vec<String> {
    let mut functions = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_beginning) {
        let (name, after) = match rest.as_bytes()[start] {
            b'\'' => (None, after_quote(&rest[start + 1..], '\'')),
            b'"' => {
                let after = after_quote(&rest[start + 1..], '"');
                let end = rest.len() - after.len();
                let name = rest.get(start + 1..end - 1).unwrap_or_default();
                (Some(name.replace("\"\"", "\"")), after)
            }
            _ => {
                let word = &rest[start..];
                let end = word.find(|char| !is_of_word(char)).unwrap_or(word.len());
                (Some(word[..end].to_owned()), &word[end..])
            }
        };
        functions.extend(name.filter(|_| after.starts_with('(')));
        rest = after;
    }
    functions
}

/// Returns the last name of a column, such as `id` of `v.id`; any other expression as it is.
pub(in crate::postgres) fn column_of(expression: &str) -> &str {
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|char| is_of_word(char) || char == '"');
    match expression.rsplit_once('.') {
        Some((_, column)) if is_name(column) => column,
        _ => expression,
    }
}

/// Returns whether an expression names a column, as plans write it: `(t.day >= '2026-11-01'::date)`.
pub(in crate::postgres) fn names_column(expression: &str, column: &str) -> bool {
    let quoted = format!("\"{}\"", column.replace('"', "\"\""));
    [column, quoted.as_str()].iter().any(|name| {
        expression.match_indices(name).any(|(start, _)| {
            let (before, after) = (&expression[..start], &expression[start + name.len()..]);
            let is_apart =
                |char: Option<char>| char.is_none_or(|char| !is_of_word(char) && char != '"');
            is_apart(before.chars().next_back()) && is_apart(after.chars().next())
        })
    })
}

fn is_beginning(char: char) -> bool {
    char == '\'' || char == '"' || char.is_alphabetic() || char == '_'
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '$'
}

/// Returns the rest of `text` after its closing quote; an empty text without a closing quote.
fn after_quote(mut text: &str, quote: char) -> &str {
    while let Some(end) = text.find(quote) {
        text = &text[end + 1..];
        match text.strip_prefix(quote) {
            Some(more) => text = more,
            None => return text,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_outside_of_quoted_texts() {
        for (expression, functions) in [
            (
                "(abs(t.x) > public.rate(t.y, 'now(''a'' b(')) AND NOT f()",
                &["abs", "rate", "f"][..],
            ),
            (r#""Geo"."my ""f"""(t.x)"#, &[r#"my "f""#]),
            ("(t.x = ANY ('{1,2}'::integer[]))", &[]),
            ("t.x::numeric(9,2)", &["numeric"]),
            ("'unfinished(", &[]),
            ("\"unfinished(", &[]),
            ("été(1)", &["été"]),
            ("", &[]),
        ] {
            assert_eq!(called_functions(expression), functions, "{expression}");
        }
    }

    #[test]
    fn a_column_is_found_by_its_whole_name() {
        let condition = "((t.day >= '2026-11-01'::date) AND (t.\"Day 2\" < 7))";
        for (column, named) in [("day", true), ("Day 2", true), ("da", false), ("ay", false)] {
            assert_eq!(names_column(condition, column), named, "{column}");
        }
    }

    #[test]
    fn a_column_is_reduced_to_its_last_name() {
        assert_eq!(column_of("v.id"), "id");
        assert_eq!(column_of(r#"v."Id""#), r#""Id""#);
        assert_eq!(column_of("id"), "id");
        assert_eq!(column_of("(v.id + 1.5)"), "(v.id + 1.5)");
    }
}
