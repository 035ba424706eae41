//! A condition as it was written, before the type of its column is known.

use pgfold_api::Nullness;

use super::{
    operator::{Comparison, Operator, operator, start},
    piece::{list, piece, quoted},
};

/// A condition on a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) column: String,
    pub(super) test: Test,
}

/// What a column's value must meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Compare(Comparison, String),
    OneOf(Vec<String>),
    Is(Nullness),
}

impl Filter {
    /// Reads a condition of the command line.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse(text.trim()).map_err(|problem| {
            format!(
                "{problem}; a condition is a column, one of = != <> < <= > >= and a value, such \
                 as city=Rome, or COLUMN in VALUE,VALUE, COLUMN is null, COLUMN is not null; \
                 a name or value in double quotes may have any characters"
            )
        })
    }

    /// Returns whether it has a value whose type must be known.
    pub(crate) const fn has_values(&self) -> bool {
        !matches!(self.test, Test::Is(_))
    }
}

fn parse(text: &str) -> Result<Filter, String> {
    let (column, rest) = match quoted(text)? {
        Some((column, rest)) => (column, rest),
        None => {
            let start = start(text).ok_or("there is no operator")?;
            let (column, rest) = text.split_at(start);
            (column.trim_end().to_owned(), rest)
        }
    };
    if column.is_empty() {
        return Err("there is no column".to_owned());
    }
    let (operator, rest) = operator(rest.trim_start())?;
    if operator == Operator::In && column.to_ascii_lowercase().ends_with(" not") {
        return Err("there is no operator \"not in\"".to_owned());
    }
    let test = match operator {
        Operator::Compare(comparison) => Test::Compare(comparison, piece(rest, &[])?.0),
        Operator::In => Test::OneOf(list(without_brackets(rest.trim()), &[])?.0),
        Operator::Is => Test::Is(nullness(rest)?),
    };
    Ok(Filter { column, test })
}

fn without_brackets(text: &str) -> &str {
    text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text)
}

fn nullness(text: &str) -> Result<Nullness, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    let words = words.join(" ");
    let known = Nullness::ALL.into_iter().find(|nullness| nullness.name() == words);
    known.ok_or_else(|| format!("is must be followed by null or not null, not {words:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Test) {
        let Filter { column, test } = Filter::parse(text).unwrap();
        (column, test)
    }

    fn compared(column: &str, comparison: Comparison, value: &str) -> (String, Test) {
        (column.to_owned(), Test::Compare(comparison, value.to_owned()))
    }

    #[test]
    fn every_operator_is_read_with_spaces_or_without() {
        for (sign, comparison) in [
            ("=", Comparison::Eq),
            ("!=", Comparison::Ne),
            ("<>", Comparison::Ne),
            ("<", Comparison::Lt),
            ("<=", Comparison::Le),
            (">", Comparison::Gt),
            (">=", Comparison::Ge),
        ] {
            let expected = compared("fare", comparison, "-1.5");
            assert_eq!(read(&format!("fare{sign}-1.5")), expected);
            assert_eq!(read(&format!(" fare {sign} -1.5 ")), expected);
        }
    }

    #[test]
    fn a_list_may_have_brackets_and_quotes() {
        let expected = ("city".to_owned(), Test::OneOf(["Rome", "Oslo"].map(str::to_owned).into()));
        for text in ["city in Rome,Oslo", "city in(Rome,Oslo)", "city IN ( \"Rome\" , Oslo )"] {
            assert_eq!(read(text), expected, "{text}");
        }
        let one = Test::OneOf(vec!["a,b".to_owned()]);
        assert_eq!(read("city in \"a,b\"").1, one);
    }

    #[test]
    fn null_is_a_word() {
        assert_eq!(read("ended_at is null").1, Test::Is(Nullness::Null));
        assert_eq!(read("ended_at IS  NOT null").1, Test::Is(Nullness::NotNull));
        assert_eq!(read("note=null"), compared("note", Comparison::Eq, "null"));
    }

    #[test]
    fn the_first_operator_counts_and_quotes_hide_others() {
        assert_eq!(read("note=he is in a=b"), compared("note", Comparison::Eq, "he is in a=b"));
        assert_eq!(read("island=Elba"), compared("island", Comparison::Eq, "Elba"));
        assert_eq!(read("\"check in\">2026-11-01").0, "check in");
        assert_eq!(read("note=\"=\"\"x\"\" \""), compared("note", Comparison::Eq, "=\"x\" "));
        assert_eq!(read("note=\"\""), compared("note", Comparison::Eq, ""));
    }

    #[test]
    fn an_error_says_what_is_wrong_and_what_is_allowed() {
        for (text, problem) in [
            ("city", "there is no operator; "),
            ("city~Rome", "there is no operator; "),
            ("city==Rome", "there is no operator \"==\"; "),
            ("\"city\" like R%", "there is no operator \"like\"; "),
            ("city not in Rome", "there is no operator \"not in\"; "),
            ("city is Rome", "is must be followed by null or not null, not \"rome\"; "),
            ("city=", "a name or value is missing; "),
            ("city in ()", "a name or value is missing; "),
            ("=Rome", "there is no column; "),
            ("city=\"Rome", "the quotes do not end: \"Rome; "),
            ("city=\"Rome\" or 1", "nothing may follow the quotes, and \"or 1\" does; "),
        ] {
            let told = Filter::parse(text).unwrap_err();
            assert!(told.starts_with(problem), "{text}: {told}");
            assert!(told.contains("= != <> < <= > >="), "{told}");
        }
    }
}
