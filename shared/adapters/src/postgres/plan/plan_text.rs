//! Expressions in the text of Postgres' plans.

/// A name in an expression, such as `id` in `(v.id = 7)`, and what is around it.
struct Name<'e> {
    name: String,
    before: &'e str,
    after: &'e str,
}

/// Returns the names in an expression, outside of its texts.
fn names(expression: &str) -> Vec<Name<'_>> {
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_beginning) {
        let before = &expression[..expression.len() - rest.len() + start];
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
        names.extend(name.map(|name| Name { name, before, after }));
        rest = after;
    }
    names
}

/// Returns the names, without schemas, of the functions that an expression calls. Other names may
/// be among them, such as `numeric` in `x::numeric(9,2)`.
pub(in crate::postgres) fn called_functions(expression: &str) -> Vec<String> {
    let called = names(expression).into_iter().filter(|name| name.after.starts_with('('));
    called.map(|name| name.name).collect()
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

/// Returns whether an expression names a column, as plans with VERBOSE write it, after its table:
/// `(t.day >= '2026-11-01'::date)`.
pub(in crate::postgres) fn names_column(expression: &str, column: &str) -> bool {
    let mut names = names(expression).into_iter();
    names.any(|Name { name, before, after }| {
        name == column && before.ends_with('.') && !after.starts_with('(')
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
        let condition = concat!(
            "((t.day >= '2026-11-01'::date) AND (t.\"Day 2\" < 7) AND (t.note = 't.\"at\" ''at'::text)",
            " AND (public.month(t.id) = 1))"
        );
        for (column, named) in [
            ("day", true),
            ("Day 2", true),
            ("note", true),
            ("id", true),
            ("da", false),
            ("ay", false),
            // These are only in a text, a type, and a function.
            ("at", false),
            ("date", false),
            ("text", false),
            ("month", false),
        ] {
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
