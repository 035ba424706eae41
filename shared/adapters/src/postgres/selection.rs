//! The rows of a source that a job asks for, as conditions in SQL.

use pgfold_core::{Condition, Literal, Nullness, Test};
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use crate::postgres::{
    SourceTable,
    table::{quoted, where_clause},
};

/// The rows of a source that meet its configured condition and those of a job.
///
/// The values of the job's conditions are parameters of a statement, never parts of its text.
#[derive(Debug, Clone, Default)]
pub(in crate::postgres) struct Selection {
    conditions: Vec<String>,
    values: Vec<TextValue>,
}

impl Selection {
    /// Returns the rows that meet all conditions. The first parameter is `$first`.
    pub(in crate::postgres) fn of(
        source: &SourceTable,
        filter: &[Condition],
        first: usize,
    ) -> Self {
        let mut selection =
            Self { conditions: source.condition().into_iter().collect(), values: Vec::new() };
        for condition in filter {
            selection.add(source, condition, first);
        }
        selection
    }

    fn add(&mut self, source: &SourceTable, condition: &Condition, first: usize) {
        let column = source.sql_of(&condition.column);
        let mut parameter = |literal: &Literal| {
            self.values.push(TextValue(literal.to_string()));
            format!("${}", first + self.values.len() - 1)
        };
        let sql = match &condition.test {
            Test::Compare(comparison, literal) => {
                format!("{column} {} {}", comparison.sign(), parameter(literal))
            }
            Test::In(literals) => {
                let list: Vec<String> = literals.iter().map(parameter).collect();
                format!("{column} IN ({})", list.join(", "))
            }
            Test::Is(Nullness::Null) => format!("{column} IS NULL"),
            Test::Is(Nullness::NotNull) => format!("{column} IS NOT NULL"),
        };
        self.conditions.push(sql);
    }

    /// Returns whether all rows are selected.
    pub(in crate::postgres) const fn is_of_all(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns the conditions. A row of the selection meets them all.
    pub(in crate::postgres) fn conditions(&self) -> &[String] {
        &self.conditions
    }

    /// Returns ` WHERE` and the conditions; an empty text without conditions.
    pub(in crate::postgres) fn where_clause(&self) -> String {
        where_clause(&self.conditions)
    }

    /// Returns the values of the parameters.
    pub(in crate::postgres) fn values(&self) -> &[TextValue] {
        &self.values
    }

    /// Returns the values of the parameters, whose types the database finds by what they are
    /// compared with.
    pub(in crate::postgres) fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let parameter = |value| (value as &(dyn ToSql + Sync), Type::UNKNOWN);
        self.values.iter().map(parameter).collect()
    }
}

/// A value that the database reads from its text, as the type that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) struct TextValue(pub(in crate::postgres) String);

impl ToSql for TextValue {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

impl SourceTable {
    /// Returns the SQL of a column: its quoted name, or the named expression.
    pub(in crate::postgres) fn sql_of(&self, column: &str) -> String {
        match self.expressions.get(column) {
            // The bracket is on a new line because the expression may end in a comment.
            Some(expression) => format!("({expression}\n)"),
            None => quoted(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use pgfold_core::Comparison;

    use super::*;

    #[test]
    fn values_are_parameters_and_columns_are_quoted() {
        let mut source = SourceTable::new("t", "id", ["a\"b"]).unwrap();
        source.filter = Some("x > 0".to_owned());
        source.expressions.insert("net".to_owned(), "price * 2".to_owned());
        let condition = |column: &str, test| Condition { column: column.to_owned(), test };
        let text = |text: &str| Literal::Text(text.to_owned());
        let filter = [
            condition("a\"b", Test::Compare(Comparison::Ne, text("1; DROP"))),
            condition("net", Test::In(vec![text("1"), Literal::Boolean(true)])),
            condition("c", Test::Is(Nullness::NotNull)),
        ];
        let selection = Selection::of(&source, &filter, 3);
        assert_eq!(
            selection.where_clause(),
            " WHERE (x > 0\n) AND \"a\"\"b\" <> $3 AND (price * 2\n) IN ($4, $5) AND \"c\" IS NOT \
             NULL"
        );
        let values: Vec<&str> = selection.values().iter().map(|value| value.0.as_str()).collect();
        assert_eq!(values, ["1; DROP", "1", "true"]);
        assert!(Selection::of(&SourceTable::new("t", "id", ["a"]).unwrap(), &[], 1).is_of_all());
    }
}
